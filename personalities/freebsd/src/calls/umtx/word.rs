//! Words of a lock, which other threads change meanwhile.

use core::sync::atomic::{Ordering, fence};

use compat_translate::guest;

use crate::error::Return;

/// Replaces the word at `at` by what `next` makes of it. The word before, or, when `next` does not want to change it,
/// the word as an error.
pub(super) fn update(at: u64, next: impl Fn(u32) -> Option<u32>) -> Return<Result<u32, u32>> {
    let mut word = guest::load_u32(at)?;
    loop {
        let Some(new) = next(word) else {
            return Ok(Err(word));
        };
        match guest::compare_exchange_u32(at, word, new)? {
            found if found == word => return Ok(Ok(word)),
            found => word = found,
        }
    }
}

/// Replaces the word at `at` if it is `old`; whether it was.
pub(super) fn swap(at: u64, old: u32, new: u32) -> Return<bool> {
    Ok(guest::compare_exchange_u32(at, old, new)? == old)
}

/// Adds to the word at `at`; the sum.
pub(super) fn add(at: u64, change: i32) -> Return<u32> {
    let sum = |word: u32| word.wrapping_add_signed(change);
    update(at, |word| Some(sum(word))).map(|before| before.map_or_else(|word| word, sum))
}

/// What the guest and we stored so far is seen before what is looked at next.
pub(super) fn settle() {
    fence(Ordering::SeqCst);
}
