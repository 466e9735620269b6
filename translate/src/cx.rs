//! One call in progress.

use crate::host::{self, HostErrno, HostResult, nr};
use crate::signal::{self, SigSet, UContext};
use crate::task::{Process, Thread};

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success with one value.
    Value(u64),
    /// Success with two values (`pipe`, `fork`): descriptors, processes, statuses. Narrow, so that an outcome fits two
    /// registers.
    Two(u32, u32),
    /// Failure with a guest error number.
    Fail(u16),
    /// The frame already holds what the guest shall see (`sigreturn`).
    Replaced,
}

/// The context a handler works in: the calling thread, its process and the trapped registers.
pub struct Cx<'a> {
    /// The calling thread.
    pub thread: &'a Thread,
    /// Its registers at the call, and the mask it returns with.
    pub frame: &'a mut UContext,
    /// The call's number in the guest's table.
    pub number: u64,
    /// Up to eight arguments.
    pub args: [u64; 8],
    /// The call, when a signal interrupts it, returns the error instead of being restarted, whatever the handler's
    /// flags say (`select`, `nanosleep`, ...).
    pub never_restart: bool,
    /// The opposite: the call starts over after any handler, as if all had asked for it.
    pub always_restart: bool,
    /// How far the host calls that may sleep have come.
    pub progress: Progress,
    /// The host call that the handler will make has been made on the express way: this is what it returned.
    pub made: Option<HostResult>,
    /// The call slept, but the thread is not to sleep now (see [`Thread::sleepless`]): it fails with `EINTR` although no signal
    /// waits.
    pub roused: bool,
}

/// How far a call's host calls that may sleep have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// None was made yet.
    #[default]
    None,
    /// A signal that was there already kept the first one from starting: for the guest it came before its call, which
    /// is made again after the handler whatever the handler's flags say.
    Refused,
    /// At least one was made, or the call has changed something already.
    Made,
}

impl<'a> Cx<'a> {
    /// Of a thread that has not come by a call.
    pub(crate) fn of(thread: &'a Thread, frame: &'a mut UContext) -> Self {
        Self {
            thread,
            frame,
            number: 0,
            args: [0; 8],
            never_restart: false,
            always_restart: false,
            progress: Progress::None,
            made: None,
            roused: false,
        }
    }

    /// Makes a host call that may sleep; see [`host::blocking`].
    ///
    /// # Errors
    /// As the call; `EINTR` also when a guest signal is waiting (see [`Progress`]).
    ///
    /// # Safety
    /// As for [`host::call`].
    pub unsafe fn host(&mut self, number: u64, args: [u64; 6]) -> HostResult {
        if let Some(made) = self.made.take() {
            self.progress = Progress::Made;
            return made;
        }
        if self.roused {
            return self.rouse();
        }
        self.thread.presence.sleeps();
        let result = loop {
            let result = if self.thread.is_roused() {
                // SAFETY: as below.
                unsafe { self.thread.call_sleepless(number, args) }
            } else {
                // SAFETY: a handler runs on a thread that has its block attached; the rest is the caller's.
                unsafe { host::blocking(number, args) }
            };
            // Without a signal it was roused just before the call.
            if result != Err(host::NOT_STARTED) || self.thread.signal_waiting() {
                break result;
            }
        };
        self.thread.presence.runs();
        match result {
            Err(host::WOKEN) => {
                self.thread.has_been_roused();
                self.rouse()
            }
            Err(HostErrno::EINTR) if self.thread.is_roused() => {
                self.thread.has_been_roused();
                self.rouse()
            }
            Err(host::NOT_STARTED) => {
                if self.progress == Progress::None {
                    self.progress = Progress::Refused;
                }
                Err(HostErrno::EINTR)
            }
            result => {
                self.progress = Progress::Made;
                result
            }
        }
    }

    fn rouse(&mut self) -> HostResult {
        self.roused = true;
        self.progress = Progress::Made;
        Err(HostErrno::EINTR)
    }

    /// The error of the host call that the express way has made already, for a handler that makes that call without
    /// [`Cx::host`].
    pub fn failed_already(&mut self) -> Option<HostErrno> {
        self.made.take()?.err()
    }

    /// Makes a host call that does not sleep, unless a signal waits for the guest already; see [`Cx::host`].
    ///
    /// # Errors
    /// As the call; `EINTR` when a signal was there first: the guest's call is made again after it.
    ///
    /// # Safety
    /// As for [`host::call`].
    pub unsafe fn host_at_once(&mut self, number: u64, args: [u64; 6]) -> HostResult {
        // SAFETY: as in `host`.
        match unsafe { self.thread.call_before_signals(number, args) } {
            Some(result) => result,
            None => {
                self.progress = Progress::Refused;
                Err(HostErrno::EINTR)
            }
        }
    }

    /// Makes `set` the thread's mask. A signal that waits already comes before the call: its handler may run, as nothing
    /// may after a mask that blocks it.
    ///
    /// # Errors
    /// `EINTR` when one waits; the call is made again after it.
    pub fn change_mask(&mut self, set: SigSet) -> HostResult<()> {
        const SIG_SETMASK: u64 = 2;
        let before = self.thread.mask.get();
        if set.minus(before) != SigSet::EMPTY {
            let mask = signal::host_mask(set);
            let args = [SIG_SETMASK, (&raw const mask) as u64, 0, 8, 0, 0];
            // From here to the kernel is one step for a signal: it keeps the call from starting, or is blocked.
            // SAFETY: a valid mask.
            unsafe { self.host_at_once(nr::rt_sigprocmask, args) }?;
            self.thread.mask_installed.set(true);
        }
        signal::install_guest_mask(self.thread, self.frame, set);
        Ok(())
    }

    /// Whether a call that is interrupted now is made again rather than failing.
    pub fn starts_over(&self) -> bool {
        if self.roused {
            return false;
        }
        self.progress == Progress::Refused
            || signal::interrupted_restarts(self.thread, self.never_restart)
                .is_some_and(|restarts| restarts || self.always_restart)
    }

    /// The process of the calling thread.
    pub fn process(&self) -> &'static Process {
        self.thread.process()
    }

    /// Counts a gap: something a guest asked for that is not built yet. `what` names it, `error` is what the guest's own
    /// kernel would answer for an unsupported request and is handed back for `return Err(cx.gap(..))`.
    pub fn gap<E>(&mut self, what: &'static str, error: E) -> E {
        crate::task::gaps::count(what);
        error
    }
}
