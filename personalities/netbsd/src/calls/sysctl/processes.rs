//! `kern.proc2`, `kern.lwp`, `kern.proc_args`: what ps(1) and top(1) ask (sysctl_doeproc, sysctl_kern_lwp,
//! sysctl_kern_proc_args).

use alloc::vec::Vec;

use compat_bsd::calls::path::known_name;
use compat_bsd::processes::{
    self, Status, WHOLE, link, now_in_ticks, own_pid, program, started, ticks,
};
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{ProcessStat, process_file, process_stat, thread_stat, threads_of};
use compat_translate::signal::SigSet;
use zerocopy::{FromZeros, Immutable, IntoBytes};

use super::array::{Wish, array};
use super::terminated;
use crate::abi::process::{
    EPROC_CTTY, EPROC_SLEADER, KinfoLwp, KinfoProc2, LSRUN, LSSLEEP, LSSTOP, LSZOMB, NO_PGID,
    NODEV, NZERO, P_CONTROLT, P_INMEM, P_SINTR, P_SYSTEM, P_TRACED, SACTIVE,
};
use crate::abi::stat::makedev;
use crate::error::Return;

/// A few more are told of when only the size is asked for: processes come and go (KERN_PROCSLOP, KERN_LWPSLOP).
const SLOP: usize = 5;

fn list<T: IntoBytes + Immutable>(found: &[T], size: i32, only_size: bool) -> Return<Vec<u8>> {
    let slop = only_size.then_some(SLOP);
    array(found, Wish { size, slop })
}

/// `kern.proc2.WHICH.NUMBER.SIZE.COUNT`
pub(super) fn all(more: &[i32], only_size: bool) -> Return<Vec<u8>> {
    /// KERN_PROC_TTY: a terminal that was taken away.
    const TTY_REVOKE: i32 = -2;
    let &[which, number, size, _count] = more else {
        return Err(Errno::EINVAL.into());
    };
    let wanted: fn(&KinfoProc2, i32) -> bool = match which {
        0 => |_, _| true,
        1 => |info, number| info.pid == number,
        2 => |info, number| info.pgid == number,
        3 => |info, number| info.sid == number,
        4 => |info, number| number != TTY_REVOKE && info.tdev as i32 == number,
        5 => |info, number| info.uid as i32 == number,
        6 => |info, number| info.ruid as i32 == number,
        7 => |info, number| info.gid as i32 == number,
        8 => |info, number| info.rgid as i32 == number,
        _ => return Err(Errno::EINVAL.into()),
    };
    let candidates = match which {
        1 => alloc::vec![number],
        _ => compat_translate::host::processes(),
    };
    let found: Vec<KinfoProc2> = candidates
        .into_iter()
        .filter_map(kinfo)
        .filter(|info| wanted(info, number))
        .collect();
    list(&found, size, only_size)
}

/// `kern.lwp.PID.SIZE.COUNT`; -1 for those of all processes.
pub(super) fn threads(more: &[i32], only_size: bool) -> Return<Vec<u8>> {
    let &[pid, size, _count] = more else {
        return Err(Errno::EINVAL.into());
    };
    let of = |pid: i32| {
        threads_of(pid)
            .into_iter()
            .filter_map(move |tid| Some(lwp(pid, tid, &thread_stat(pid, tid)?)))
    };
    let found: Vec<KinfoLwp> = match pid {
        -1 => compat_translate::host::processes()
            .into_iter()
            .flat_map(of)
            .collect(),
        _ => of(pid).collect(),
    };
    if pid != -1 && found.is_empty() {
        return Err(Errno::ESRCH.into());
    }
    list(&found, size, only_size)
}

/// Seconds and microseconds in the widths of these structures.
fn short([seconds, micros]: [i64; 2]) -> [u32; 2] {
    [seconds as u32, micros as u32]
}

fn state(stat: &ProcessStat) -> i8 {
    match stat.state {
        b'R' => LSRUN,
        b'T' | b't' => LSSTOP,
        b'Z' | b'X' => LSZOMB,
        _ => LSSLEEP,
    }
}

/// What it waits for, in a word.
fn waits(stat: &ProcessStat) -> [u8; 8] {
    if state(stat) == LSSLEEP {
        *b"select\0\0"
    } else {
        [0; 8]
    }
}

/// The share of a CPU since the start, in units of 1/2048.
fn share(stat: &ProcessStat) -> u32 {
    const FSCALE: u64 = 2048;
    let [user, system, ..] = stat.times;
    let lived = now_in_ticks().saturating_sub(stat.start).max(1);
    ((user + system).saturating_mul(FSCALE) / lived) as u32
}

/// Copies a name, cut to leave a NUL.
fn text<const N: usize>(text: &[u8]) -> [u8; N] {
    compat_bsd::abi::statfs::name(text)
}

/// fill_kproc2; `None` when the process has gone.
fn kinfo(pid: i32) -> Option<KinfoProc2> {
    const PAGES: i64 = 4;
    let stat = process_stat(pid)?;
    let status = Status::of(pid)?;
    let [user, system, child_user, child_system] = stat.times;
    let mut info = KinfoProc2::new_zeroed();
    (info.pid, info.ppid) = (stat.pid, stat.parent);
    (info.pgid, info.sid) = (stat.group, stat.session);
    info.flag = P_INMEM;
    if stat.pid == stat.session {
        info.eflag |= EPROC_SLEADER;
    }
    (info.tdev, info.tpgid) = (NODEV, NO_PGID);
    if stat.terminal != 0 {
        let major = (stat.terminal >> 8) as u32 & 0xfff;
        let minor = (stat.terminal as u32 & 0xff) | (stat.terminal >> 12) as u32 & 0xf_ff00;
        info.tdev = makedev(major, minor) as u32;
        info.tpgid = stat.foreground;
        info.eflag |= EPROC_CTTY;
        info.flag |= P_CONTROLT;
    }
    // The host's kernel threads are the children of process 2, and have no memory.
    if stat.size == 0 && (stat.pid == 2 || stat.parent == 2) {
        info.flag |= P_SYSTEM;
    }
    if status.tracer != 0 {
        info.flag |= P_TRACED;
    }
    if stat.state == b'S' {
        info.flag |= P_SINTR;
    }
    [info.ruid, info.uid, info.svuid] = status.users;
    [info.rgid, info.gid, info.svgid] = status.groups;
    info.ngroups = status.supplementary.len().min(info.groups.len()) as i16;
    for (slot, group) in info.groups.iter_mut().zip(&status.supplementary) {
        *slot = *group;
    }
    [info.siglist, info.sigmask, info.sigignore, info.sigcatch] = status.signals.map(SigSet::words);
    info.stat = state(&stat);
    info.realstat = match info.stat {
        LSZOMB => LSZOMB as u64,
        LSSTOP => LSSTOP as u64,
        _ => SACTIVE,
    };
    info.realflag = info.flag as u64;
    info.nice = (stat.nice + NZERO) as u8;
    (info.pctcpu, info.ticks) = (share(&stat), [user, system, 0]);
    info.swtime = (now_in_ticks().saturating_sub(stat.start) / 100) as u32;
    info.comm = text(stat.name.as_bytes());
    info.ename = text(b"netbsd");
    info.wmesg = waits(&stat);
    info.nlwps = stat.threads as u64;
    info.cpuid = stat.processor as u64;
    if info.stat == LSZOMB {
        return Some(info);
    }
    info.rssize = stat.resident as i32;
    [info.tsize, info.dsize, info.ssize] = status.sizes.map(|size| (size / PAGES) as i32);
    (info.vsize, info.msize) = (stat.size as i64 / 4096, stat.size as i64 / 4096);
    info.nrlwps = u64::from(info.stat == LSRUN);
    info.uvalid = 1;
    info.ustart = short(started(stat.start));
    info.rtime = short(ticks(user + system));
    (info.uutime, info.ustime) = (short(ticks(user)), short(ticks(system)));
    info.uctime = short(ticks(child_user + child_system));
    let [maxrss, .., voluntary, involuntary] = &mut info.uru;
    *maxrss = stat.resident.saturating_mul(4);
    [*voluntary, *involuntary] = status.switches.map(|count| count as u64);
    Some(info)
}

/// fill_lwp.
fn lwp(pid: i32, tid: i32, stat: &ProcessStat) -> KinfoLwp {
    let [user, system, ..] = stat.times;
    let mut info = KinfoLwp::new_zeroed();
    (info.lid, info.pid) = (tid, pid as u32);
    info.flag = P_INMEM;
    info.stat = state(stat);
    info.wmesg = waits(stat);
    info.cpuid = stat.processor as u64;
    info.rtime = short(ticks(user + system));
    info.pctcpu = share(stat);
    info.swtime = (now_in_ticks().saturating_sub(stat.start) / 100) as u32;
    info.name = text(stat.name.as_bytes());
    info
}

/// `kern.proc_args.PID.WHAT`
pub(super) fn arguments(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    const ARGV: i32 = 1;
    const NARGV: i32 = 2;
    const ENV: i32 = 3;
    const NENV: i32 = 4;
    const PATHNAME: i32 = 5;
    const CWD: i32 = 6;
    let &[pid, what] = more else {
        return Err(Errno::EINVAL.into());
    };
    let pid = match pid {
        -1 => 0,
        pid if pid == own_pid() => 0,
        pid if pid > 0 && process_stat(pid).is_some_and(|stat| stat.state != b'Z') => pid,
        _ => return Err(Errno::EINVAL.into()),
    };
    let count = |texts: &[u8]| {
        let count = texts.iter().filter(|&&byte| byte == 0).count() as i32;
        count.to_le_bytes().to_vec()
    };
    let named = |path: &[u8]| Ok(terminated(&known_name(path).unwrap_or_default()));
    match what {
        ARGV => Ok(processes::arguments(cx, pid)),
        NARGV => Ok(count(&processes::arguments(cx, pid))),
        ENV => Ok(process_file(pid, "environ", WHOLE)?),
        NENV => Ok(count(&process_file(pid, "environ", WHOLE)?)),
        PATHNAME => named(&program(cx, pid)?),
        CWD => named(&link(pid, "cwd")?),
        _ => Err(Errno::EINVAL.into()),
    }
}
