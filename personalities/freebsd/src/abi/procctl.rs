//! `<sys/procctl.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct procctl_reaper_status`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ReaperStatus {
    pub(crate) flags: u32,
    pub(crate) children: u32,
    pub(crate) descendants: u32,
    pub(crate) reaper: i32,
    pub(crate) pid: i32,
    pub(crate) pad: [u32; 15],
}

pub(crate) const REAPER_STATUS_OWNED: u32 = 1;
pub(crate) const REAPER_STATUS_REALINIT: u32 = 2;

/// `struct procctl_reaper_pids`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ReaperPids {
    pub(crate) count: u32,
    pub(crate) pad: [u32; 15],
    pub(crate) pids: u64,
}

/// `struct procctl_reaper_pidinfo`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ReaperPidinfo {
    pub(crate) pid: i32,
    /// The reaper's child through which it is a descendant.
    pub(crate) subtree: i32,
    pub(crate) flags: u32,
    pub(crate) pad: [u32; 15],
}

pub(crate) const REAPER_PIDINFO_VALID: u32 = 0x1;
pub(crate) const REAPER_PIDINFO_CHILD: u32 = 0x2;
pub(crate) const REAPER_PIDINFO_ZOMBIE: u32 = 0x8;
pub(crate) const REAPER_PIDINFO_STOPPED: u32 = 0x10;

/// `struct procctl_reaper_kill`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ReaperKill {
    pub(crate) sig: i32,
    pub(crate) flags: u32,
    pub(crate) subtree: i32,
    pub(crate) killed: u32,
    pub(crate) fpid: i32,
    pub(crate) pad: [u32; 15],
}

pub(crate) const REAPER_KILL_CHILDREN: u32 = 1;
pub(crate) const REAPER_KILL_SUBTREE: u32 = 2;

/// `PROC_TRACE_CTL_*` and `PROC_TRAPCAP_CTL_*` values.
pub(crate) const CTL_ENABLE: i32 = 1;
pub(crate) const CTL_DISABLE: i32 = 2;
/// `PROC_TRACE_CTL_DISABLE_EXEC`, `PROC_ASLR_NOFORCE`, `PROC_PROTMAX_NOFORCE`.
pub(crate) const CTL_THIRD: i32 = 3;

/// `PROC_ASLR_ACTIVE`, `PROC_PROTMAX_ACTIVE`: or-ed into the status.
pub(crate) const ACTIVE: i32 = i32::MIN;

pub(crate) const PROC_STACKGAP_ENABLE: i32 = 1;
pub(crate) const PROC_STACKGAP_DISABLE: i32 = 2;
pub(crate) const PROC_STACKGAP_ENABLE_EXEC: i32 = 4;
pub(crate) const PROC_STACKGAP_DISABLE_EXEC: i32 = 8;

pub(crate) const PROC_WX_MAPPINGS_PERMIT: i32 = 1;
pub(crate) const PROC_WX_MAPPINGS_DISALLOW_EXEC: i32 = 2;

const _: () = {
    assert!(size_of::<ReaperStatus>() == 80 && offset_of!(ReaperStatus, pid) == 16);
    assert!(size_of::<ReaperPids>() == 72 && offset_of!(ReaperPids, pids) == 64);
    assert!(size_of::<ReaperPidinfo>() == 72);
    assert!(size_of::<ReaperKill>() == 80 && offset_of!(ReaperKill, fpid) == 16);
};
