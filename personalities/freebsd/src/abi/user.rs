//! `<sys/user.h>`, `<sys/exec.h>`.

use alloc::vec::Vec;
use core::mem::offset_of;

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::resource::Rusage;

/// `struct kinfo_proc`: a process, or one of its threads.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoProc {
    pub(crate) structsize: i32,
    pub(crate) layout: i32,
    /// `ki_args`, `ki_paddr`, `ki_addr`, `ki_tracep`, `ki_textvp`, `ki_fd`, `ki_vmspace`, `ki_wchan`: kernel addresses.
    pub(crate) pointers: [u64; 8],
    pub(crate) pid: i32,
    pub(crate) ppid: i32,
    pub(crate) pgid: i32,
    pub(crate) tpgid: i32,
    pub(crate) sid: i32,
    pub(crate) tsid: i32,
    pub(crate) jobc: i16,
    pub(crate) spare_short1: i16,
    pub(crate) tdev_freebsd11: u32,
    pub(crate) siglist: [u32; 4],
    pub(crate) sigmask: [u32; 4],
    pub(crate) sigignore: [u32; 4],
    pub(crate) sigcatch: [u32; 4],
    pub(crate) uid: u32,
    pub(crate) ruid: u32,
    pub(crate) svuid: u32,
    pub(crate) rgid: u32,
    pub(crate) svgid: u32,
    pub(crate) ngroups: i16,
    pub(crate) spare_short2: i16,
    pub(crate) groups: [u32; 16],
    pub(crate) size: u64,
    pub(crate) rssize: i64,
    pub(crate) swrss: i64,
    pub(crate) tsize: i64,
    pub(crate) dsize: i64,
    pub(crate) ssize: i64,
    pub(crate) xstat: u16,
    pub(crate) acflag: u16,
    pub(crate) pctcpu: u32,
    pub(crate) estcpu: u32,
    pub(crate) slptime: u32,
    pub(crate) swtime: u32,
    pub(crate) cow: u32,
    /// Microseconds.
    pub(crate) runtime: u64,
    pub(crate) start: [i64; 2],
    pub(crate) childtime: [i64; 2],
    pub(crate) flag: i64,
    pub(crate) kiflag: i64,
    pub(crate) traceflag: i32,
    pub(crate) stat: u8,
    pub(crate) nice: i8,
    pub(crate) lock: u8,
    pub(crate) rqindex: u8,
    pub(crate) oncpu_old: u8,
    pub(crate) lastcpu_old: u8,
    pub(crate) tdname: [u8; 17],
    pub(crate) wmesg: [u8; 9],
    pub(crate) login: [u8; 18],
    pub(crate) lockname: [u8; 9],
    pub(crate) comm: [u8; 20],
    pub(crate) emul: [u8; 17],
    pub(crate) loginclass: [u8; 18],
    pub(crate) moretdname: [u8; 4],
    pub(crate) sparestrings: [u8; 46],
    pub(crate) spareints: [i32; 2],
    pub(crate) tdev: u64,
    pub(crate) oncpu: i32,
    pub(crate) lastcpu: i32,
    pub(crate) tracer: i32,
    pub(crate) flag2: i32,
    pub(crate) fibnum: i32,
    pub(crate) cr_flags: u32,
    pub(crate) jid: i32,
    pub(crate) numthreads: i32,
    pub(crate) tid: i32,
    /// Class, level, native, user.
    pub(crate) pri: [u8; 4],
    pub(crate) rusage: Rusage,
    pub(crate) rusage_ch: Rusage,
    /// `ki_pcb` to `ki_spareptrs`.
    pub(crate) pointers2: [u64; 10],
    pub(crate) sparelongs: [i64; 12],
    pub(crate) sflag: i64,
    pub(crate) tdflags: i64,
}

const _: () = {
    assert!(size_of::<KinfoProc>() == 1088);
    assert!(offset_of!(KinfoProc, pid) == 72 && offset_of!(KinfoProc, siglist) == 104);
    assert!(offset_of!(KinfoProc, uid) == 168 && offset_of!(KinfoProc, groups) == 192);
    assert!(offset_of!(KinfoProc, size) == 256 && offset_of!(KinfoProc, runtime) == 328);
    assert!(offset_of!(KinfoProc, stat) == 388 && offset_of!(KinfoProc, comm) == 447);
    assert!(offset_of!(KinfoProc, tdev) == 560 && offset_of!(KinfoProc, tid) == 600);
    assert!(offset_of!(KinfoProc, rusage) == 608 && offset_of!(KinfoProc, pointers2) == 896);
};

impl KinfoProc {
    /// One with everything zero but its own size.
    pub(crate) fn empty() -> Self {
        Self {
            structsize: size_of::<Self>() as i32,
            ..Self::new_zeroed()
        }
    }
}

/// `ki_stat`.
pub(crate) const SRUN: u8 = 2;
pub(crate) const SSLEEP: u8 = 3;
pub(crate) const SSTOP: u8 = 4;
pub(crate) const SZOMB: u8 = 5;

/// `ki_kiflag`.
pub(crate) const KI_CTTY: i64 = 1;
pub(crate) const KI_SLEADER: i64 = 2;

/// `ki_flag`: has a controlling terminal.
pub(crate) const P_CONTROLT: i64 = 0x2;
/// Belongs to the kernel.
pub(crate) const P_KPROC: i64 = 0x4;
/// Has several threads.
pub(crate) const P_HADTHREADS: i64 = 0x80;
/// Is never asked to give memory back.
pub(crate) const P_SYSTEM: i64 = 0x200;
/// Has a tracer.
pub(crate) const P_TRACED: i64 = 0x800;
/// Is ending.
pub(crate) const P_WEXIT: i64 = 0x2000;
/// A signal has stopped it.
pub(crate) const P_STOPPED_SIG: i64 = 0x2_0000;
/// Not swapped out: nobody looks for the arguments of one that is.
pub(crate) const P_INMEM: i64 = 0x1000_0000;

/// `ki_tdflags`: a signal ends its sleep.
pub(crate) const TDF_SINTR: i64 = 0x8;
/// `FSCALE`: one whole of `ki_pctcpu`.
pub(crate) const FSCALE: u64 = 2048;

/// `ki_tdev` of no terminal.
pub(crate) const NODEV: u64 = u64::MAX;
/// `ki_tpgid` of no terminal.
pub(crate) const NO_PID: i32 = 100_000;
/// `ki_pri.pri_class`.
pub(crate) const PRI_TIMESHARE: u8 = 3;

/// `struct kinfo_sigtramp`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoSigtramp {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) spare: [u64; 4],
}

/// `struct kinfo_vmentry`, up to `kve_path`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoVmentry {
    pub(crate) structsize: i32,
    pub(crate) kind: i32,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) offset: u64,
    pub(crate) vn_fileid: u64,
    pub(crate) vn_fsid_freebsd11: u32,
    pub(crate) flags: i32,
    pub(crate) resident: i32,
    pub(crate) private_resident: i32,
    pub(crate) protection: i32,
    pub(crate) ref_count: i32,
    pub(crate) shadow_count: i32,
    pub(crate) vn_type: i32,
    pub(crate) vn_size: u64,
    pub(crate) vn_rdev_freebsd11: u32,
    pub(crate) vn_mode: u16,
    pub(crate) status: u16,
    pub(crate) vn_fsid: u64,
    pub(crate) vn_rdev: u64,
    pub(crate) ispare: [i32; 8],
}

pub(crate) const KVME_TYPE_DEFAULT: i32 = 1;
pub(crate) const KVME_TYPE_VNODE: i32 = 2;
pub(crate) const KVME_PROT_READ: i32 = 1;
pub(crate) const KVME_PROT_WRITE: i32 = 2;
pub(crate) const KVME_PROT_EXEC: i32 = 4;
pub(crate) const KVME_FLAG_COW: i32 = 1;
pub(crate) const KVME_FLAG_GROWS_DOWN: i32 = 0x20;

/// A structure with the path behind it, as sysctl packs them: the size in its first word, a multiple of 8.
pub(crate) fn packed(fixed: &[u8], path: &[u8]) -> Vec<u8> {
    const PATH_MAX: usize = 1024;
    let path = path.get(..path.len().min(PATH_MAX - 1)).unwrap_or_default();
    let mut made = fixed.to_vec();
    made.extend_from_slice(path);
    made.push(0);
    made.resize(made.len().next_multiple_of(8), 0);
    let size = (made.len() as u32).to_le_bytes();
    for (slot, byte) in made.iter_mut().zip(size) {
        *slot = byte;
    }
    made
}

/// `struct vmtotal`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Vmtotal {
    pub(crate) vm: u64,
    pub(crate) avm: u64,
    pub(crate) rm: u64,
    pub(crate) arm: u64,
    pub(crate) vmshr: u64,
    pub(crate) avmshr: u64,
    pub(crate) rmshr: u64,
    pub(crate) armshr: u64,
    pub(crate) free: u64,
    /// Processes: running, in disk wait, in page wait, asleep, swapped out.
    pub(crate) processes: [i16; 5],
    pub(crate) pad: [u16; 3],
}

/// `struct vmtotal` before FreeBSD 12.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Vmtotal11 {
    pub(crate) processes: [i16; 5],
    pub(crate) pad: u16,
    /// As in [`Vmtotal`], from `vm` to `free`.
    pub(crate) pages: [i32; 9],
}

impl From<&Vmtotal> for Vmtotal11 {
    fn from(new: &Vmtotal) -> Self {
        let pages = [
            new.vm, new.avm, new.rm, new.arm, new.vmshr, new.avmshr, new.rmshr, new.armshr,
            new.free,
        ];
        Self {
            processes: new.processes,
            pad: 0,
            pages: pages.map(|pages| i32::try_from(pages).unwrap_or(i32::MAX)),
        }
    }
}

const _: () = {
    assert!(size_of::<Vmtotal11>() == 48 && offset_of!(Vmtotal11, pages) == 12);
    assert!(size_of::<KinfoVmentry>() == 136 && offset_of!(KinfoVmentry, vn_size) == 72);
    assert!(size_of::<Vmtotal>() == 88);
};
