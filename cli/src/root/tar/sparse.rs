//! Sparse files, in the form that bsdtar writes: version 1.0 of GNU's `pax` records.

use std::collections::VecDeque;
use std::io::Read;

use super::records::{Records, parse_number};
use super::{BLOCK, LONGEST_EXTENSION, Tar, damaged};
use crate::root::failure::{Doing, Result, refuse};

/// The parts of a sparse file that are stored; the rest are zeros.
#[derive(Debug)]
pub(super) struct Sparse {
    /// Offset and length in the file, ascending; the first is the next.
    pub(super) parts: VecDeque<(u64, u64)>,
    pub(super) size: u64,
    pub(super) at: u64,
}

impl<R: Read> Tar<R> {
    /// Version 1.0 of the `pax` form: decimal numbers, a line each, stand before the content and are padded to a
    /// block: how many parts, then offset and length of each.
    pub(super) fn sparse_map(&mut self, records: &Records) -> Result<Sparse> {
        let number = |key: &str| {
            records
                .get(key.as_bytes())
                .map(|digits| parse_number(digits))
        };
        let version = (number("GNU.sparse.major"), number("GNU.sparse.minor"));
        let (Some(Ok(1)), Some(Ok(0)), Some(size)) =
            (version.0, version.1, number("GNU.sparse.realsize"))
        else {
            return refuse(
                "it has sparse files in an old form: pack the archive again with bsdtar",
            );
        };
        let mut lines = Lines {
            tar: self,
            block: [0; BLOCK],
            at: BLOCK,
            read: 0,
        };
        let count = lines.next()?;
        let mut parts = VecDeque::new();
        let mut end = 0;
        for _ in 0..count {
            let (offset, length) = (lines.next()?, lines.next()?);
            if offset < end {
                return damaged("a sparse file whose parts overlap");
            }
            end = offset
                .checked_add(length)
                .map_or_else(|| damaged("a sparse file beyond all sizes"), Ok)?;
            parts.push_back((offset, length));
        }
        let size = size?;
        if end > size {
            return damaged("a sparse file longer than it says");
        }
        Ok(Sparse { parts, size, at: 0 })
    }
}

/// The numbers before a sparse file's content.
struct Lines<'a, R> {
    tar: &'a mut Tar<R>,
    block: [u8; BLOCK],
    at: usize,
    read: u64,
}

impl<R: Read> Lines<'_, R> {
    fn next(&mut self) -> Result<u64> {
        let mut digits = Vec::new();
        loop {
            if self.at == BLOCK {
                self.refill()?;
            }
            let byte = self.block.get(self.at).copied().unwrap_or_default();
            self.at += 1;
            match byte {
                b'\n' => return parse_number(&digits),
                _ if digits.len() > 20 => return damaged("a sparse file's map"),
                _ => digits.push(byte),
            }
        }
    }

    fn refill(&mut self) -> Result<()> {
        self.read += BLOCK as u64;
        if self.read > LONGEST_EXTENSION {
            return damaged("a sparse file of too many parts");
        }
        let mut filled = 0;
        while let Some(rest) = self.block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self
                .tar
                .read_stored(rest)
                .or_cannot(|| "read the archive".to_owned())?
            {
                0 => return damaged("a sparse file's map"),
                count => filled += count,
            }
        }
        self.at = 0;
        Ok(())
    }
}
