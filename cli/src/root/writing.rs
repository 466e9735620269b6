//! One file's content, which may lie there already.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

use sha2::{Digest, Sha256};

use super::entry::Place;
use super::failure::{Doing, Result, refuse};

/// Content goes by steps of this.
pub(crate) const CHUNK: usize = 64 << 10;

/// A file on its way: compared with what an earlier run has left for as long as that matches, then written.
pub(crate) struct Writing {
    sha256: Sha256,
    /// Bytes done.
    size: u64,
    left: Option<File>,
    file: Option<File>,
}

impl Writing {
    /// `left` is what lies at the file's place.
    pub(crate) fn over(left: Option<File>) -> Writing {
        Writing {
            sha256: Sha256::new(),
            size: 0,
            left,
            file: None,
        }
    }

    /// The next bytes of the content.
    pub(crate) fn next(
        &mut self,
        place: &Place,
        bytes: &[u8],
        make: impl FnOnce() -> Result<File>,
    ) -> Result<()> {
        if !self.matches(bytes) {
            self.write(place, bytes, make)?;
        }
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        Ok(())
    }

    /// The whole file.
    pub(crate) fn end(
        mut self,
        place: &Place,
        make: impl FnOnce() -> Result<File>,
    ) -> Result<Written> {
        if !self.is_whole() {
            self.write(place, &[], make)?;
        }
        let kept = self.file.is_none();
        let Some(file) = self.file.or(self.left) else {
            return refuse(format!("'{}' has no content", place.shown()));
        };
        Ok(Written {
            file,
            size: self.size,
            sha256: self.sha256.finalize().into(),
            kept,
        })
    }

    /// Whether the next bytes are there already.
    fn matches(&self, bytes: &[u8]) -> bool {
        let Some(left) = self.left.as_ref().filter(|_| self.file.is_none()) else {
            return false;
        };
        let mut there = vec![0; bytes.len()];
        left.read_exact_at(&mut there, self.size).is_ok() && there == bytes
    }

    /// Whether the file ends where it should: what is left of an earlier run may be longer.
    fn is_whole(&self) -> bool {
        let left = self
            .left
            .as_ref()
            .map(|left| left.metadata().is_ok_and(|found| found.len() == self.size));
        self.file.is_some() || left == Some(true)
    }

    /// Writes to the file that `make` makes, to which the part that matched is copied first: what was left may
    /// have more names.
    fn write(
        &mut self,
        place: &Place,
        bytes: &[u8],
        make: impl FnOnce() -> Result<File>,
    ) -> Result<()> {
        let doing = || format!("write '{}'", place.shown());
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut new = make()?;
                if let Some(left) = self.left.take() {
                    io::copy(&mut left.take(self.size), &mut new).or_cannot(doing)?;
                }
                self.file.insert(new)
            }
        };
        file.write_all(bytes).or_cannot(doing)
    }
}

/// A whole file.
pub(crate) struct Written {
    pub(crate) file: File,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
    /// Whether it is what lay there.
    pub(crate) kept: bool,
}

/// Reads until the buffer is full or the content ends, so that comparing and writing go by large steps.
pub(crate) fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
