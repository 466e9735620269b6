//! `<compat/sys/shm.h>`, `<compat/sys/sem.h>`, `<compat/sys/msg.h>`: as before 5.0, with times of 32 bits, and as before 1.5,
//! with users and groups of 16 bits besides.

use core::mem::offset_of;

use compat_bsd::abi::ipc as family;
use compat_bsd::members_of_both;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::ipc::IpcPerm;

/// `struct ipc_perm14`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IpcPerm14 {
    pub(crate) cuid: u16,
    pub(crate) cgid: u16,
    pub(crate) uid: u16,
    pub(crate) gid: u16,
    pub(crate) mode: u16,
    pub(crate) seq: u16,
    pub(crate) pad: u32,
    pub(crate) key: i64,
}

/// __native_to_ipc_perm14: what does not fit is cut off.
impl From<family::IpcPerm> for IpcPerm14 {
    fn from(family: family::IpcPerm) -> Self {
        Self {
            cuid: family.cuid as u16,
            cgid: family.cgid as u16,
            uid: family.uid as u16,
            gid: family.gid as u16,
            mode: family.mode & 0o777,
            seq: family.seq,
            pad: 0,
            key: family.key,
        }
    }
}

impl From<IpcPerm14> for family::IpcPerm {
    fn from(own: IpcPerm14) -> Self {
        Self {
            cuid: own.cuid.into(),
            cgid: own.cgid.into(),
            uid: own.uid.into(),
            gid: own.gid.into(),
            mode: own.mode,
            ..Self::default()
        }
    }
}

/// `struct shmid_ds13`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ShmidDs13 {
    pub(crate) perm: IpcPerm,
    pub(crate) segsz: u64,
    pub(crate) lpid: i32,
    pub(crate) cpid: i32,
    pub(crate) nattch: u32,
    pub(crate) atime: i32,
    pub(crate) dtime: i32,
    pub(crate) ctime: i32,
    pub(crate) internal: u64,
}

/// `struct semid_ds13`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct SemidDs13 {
    pub(crate) perm: IpcPerm,
    pub(crate) nsems: u16,
    pub(crate) pad: u16,
    pub(crate) otime: i32,
    pub(crate) ctime: i32,
    pub(crate) pad1: u32,
    pub(crate) base: u64,
}

/// `struct msqid_ds13`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct MsqidDs13 {
    pub(crate) perm: IpcPerm,
    pub(crate) qnum: u64,
    pub(crate) qbytes: u64,
    pub(crate) lspid: i32,
    pub(crate) lrpid: i32,
    pub(crate) stime: i32,
    pub(crate) rtime: i32,
    pub(crate) ctime: i32,
    pub(crate) pad: u32,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) cbytes: u64,
}

/// `struct shmid_ds14`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ShmidDs14 {
    pub(crate) perm: IpcPerm14,
    pub(crate) segsz: i32,
    pub(crate) lpid: i32,
    pub(crate) cpid: i32,
    pub(crate) nattch: i16,
    pub(crate) pad: u16,
    pub(crate) atime: i32,
    pub(crate) dtime: i32,
    pub(crate) ctime: i32,
    pub(crate) pad1: u32,
    pub(crate) internal: u64,
}

/// `struct semid_ds14`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct SemidDs14 {
    pub(crate) perm: IpcPerm14,
    pub(crate) base: u64,
    pub(crate) nsems: u16,
    pub(crate) pad: u16,
    pub(crate) otime: i32,
    pub(crate) pad1: u64,
    pub(crate) ctime: i32,
    pub(crate) pad2: u32,
    pub(crate) pad3: [u64; 5],
}

/// `struct msqid_ds14`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct MsqidDs14 {
    pub(crate) perm: IpcPerm14,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) cbytes: u64,
    pub(crate) qnum: u64,
    pub(crate) qbytes: u64,
    pub(crate) lspid: i32,
    pub(crate) lrpid: i32,
    pub(crate) stime: i32,
    pub(crate) pad1: [u32; 3],
    pub(crate) rtime: i32,
    pub(crate) pad2: [u32; 3],
    pub(crate) ctime: i32,
    pub(crate) pad3: [u32; 3],
    pub(crate) pad4: [u64; 4],
}

const _: () = {
    assert!(size_of::<IpcPerm14>() == 24 && offset_of!(IpcPerm14, key) == 16);
    assert!(size_of::<ShmidDs13>() == 72 && offset_of!(ShmidDs13, atime) == 52);
    assert!(size_of::<SemidDs13>() == 56 && offset_of!(SemidDs13, otime) == 36);
    assert!(size_of::<MsqidDs13>() == 96 && offset_of!(MsqidDs13, first) == 72);
    assert!(size_of::<ShmidDs14>() == 64 && offset_of!(ShmidDs14, atime) == 40);
    assert!(size_of::<SemidDs14>() == 96 && offset_of!(SemidDs14, ctime) == 48);
    assert!(size_of::<MsqidDs14>() == 152 && offset_of!(MsqidDs14, ctime) == 104);
};

members_of_both!(ShmidDs13, family::ShmidDs: segsz, lpid, cpid, nattch, atime, dtime, ctime);
members_of_both!(SemidDs13, family::SemidDs: nsems, otime, ctime);
members_of_both!(
    MsqidDs13, family::MsqidDs: cbytes, qnum, qbytes, lspid, lrpid, stime, rtime, ctime
);
members_of_both!(ShmidDs14, family::ShmidDs: segsz, lpid, cpid, nattch, atime, dtime, ctime);
members_of_both!(SemidDs14, family::SemidDs: nsems, otime, ctime);
members_of_both!(
    MsqidDs14, family::MsqidDs: cbytes, qnum, qbytes, lspid, lrpid, stime, rtime, ctime
);
