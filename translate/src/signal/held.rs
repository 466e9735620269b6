//! Signals that the guest blocks and the host must not.
//!
//! The host's mask keeps what the guest's mask blocks, but for the signals in `NEVER_BLOCKED`: our own code needs those
//! at any time. When somebody sends one of them while the guest blocks it, it is kept here until it is unblocked.

use core::cell::{Cell, UnsafeCell};
use core::sync::atomic::Ordering;

use super::host_signal::{SIGBUS, SIGSEGV, SIGSTKFLT, SIGSYS};
use super::{SigInfo, SigSet};
use crate::personality::attached;
use crate::task::Thread;

/// The signals that may have to be kept.
const SIGNALS: [u8; 4] = [SIGBUS, SIGSEGV, SIGSTKFLT, SIGSYS];

/// One place for each of [`SIGNALS`]; only the thread itself touches it.
pub(crate) struct Held {
    present: [Cell<bool>; SIGNALS.len()],
    info: UnsafeCell<[SigInfo; SIGNALS.len()]>,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            present: [const { Cell::new(false) }; SIGNALS.len()],
            info: UnsafeCell::new([SigInfo::default(); SIGNALS.len()]),
        }
    }

    /// Forgets all: a new process has none pending.
    pub(crate) fn clear(&self) {
        for present in &self.present {
            present.set(false);
        }
    }

    fn index(signal: u8) -> Option<usize> {
        SIGNALS.iter().position(|&known| known == signal)
    }

    /// Keeps host signal `signal`; a second one of a number is dropped, as the kernel does.
    pub(super) fn keep(&self, signal: u8, info: &SigInfo) {
        let Some(index) = Self::index(signal) else {
            return;
        };
        let Some(present) = self.present.get(index) else {
            return;
        };
        if !present.get() {
            // SAFETY: the thread's own; a signal handler that interrupts this sees `present` unset and writes the same
            // kind of value, of which either may stay.
            if let Some(slot) = unsafe { &mut *self.info.get() }.get_mut(index) {
                *slot = *info;
            }
            present.set(true);
        }
    }

    /// Takes one whose guest number is in `set`.
    fn take(&self, set: SigSet) -> Option<(u8, SigInfo)> {
        let personality = attached()?;
        let (index, signal) = SIGNALS
            .into_iter()
            .enumerate()
            .filter(|&(index, _)| self.present.get(index).is_some_and(Cell::get))
            .find(|&(_, signal)| {
                (personality.signal_from_host)(signal).is_some_and(|guest| set.has(guest))
            })?;
        // SAFETY: as in `keep`.
        let info = unsafe { &*self.info.get() }.get(index).copied()?;
        self.present.get(index)?.set(false);
        Some((signal, info))
    }
}

/// The guest signals that are kept for `thread`.
pub fn held(thread: &Thread) -> SigSet {
    SIGNALS
        .into_iter()
        .zip(&thread.held.present)
        .filter(|(_, present)| present.get())
        .filter_map(|(signal, _)| (attached()?.signal_from_host)(signal))
        .fold(SigSet::EMPTY, |set, signal| set.union(SigSet::of(signal)))
}

/// Takes a kept signal whose guest number is in `set`: for the calls that wait for signals.
pub fn take_held(thread: &Thread, set: SigSet) -> Option<(u8, SigInfo)> {
    thread.held.take(set)
}

/// Lets a kept signal that `thread` no longer blocks wait for delivery at the end of the call. Returns whether one does.
pub fn release_held(thread: &Thread) -> bool {
    let open = SigSet(!thread.mask.get().0);
    if held(thread).0 & open.0 == 0 {
        return false;
    }
    // The place is taken before it is filled: a signal that comes in between finds it in use and is kept or put back.
    if thread
        .pending
        .compare_exchange(0, u32::from(SIGSEGV), Ordering::AcqRel, Ordering::Relaxed)
        .is_err()
    {
        return true;
    }
    match thread.held.take(open) {
        Some((signal, info)) => {
            // SAFETY: read only by this thread, after `pending`.
            unsafe { *thread.pending_info.get() = info };
            thread.pending.store(u32::from(signal), Ordering::Release);
            true
        }
        None => {
            thread.pending.store(0, Ordering::Release);
            false
        }
    }
}
