//! Waiting for threads (`_lwp_wait`, lwp_wait in kern_lwp.c). A thread that is not detached leaves its id behind until
//! somebody has waited for it.

use alloc::vec::Vec;
use compat_bsd::threads::{own_id, with_thread};
use core::sync::atomic::{AtomicU32, Ordering};

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Out;
use compat_translate::host::{self, nr};
use compat_translate::sync::Mutex;

use crate::error::Return;

struct Lwp {
    id: i32,
    ended: bool,
}

/// The threads that can be waited for.
static JOINABLE: Mutex<Vec<Lwp>> = Mutex::new(Vec::new());
/// Changes whenever one of them ends or is detached: a futex word.
static CHANGES: AtomicU32 = AtomicU32::new(0);

/// In a child nobody is left.
pub(super) fn forget() {
    // SAFETY: the child has one thread. Its parent may have had others, but a length is one word.
    if !unsafe { &*JOINABLE.data_ptr() }.is_empty() {
        JOINABLE.lock().clear();
    }
}

/// A thread that somebody may wait for has been made.
pub(super) fn born(id: i32) {
    JOINABLE.lock().push(Lwp { id, ended: false });
}

/// The calling thread is about to end.
pub(super) fn ends(id: i32) {
    let mut all = JOINABLE.lock();
    if let Some(lwp) = all.iter_mut().find(|lwp| lwp.id == id) {
        lwp.ended = true;
        drop(all);
        announce();
    }
}

fn announce() {
    const FUTEX_WAKE_PRIVATE: u64 = 129;
    CHANGES.fetch_add(1, Ordering::AcqRel);
    let all = i32::MAX as u64;
    // SAFETY: a static word.
    let _ = unsafe {
        host::call_n(
            nr::futex,
            [CHANGES.as_ptr() as u64, FUTEX_WAKE_PRIVATE, all],
        )
    };
}

pub(crate) fn _lwp_detach(cx: &mut Cx, target: i32) -> Return<()> {
    let mut all = JOINABLE.lock();
    let Some(at) = all.iter().position(|lwp| lwp.id == target) else {
        drop(all);
        // Detached already, or not there at all.
        with_thread(cx, target, |_| ())?;
        return Err(Errno::EINVAL.into());
    };
    all.remove(at);
    drop(all);
    announce();
    Ok(())
}

/// 0 is whichever ends first.
pub(crate) fn _lwp_wait(cx: &mut Cx, wait_for: i32, departed: Out<i32>) -> Return<()> {
    const FUTEX_WAIT_PRIVATE: u64 = 128;
    if wait_for != 0 && wait_for == own_id(cx) {
        return Err(Errno::EDEADLK.into());
    }
    loop {
        let seen = CHANGES.load(Ordering::Acquire);
        if let Some(id) = gone(cx, wait_for)? {
            departed.write_optional(&id)?;
            return Ok(());
        }
        let args = [
            CHANGES.as_ptr() as u64,
            FUTEX_WAIT_PRIVATE,
            u64::from(seen),
            0,
            0,
            0,
        ];
        // SAFETY: a static word.
        match unsafe { cx.host(nr::futex, args) } {
            Ok(_) | Err(host::HostErrno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes an ended thread off the list; `None` while there is only somebody to wait for.
fn gone(cx: &Cx, wait_for: i32) -> Return<Option<i32>> {
    let mut all = JOINABLE.lock();
    let fits = |lwp: &Lwp| wait_for == 0 || lwp.id == wait_for;
    if let Some(at) = all.iter().position(|lwp| fits(lwp) && lwp.ended) {
        return Ok(Some(all.remove(at).id));
    }
    if all.iter().any(fits) {
        return Ok(None);
    }
    drop(all);
    if wait_for == 0 {
        return Err(Errno::ESRCH.into());
    }
    // Detached ones cannot be waited for.
    with_thread(cx, wait_for, |_| ())?;
    Err(Errno::EINVAL.into())
}
