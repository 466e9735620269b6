//! What NetBSD's programs and DragonFly's find alike but for numbers and layouts, which each system names in a few traits.

pub mod events;
pub mod files;
pub mod queues;
pub mod signals;
pub mod system;
pub mod sysv;

use core::sync::atomic::{AtomicU64, Ordering};

use crate::sys::{self, call};

/// A system that these checks run on.
pub trait System: Sized {
    /// Call number.
    const NANOSLEEP: u64;
    /// Call number.
    const WAIT4: u64;

    /// Sleeps, however often it is interrupted.
    fn pause(microseconds: u64) {
        let mut time = [0, microseconds * 1000];
        let at = time.as_mut_ptr() as u64;
        while call(Self::NANOSLEEP, [at, at]) == Err(sys::EINTR) {}
    }

    /// Waits until the word has that value.
    fn until(word: &AtomicU64, value: u64) {
        while word.load(Ordering::SeqCst) != value {
            Self::pause(1000);
        }
    }
}

/// Fresh memory; the offset of a mapping is its seventh argument, behind a pad.
pub fn map(length: u64) -> u64 {
    sys::call_of_seven(files::MMAP, [0, length, 3, 0x1002, u64::MAX, 0], 0).expect("mmap")
}

/// `pipe`, which gives both ends in registers: the one to read from and the one to write to.
pub fn pipe() -> (u64, u64) {
    let back = sys::raw(42, [0; 6]);
    assert!(!back.carry && back.rdx == back.rax + 1, "{back:?}");
    (back.rax, back.rdx)
}
