//! `<sys/shm.h>`, `<sys/sem.h>`, `<sys/msg.h>`; `struct ipc_perm` is the family's.

use core::mem::offset_of;

use compat_bsd::abi::ipc::{self as family, IpcPerm};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct shmid_ds`. The pointer is the kernel's own.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ShmidDs {
    pub(crate) perm: IpcPerm,
    pub(crate) segsz: u64,
    pub(crate) lpid: i32,
    pub(crate) cpid: i32,
    pub(crate) nattch: u32,
    pub(crate) pad: u32,
    pub(crate) atime: i64,
    pub(crate) dtime: i64,
    pub(crate) ctime: i64,
    pub(crate) internal: u64,
}

/// `struct semid_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct SemidDs {
    pub(crate) perm: IpcPerm,
    pub(crate) base: u64,
    pub(crate) nsems: u16,
    pub(crate) pad: [u16; 3],
    pub(crate) otime: i64,
    pub(crate) pad1: i64,
    pub(crate) ctime: i64,
    pub(crate) pad2: [i64; 5],
}

/// `struct msqid_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct MsqidDs {
    pub(crate) perm: IpcPerm,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) cbytes: u64,
    pub(crate) qnum: u64,
    pub(crate) qbytes: u64,
    pub(crate) lspid: i32,
    pub(crate) lrpid: i32,
    pub(crate) stime: i64,
    pub(crate) pad1: i64,
    pub(crate) rtime: i64,
    pub(crate) pad2: i64,
    pub(crate) ctime: i64,
    pub(crate) pad3: [i64; 5],
}

const _: () = {
    assert!(size_of::<ShmidDs>() == 88 && offset_of!(ShmidDs, atime) == 56);
    assert!(size_of::<SemidDs>() == 112 && offset_of!(SemidDs, ctime) == 64);
    assert!(size_of::<MsqidDs>() == 160 && offset_of!(MsqidDs, rtime) == 96);
};

compat_bsd::members_of_both!(ShmidDs, family::ShmidDs: segsz, lpid, cpid, nattch, atime, dtime, ctime);
compat_bsd::members_of_both!(SemidDs, family::SemidDs: nsems, otime, ctime);
compat_bsd::members_of_both!(
    MsqidDs, family::MsqidDs: cbytes, qnum, qbytes, lspid, lrpid, stime, rtime, ctime
);
