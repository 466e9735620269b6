//! Suspended threads (sys__lwp_suspend, sys__lwp_continue).

use compat_bsd::threads::own_id;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{HostErrno, Timespec, nr};
use compat_translate::task;

use super::with_lwp;
use crate::error::Return;

/// Until the thread is suspended, or somebody else has had it go on. One that sleeps in a call goes on sleeping when it is
/// continued, which NetBSD's does in most calls.
pub(crate) fn _lwp_suspend(cx: &mut Cx, target: i32) -> Return<()> {
    // Whatever the handlers' flags say.
    cx.always_restart = true;
    if target == own_id(cx) {
        if is_last(cx) {
            return Err(Errno::EDEADLK.into());
        }
        cx.thread.stop();
        return Ok(());
    }
    with_lwp(cx, target, |thread| thread.hold())?;
    while let Some((place, value)) = reminded(cx, target)? {
        const FUTEX_WAIT_PRIVATE: u64 = 128;
        let patience = Timespec::from_nanos(1_000_000);
        let args = [
            place,
            FUTEX_WAIT_PRIVATE,
            u64::from(value),
            (&raw const patience) as u64,
            0,
            0,
        ];
        // SAFETY: the word lives in a block that is never unmapped.
        match unsafe { cx.host(nr::futex, args) } {
            Ok(_) | Err(HostErrno::EAGAIN | HostErrno::ETIMEDOUT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Where to wait for the thread to stop; `None` when it has.
fn reminded(cx: &Cx, target: i32) -> Return<Option<(u64, u32)>> {
    let mut result = Ok(None);
    with_lwp(cx, target, |thread| {
        let waits = thread.remind();
        result = waits.map(|waits| waits.then(|| thread.hold_word()));
    })?;
    Ok(result?)
}

/// One that is not suspended goes on as it does.
pub(crate) fn _lwp_continue(cx: &mut Cx, target: i32) -> Return<()> {
    with_lwp(cx, target, |thread| thread.let_go())
}

/// Whether all other threads are suspended.
fn is_last(cx: &Cx) -> bool {
    let mut others = false;
    task::with_all_threads(|thread| {
        others |= !core::ptr::eq(thread, cx.thread)
            && core::ptr::eq(thread.process(), cx.process())
            && !thread.is_held();
        !others
    });
    !others
}

/// Has a thread that does not run yet begin suspended (LWP_SUSPENDED).
pub(super) fn begin_suspended(id: i32) {
    use core::sync::atomic::Ordering;
    task::with_all_threads(|thread| {
        let is_it = thread.tid.load(Ordering::Relaxed) == id;
        if is_it {
            thread.hold();
        }
        !is_it
    });
}
