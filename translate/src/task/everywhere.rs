//! Host calls that every thread of the process has to make: credentials belong to threads on Linux and to processes
//! everywhere else.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};

use super::{Thread, with_all_threads};
use crate::cx::Cx;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::signal;
use crate::sync::Mutex;

/// `si_code` of the message that asks a thread to make the call of [`CURRENT`].
pub(crate) const CODE: i32 = -0x63_6d70;

/// The job at hand. Signals carry no pointer to it: other processes can send them too.
static CURRENT: AtomicPtr<Job> = AtomicPtr::new(core::ptr::null_mut());

/// One at a time, so that two threads that change the same thing leave one result behind.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Holds changes off while the process is copied.
pub(crate) fn lock_changes() -> impl Sized {
    ONE_AT_A_TIME.lock()
}

struct Job {
    number: u64,
    args: [u64; 6],
    /// The threads that have not made the call yet; 0 for those that have.
    waiting: Vec<AtomicI32>,
    /// Changes with every thread that is done: a futex word.
    done: AtomicU32,
}

/// Makes a host call on this thread and, when that works, on all others of the process. The call must be one that never
/// sleeps, and pointers among its arguments must stay valid meanwhile.
///
/// # Errors
/// As the call on this thread.
///
/// # Safety
/// As for [`host::call`].
pub unsafe fn call_everywhere(cx: &mut Cx, number: u64, args: [u64; 6]) -> HostResult {
    let _turn = ONE_AT_A_TIME.lock();
    // SAFETY: the caller's promise.
    let result = unsafe { host::call(number, args) };
    cx.thread.answers.forget_credentials();
    let result = result?;
    let own = cx.thread.tid.load(Ordering::Relaxed);
    let mut reached = Vec::from([own]);
    // A thread that had not made the call may have created another meanwhile.
    loop {
        let job = Job {
            number,
            args,
            waiting: others(cx, &reached),
            done: AtomicU32::new(0),
        };
        if job.waiting.is_empty() {
            return Ok(result);
        }
        reached.extend(job.waiting.iter().map(|tid| tid.load(Ordering::Relaxed)));
        CURRENT.store(core::ptr::from_ref(&job).cast_mut(), Ordering::Release);
        for tid in &job.waiting {
            ask(tid);
        }
        job.wait();
        CURRENT.store(core::ptr::null_mut(), Ordering::Release);
    }
}

fn others(cx: &Cx, reached: &[i32]) -> Vec<AtomicI32> {
    let process = cx.process();
    let mut found = Vec::new();
    with_all_threads(|thread| {
        let tid = thread.tid.load(Ordering::Relaxed);
        if core::ptr::eq(thread.process(), process) && tid > 0 && !reached.contains(&tid) {
            found.push(AtomicI32::new(tid));
        }
        true
    });
    found
}

fn own_pid() -> u64 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default()
}

fn ask(tid: &AtomicI32) {
    let target = tid.load(Ordering::Relaxed) as u64;
    if signal::message(own_pid(), target, CODE).is_err() {
        // It ended in the meantime.
        tid.store(0, Ordering::Release);
    }
}

impl Job {
    fn entry(&self, tid: i32) -> Option<&AtomicI32> {
        self.waiting
            .iter()
            .find(|entry| entry.load(Ordering::Relaxed) == tid)
    }

    fn wait(&self) {
        const FUTEX_WAIT_PRIVATE: u64 = 128;
        let left = |tid: &&AtomicI32| tid.load(Ordering::Acquire) != 0;
        loop {
            let seen = self.done.load(Ordering::Acquire);
            if !self.waiting.iter().any(|tid| left(&tid)) {
                return;
            }
            let pause = host::Timespec {
                sec: 0,
                nsec: 5_000_000,
            };
            let args = [
                self.done.as_ptr() as u64,
                FUTEX_WAIT_PRIVATE,
                u64::from(seen),
                (&raw const pause) as u64,
            ];
            // SAFETY: a valid word and timespec.
            let woken = unsafe { host::call_n(nr::futex, args) };
            if woken == Err(HostErrno::ETIMEDOUT) {
                // A thread that ends before it gets there tells nobody. And the kernel keeps one message a thread:
                // another one may have taken the place of the question.
                self.waiting.iter().filter(left).for_each(ask);
            }
        }
    }
}

/// Makes the call that another thread asked `thread`, the calling one, for.
pub(crate) fn obey(thread: &Thread) {
    const FUTEX_WAKE_PRIVATE: u64 = 129;
    // SAFETY: the sender keeps the job alive until every thread it asked has zeroed its entry.
    let Some(job) = (unsafe { CURRENT.load(Ordering::Acquire).as_ref() }) else {
        return;
    };
    let Some(entry) = job.entry(thread.tid.load(Ordering::Relaxed)) else {
        return;
    };
    // SAFETY: the promise made to `call_everywhere`.
    let _ = unsafe { host::call(job.number, job.args) };
    thread.answers.forget_credentials();
    let word = job.done.as_ptr() as u64;
    job.done.fetch_add(1, Ordering::AcqRel);
    entry.store(0, Ordering::Release);
    // The job may be gone by now; a wake-up of a word that is no longer one is harmless.
    // SAFETY: the kernel checks the address.
    let _ = unsafe { host::call_n(nr::futex, [word, FUTEX_WAKE_PRIVATE, 1]) };
}
