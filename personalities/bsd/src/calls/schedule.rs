//! Priorities (kern_resource.c, p1003_1b.c, ksched.c).
//!
//! FreeBSD's real-time priorities are 0..=31, the host's 1..=99; a larger `sched_priority` is better on both.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{self, priority_which, rtprio_function, rtprio_type, sched_policy};
use compat_translate::Cx;
use compat_translate::guest::{In, InOut, Out};
use compat_translate::host::{self, nr, vdso};

use super::ids;
use crate::error::Return;

const HOST_SCHED_OTHER: u64 = 0;
const HOST_SCHED_FIFO: u64 = 1;
const HOST_SCHED_RR: u64 = 2;
const HOST_SCHED_IDLE: u64 = 5;
/// RTP_PRIO_MAX: the worst `rtprio`, and the best `sched_priority`.
pub const RTP_PRIO_MAX: i32 = 31;
/// PRI_MAX_TIMESHARE - PRI_MIN_TIMESHARE.
const TIMESHARE_MAX: i32 = 103;

pub fn getpriority(_cx: &mut Cx, which: i32, who: i32) -> Return<i32> {
    let which = flags::PRIORITY_WHICH
        .to_host(i64::from(which))
        .ok_or(Errno::EINVAL)?;
    // SAFETY: no pointers.
    let raw = unsafe { host::call_n(nr::getpriority, [which as u64, who as u64]) }?;
    // The host's call counts from 40 down to 1, so that no result looks like an error.
    Ok(20 - raw as i32)
}

pub fn setpriority(_cx: &mut Cx, which: i32, who: i32, nice: i32) -> Return<()> {
    let kind = flags::PRIORITY_WHICH
        .to_host(i64::from(which))
        .ok_or(Errno::EINVAL)?;
    let nice = nice.clamp(-20, 20);
    let own = which == priority_which::PRIO_PROCESS
        // SAFETY: no arguments.
        && (who == 0 || Ok(who as u64) == unsafe { host::call_n(nr::getpid, []) });
    if !own {
        // SAFETY: no pointers.
        unsafe { host::call_n(nr::setpriority, [kind as u64, who as u64, nice as u64]) }?;
        return Ok(());
    }
    // Niceness belongs to the process there and to each thread on the host.
    for tid in host::threads_of(0) {
        // SAFETY: no pointers.
        unsafe { host::call_n(nr::setpriority, [kind as u64, tid as u64, nice as u64]) }?;
    }
    Ok(())
}

/// The host's policy and priority of a thread or process; 0 is the caller.
pub fn host_policy(id: i32) -> Return<(u64, i32)> {
    let mut priority = 0i32;
    // SAFETY: no pointers, then a valid `struct sched_param`.
    unsafe {
        let policy = host::call_n(nr::sched_getscheduler, [id as u64])?;
        host::call_n(nr::sched_getparam, [id as u64, (&raw mut priority) as u64])?;
        Ok((policy, priority))
    }
}

/// Gives a thread a policy and a priority of the host's.
pub fn set_host_policy(id: i32, policy: u64, priority: i32) -> Return<()> {
    let args = [id as u64, policy, (&raw const priority) as u64];
    // SAFETY: a valid `struct sched_param`.
    unsafe { host::call_n(nr::sched_setscheduler, args) }?;
    Ok(())
}

/// A `sched_priority` of the guest from the host's.
fn priority_to_guest(host: i32) -> i32 {
    (host - 1).clamp(0, RTP_PRIO_MAX)
}

pub fn sched_getscheduler(_cx: &mut Cx, pid: i32) -> Return<i32> {
    let (policy, _) = host_policy(pid)?;
    // The host's batch and idle classes are time-sharing to a POSIX program.
    let guest = flags::SCHED_POLICY.to_guest(policy as i64);
    Ok(guest.map_or(sched_policy::SCHED_OTHER, |policy| policy as i32))
}

pub fn sched_getparam(_cx: &mut Cx, pid: i32, param: Out<i32>) -> Return<()> {
    let (_, priority) = host_policy(pid)?;
    param.write(&priority_to_guest(priority))?;
    Ok(())
}

pub fn sched_setscheduler(_cx: &mut Cx, pid: i32, policy: i32, param: In<i32>) -> Return<()> {
    let priority = param.read()?;
    ids::require_root()?;
    set_policy(pid, policy, priority)
}

pub fn sched_setparam(cx: &mut Cx, pid: i32, param: In<i32>) -> Return<()> {
    let priority = param.read()?;
    let policy = sched_getscheduler(cx, pid)?;
    set_policy(pid, policy, priority)
}

fn set_policy(pid: i32, policy: i32, priority: i32) -> Return<()> {
    let host = flags::SCHED_POLICY
        .to_host(i64::from(policy))
        .ok_or(Errno::EINVAL)? as u64;
    if !(0..=highest(policy)?).contains(&priority) {
        return Err(Errno::EINVAL.into());
    }
    let priority = if host == HOST_SCHED_OTHER {
        0
    } else {
        priority + 1
    };
    set_host_policy(pid, host, priority)
}

fn highest(policy: i32) -> Return<i32> {
    match policy {
        sched_policy::SCHED_FIFO | sched_policy::SCHED_RR => Ok(RTP_PRIO_MAX),
        sched_policy::SCHED_OTHER => Ok(TIMESHARE_MAX),
        _ => Err(Errno::EINVAL.into()),
    }
}

pub fn sched_get_priority_max(_cx: &mut Cx, policy: i32) -> Return<i32> {
    highest(policy)
}

pub fn sched_get_priority_min(_cx: &mut Cx, policy: i32) -> Return<i32> {
    highest(policy).map(|_| 0)
}

pub fn sched_getcpu(_cx: &mut Cx) -> Return<u32> {
    Ok(vdso::current_cpu())
}

/// `struct rtprio`: type and priority, 0 the best.
pub type Rtprio = [u16; 2];

pub fn rtprio(cx: &mut Cx, function: i32, pid: i32, place: InOut<Rtprio>) -> Return<()> {
    change_rtprio(cx, function, i64::from(pid), place)
}

pub fn rtprio_thread(cx: &mut Cx, function: i32, id: i64, place: InOut<Rtprio>) -> Return<()> {
    change_rtprio(cx, function, id, place)
}

fn change_rtprio(_cx: &Cx, function: i32, id: i64, place: InOut<Rtprio>) -> Return<()> {
    let id = i32::try_from(id).map_err(|_| Errno::ESRCH)?;
    match function {
        rtprio_function::RTP_LOOKUP => {
            let (policy, priority) = host_policy(id)?;
            let level = (RTP_PRIO_MAX - priority_to_guest(priority)) as u16;
            let found = match policy {
                HOST_SCHED_FIFO => [rtprio_type::RTP_PRIO_FIFO as u16, level],
                HOST_SCHED_RR => [rtprio_type::RTP_PRIO_REALTIME as u16, level],
                HOST_SCHED_IDLE => [rtprio_type::RTP_PRIO_IDLE as u16, RTP_PRIO_MAX as u16],
                _ => [rtprio_type::RTP_PRIO_NORMAL as u16, 0],
            };
            place.write(&found)?;
            Ok(())
        }
        rtprio_function::RTP_SET => {
            let [kind, level] = place.read()?;
            set_rtprio(id, i32::from(kind), i32::from(level))
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

pub fn set_rtprio(id: i32, kind: i32, level: i32) -> Return<()> {
    if kind != rtprio_type::RTP_PRIO_NORMAL {
        ids::require_root()?;
    }
    let host = match kind {
        rtprio_type::RTP_PRIO_REALTIME => HOST_SCHED_RR,
        rtprio_type::RTP_PRIO_FIFO => HOST_SCHED_FIFO,
        rtprio_type::RTP_PRIO_NORMAL => return set_host_policy(id, HOST_SCHED_OTHER, 0),
        rtprio_type::RTP_PRIO_IDLE => return set_host_policy(id, HOST_SCHED_IDLE, 0),
        _ => return Err(Errno::EINVAL.into()),
    };
    if level > RTP_PRIO_MAX {
        return Err(Errno::EINVAL.into());
    }
    set_host_policy(id, host, RTP_PRIO_MAX - level + 1)
}
