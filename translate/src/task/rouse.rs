//! Getting another thread out of its sleep.
//!
//! One that does not sleep when it is roused must not fall asleep in its next call, and whether a call is going to sleep
//! only the host knows. So a roused thread makes its calls while a timer ticks: a tick that finds it asleep ends the call, and
//! one that finds anything else does nothing.

use core::sync::atomic::Ordering;

use super::Thread;
use crate::host::{self, HostErrno, HostResult, Timespec, call_n, nr};
use crate::signal::host_signal::SIGSTKFLT;
use crate::signal::{self, SigInfo};

/// `si_code` of the message that says so.
pub(crate) const CODE: i32 = -0x63_6d72;

/// What a tick carries.
const TICK: u64 = 0x7469_636b_636d;

/// Whether this is the timer of a roused thread.
pub(crate) fn is_tick(info: &SigInfo) -> bool {
    const SI_TIMER: i32 = -2;
    info.signo == i32::from(SIGSTKFLT) && info.code == SI_TIMER && info.value() == TICK
}

/// The host's timer, which ticks as long as this lives.
struct Ticking(u64);

impl Ticking {
    /// # Errors
    /// `EAGAIN` when this user has as many signals under way as may be.
    fn begin(tid: i32) -> HostResult<Self> {
        const CLOCK_MONOTONIC: u64 = 1;
        const SIGEV_THREAD_ID: u64 = 4;
        const FIRST: i64 = 100_000;
        const NEXT: i64 = 1_000_000;
        // struct sigevent: value, number, kind of notice, thread.
        let mut event = [0u64; 8];
        let [value, kind, thread, ..] = &mut event;
        *value = TICK;
        *kind = u64::from(SIGSTKFLT) | SIGEV_THREAD_ID << 32;
        *thread = tid as u64;
        let mut id = 0i32;
        let id_at = (&raw mut id) as u64;
        // SAFETY: a valid struct sigevent, and room for the number.
        unsafe {
            call_n(
                nr::timer_create,
                [CLOCK_MONOTONIC, event.as_ptr() as u64, id_at],
            )
        }?;
        let ticking = Self(id as u64);
        let times = [NEXT, FIRST].map(Timespec::from_nanos);
        // SAFETY: a valid struct itimerspec.
        unsafe { call_n(nr::timer_settime, [ticking.0, 0, times.as_ptr() as u64, 0]) }?;
        Ok(ticking)
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        // SAFETY: a timer of ours.
        let _ = unsafe { call_n(nr::timer_delete, [self.0]) };
    }
}

impl Thread {
    /// Has the call that the thread sleeps in fail with `EINTR`, whatever is done about signals, and the next that would sleep;
    /// without one, only the latter. Whether it slept. (NetBSD's kernel forgets that a thread was roused only when it keeps it
    /// from falling asleep: `sleepq_block`.)
    ///
    /// # Errors
    /// `ESRCH` when it has just ended.
    pub fn rouse(&self) -> HostResult<bool> {
        self.sleepless.store(true, Ordering::Release);
        let asleep = self.presence.is_asleep();
        if asleep {
            self.restless.store(true, Ordering::Release);
        }
        // SAFETY: no arguments.
        let pid = unsafe { call_n(nr::getpid, []) }?;
        signal::message(pid, self.tid.load(Ordering::Relaxed) as u64, CODE)?;
        Ok(asleep)
    }

    /// Whether somebody has roused the thread, once.
    pub(crate) fn is_roused(&self) -> bool {
        self.sleepless.load(Ordering::Relaxed) && self.sleepless.swap(false, Ordering::AcqRel)
    }

    /// The thread fails in a call because it was roused.
    pub(crate) fn has_been_roused(&self) {
        let again = self.restless.swap(false, Ordering::AcqRel);
        self.sleepless.store(again, Ordering::Release);
    }

    /// Whoever roused the thread need not have.
    pub fn forget_rousing(&self) {
        self.restless.store(false, Ordering::Relaxed);
        self.is_roused();
    }

    /// A host call of a thread that was roused: [`host::WOKEN`] if it sleeps. If it does not, the thread is roused still.
    ///
    /// # Errors
    /// As [`host::blocking`].
    ///
    /// # Safety
    /// As there.
    #[cold]
    pub(crate) unsafe fn call_sleepless(&self, number: u64, args: [u64; 6]) -> HostResult {
        let Ok(ticking) = Ticking::begin(self.tid.load(Ordering::Relaxed)) else {
            // It might sleep for ever.
            return Err(host::WOKEN);
        };
        // SAFETY: the caller's promise.
        let result = unsafe { host::blocking(number, args) };
        drop(ticking);
        match result {
            // Calls that are not restarted say so themselves.
            Err(HostErrno::EINTR) if !self.signal_waiting() => Err(host::WOKEN),
            Err(host::WOKEN) => result,
            _ => {
                self.sleepless.store(true, Ordering::Release);
                result
            }
        }
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
            let result = unsafe { host::blocking(number, args) };
            if roused {
                self.sleepless.store(true, Ordering::Release);
            }
            match result {
                Err(host::NOT_STARTED) if self.signal_waiting() => return None,
                Err(host::NOT_STARTED) => {}
                result => return Some(result),
            }
        }
    }
}
