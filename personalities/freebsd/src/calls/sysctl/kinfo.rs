//! `struct kinfo_proc` from what the host's `/proc` says.

use compat_bsd::processes::{Status, now_in_ticks, started, ticks};
use compat_translate::host::{self, ProcessStat};
use compat_translate::signal::SigSet;

use crate::abi::resource::Rusage;
use crate::abi::stat::dev_to_guest;
use crate::abi::user::{
    FSCALE, KI_CTTY, KI_SLEADER, KinfoProc, NO_PID, NODEV, P_CONTROLT, P_HADTHREADS, P_INMEM,
    P_KPROC, P_STOPPED_SIG, P_SYSTEM, P_TRACED, P_WEXIT, PRI_TIMESHARE, SRUN, SSLEEP, SSTOP, SZOMB,
    TDF_SINTR,
};

/// What emulation FreeBSD says its own 64-bit programs run under.
pub(super) const EMULATION: &[u8] = b"FreeBSD ELF64";

/// The structure for process `pid`; `None` when it has gone.
pub(super) fn kinfo(pid: i32) -> Option<KinfoProc> {
    let stat = host::process_stat(pid)?;
    let status = Status::of(pid)?;
    let [user, system, child_user, child_system] = stat.times;
    let mut info = KinfoProc::empty();
    relations(&mut info, &stat);
    credentials(&mut info, &status);
    [info.siglist, info.sigmask, info.sigignore, info.sigcatch] = status.signals.map(SigSet::words);
    info.size = stat.size;
    info.rssize = stat.resident as i64;
    [info.tsize, info.dsize, info.ssize] = status.sizes.map(|kibibytes| kibibytes / 4);
    info.start = started(stat.start);
    info.childtime = ticks(child_user + child_system);
    info.flag |= P_INMEM;
    info.pointers = pointers(stat.pid);
    // The host's kernel threads are the children of process 2, and have no memory.
    if stat.size == 0 && (stat.pid == 2 || stat.parent == 2) {
        info.flag |= P_SYSTEM | P_KPROC;
    }
    if status.tracer != 0 {
        info.flag |= P_TRACED;
    }
    running(&mut info, &stat);
    info.nice = stat.nice as i8;
    info.pri = [PRI_TIMESHARE, 120, 120, 120];
    info.tracer = status.tracer;
    info.numthreads = stat.threads;
    info.tid = stat.pid;
    if stat.threads > 1 {
        info.flag |= P_HADTHREADS;
    }
    text(&mut info.comm, stat.name.as_bytes());
    text(&mut info.emul, EMULATION);
    text(&mut info.loginclass, b"default");
    info.rusage = usage(&stat, [user, system], status.switches);
    info.rusage_ch = Rusage {
        utime: ticks(child_user),
        stime: ticks(child_system),
        ..Rusage::ZERO
    };
    Some(info)
}

/// Addresses in the kernel. Programs ask no more of them than whether they are there: procstat(1) shows no files of a
/// process without `ki_fd`.
fn pointers(pid: i32) -> [u64; 8] {
    const KERNEL: u64 = 0xffff_f800_0000_0000;
    const NONE: [usize; 3] = [0, 2, 3];
    core::array::from_fn(|index| match NONE.contains(&index) {
        // ki_args, ki_addr, ki_tracep.
        true => 0,
        // ki_paddr, ki_textvp, ki_fd, ki_vmspace, ki_wchan.
        false => KERNEL | (pid as u64) << 12 | (index as u64) << 6,
    })
}

/// The structure for thread `tid` of the process that `info` is of.
pub(super) fn of_thread(info: &KinfoProc, tid: i32) -> Option<KinfoProc> {
    let stat = host::thread_stat(info.pid, tid)?;
    let mut info = KinfoProc { tid, ..*info };
    running(&mut info, &stat);
    Some(info)
}

/// What differs between the threads of a process.
fn running(info: &mut KinfoProc, stat: &ProcessStat) {
    let [user, system, ..] = stat.times;
    info.runtime = (user + system).saturating_mul(10_000);
    let lived = now_in_ticks().saturating_sub(stat.start).max(1);
    info.pctcpu = ((user + system).saturating_mul(FSCALE) / lived) as u32;
    info.swtime = (lived / 100) as u32;
    info.stat = match stat.state {
        b'R' => SRUN,
        b'T' | b't' => SSTOP,
        b'Z' | b'X' => SZOMB,
        _ => SSLEEP,
    };
    match stat.state {
        b'S' | b'I' => info.tdflags |= TDF_SINTR,
        b'T' => info.flag |= P_STOPPED_SIG,
        b'Z' | b'X' => info.flag |= P_WEXIT,
        _ => {}
    }
    info.oncpu_old = u8::MAX;
    info.lastcpu_old = stat.processor as u8;
    info.lastcpu = stat.processor;
    info.oncpu = match info.stat {
        SRUN => stat.processor,
        _ => -1,
    };
    text(&mut info.tdname, stat.name.as_bytes());
    if info.stat != SSLEEP {
        info.pointers[7] = 0;
    }
    let waits: &[u8] = if info.stat == SSLEEP { b"select" } else { b"" };
    text(&mut info.wmesg, waits);
}

fn relations(info: &mut KinfoProc, stat: &ProcessStat) {
    info.pid = stat.pid;
    info.ppid = stat.parent;
    info.pgid = stat.group;
    info.sid = stat.session;
    info.tpgid = NO_PID;
    info.tdev = NODEV;
    info.tdev_freebsd11 = NODEV as u32;
    if stat.pid == stat.session {
        info.kiflag |= KI_SLEADER;
    }
    if stat.terminal != 0 {
        let major = (stat.terminal >> 8) as u32 & 0xfff;
        let minor = (stat.terminal as u32 & 0xff) | (stat.terminal >> 12) as u32 & 0xfff00;
        info.tdev = dev_to_guest(major, minor);
        info.tdev_freebsd11 = info.tdev as u32;
        info.tpgid = stat.foreground;
        info.tsid = stat.session;
        info.kiflag |= KI_CTTY;
        info.flag |= P_CONTROLT;
    }
}

fn credentials(info: &mut KinfoProc, status: &Status) {
    [info.ruid, info.uid, info.svuid] = status.users;
    let [real, _, saved] = status.groups;
    (info.rgid, info.svgid) = (real, saved);
    let groups = status.all_groups();
    info.ngroups = groups.len().min(info.groups.len()) as i16;
    for (slot, group) in info.groups.iter_mut().zip(groups) {
        *slot = group;
    }
}

fn usage(stat: &ProcessStat, [user, system]: [u64; 2], switches: [i64; 2]) -> Rusage {
    let mut usage = Rusage {
        utime: ticks(user),
        stime: ticks(system),
        ..Rusage::ZERO
    };
    let [maxrss, .., voluntary, involuntary] = &mut usage.counts;
    *maxrss = (stat.resident as i64).saturating_mul(4);
    [*voluntary, *involuntary] = switches;
    usage
}

/// Copies a name, cut to leave a NUL.
fn text<const N: usize>(field: &mut [u8; N], text: &[u8]) {
    *field = [0; N];
    for (slot, &byte) in field.iter_mut().take(N - 1).zip(text) {
        *slot = byte;
    }
}
