//! Scheduling (sys_sched.c).

use compat_bsd::calls::schedule as family;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};

use crate::error::Return;

/// The thread that both ids name; 0 is the caller.
fn thread(cx: &Cx, pid: i32, lid: i32) -> i32 {
    if lid != 0 {
        lid
    } else if pid != 0 {
        pid
    } else {
        cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed)
    }
}

/// -1 leaves the policy as it is (SCHED_NONE).
pub(crate) fn _sched_setparam(
    cx: &mut Cx,
    pid: i32,
    lid: i32,
    policy: i32,
    params: In<i32>,
) -> Return<()> {
    let id = thread(cx, pid, lid);
    family::sched_setscheduler(cx, id, policy, params)?;
    Ok(())
}

pub(crate) fn _sched_getparam(
    cx: &mut Cx,
    pid: i32,
    lid: i32,
    policy: Out<i32>,
    params: Out<i32>,
) -> Return<()> {
    let id = thread(cx, pid, lid);
    let found = family::sched_getscheduler(cx, id)?;
    let own = compat_tables::netbsd::flags::SCHED_POLICY
        .to_guest(i64::from(found))
        .ok_or(Errno::EINVAL)?;
    policy.write_optional(&(own as i32))?;
    family::sched_getparam(cx, id, params)
}

/// The sets are the host's: one bit a CPU.
pub(crate) fn _sched_getaffinity(
    cx: &mut Cx,
    pid: i32,
    lid: i32,
    size: u64,
    set: Out<u8>,
) -> Return<()> {
    let id = thread(cx, pid, lid);
    // SAFETY: the kernel checks the guest's buffer.
    unsafe { host::call_n(nr::sched_getaffinity, [id as u64, size, set.address()]) }?;
    Ok(())
}

pub(crate) fn _sched_setaffinity(
    cx: &mut Cx,
    pid: i32,
    lid: i32,
    size: u64,
    set: In<u8>,
) -> Return<()> {
    let id = thread(cx, pid, lid);
    // SAFETY: as above.
    unsafe { host::call_n(nr::sched_setaffinity, [id as u64, size, set.address()]) }?;
    Ok(())
}
