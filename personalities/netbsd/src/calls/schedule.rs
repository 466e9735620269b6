//! Scheduling (sys_sched.c).

use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use compat_bsd::calls::{ids, schedule as family};
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};
use compat_translate::task;

use crate::error::Return;

/// The thread that both ids name; 0 is the caller.
fn thread(cx: &Cx, pid: i32, lid: i32) -> i32 {
    if lid != 0 {
        lid
    } else if pid != 0 {
        pid
    } else {
        cx.thread.tid.load(Ordering::Relaxed)
    }
}

/// The policies have the host's numbers. A real-time priority is one less than the host's, time-sharing has none.
const SCHED_OTHER: i32 = 0;
const SCHED_RR: i32 = 2;
const SCHED_PRI_MAX: i32 = 63;
/// SCHED_NONE and PRI_NONE: as it is.
const UNCHANGED: i32 = -1;

/// do_sched_setparam.
pub(crate) fn _sched_setparam(
    cx: &mut Cx,
    pid: i32,
    lid: i32,
    policy: i32,
    params: In<i32>,
) -> Return<()> {
    let priority = params.read()?;
    if !(UNCHANGED..=SCHED_RR).contains(&policy) || !(UNCHANGED..=SCHED_PRI_MAX).contains(&priority)
    {
        return Err(Errno::EINVAL.into());
    }
    if (policy, priority) == (UNCHANGED, UNCHANGED) {
        return Ok(());
    }
    for id in meant(cx, pid, lid) {
        set(id, policy, priority)?;
    }
    Ok(())
}

/// The threads that both ids name: without the second, all of the process. Of another one only the first is known.
fn meant(cx: &Cx, pid: i32, lid: i32) -> Vec<i32> {
    if lid != 0 {
        return Vec::from([lid]);
    }
    if pid != 0 && pid != own_pid() {
        return Vec::from([pid]);
    }
    let mut all = Vec::new();
    task::with_all_threads(|thread| {
        if core::ptr::eq(thread.process(), cx.process()) {
            all.push(thread.tid.load(Ordering::Relaxed));
        }
        true
    });
    all
}

fn own_pid() -> i32 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default() as i32
}

fn set(id: i32, policy: i32, priority: i32) -> Return<()> {
    let (class, level) = current(id)?;
    let policy = if policy == UNCHANGED { class } else { policy };
    if policy == SCHED_OTHER && priority != UNCHANGED {
        return Err(Errno::EINVAL.into());
    }
    let wanted = match priority {
        UNCHANGED => level,
        priority => priority,
    };
    // Others than root may only step back (sched_listener_cb).
    if policy != SCHED_OTHER && (policy != class || wanted > level) {
        ids::require_root()?;
    }
    let host_level = match policy {
        SCHED_OTHER => 0,
        _ => wanted + 1,
    };
    family::set_host_policy(id, policy as u64, host_level)
}

/// A thread's class, and its priority as NetBSD counts it.
fn current(id: i32) -> Return<(i32, i32)> {
    let (policy, priority) = family::host_policy(id)?;
    // The host's batch and idle classes are time-sharing as well.
    let class = i32::try_from(policy).unwrap_or(SCHED_OTHER);
    let class = if class > SCHED_RR { SCHED_OTHER } else { class };
    Ok((class, (priority - 1).clamp(0, SCHED_PRI_MAX)))
}

pub(crate) fn _sched_getparam(
    cx: &mut Cx,
    pid: i32,
    lid: i32,
    policy: Out<i32>,
    params: Out<i32>,
) -> Return<()> {
    let (class, level) = current(thread(cx, pid, lid))?;
    policy.write_optional(&class)?;
    params.write_optional(&level)?;
    Ok(())
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
