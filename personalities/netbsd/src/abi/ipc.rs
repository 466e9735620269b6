//! `<sys/ipc.h>`, `<sys/shm.h>`, `<sys/sem.h>`, `<sys/msg.h>`.

use core::mem::offset_of;

use compat_bsd::abi::ipc as family;
use compat_bsd::members_of_both;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct ipc_perm`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IpcPerm {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) cuid: u32,
    pub(crate) cgid: u32,
    pub(crate) mode: u32,
    pub(crate) seq: u16,
    pub(crate) pad: u16,
    pub(crate) key: i64,
}

/// The permissions are all that is told of a mode (shmctl1, semctl1, msgctl1).
const ACCESSPERMS: u32 = 0o777;

impl From<family::IpcPerm> for IpcPerm {
    fn from(family: family::IpcPerm) -> Self {
        Self {
            uid: family.uid,
            gid: family.gid,
            cuid: family.cuid,
            cgid: family.cgid,
            mode: u32::from(family.mode) & ACCESSPERMS,
            seq: family.seq,
            pad: 0,
            key: family.key,
        }
    }
}

impl From<IpcPerm> for family::IpcPerm {
    fn from(own: IpcPerm) -> Self {
        Self {
            uid: own.uid,
            gid: own.gid,
            cuid: own.cuid,
            cgid: own.cgid,
            mode: (own.mode & ACCESSPERMS) as u16,
            seq: own.seq,
            pad: 0,
            key: own.key,
        }
    }
}

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
    pub(crate) nsems: u16,
    pub(crate) pad: [u16; 3],
    pub(crate) otime: i64,
    pub(crate) ctime: i64,
    pub(crate) base: u64,
}

/// `struct msqid_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct MsqidDs {
    pub(crate) perm: IpcPerm,
    pub(crate) qnum: u64,
    pub(crate) qbytes: u64,
    pub(crate) lspid: i32,
    pub(crate) lrpid: i32,
    pub(crate) stime: i64,
    pub(crate) rtime: i64,
    pub(crate) ctime: i64,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) cbytes: u64,
}

const _: () = {
    assert!(size_of::<IpcPerm>() == 32 && offset_of!(IpcPerm, key) == 24);
    assert!(size_of::<ShmidDs>() == 88 && offset_of!(ShmidDs, atime) == 56);
    assert!(size_of::<SemidDs>() == 64 && offset_of!(SemidDs, otime) == 40);
    assert!(size_of::<MsqidDs>() == 104 && offset_of!(MsqidDs, stime) == 56);
};

members_of_both!(ShmidDs, family::ShmidDs: segsz, lpid, cpid, nattch, atime, dtime, ctime);
members_of_both!(SemidDs, family::SemidDs: nsems, otime, ctime);
members_of_both!(
    MsqidDs, family::MsqidDs: cbytes, qnum, qbytes, lspid, lrpid, stime, rtime, ctime
);
