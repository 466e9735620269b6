//! `struct ucond` (do_cv_wait, do_cv_signal, do_cv_broadcast).
//!
//! The guest calls to signal only while `c_has_waiters` is set. A waiter joins the queue, sets it, unlocks the mutex and
//! sleeps; who empties the queue clears it. A waiter that was signalled must not touch the memory any more, not even by
//! falling asleep on it: the condition may be gone, and something else be there. The host's queues cannot give that,
//! so threads of one process wait in lines of ours ([`compat_translate::objects::line`]), which are as FreeBSD's queues
//! are. Processes wait as [`super::shared_condition`] says.

use core::mem::offset_of;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::clock_id::{CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID};
use compat_tables::freebsd::flags::umtx_cv_wait::{CVWAIT_ABSTIME, CVWAIT_CLOCKID};
use compat_tables::freebsd::flags::umutex_flags::USYNC_PROCESS_SHARED;
use compat_translate::guest;
use compat_translate::objects::line::Lines;
use compat_translate::objects::umtx::End;
use compat_translate::{Cx, Progress};

use super::mutex::Mutex;
use super::shared_condition;
use super::timeout::{Deadline, Timeout, by, failure};
use super::wait::will_be_ignored;
use crate::abi::umtx::Ucond;
use crate::error::{Error, Return};

static LINES: Lines = Lines::new();

pub(super) fn after_fork() {
    LINES.after_fork();
}

fn is_shared(address: u64) -> Return<bool> {
    let flags = guest::load_u32(address.wrapping_add(offset_of!(Ucond, c_flags) as u64))?;
    Ok(flags & USYNC_PROCESS_SHARED != 0)
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
    if is_shared(address)? {
        shared_condition::wait(cx, address, mutex, deadline)
    } else {
        wait_in_line(cx, address, mutex, deadline)
    }
}

fn wait_in_line(cx: &mut Cx, address: u64, mutex: Mutex, deadline: Option<Deadline>) -> Return<()> {
    LINES.join(cx, address, || {
        // No store when it is set already: the line of memory is shared.
        if guest::load_u32(address)? == 0 {
            guest::store_u32(address, 1)?;
        }
        Ok::<(), Error>(())
    })?;
    let slept = unlock(cx, mutex).and_then(|()| by(deadline, |until| Lines::sleep(cx, until)));
    // Those who are not called are in line still, so the memory is a condition still.
    let called = LINES.leave(cx, address, || {
        let _ = guest::store_u32(address, 0);
    });
    match slept {
        Ok(end) if !called => woken(cx, end),
        slept => slept.map(drop),
    }
}

/// Unlocks the mutex, which happens only once: there is no starting over from here.
pub(super) fn unlock(cx: &mut Cx, mutex: Mutex) -> Return<()> {
    mutex.unlock(cx.thread)?;
    cx.progress = Progress::Made;
    Ok(())
}

/// What the end of a sleep comes to.
pub(super) fn woken(cx: &Cx, end: End) -> Return<()> {
    match failure(end) {
        None => Ok(()),
        // Being woken for nothing is better than starting over without the mutex.
        Some(_) if end == End::Interrupted && will_be_ignored(cx) => Ok(()),
        Some(error) => Err(error.into()),
    }
}

pub(super) fn signal(address: u64) -> Return<()> {
    if is_shared(address)? {
        shared_condition::signal(address)
    } else {
        call(address, 1)
    }
}

pub(super) fn broadcast(address: u64) -> Return<()> {
    if is_shared(address)? {
        shared_condition::broadcast(address)
    } else {
        call(address, usize::MAX)
    }
}

fn call(address: u64, count: usize) -> Return<()> {
    LINES.call(address, count, || Ok(guest::store_u32(address, 0)?))
}
