//! A new thread waits here until its creator has told everybody about it.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::host::{self, nr};

const OPEN: u32 = 0;
const CLOSED: u32 = 1;
const CLOSED_AND_WAITED_AT: u32 = 2;
const NO_ENTRY: u32 = 3;

/// A gate that opens once.
pub(crate) struct Gate(AtomicU32);

impl Gate {
    /// An open gate.
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(OPEN))
    }

    /// Closes it; nobody is there yet.
    pub(crate) fn close(&self) {
        self.0.store(CLOSED, Ordering::Relaxed);
    }

    /// Lets the thread through, or sends it away. Its block must not be touched any more after this.
    pub(crate) fn open(&self, let_through: bool) {
        let state = if let_through { OPEN } else { NO_ENTRY };
        if self.0.swap(state, Ordering::Release) == CLOSED_AND_WAITED_AT {
            // FUTEX_WAKE | FUTEX_PRIVATE_FLAG.
            // SAFETY: blocks are never unmapped; at worst a later user of this one looks at its gate for nothing.
            let _ = unsafe { host::call_n(nr::futex, [self.0.as_ptr() as u64, 129, 1]) };
        }
    }

    /// Waits until the gate opens; whether the thread may go on.
    pub(crate) fn pass(&self) -> bool {
        let _ = self.0.compare_exchange(
            CLOSED,
            CLOSED_AND_WAITED_AT,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        loop {
            match self.0.load(Ordering::Acquire) {
                CLOSED_AND_WAITED_AT => {}
                state => return state == OPEN,
            }
            let args = [
                self.0.as_ptr() as u64,
                128,
                u64::from(CLOSED_AND_WAITED_AT),
                0,
            ];
            // FUTEX_WAIT | FUTEX_PRIVATE_FLAG.
            // SAFETY: our own word.
            let _ = unsafe { host::call_n(nr::futex, args) };
        }
    }
}
