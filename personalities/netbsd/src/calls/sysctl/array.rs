//! Lists whose elements the caller knows by their size.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use zerocopy::{Immutable, IntoBytes};

use crate::error::Return;

/// What the caller wants of a list.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// Of an element, in bytes.
    pub(super) size: i32,
    /// How much room all of them take, and so many more: what is counted comes and goes.
    pub(super) slop: Option<usize>,
}

/// Elements of the size that the caller knows, or how much room they and a few more take. How many of them it wants to see
/// is how many it has room for (`kvm_getproc2`): the rest it hears of by ENOMEM.
pub(super) fn array<T: IntoBytes + Immutable>(found: &[T], wish: Wish) -> Return<Vec<u8>> {
    /// No structure will ever be larger.
    const LARGEST: usize = 1 << 16;
    let size = usize::try_from(wish.size)
        .ok()
        .filter(|&size| size <= LARGEST)
        .ok_or(Errno::EINVAL)?;
    let mut answer = Vec::new();
    if let Some(slop) = wish.slop {
        answer.resize(size * (found.len() + slop), 0);
        return Ok(answer);
    }
    for element in found {
        let start = answer.len();
        let bytes = element.as_bytes();
        answer.extend_from_slice(bytes.get(..size).unwrap_or(bytes));
        answer.resize(start + size, 0);
    }
    Ok(answer)
}
