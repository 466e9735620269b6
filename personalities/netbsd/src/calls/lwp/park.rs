//! Parking (sys_lwp_park, sys__lwp_unpark): every thread has one token, which an unpark leaves and a park consumes. The
//! hints only tell NetBSD's kernel which queue to look in.

use core::sync::atomic::Ordering;

use compat_bsd::abi::time::{GuestTimespec, is_proper, timespec};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{clock_id, timer_flags};
use compat_translate::Cx;
use compat_translate::guest::{In, InOut};
use compat_translate::host::{self, nr};
use compat_translate::objects::umtx::{ANY, End, Queue, Scope, Until};

use super::with_lwp;
use crate::error::Return;

/// LWP_UNPARK_MAX: how many can be woken with one call.
const UNPARK_MAX: u64 = 1024;

fn unpark(cx: &Cx, target: i32) -> Return<()> {
    const FUTEX_WAKE_PRIVATE: u64 = 129;
    with_lwp(cx, target, |thread| {
        thread.wake.store(1, Ordering::Release);
        // SAFETY: the word lives in a block that is never unmapped.
        let _ = unsafe {
            host::call_n(
                nr::futex,
                [thread.wake.as_ptr() as u64, FUTEX_WAKE_PRIVATE, 1],
            )
        };
    })
}

pub(crate) fn _lwp_unpark(cx: &mut Cx, target: i32, _hint: u64) -> Return<()> {
    unpark(cx, target)
}

/// Its sleep ends and so does the next, or only the latter: that call fails. A token is left as well, and whoever takes it is
/// to be woken no more (LW_CANCELLED, LW_UNPARKED).
pub(crate) fn _lwp_wakeup(cx: &mut Cx, target: i32) -> Return<()> {
    let mut roused = Ok(false);
    with_lwp(cx, target, |thread| {
        thread.wake.store(1, Ordering::Release);
        roused = thread.rouse();
    })?;
    match roused? {
        true => Ok(()),
        false => Err(Errno::ENODEV.into()),
    }
}

/// Without targets, how many there may be at most.
pub(crate) fn _lwp_unpark_all(
    cx: &mut Cx,
    targets: In<i32>,
    count: u64,
    _hint: u64,
) -> Return<u64> {
    if targets.is_null() {
        return Ok(UNPARK_MAX);
    }
    if count > UNPARK_MAX {
        return Err(Errno::EINVAL.into());
    }
    let mut result = Ok(0);
    for target in targets.read_array(count as usize, UNPARK_MAX as usize)? {
        // Those that are gone are told of, and the others are woken nevertheless.
        if let Err(error) = unpark(cx, target) {
            result = Err(error);
        }
    }
    result
}

pub(crate) fn ___lwp_park60(
    cx: &mut Cx,
    clock: i32,
    flags: u32,
    ts: InOut<GuestTimespec>,
    target: i32,
    _hint: u64,
    _unpark_hint: u64,
) -> Return<()> {
    let time = if ts.is_null() { None } else { Some(ts.read()?) };
    let absolute = flags & timer_flags::TIMER_ABSTIME != 0;
    let until = time.map(|time| until(clock, absolute, time)).transpose()?;
    if target != 0 {
        unpark(cx, target)?;
    }
    let result = park(cx, until.as_ref());
    if let Some(until) = until.filter(|_| !absolute) {
        // What is left of the time, also when nothing went wrong.
        let left = until.remaining()?.max(0);
        ts.write(&[left / 1_000_000_000, left % 1_000_000_000])?;
    }
    result
}

/// Of 5.0 and 6.0: the time is one of the day.
pub(crate) fn compat_60__lwp_park(
    cx: &mut Cx,
    ts: In<GuestTimespec>,
    target: i32,
    _hint: u64,
    _unpark_hint: u64,
) -> Return<()> {
    let until = match ts.read_optional()? {
        Some(time) => Some(until(clock_id::CLOCK_REALTIME, true, time)?),
        None => None,
    };
    if target != 0 {
        unpark(cx, target)?;
    }
    park(cx, until.as_ref())
}

fn until(clock: i32, absolute: bool, time: GuestTimespec) -> Return<Until> {
    if !is_proper(time) {
        return Err(Errno::EINVAL.into());
    }
    let realtime = match clock {
        clock_id::CLOCK_REALTIME => true,
        clock_id::CLOCK_MONOTONIC => false,
        _ => return Err(Errno::EINVAL.into()),
    };
    let time = timespec(time);
    if !absolute {
        return Ok(Until::from_now(time.as_nanos().max(0))?);
    }
    // A time before the epoch is over, where the host sees an error.
    let at = host::Timespec::from_nanos(time.as_nanos().max(0));
    Ok(Until { at, realtime })
}

/// lwp_park: a token that is there already is `EALREADY`.
fn park(cx: &mut Cx, until: Option<&Until>) -> Return<()> {
    cx.never_restart = true;
    // A time that is over is told before the token is looked at (ts2timo).
    if let Some(until) = until
        && until.remaining()? <= 0
    {
        return Err(Errno::ETIMEDOUT.into());
    }
    let thread = cx.thread;
    let taken = || thread.wake.swap(0, Ordering::AcqRel) != 0;
    if taken() {
        thread.forget_rousing();
        return Err(Errno::EALREADY.into());
    }
    let queue = Queue::new(thread.wake.as_ptr() as u64, Scope::Process);
    loop {
        let end = queue.sleep(cx, 0, ANY, until)?;
        // The token of _lwp_wakeup is for the next.
        if cx.roused {
            return Err(Errno::EINTR.into());
        }
        // A wake-up that came at the same time is for this sleep, not for the next.
        if taken() {
            return Ok(());
        }
        match end {
            End::Woken | End::Changed => {}
            End::TimedOut => return Err(Errno::ETIMEDOUT.into()),
            End::Interrupted => return Err(Errno::EINTR.into()),
        }
    }
}
