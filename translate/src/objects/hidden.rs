//! Descriptors of ours inside the guest's table: kept at high numbers, out of its way and out of its sight.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicI32, Ordering};

use crate::host::{self, HostResult, nr};
use crate::sync::Mutex;

const F_DUPFD_CLOEXEC: u64 = 1030;
const RLIMIT_NOFILE: u64 = 7;
/// Where our numbers begin when the limit allows it: programs count up from 0 and seldom get there.
const PREFERRED: u64 = 8192;

/// The exact set of numbers that are ours.
pub(super) struct Hidden {
    /// The smallest of them, `i32::MAX` without any: all that a call on an ordinary descriptor looks at.
    lowest: AtomicI32,
    /// Ascending.
    numbers: Mutex<Vec<i32>>,
}

impl Default for Hidden {
    fn default() -> Self {
        Self {
            lowest: AtomicI32::new(i32::MAX),
            numbers: Mutex::new(Vec::new()),
        }
    }
}

impl Hidden {
    /// See [`super::Objects::LOWEST_HIDDEN`].
    pub(super) const LOWEST: usize = core::mem::offset_of!(Self, lowest);

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.lowest.load(Ordering::Relaxed) != i32::MAX
    }

    #[inline]
    pub(super) fn contains(&self, fd: i32) -> bool {
        fd >= self.lowest.load(Ordering::Relaxed) && self.numbers.lock().binary_search(&fd).is_ok()
    }

    /// Moves descriptor `fresh`, which nobody knows yet, to a high number and hides that; returns it.
    ///
    /// # Errors
    /// None: without a free high number `fresh` stays where it is.
    pub(super) fn hide(&self, fresh: i32) -> i32 {
        let mut numbers = self.numbers.lock();
        let number = match high_copy(fresh) {
            Ok(number) => {
                close(fresh);
                number
            }
            Err(_) => fresh,
        };
        if let Err(place) = numbers.binary_search(&number) {
            numbers.insert(place, number);
        }
        self.note_lowest(&numbers);
        number
    }

    /// Puts another number in place of `old`, which stays open until the caller closes it.
    ///
    /// # Errors
    /// `EMFILE`.
    pub(super) fn copy_elsewhere(&self, old: i32) -> HostResult<i32> {
        let mut numbers = self.numbers.lock();
        let number = high_copy(old)?;
        numbers.retain(|&known| known != old);
        if let Err(place) = numbers.binary_search(&number) {
            numbers.insert(place, number);
        }
        self.note_lowest(&numbers);
        Ok(number)
    }

    /// Closes `fd`, which was hidden here.
    pub(super) fn close(&self, fd: i32) {
        let mut numbers = self.numbers.lock();
        numbers.retain(|&known| known != fd);
        self.note_lowest(&numbers);
        close(fd);
    }

    /// Closes all of them.
    pub(super) fn close_all(&self) {
        let mut numbers = self.numbers.lock();
        for fd in core::mem::take(&mut *numbers) {
            close(fd);
        }
        self.note_lowest(&numbers);
    }

    /// All of them, ascending.
    pub(super) fn all(&self) -> Vec<i32> {
        self.numbers.lock().clone()
    }

    /// Holds the set still while the process is copied.
    pub(super) fn lock(&self) -> impl Sized + '_ {
        self.numbers.lock()
    }

    fn note_lowest(&self, numbers: &[i32]) {
        let lowest = numbers.first().copied().unwrap_or(i32::MAX);
        self.lowest.store(lowest, Ordering::Relaxed);
    }
}

/// A close-on-exec copy of `fd` at the first free number from our end of the table.
fn high_copy(fd: i32) -> HostResult<i32> {
    let mut limit = [0u64; 2];
    // SAFETY: the kernel writes both halves of the limit.
    unsafe {
        host::call_n(
            nr::prlimit64,
            [0, RLIMIT_NOFILE, 0, limit.as_mut_ptr() as u64],
        )
    }?;
    let [soft, _] = limit;
    // Near the end of a small table, with room for a few hundred of ours.
    let from = PREFERRED.min(soft - soft / 4);
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::fcntl, [fd as u64, F_DUPFD_CLOEXEC, from]) }.map(|fd| fd as i32)
}

pub(super) fn close(fd: i32) {
    // SAFETY: a descriptor of ours that nobody uses any more.
    let _ = unsafe { host::call_n(nr::close, [fd as u64]) };
}
