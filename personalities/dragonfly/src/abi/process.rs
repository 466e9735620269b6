//! `<sys/kinfo.h>`: what is told of processes and threads.

use core::mem::offset_of;

use compat_bsd::abi::resource::Rusage;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct kinfo_lwp`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoLwp {
    pub(crate) pid: i32,
    pub(crate) tid: i32,
    pub(crate) flags: i32,
    pub(crate) stat: i32,
    pub(crate) lock: i32,
    pub(crate) tdflags: i32,
    pub(crate) mpcount: i32,
    pub(crate) prio: i32,
    pub(crate) tdprio: i32,
    /// Type and priority.
    pub(crate) rtprio: [u16; 2],
    /// Microseconds in user mode, in the kernel, and in interrupts.
    pub(crate) ticks: [u64; 3],
    pub(crate) cpticks: u64,
    /// In units of 1/2048.
    pub(crate) pctcpu: u32,
    pub(crate) slptime: u32,
    pub(crate) origcpu: i32,
    pub(crate) estcpu: i32,
    pub(crate) cpuid: i32,
    pub(crate) pad: u32,
    pub(crate) ru: Rusage,
    pub(crate) siglist: [u32; 4],
    pub(crate) sigmask: [u32; 4],
    pub(crate) wchan: u64,
    pub(crate) wmesg: [u8; 9],
    pub(crate) comm: [u8; 17],
    pub(crate) tail: [u8; 6],
}

/// `struct kinfo_proc`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoProc {
    pub(crate) paddr: u64,
    pub(crate) flags: i32,
    pub(crate) stat: i32,
    pub(crate) lock: i32,
    pub(crate) acflag: i32,
    pub(crate) traceflag: i32,
    pub(crate) pad: u32,
    pub(crate) fd: u64,
    pub(crate) siglist: [u32; 4],
    pub(crate) sigignore: [u32; 4],
    pub(crate) sigcatch: [u32; 4],
    pub(crate) sigflag: i32,
    pub(crate) pad_2: u32,
    pub(crate) start: [i64; 2],
    pub(crate) comm: [u8; 17],
    pub(crate) pad_3: [u8; 3],
    pub(crate) uid: u32,
    pub(crate) ngroups: i16,
    pub(crate) pad_4: u16,
    pub(crate) groups: [u32; 16],
    pub(crate) ruid: u32,
    pub(crate) svuid: u32,
    pub(crate) rgid: u32,
    pub(crate) svgid: u32,
    pub(crate) pid: i32,
    pub(crate) ppid: i32,
    pub(crate) pgid: i32,
    pub(crate) jobc: i32,
    pub(crate) sid: i32,
    pub(crate) login: [u8; 40],
    pub(crate) tdev: u32,
    pub(crate) tpgid: i32,
    pub(crate) tsid: i32,
    pub(crate) exitstat: u16,
    pub(crate) pad_5: u16,
    pub(crate) nthreads: i32,
    pub(crate) nice: i32,
    pub(crate) swtime: u32,
    pub(crate) pad_6: u32,
    /// Bytes.
    pub(crate) map_size: u64,
    /// Pages, as all that follow.
    pub(crate) rssize: i64,
    pub(crate) swrss: i64,
    pub(crate) tsize: i64,
    pub(crate) dsize: i64,
    pub(crate) ssize: i64,
    pub(crate) prssize: u32,
    pub(crate) jailid: i32,
    pub(crate) ru: Rusage,
    pub(crate) cru: Rusage,
    pub(crate) auxflags: i32,
    pub(crate) pad_7: u32,
    pub(crate) lwp: KinfoLwp,
    pub(crate) ktaddr: u64,
    pub(crate) spare: [i32; 2],
}

const _: () = {
    assert!(size_of::<KinfoLwp>() == 312 && offset_of!(KinfoLwp, ru) == 96);
    assert!(offset_of!(KinfoLwp, wmesg) == 280 && offset_of!(KinfoLwp, comm) == 289);
    assert!(size_of::<KinfoProc>() == 992 && offset_of!(KinfoProc, start) == 96);
    assert!(offset_of!(KinfoProc, groups) == 140 && offset_of!(KinfoProc, login) == 240);
    assert!(offset_of!(KinfoProc, map_size) == 312 && offset_of!(KinfoProc, ru) == 368);
    assert!(offset_of!(KinfoProc, lwp) == 664);
};

/// `p_flags`
pub(crate) const P_CONTROLT: i32 = 0x2;
pub(crate) const P_SYSTEM: i32 = 0x200;
pub(crate) const P_TRACED: i32 = 0x800;
/// `lwp_flags`
pub(crate) const LWP_SINTR: i32 = 0x8;
/// `kp_auxflags`
pub(crate) const KI_CTTY: i32 = 1;
pub(crate) const KI_SLEADER: i32 = 2;

/// `enum procstat`
pub(crate) const SACTIVE: i32 = 2;
pub(crate) const SSTOP: i32 = 3;
pub(crate) const SZOMB: i32 = 4;
/// `enum lwpstat`
pub(crate) const LSRUN: i32 = 1;
pub(crate) const LSSTOP: i32 = 2;
pub(crate) const LSSLEEP: i32 = 3;
