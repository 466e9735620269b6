//! The file as the loader sees it: bounded reads at offsets.

use alloc::vec;
use alloc::vec::Vec;

use crate::Refusal;

/// A host errno, as the failed read reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadError(pub i32);

/// A file that can be read at any offset, like `pread`.
pub trait ReadAt {
    /// Reads at `offset` into `into` and returns how many bytes came; 0 at or past the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError>;

    /// The file's size in bytes.
    fn size(&self) -> u64;
}

impl ReadAt for [u8] {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..))
            .unwrap_or_default();
        let count = rest.len().min(into.len());
        into.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        Ok(count)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        self.as_slice().read_at(offset, into)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

/// A file whose first bytes have been read already: most of what matters stands there, and the stub
/// pays for every read at every `execve`.
pub(crate) struct Headed<'a, R: ReadAt + ?Sized> {
    pub(crate) head: &'a [u8],
    pub(crate) rest: &'a R,
}

impl<R: ReadAt + ?Sized> ReadAt for Headed<'_, R> {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let end = offset.saturating_add(into.len() as u64);
        if end <= self.head.len() as u64 {
            return self.head.read_at(offset, into);
        }
        self.rest.read_at(offset, into)
    }

    fn size(&self) -> u64 {
        self.rest.size()
    }
}

/// Reads up to `len` bytes at `offset`; fewer when the file ends earlier. The allocation is bounded by
/// `len` and by the file's size, whatever the file claims.
pub(crate) fn read(
    source: &(impl ReadAt + ?Sized),
    offset: u64,
    len: usize,
) -> Result<Vec<u8>, Refusal> {
    let left = source.size().saturating_sub(offset);
    let len = len.min(usize::try_from(left).unwrap_or(usize::MAX));
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(filled as u64);
        match source.read_at(at, rest).map_err(Refusal::Unreadable)? {
            0 => break,
            count => filled = filled.saturating_add(count),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Reads exactly `len` bytes at `offset`, or `None` when the file has no such range.
pub(crate) fn read_exact(
    source: &(impl ReadAt + ?Sized),
    offset: u64,
    len: usize,
) -> Result<Option<Vec<u8>>, Refusal> {
    let bytes = read(source, offset, len)?;
    Ok((bytes.len() == len).then_some(bytes))
}
