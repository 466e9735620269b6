//! `struct ucond` (do_cv_wait, do_cv_signal, do_cv_broadcast).
//!
//! The guest calls to signal only while `c_has_waiters` is set. Threads sleep on the word behind it that FreeBSD keeps
//! spare, which counts signals. A waiter
//!
//! 1. reads the count, 2. sets `c_has_waiters`, 3. unlocks the mutex, 4. sleeps while the count is what it was.
//!
//! A signal adds to the count before it wakes, so a waiter that is not asleep yet does not fall asleep any more (rule 1):
//! it returns, for nothing if another one was woken, which callers expect. Clearing is: `c_has_waiters = 0`, add to the
//! count, wake all (rule 2). Whoever waits at that time either reads the count before the addition, and is released, or
//! reads it after, and then sets `c_has_waiters` after it was cleared: nobody sleeps behind a cleared mark.
//!
//! A waiter that was signalled must not touch the memory any more: the condition may be gone (rule 3). That is why it
//! is the signaller who clears, before the count lets anyone go.

use core::mem::offset_of;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::clock_id::{CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID};
use compat_tables::freebsd::flags::umtx_cv_wait::{CVWAIT_ABSTIME, CVWAIT_CLOCKID};
use compat_translate::guest;
use compat_translate::objects::umtx::{ALL, ANY, End, Queue};
use compat_translate::{Cx, Progress};

use super::mutex::{Mutex, queue};
use super::timeout::{Timeout, failure, sleep};
use super::wait::will_be_ignored;
use super::word::{add, settle, swap};
use crate::abi::umtx::Ucond;
use crate::error::Return;

#[derive(Clone, Copy)]
struct Condition {
    has_waiters: u64,
    signals: u64,
    queue: Queue,
}

impl Condition {
    fn at(address: u64) -> Return<Self> {
        let field = |offset: usize| address.wrapping_add(offset as u64);
        let flags = guest::load_u32(field(offset_of!(Ucond, c_flags)))?;
        let signals = field(offset_of!(Ucond, c_spare));
        Ok(Self {
            has_waiters: address,
            signals,
            queue: queue(signals, flags),
        })
    }

    /// See above.
    fn clear(self) -> Return<()> {
        guest::store_u32(self.has_waiters, 0)?;
        add(self.signals, 1)?;
        self.queue.wake(ALL);
        Ok(())
    }

    /// A waiter whom nobody signalled, as far as is known, leaves. If he was the last, nobody has to call any more.
    fn leave(self, signals: u32) -> Return<Signalled> {
        if guest::load_u32(self.signals)? != signals {
            return Ok(Signalled::Yes);
        }
        if self.queue.sleepers() == 0
            && guest::load_u32(self.signals)? == signals
            && swap(self.has_waiters, 1, 0)?
        {
            // The mark was somebody else's too if he sleeps by now, or is about to.
            add(self.signals, 1)?;
            self.queue.wake(ALL);
        }
        Ok(Signalled::No)
    }
}

#[derive(PartialEq, Eq)]
enum Signalled {
    Yes,
    No,
}

pub(super) fn wait(
    cx: &mut Cx,
    address: u64,
    mutex: Mutex,
    flags: u64,
    timeout_at: u64,
) -> Return<()> {
    cx.never_restart = true;
    let flags = flags as u32;
    let clock = if flags & CVWAIT_CLOCKID == 0 {
        CLOCK_REALTIME
    } else {
        let at = address.wrapping_add(offset_of!(Ucond, c_clockid) as u64);
        guest::load_u32(at)? as i32
    };
    let timeout = Timeout::read_timespec(timeout_at, flags & CVWAIT_ABSTIME != 0, clock)?;
    if !(CLOCK_REALTIME..CLOCK_THREAD_CPUTIME_ID).contains(&clock) {
        return Err(Errno::EINVAL.into());
    }
    let deadline = timeout.map(Timeout::start).transpose()?;
    let condition = Condition::at(address)?;

    let signals = guest::load_u32(condition.signals)?;
    // No store when it is set already: the line is shared.
    if guest::load_u32(condition.has_waiters)? == 0 {
        guest::store_u32(condition.has_waiters, 1)?;
    }
    settle();
    if let Err(error) = mutex.unlock(cx.thread) {
        condition.leave(signals)?;
        return Err(error);
    }
    // The mutex is unlocked only once: there is no starting over from here.
    cx.progress = Progress::Made;
    let end = sleep(cx, condition.queue, signals, ANY, deadline)?;
    let Some(error) = failure(end) else {
        return Ok(());
    };
    // A signal that nobody else was there for was ours, though we slept no longer.
    if condition.leave(signals) == Ok(Signalled::Yes) {
        return Ok(());
    }
    // Being woken for nothing is better than starting over without the mutex.
    if end == End::Interrupted && will_be_ignored(cx) {
        return Ok(());
    }
    Err(error.into())
}

pub(super) fn signal(address: u64) -> Return<()> {
    let condition = Condition::at(address)?;
    settle();
    if condition.queue.sleepers() < 2 {
        return condition.clear();
    }
    add(condition.signals, 1)?;
    condition.queue.wake(1);
    Ok(())
}

pub(super) fn broadcast(address: u64) -> Return<()> {
    Condition::at(address)?.clear()
}
