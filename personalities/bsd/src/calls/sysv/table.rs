//! The arrays that sysctls give out: an object's identifier is its place there with the sequence number in the upper half. The
//! host's identifiers are cut in these two halves, so that they come out as what `msgget` and the others returned.

use alloc::vec;
use alloc::vec::Vec;

use zerocopy::{Immutable, IntoBytes};

/// How many places there are for what the host has `found`, a multiple of `step`.
pub fn slots<T>(found: &[(i32, T)], step: usize) -> usize {
    let highest = found.iter().map(|(id, _)| place(*id)).max().unwrap_or(0);
    (highest + 1).next_multiple_of(step)
}

fn place(id: i32) -> usize {
    (id & 0xffff) as usize
}

/// The bytes of an array of so many places, in which `row` tells of what was found.
pub fn table<H, T>(found: &[(i32, H)], step: usize, row: impl Fn(i32, &H) -> T) -> Vec<u8>
where
    T: Clone + Default + IntoBytes + Immutable,
{
    let mut rows = vec![T::default(); slots(found, step)];
    for (id, host) in found {
        if let Some(slot) = rows.get_mut(place(*id)) {
            *slot = row(*id, host);
        }
    }
    rows.as_bytes().to_vec()
}
