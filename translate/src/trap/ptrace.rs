//! ptrace: a process nobody sees stops the guest's threads at their system calls and sends each into the stub.
//!
//! The tracer ([`super::tracer`]) is neither child nor parent of the guest: a child of ours starts it and ends, so that it
//! belongs to init. The guest keeps its pid, its parent and its children, which the kernel keeps apart from who
//! traces whom. One tracer serves all that descends from one `compat run`; it ends with the last of them, and with it
//! would end all of them, because their calls would reach the host.

use core::sync::atomic::{AtomicU32, Ordering};

use super::tracer;
use crate::host::{self, HostErrno, HostResult, Timespec, nr};

/// The error the tracer gives to the probe (see `way`): one that no call returns.
pub(super) const ANSWER: HostErrno = HostErrno(1912);

/// What the guest and its tracer-to-be tell each other while one attaches to the other: a page that both have.
#[repr(C)]
pub(super) struct Meeting {
    /// How far they are; a futex word.
    stage: AtomicU32,
    /// The tracer's process number, once it exists.
    tracer: AtomicU32,
    /// What the host said to the tracer, or 0.
    error: AtomicU32,
}

const BEGUN: u32 = 0;
/// The tracer exists.
const STARTED: u32 = 1;
/// It may attach.
const ALLOWED: u32 = 2;
/// It has, or has failed to.
const DONE: u32 = 3;

impl Meeting {
    fn reach(&self, stage: u32) {
        const FUTEX_WAKE: u64 = 1;
        self.stage.store(stage, Ordering::Release);
        // SAFETY: a valid word.
        let _ = unsafe { host::call_n(nr::futex, [self.stage.as_ptr() as u64, FUTEX_WAKE, 1]) };
    }

    /// Waits until the other side has come to `stage`; looks now and then whether process `other` lives.
    fn await_stage(&self, stage: u32, other: u64) -> HostResult<()> {
        const FUTEX_WAIT: u64 = 0;
        let pause = Timespec {
            sec: 0,
            nsec: 100_000_000,
        };
        loop {
            let seen = self.stage.load(Ordering::Acquire);
            if seen >= stage {
                return Ok(());
            }
            // SAFETY: a valid word and timespec; no pointers in the second.
            let lives = unsafe {
                let word = self.stage.as_ptr() as u64;
                let pause = (&raw const pause) as u64;
                let _ = host::call_n(nr::futex, [word, FUTEX_WAIT, u64::from(seen), pause]);
                host::call_n(nr::kill, [other, 0])
            };
            // It may have come to that stage, and to its end, just now.
            if lives.is_err() && self.stage.load(Ordering::Acquire) < stage {
                return lives.map(drop);
            }
        }
    }

    /// The tracer's side: waits to be allowed, then tells what came of it.
    pub(super) fn attached_by(&self, guest: u64, attach: impl FnOnce() -> HostResult<()>) {
        if self.await_stage(ALLOWED, guest).is_ok()
            && let Err(error) = attach()
        {
            self.error.store(u32::from(error.0), Ordering::Release);
        }
        self.reach(DONE);
    }

    fn outcome(&self) -> HostResult<()> {
        match self.error.load(Ordering::Acquire) {
            0 => Ok(()),
            error => Err(HostErrno(error as u16)),
        }
    }
}

/// Starts a tracer and lets it attach to this process, which has one thread.
///
/// # Errors
/// `EPERM` where tracing is forbidden, or somebody else traces this process already; those of `fork`.
pub(super) fn attach() -> HostResult<()> {
    const SHARED_ANONYMOUS: u64 = 0x1 | 0x20;
    const PAGE: u64 = 4096;
    // SAFETY: fresh memory; zeroes are a meeting that has begun.
    let page = unsafe { host::call(nr::mmap, [0, PAGE, 3, SHARED_ANONYMOUS, u64::MAX, 0]) }?;
    // SAFETY: as above; unmapped only below.
    let attached = meet(unsafe { &*(page as *const Meeting) });
    // SAFETY: nobody here uses it any more.
    let _ = unsafe { host::call_n(nr::munmap, [page, PAGE]) };
    attached
}

fn meet(meeting: &'static Meeting) -> HostResult<()> {
    const PR_SET_PTRACER: u64 = 0x5961_6d61;
    const WCLONE: u64 = 0x8000_0000;
    // SAFETY: no pointers. Without an exit signal no parent is told of the go-between's end, and no disposition of
    // SIGCHLD reaps it.
    let (guest, between) = unsafe {
        let guest = host::call_n(nr::getpid, [])?;
        (guest, host::call_n(nr::clone, [0])?)
    };
    if between == 0 {
        // SAFETY: as above.
        match unsafe { host::call_n(nr::clone, [0]) } {
            Ok(0) => tracer::run(meeting, guest),
            Ok(tracer) => {
                meeting.tracer.store(tracer as u32, Ordering::Release);
                meeting.reach(STARTED);
                host::exit_group(0);
            }
            Err(error) => host::exit_group(i32::from(error.0)),
        }
    }
    let mut status = 0u32;
    // SAFETY: `status` is valid for writing.
    while unsafe { host::call_n(nr::wait4, [between, (&raw mut status) as u64, WCLONE]) }
        == Err(HostErrno::EINTR)
    {}
    if meeting.stage.load(Ordering::Acquire) == BEGUN {
        let said = (status >> 8 & 0xff) as u16;
        return Err(HostErrno(if said == 0 { HostErrno::EIO.0 } else { said }));
    }
    let tracer = u64::from(meeting.tracer.load(Ordering::Acquire));
    // Where Yama restricts tracing to descendants. Elsewhere the host does not know it and need not.
    // SAFETY: no pointers.
    let allow = |who| unsafe { host::call_n(nr::prctl, [PR_SET_PTRACER, who]) };
    let _ = allow(tracer);
    meeting.reach(ALLOWED);
    let met = meeting.await_stage(DONE, tracer);
    let _ = allow(0);
    met.and_then(|()| meeting.outcome())
}
