//! `kern.proc`: what ps(1), w(1) and top(1) ask (sysctl_kern_proc, sysctl_kern_proc_args, sysctl_kern_proc_cwd,
//! sysctl_kern_proc_pathname).

use alloc::vec::Vec;

use compat_bsd::abi::resource::Rusage;
use compat_bsd::abi::statfs::name;
use compat_bsd::calls::path::known_name;
use compat_bsd::processes::{self, Status, link, now_in_ticks, own_pid, program, started, ticks};
use compat_bsd::sysctl::{Request, terminated};
use compat_tables::bsd::Errno;
use compat_tables::dragonfly::SysctlSource;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, ProcessStat, process_stat, thread_stat, threads_of};
use compat_translate::signal::SigSet;
use zerocopy::{FromZeros, IntoBytes};

use crate::abi::process::{
    KI_CTTY, KI_SLEADER, KinfoLwp, KinfoProc, LSRUN, LSSLEEP, LSSTOP, LWP_SINTR, P_CONTROLT,
    P_SYSTEM, P_TRACED, SACTIVE, SSTOP, SZOMB,
};
use crate::error::Return;

/// Whether a process is one of those with this number.
type Choice = fn(&KinfoProc, i32) -> bool;

/// `kern.proc.WHICH.NUMBER`; with KERN_PROC_FLAG_LWP, one structure for each thread.
pub(super) fn all(source: SysctlSource, more: &[i32], request: Request) -> Return<Vec<u8>> {
    use SysctlSource as S;
    let each_thread = matches!(
        source,
        S::ProcAllLwp
            | S::ProcPidLwp
            | S::ProcPgrpLwp
            | S::ProcTtyLwp
            | S::ProcUidLwp
            | S::ProcRuidLwp
    );
    let choice: Choice = match source {
        S::ProcAll | S::ProcAllLwp => |_, _| true,
        S::ProcPid | S::ProcPidLwp => |info, number| info.pid == number,
        S::ProcPgrp | S::ProcPgrpLwp => |info, number| info.pgid == number,
        S::ProcTty | S::ProcTtyLwp => |info, number| info.tdev as i32 == number,
        S::ProcUid | S::ProcUidLwp => |info, number| info.uid as i32 == number,
        S::ProcRuid | S::ProcRuidLwp => |info, number| info.ruid as i32 == number,
        _ => return Err(Errno::EINVAL.into()),
    };
    let number = match (source, more) {
        (S::ProcAll | S::ProcAllLwp, []) => 0,
        (S::ProcAll | S::ProcAllLwp, _) => return Err(Errno::EINVAL.into()),
        (_, [number]) => *number,
        _ => return Err(Errno::EINVAL.into()),
    };
    let candidates = match source {
        S::ProcPid | S::ProcPidLwp => alloc::vec![number],
        _ => host::processes(),
    };
    let mut value = Vec::new();
    for mut info in candidates.into_iter().filter_map(kinfo) {
        if !choice(&info, number) {
            continue;
        }
        if !each_thread || info.stat == SZOMB {
            value.extend_from_slice(info.as_bytes());
            continue;
        }
        for tid in threads_of(info.pid) {
            if let Some(stat) = thread_stat(info.pid, tid) {
                info.lwp = lwp(info.pid, tid, &stat, &info.lwp);
                value.extend_from_slice(info.as_bytes());
            }
        }
    }
    if request.old == 0 {
        // Room for a few more, when only the size is asked for: processes come and go (PROCSLOP).
        value.resize(value.len() + 5 * size_of::<KinfoProc>(), 0);
    }
    Ok(value)
}

/// fill_kinfo_proc; `None` when the process has gone.
fn kinfo(pid: i32) -> Option<KinfoProc> {
    const NOUDEV: u32 = u32::MAX;
    const KIB_A_PAGE: i64 = 4;
    let stat = process_stat(pid)?;
    let status = Status::of(pid)?;
    let [user, system, child_user, child_system] = stat.times;
    let [pending, blocked, ignored, caught] = status.signals.map(SigSet::words);
    let mut info = KinfoProc::new_zeroed();
    (info.pid, info.ppid) = (stat.pid, stat.parent);
    (info.pgid, info.sid) = (stat.group, stat.session);
    info.stat = match stat.state {
        b'T' | b't' => SSTOP,
        b'Z' | b'X' => SZOMB,
        _ => SACTIVE,
    };
    if stat.pid == stat.session {
        info.auxflags |= KI_SLEADER;
    }
    (info.tdev, info.tpgid, info.tsid) = (NOUDEV, -1, -1);
    if stat.terminal != 0 {
        info.tdev = compat_bsd::abi::stat::dev_to_guest(
            (stat.terminal >> 8) as u32 & 0xfff,
            (stat.terminal as u32 & 0xff) | (stat.terminal >> 12) as u32 & 0xf_ff00,
        ) as u32;
        (info.tpgid, info.tsid) = (stat.foreground, stat.session);
        info.auxflags |= KI_CTTY;
        info.flags |= P_CONTROLT;
    }
    // The host's kernel threads are the children of process 2, and have no memory.
    if stat.size == 0 && (stat.pid == 2 || stat.parent == 2) {
        info.flags |= P_SYSTEM;
    }
    if status.tracer != 0 {
        info.flags |= P_TRACED;
    }
    (info.siglist, info.sigignore, info.sigcatch) = (pending, ignored, caught);
    info.start = started(stat.start);
    info.comm = name(stat.name.as_bytes());
    [info.ruid, info.uid, info.svuid] = status.users;
    [info.rgid, _, info.svgid] = status.groups;
    // The effective group comes first.
    let groups = status
        .groups
        .get(1)
        .into_iter()
        .chain(&status.supplementary);
    for (slot, group) in info.groups.iter_mut().zip(groups) {
        *slot = *group;
        info.ngroups += 1;
    }
    (info.nthreads, info.nice) = (stat.threads, stat.nice);
    info.swtime = lived(&stat) as u32 / 100;
    info.map_size = stat.size;
    (info.rssize, info.prssize) = (stat.resident as i64, stat.resident as u32);
    [info.tsize, info.dsize, info.ssize] = status.sizes.map(|size| size / KIB_A_PAGE);
    info.ru = usage(user, system);
    let [most, .., voluntary, involuntary] = &mut info.ru.counts;
    *most = stat.resident as i64 * KIB_A_PAGE;
    [*voluntary, *involuntary] = status.switches;
    info.cru = usage(child_user, child_system);
    info.lwp.siglist = pending;
    info.lwp.sigmask = blocked;
    info.lwp = lwp(pid, pid, &stat, &info.lwp);
    Some(info)
}

fn usage(user: u64, system: u64) -> Rusage {
    Rusage {
        utime: ticks(user),
        stime: ticks(system),
        ..Rusage::ZERO
    }
}

/// Host clock ticks since the start.
fn lived(stat: &ProcessStat) -> u64 {
    now_in_ticks().saturating_sub(stat.start)
}

/// fill_kinfo_lwp. The signals are as in `process`.
fn lwp(pid: i32, tid: i32, stat: &ProcessStat, process: &KinfoLwp) -> KinfoLwp {
    const FSCALE: u64 = 2048;
    const MICROS_A_TICK: u64 = 10_000;
    /// RTP_PRIO_NORMAL
    const NORMAL: u16 = 1;
    let [user, system, ..] = stat.times;
    let mut info = KinfoLwp::new_zeroed();
    (info.pid, info.tid) = (pid, tid);
    info.stat = match stat.state {
        b'R' => LSRUN,
        b'T' | b't' => LSSTOP,
        _ => LSSLEEP,
    };
    if stat.state == b'S' {
        info.flags |= LWP_SINTR;
        info.wmesg = name(b"select");
    }
    info.rtprio = [NORMAL, 0];
    info.ticks = [user * MICROS_A_TICK, system * MICROS_A_TICK, 0];
    info.pctcpu = ((user + system).saturating_mul(FSCALE) / lived(stat).max(1)) as u32;
    (info.origcpu, info.cpuid) = (stat.processor, stat.processor);
    info.ru = usage(user, system);
    (info.siglist, info.sigmask) = (process.siglist, process.sigmask);
    info.comm = name(stat.name.as_bytes());
    info
}

/// The process that `{pid}` asks for, 0 for the caller; -1 is the caller as well.
fn who(more: &[i32]) -> Return<i32> {
    match *more {
        [pid] if pid == -1 || pid == own_pid() => Ok(0),
        [pid] if pid > 0 && process_stat(pid).is_some() => Ok(pid),
        [_] => Err(Errno::ESRCH.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// `kern.proc.args.PID`; a thread's number may follow.
pub(super) fn arguments(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    let pid = who(more
        .get(..1)
        .filter(|_| more.len() <= 2)
        .unwrap_or_default())?;
    Ok(processes::arguments(cx, pid))
}

/// setproctitle(3): a process may give itself new arguments.
pub(super) fn set_arguments(cx: &Cx, more: &[i32], request: Request) -> Return<()> {
    /// kern.ps_arg_cache_limit
    const LONGEST: u64 = 4096;
    if who(more)? != 0 {
        return Err(Errno::EPERM.into());
    }
    if request.new_len > LONGEST {
        return Err(Errno::ENOMEM.into());
    }
    let mut text = alloc::vec![0; request.new_len as usize];
    guest::read_bytes(request.new, &mut text)?;
    let text = text.strip_suffix(&[0]).unwrap_or(&text);
    *cx.process().arguments.lock() = text.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    Ok(())
}

/// `kern.proc.cwd.PID`
pub(super) fn directory(more: &[i32]) -> Return<Vec<u8>> {
    Ok(named(&link(who(more)?, "cwd")?))
}

/// `kern.proc.pathname.PID`
pub(super) fn pathname(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    let pid = who(more)?;
    Ok(named(&program(cx, pid)?))
}

fn named(path: &[u8]) -> Vec<u8> {
    terminated(&known_name(path).unwrap_or_default())
}
