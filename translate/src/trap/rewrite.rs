//! Changing five bytes of an instruction that other processors may be executing at this very moment.
//!
//! A processor may fetch an instruction in pieces. What AMD and Intel leave whole is a store that stays within eight
//! aligned bytes; where the five bytes do, one store is all there is to it. Elsewhere the first byte becomes `hlt`, which
//! a program may not execute; when every processor has seen that, the other four are written, and when they have
//! seen those, the first. Whoever comes to the `hlt` meanwhile faults and is sent there again (see
//! `patch::being_written`). `int3` would do the same by a signal that belongs to the guest.

use core::ops::Range;
use core::sync::atomic::{AtomicU8, Ordering};

use crate::guest;
use crate::host::{self, HostErrno, HostResult, nr};

const PAGE: u64 = 4096;
const READ: u64 = 1;
const WRITE: u64 = 2;
const EXECUTE: u64 = 4;

/// Bytes of a near jump.
pub(super) const JUMP: usize = 5;
pub(super) const HALT: u8 = 0xf4;

/// Whether one store changes the bytes of a jump at `start`.
fn whole(start: u64) -> bool {
    start % 8 + JUMP as u64 <= 8
}

/// Puts `new` at `start`, in a private mapping of a file that is readable and executable.
///
/// # Errors
/// Those of `mprotect` and of [`store`].
pub(super) fn rewrite(start: u64, new: [u8; JUMP]) -> HostResult<()> {
    let from = start & !(PAGE - 1);
    let pages = from..(start + JUMP as u64).next_multiple_of(PAGE);
    while_writable(&pages, || store(start, new))?
}

/// Does `work` while `pages`, readable and executable ones of a private mapping of a file, can be written to as well.
///
/// # Errors
/// Those of `mprotect`; then `work` was not done.
pub(super) fn while_writable<R>(pages: &Range<u64>, work: impl FnOnce() -> R) -> HostResult<R> {
    // Other threads may be running these very pages: they stay executable throughout. Hosts that forbid writable and
    // executable pages refuse here, and the sites go on trapping.
    protect(pages, READ | WRITE | EXECUTE)?;
    let done = work();
    // The host allowed it with more.
    let _ = protect(pages, READ | EXECUTE);
    Ok(done)
}

/// Puts `new` at `start`, which is writable now.
///
/// # Errors
/// `EFAULT` when the file was cut off; `EOPNOTSUPP` when it takes several stores and the host cannot tell the other
/// processors.
pub(super) fn store(start: u64, new: [u8; JUMP]) -> HostResult<()> {
    if whole(start) {
        in_one(start, new)
    } else if can_tell_others() {
        in_three(start, new)
    } else {
        Err(HostErrno::EOPNOTSUPP)
    }
}

fn protect(pages: &Range<u64>, protection: u64) -> HostResult<()> {
    let args = [pages.start, pages.end - pages.start, protection];
    // SAFETY: a private mapping of the program's file, of which only the protection changes.
    unsafe { host::call_n(nr::mprotect, args) }.map(drop)
}

fn in_one(start: u64, new: [u8; JUMP]) -> HostResult<()> {
    let word = start & !7;
    let before = guest::load_u64(word)?;
    let mut bytes = before.to_le_bytes();
    for (byte, new) in bytes.iter_mut().skip((start - word) as usize).zip(new) {
        *byte = new;
    }
    guest::compare_exchange_u64(word, before, u64::from_le_bytes(bytes)).map(drop)
}

fn in_three(start: u64, new: [u8; JUMP]) -> HostResult<()> {
    let [head, tail @ ..] = new;
    guest::write_bytes(start, &[HALT])?;
    tell_others();
    // The page is there and writable: it was so a moment ago, and only its file's owner can take it away.
    let written = guest::write_bytes(start + 1, &tail);
    tell_others();
    guest::write_bytes(start, &[head]).and(written)
}

const UNKNOWN: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;
static CAN_TELL: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Whether [`tell_others`] works. The first to ask waits for some milliseconds when there are several threads: so it is
/// asked before the second one is made.
pub(crate) fn can_tell_others() -> bool {
    const REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: u64 = 1 << 6;
    match CAN_TELL.load(Ordering::Relaxed) {
        UNKNOWN => {
            // SAFETY: no pointers.
            let registered =
                unsafe { host::call_n(nr::membarrier, [REGISTER_PRIVATE_EXPEDITED_SYNC_CORE]) };
            let known = if registered.is_ok() { YES } else { NO };
            CAN_TELL.store(known, Ordering::Relaxed);
            known == YES
        }
        known => known == YES,
    }
}

/// Returns when every processor that runs this program fetches its instructions anew.
fn tell_others() {
    const PRIVATE_EXPEDITED_SYNC_CORE: u64 = 1 << 5;
    // SAFETY: no pointers. It cannot fail once it is registered.
    let _ = unsafe { host::call_n(nr::membarrier, [PRIVATE_EXPEDITED_SYNC_CORE]) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_store_is_enough_within_eight_aligned_bytes() {
        assert!(whole(0x1000));
        assert!(whole(0x1003));
        assert!(!whole(0x1004));
        assert!(!whole(0x1007));
        assert!(!whole(0x103c));
    }
}
