//! Stopping another thread until somebody lets it go on.
//!
//! It may not stop in the midst of something of ours, where it may hold what others need: only in guest code, in the window
//! of a host call that sleeps, and before it begins. So it is sent a message, looks up from there if it is in one of these
//! places (`signal::stop`), and is sent another after a while if it was not.

use core::sync::atomic::{AtomicU32, Ordering};

use super::Thread;
use crate::host::{self, HostResult, nr};
use crate::signal;

/// `si_code` of the message that asks a thread to look.
pub(crate) const CODE: i32 = -0x63_6d73;

const RUNS: u32 = 0;
const WANTED: u32 = 1;
const HELD: u32 = 2;

/// Whether a thread is held: a futex word, which both sides wait at.
pub(crate) struct Hold(AtomicU32);

impl Hold {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(RUNS))
    }

    /// Whether the thread is to stop at the next opportunity.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Acquire) == WANTED
    }

    /// The calling thread, whose this is, stops if it is to. What comes meanwhile for any thread of the process goes to others;
    /// messages of ours are heard.
    pub(crate) fn obey(&self) {
        const FUTEX_WAIT_PRIVATE: u64 = 128;
        if !self.is_wanted() {
            return;
        }
        let mask = signal::block_all();
        loop {
            let stops = self
                .0
                .compare_exchange(WANTED, HELD, Ordering::AcqRel, Ordering::Acquire);
            match stops {
                Ok(_) => self.announce(),
                Err(HELD) => {}
                Err(_) => break,
            }
            let args = [self.place(), FUTEX_WAIT_PRIVATE, u64::from(HELD), 0];
            // SAFETY: our own word.
            let _ = unsafe { host::call_n(nr::futex, args) };
        }
        signal::restore_mask(mask);
    }

    fn place(&self) -> u64 {
        self.0.as_ptr() as u64
    }

    fn announce(&self) {
        const FUTEX_WAKE_PRIVATE: u64 = 129;
        let all = i32::MAX as u64;
        // SAFETY: blocks are never unmapped; whoever is woken for nothing looks again.
        let _ = unsafe { host::call_n(nr::futex, [self.place(), FUTEX_WAKE_PRIVATE, all]) };
    }
}

impl Thread {
    /// Wants the thread to stop. It has when [`Thread::is_held`] says so; until then it must be reminded from time to time.
    pub fn hold(&self) {
        let _ = self
            .hold
            .0
            .compare_exchange(RUNS, WANTED, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Has a thread that is to stop look whether it can do so now. `false` when it has stopped, or need not any more.
    ///
    /// # Errors
    /// `ESRCH` when it has just ended.
    pub fn remind(&self) -> HostResult<bool> {
        if !self.hold.is_wanted() {
            return Ok(false);
        }
        // SAFETY: no arguments.
        let pid = unsafe { host::call_n(nr::getpid, []) }?;
        signal::message(pid, self.tid.load(Ordering::Relaxed) as u64, CODE)?;
        Ok(true)
    }

    /// The address of the word that changes when the thread stops or need not any more, and its value until then.
    pub fn hold_word(&self) -> (u64, u32) {
        (self.hold.place(), WANTED)
    }

    /// Whether the thread is stopped, or is about to be.
    pub fn is_held(&self) -> bool {
        self.hold.0.load(Ordering::Acquire) != RUNS
    }

    /// The calling thread stops, until another calls [`Thread::let_go`]. Nothing that others need may be held.
    pub fn stop(&self) {
        self.presence.sleeps();
        self.hold();
        self.hold.obey();
        self.presence.runs();
    }

    /// Lets the thread go on, if it was to stop.
    pub fn let_go(&self) {
        if self.hold.0.swap(RUNS, Ordering::AcqRel) != RUNS {
            self.hold.announce();
        }
    }
}
