//! Getting another thread out of its sleep.

use core::sync::atomic::Ordering;

use super::Thread;
use crate::host::{HostResult, NOT_STARTED, blocking, call_n, nr};
use crate::signal;

/// `si_code` of the message that says so.
pub(crate) const CODE: i32 = -0x63_6d72;

impl Thread {
    /// Has the call that the thread sleeps in fail with `EINTR`, whatever is done about signals; without one, the next that
    /// would sleep. Whether it slept.
    ///
    /// # Errors
    /// `ESRCH` when it has just ended.
    pub fn rouse(&self) -> HostResult<bool> {
        self.sleepless.store(true, Ordering::Release);
        let asleep = self.presence.is_asleep();
        // SAFETY: no arguments.
        let pid = unsafe { call_n(nr::getpid, []) }?;
        signal::message(pid, self.tid.load(Ordering::Relaxed) as u64, CODE)?;
        Ok(asleep)
    }

    /// Whether somebody has roused the thread, once.
    pub fn is_roused(&self) -> bool {
        self.sleepless.load(Ordering::Relaxed) && self.sleepless.swap(false, Ordering::AcqRel)
    }

    /// Makes a host call that does not sleep: whoever is roused, it is not out of this one. `None` when a signal waits for the
    /// guest, and no call was made; the two are one step.
    ///
    /// # Safety
    /// As for [`crate::host::call`], by the calling thread for itself.
    pub(crate) unsafe fn call_before_signals(
        &self,
        number: u64,
        args: [u64; 6],
    ) -> Option<HostResult> {
        loop {
            let roused = self.is_roused();
            // SAFETY: the caller's promise.
            let result = unsafe { blocking(number, args) };
            if roused {
                self.sleepless.store(true, Ordering::Release);
            }
            match result {
                Err(NOT_STARTED) if self.signal_waiting() => return None,
                Err(NOT_STARTED) => {}
                result => return Some(result),
            }
        }
    }
}
