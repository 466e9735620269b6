//! How much a source may unpack to, so that a small archive cannot fill the disk.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::failure::{Failure, Refusal, Result};

/// The largest FreeBSD release with sources and debug symbols is some 6 GB in 200,000 files.
const BYTES: u64 = 32 << 30;
const ENTRIES: u64 = 4_000_000;
/// Bytes out for each byte in. Programs and texts pack to a fifth; nothing real to a hundredth.
const RATIO: u64 = 100;
/// Up to here the ratio says nothing: a few empty files pack well.
const RATIO_FROM: u64 = 64 << 20;

const OVERRIDE: &str = "if you trust it, add --no-limits";

/// Bounds on one `add`, and what is used of them.
#[derive(Debug)]
pub(crate) struct Limits {
    bounds: Option<Bounds>,
    bytes: u64,
    entries: u64,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    bytes: u64,
    entries: u64,
    ratio: u64,
    ratio_from: u64,
}

impl Limits {
    pub(crate) fn usual() -> Limits {
        let bounds = Bounds {
            bytes: BYTES,
            entries: ENTRIES,
            ratio: RATIO,
            ratio_from: RATIO_FROM,
        };
        Limits {
            bounds: Some(bounds),
            bytes: 0,
            entries: 0,
        }
    }

    pub(crate) fn none() -> Limits {
        Limits {
            bounds: None,
            bytes: 0,
            entries: 0,
        }
    }

    /// Bytes unpacked so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// One more entry.
    pub(crate) fn count_entry(&mut self) -> Result<()> {
        self.entries += 1;
        match self.bounds {
            Some(bounds) if self.entries > bounds.entries => Err(Failure::Refused(format!(
                "more than {} entries: {OVERRIDE}",
                bounds.entries
            ))),
            _ => Ok(()),
        }
    }

    /// So many more bytes of content.
    pub(crate) fn count_bytes(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        match self.bounds {
            Some(bounds) if self.bytes > bounds.bytes => Err(Failure::Refused(too_big(bounds))),
            _ => Ok(()),
        }
    }

    /// Checks a file of which an archive stores only a part, before it grows.
    pub(crate) fn check_sparse(&self, stored: u64, size: u64) -> Result<()> {
        match self.bounds {
            Some(bounds) if size > bounds.ratio_from && size / stored.max(1) > bounds.ratio => {
                Err(Failure::Refused(too_dense(bounds)))
            }
            _ => Ok(()),
        }
    }

    /// Watches a decoder: `unpacked` yields what it makes of the bytes that `packed` has counted.
    pub(crate) fn watch<R: Read>(&self, packed: Rc<Cell<u64>>, unpacked: R) -> Watched<R> {
        Watched {
            unpacked,
            packed,
            bounds: self.bounds,
            bytes: 0,
        }
    }
}

fn too_big(bounds: Bounds) -> String {
    format!(
        "unpacks to more than {} GiB: {OVERRIDE}",
        bounds.bytes >> 30
    )
}

fn too_dense(bounds: Bounds) -> String {
    format!(
        "unpacks to more than {} times its size, as archives made to fill disks do: {OVERRIDE}",
        bounds.ratio
    )
}

/// A decoder's output, bounded in all and in relation to its input.
#[derive(Debug)]
pub(crate) struct Watched<R> {
    unpacked: R,
    packed: Rc<Cell<u64>>,
    bounds: Option<Bounds>,
    bytes: u64,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.unpacked.read(into)?;
        self.bytes = self.bytes.saturating_add(count as u64);
        let Some(bounds) = self.bounds else {
            return Ok(count);
        };
        // Content is counted by itself; this bounds headers and what is skipped, too.
        if self.bytes / 2 > bounds.bytes {
            return Err(Refusal(too_big(bounds)).into());
        }
        let packed = self.packed.get().max(1);
        if self.bytes > bounds.ratio_from && self.bytes / packed > bounds.ratio {
            return Err(Refusal(too_dense(bounds)).into());
        }
        Ok(count)
    }
}

/// Counts what a decoder takes.
#[derive(Debug)]
pub(crate) struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Counted<R> {
    pub(crate) fn new(inner: R) -> (Counted<R>, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (
            Counted {
                inner,
                count: Rc::clone(&count),
            },
            count,
        )
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.count
            .set(self.count.get().saturating_add(count as u64));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Limits {
        let bounds = Bounds {
            bytes: 1000,
            entries: 3,
            ratio: 10,
            ratio_from: 100,
        };
        Limits {
            bounds: Some(bounds),
            bytes: 0,
            entries: 0,
        }
    }

    fn read(limits: &Limits, packed: u64, unpacked: u64) -> io::Result<u64> {
        let unpacked = io::repeat(0).take(unpacked);
        io::copy(
            &mut limits.watch(Rc::new(Cell::new(packed)), unpacked),
            &mut io::sink(),
        )
    }

    #[test]
    fn each_bound_holds_to_the_byte() {
        let mut limits = small();
        assert!((0..3).all(|_| limits.count_entry().is_ok()));
        assert!(limits.count_entry().is_err());
        assert!(limits.count_bytes(1000).is_ok());
        assert!(limits.count_bytes(1).is_err());
        assert!(read(&small(), 100, 1000).is_ok());
        assert!(
            read(&small(), 10, 1000)
                .unwrap_err()
                .to_string()
                .contains("10 times")
        );
        assert!(
            read(&small(), 1000, 3000)
                .unwrap_err()
                .to_string()
                .contains("more than")
        );
        assert!(read(&small(), 1, 100).is_ok());
        assert!(small().check_sparse(100, 1000).is_ok());
        assert!(small().check_sparse(10, 1000).is_err());
        assert!(read(&Limits::none(), 1, 1 << 20).is_ok());
    }
}
