//! `<sys/sysctl.h>`: a mapping of a process, since 8.0.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// Bytes of a path with its NUL.
pub(crate) const PATH_MAX: usize = 1024;

/// `struct kinfo_vmentry`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct KinfoVmentry {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) offset: u64,
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) count: u32,
    pub(crate) wired_count: u32,
    pub(crate) advice: u32,
    pub(crate) attributes: u32,
    pub(crate) protection: u32,
    pub(crate) max_protection: u32,
    pub(crate) ref_count: u32,
    pub(crate) inheritance: u32,
    pub(crate) vn_fileid: u64,
    pub(crate) vn_size: u64,
    pub(crate) vn_fsid: u64,
    pub(crate) vn_rdev: u64,
    pub(crate) vn_type: u32,
    pub(crate) vn_mode: u32,
    pub(crate) path: [u8; PATH_MAX],
}

const _: () =
    assert!(size_of::<KinfoVmentry>() == 1128 && offset_of!(KinfoVmentry, vn_fileid) == 64);

pub(crate) const KVME_TYPE_VNODE: u32 = 2;
pub(crate) const KVME_TYPE_ANON: u32 = 5;

pub(crate) const KVME_PROT_READ: u32 = 1;
pub(crate) const KVME_PROT_WRITE: u32 = 2;
pub(crate) const KVME_PROT_EXEC: u32 = 4;

pub(crate) const KVME_FLAG_COW: u32 = 1;
pub(crate) const KVME_FLAG_PAGEABLE: u32 = 8;
pub(crate) const KVME_FLAG_GROWS_DOWN: u32 = 0x20;

/// `MAP_INHERIT_COPY`.
pub(crate) const INHERIT_COPY: u32 = 1;
