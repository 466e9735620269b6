//! What `kern.ipc.sysvipc_info` gives out: `<sys/ipc.h>`, `<sys/msg.h>`, `<sys/sem.h>`, `<sys/shm.h>`.

use core::mem::offset_of;

use zerocopy::{Immutable, IntoBytes};

/// `struct ipc_perm_sysctl`.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct PermInfo {
    pub(crate) key: i64,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) cuid: u32,
    pub(crate) cgid: u32,
    pub(crate) mode: u32,
    pub(crate) seq: u16,
    pub(crate) pad: u16,
}

/// `struct msginfo`.
#[repr(C)]
#[derive(Clone, Copy, IntoBytes, Immutable)]
pub(crate) struct Msginfo {
    pub(crate) msgmax: i32,
    pub(crate) msgmni: i32,
    pub(crate) msgmnb: i32,
    pub(crate) msgtql: i32,
    pub(crate) msgssz: i32,
    pub(crate) msgseg: i32,
}

/// `struct msgid_ds_sysctl`.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct MsqidInfo {
    pub(crate) perm: PermInfo,
    pub(crate) qnum: u64,
    pub(crate) qbytes: u64,
    pub(crate) cbytes: u64,
    pub(crate) lspid: i32,
    pub(crate) lrpid: i32,
    pub(crate) stime: i64,
    pub(crate) rtime: i64,
    pub(crate) ctime: i64,
    pub(crate) pad: [i32; 2],
}

/// `struct seminfo`.
#[repr(C)]
#[derive(Clone, Copy, IntoBytes, Immutable)]
pub(crate) struct Seminfo {
    pub(crate) semmap: i32,
    pub(crate) semmni: i32,
    pub(crate) semmns: i32,
    pub(crate) semmnu: i32,
    pub(crate) semmsl: i32,
    pub(crate) semopm: i32,
    pub(crate) semume: i32,
    pub(crate) semusz: i32,
    pub(crate) semvmx: i32,
    pub(crate) semaem: i32,
}

/// `struct semid_ds_sysctl`.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct SemidInfo {
    pub(crate) perm: PermInfo,
    pub(crate) nsems: i16,
    pub(crate) pad: [i16; 3],
    pub(crate) otime: i64,
    pub(crate) ctime: i64,
}

/// `struct shminfo`.
#[repr(C)]
#[derive(Clone, Copy, IntoBytes, Immutable)]
pub(crate) struct Shminfo {
    pub(crate) shmmax: u64,
    pub(crate) shmmin: u32,
    pub(crate) shmmni: u32,
    pub(crate) shmseg: u32,
    pub(crate) shmall: u32,
}

/// `struct shmid_ds_sysctl`.
#[repr(C)]
#[derive(Clone, Copy, Default, IntoBytes, Immutable)]
pub(crate) struct ShmidInfo {
    pub(crate) perm: PermInfo,
    pub(crate) segsz: u64,
    pub(crate) lpid: i32,
    pub(crate) cpid: i32,
    pub(crate) atime: i64,
    pub(crate) dtime: i64,
    pub(crate) ctime: i64,
    pub(crate) nattch: u32,
    pub(crate) pad: u32,
}

/// In a set's mode: it is in use.
pub(crate) const SEM_ALLOC: u32 = 0o1000;
/// In a segment's mode: it is in use; it goes with its last user.
pub(crate) const SHMSEG_ALLOCATED: u32 = 0x800;
pub(crate) const SHMSEG_REMOVED: u32 = 0x400;

const _: () = {
    assert!(size_of::<PermInfo>() == 32 && offset_of!(PermInfo, seq) == 28);
    assert!(size_of::<Msginfo>() == 24 && size_of::<MsqidInfo>() == 96);
    assert!(offset_of!(MsqidInfo, lspid) == 56 && offset_of!(MsqidInfo, pad) == 88);
    assert!(size_of::<Seminfo>() == 40 && size_of::<SemidInfo>() == 56);
    assert!(size_of::<Shminfo>() == 24 && size_of::<ShmidInfo>() == 80);
    assert!(offset_of!(ShmidInfo, nattch) == 72);
};
