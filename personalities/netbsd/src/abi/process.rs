//! `<sys/sysctl.h>`: what is told of processes and threads.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct kinfo_proc2`. A time is seconds and microseconds.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoProc2 {
    /// Addresses in the kernel.
    pub(crate) pointers: [u64; 13],
    pub(crate) eflag: i32,
    pub(crate) exitsig: i32,
    pub(crate) flag: i32,
    pub(crate) pid: i32,
    pub(crate) ppid: i32,
    pub(crate) sid: i32,
    pub(crate) pgid: i32,
    pub(crate) tpgid: i32,
    pub(crate) uid: u32,
    pub(crate) ruid: u32,
    pub(crate) gid: u32,
    pub(crate) rgid: u32,
    pub(crate) groups: [u32; 16],
    pub(crate) ngroups: i16,
    pub(crate) jobc: i16,
    pub(crate) tdev: u32,
    pub(crate) estcpu: u32,
    pub(crate) rtime: [u32; 2],
    pub(crate) cpticks: i32,
    pub(crate) pctcpu: u32,
    pub(crate) swtime: u32,
    pub(crate) slptime: u32,
    pub(crate) schedflags: i32,
    /// Of user, system and interrupt time.
    pub(crate) ticks: [u64; 3],
    pub(crate) tracep: u64,
    pub(crate) traceflag: i32,
    pub(crate) holdcnt: i32,
    pub(crate) siglist: [u32; 4],
    pub(crate) sigmask: [u32; 4],
    pub(crate) sigignore: [u32; 4],
    pub(crate) sigcatch: [u32; 4],
    pub(crate) stat: i8,
    pub(crate) priority: u8,
    pub(crate) usrpri: u8,
    pub(crate) nice: u8,
    pub(crate) xstat: u16,
    pub(crate) acflag: u16,
    pub(crate) comm: [u8; 24],
    pub(crate) wmesg: [u8; 8],
    pub(crate) wchan: u64,
    pub(crate) login: [u8; 24],
    pub(crate) rssize: i32,
    pub(crate) tsize: i32,
    pub(crate) dsize: i32,
    pub(crate) ssize: i32,
    pub(crate) uvalid: i64,
    pub(crate) ustart: [u32; 2],
    pub(crate) uutime: [u32; 2],
    pub(crate) ustime: [u32; 2],
    /// `struct rusage` behind the times.
    pub(crate) uru: [u64; 14],
    pub(crate) uctime: [u32; 2],
    pub(crate) cpuid: u64,
    pub(crate) realflag: u64,
    pub(crate) nlwps: u64,
    pub(crate) nrlwps: u64,
    pub(crate) realstat: u64,
    pub(crate) svuid: u32,
    pub(crate) svgid: u32,
    pub(crate) ename: [u8; 16],
    pub(crate) vsize: i64,
    pub(crate) msize: i64,
}

/// `struct kinfo_lwp`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoLwp {
    /// Addresses in the kernel.
    pub(crate) pointers: [u64; 4],
    pub(crate) lid: i32,
    pub(crate) flag: i32,
    pub(crate) swtime: u32,
    pub(crate) slptime: u32,
    pub(crate) schedflags: i32,
    pub(crate) holdcnt: i32,
    pub(crate) priority: u8,
    pub(crate) usrpri: u8,
    pub(crate) stat: i8,
    pub(crate) pad1: i8,
    pub(crate) pad2: i32,
    pub(crate) wmesg: [u8; 8],
    pub(crate) wchan: u64,
    pub(crate) cpuid: u64,
    pub(crate) rtime: [u32; 2],
    pub(crate) cpticks: u32,
    pub(crate) pctcpu: u32,
    pub(crate) pid: u32,
    pub(crate) name: [u8; 20],
}

const _: () = {
    assert!(size_of::<KinfoProc2>() == 680 && offset_of!(KinfoProc2, pid) == 116);
    assert!(offset_of!(KinfoProc2, tdev) == 220 && offset_of!(KinfoProc2, stat) == 360);
    assert!(offset_of!(KinfoProc2, rssize) == 432 && offset_of!(KinfoProc2, nlwps) == 616);
    assert!(size_of::<KinfoLwp>() == 128 && offset_of!(KinfoLwp, stat) == 58);
    assert!(offset_of!(KinfoLwp, pid) == 104);
};

/// `p_eflag`: it has a terminal, it leads its session.
pub(crate) const EPROC_CTTY: i32 = 1;
pub(crate) const EPROC_SLEADER: i32 = 2;

/// `p_flag`
pub(crate) const P_CONTROLT: i32 = 0x2;
pub(crate) const P_INMEM: i32 = 0x4;
pub(crate) const P_SINTR: i32 = 0x80;
pub(crate) const P_SYSTEM: i32 = 0x200;
pub(crate) const P_TRACED: i32 = 0x800;

/// `p_stat`, `l_stat`
pub(crate) const LSRUN: i8 = 2;
pub(crate) const LSSLEEP: i8 = 3;
pub(crate) const LSSTOP: i8 = 4;
pub(crate) const LSZOMB: i8 = 5;
/// `p_realstat`
pub(crate) const SACTIVE: u64 = 2;

/// No terminal, and no foreground group of one.
pub(crate) const NODEV: u32 = u32::MAX;
pub(crate) const NO_PGID: i32 = -1;
/// What a nice value of 0 is shown as.
pub(crate) const NZERO: i32 = 20;
