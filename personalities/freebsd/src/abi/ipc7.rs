//! `<sys/ipc.h>`, `<sys/shm.h>`, `<sys/sem.h>`, `<sys/msg.h>` as before FreeBSD 8: users and groups have 16 bits.

use core::mem::offset_of;

use compat_bsd::abi::ipc::{IpcPerm, MsqidDs, SemidDs, ShmidDs};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct ipc_perm_old`: users and groups of 16 bits.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IpcPermOld {
    pub(crate) cuid: u16,
    pub(crate) cgid: u16,
    pub(crate) uid: u16,
    pub(crate) gid: u16,
    pub(crate) mode: u16,
    pub(crate) seq: u16,
    pub(crate) pad: u32,
    pub(crate) key: i64,
}

/// `struct shmid_ds_old`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ShmidDsOld {
    pub(crate) perm: IpcPermOld,
    pub(crate) segsz: i32,
    pub(crate) lpid: i32,
    pub(crate) cpid: i32,
    pub(crate) nattch: i16,
    pub(crate) pad: u16,
    pub(crate) atime: i64,
    pub(crate) dtime: i64,
    pub(crate) ctime: i64,
    pub(crate) internal: u64,
}

/// `struct semid_ds_old`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub(crate) struct SemidDsOld {
    pub(crate) perm: IpcPermOld,
    pub(crate) base: u64,
    pub(crate) nsems: u16,
    pub(crate) pad: [u16; 3],
    pub(crate) otime: i64,
    pub(crate) pad1: i64,
    pub(crate) ctime: i64,
    pub(crate) pad2: i64,
    pub(crate) pad3: [i64; 4],
}

/// `struct msqid_ds_old`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub(crate) struct MsqidDsOld {
    pub(crate) perm: IpcPermOld,
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
    pub(crate) pad3: i64,
    pub(crate) pad4: [i64; 4],
}

const _: () = {
    assert!(size_of::<IpcPermOld>() == 24 && offset_of!(IpcPermOld, key) == 16);
    assert!(size_of::<ShmidDsOld>() == 72 && offset_of!(ShmidDsOld, atime) == 40);
    assert!(size_of::<SemidDsOld>() == 104 && offset_of!(SemidDsOld, otime) == 40);
    assert!(size_of::<MsqidDsOld>() == 152 && offset_of!(MsqidDsOld, stime) == 72);
};

impl From<IpcPerm> for IpcPermOld {
    fn from(new: IpcPerm) -> Self {
        // ipcperm_new2old: users beyond 16 bits appear as nobody at all.
        let narrow = |id: u32| u16::try_from(id).unwrap_or(u16::MAX);
        Self {
            cuid: narrow(new.cuid),
            cgid: narrow(new.cgid),
            uid: narrow(new.uid),
            gid: narrow(new.gid),
            mode: new.mode,
            seq: new.seq,
            pad: 0,
            key: new.key,
        }
    }
}

impl From<IpcPermOld> for IpcPerm {
    fn from(old: IpcPermOld) -> Self {
        Self {
            cuid: u32::from(old.cuid),
            cgid: u32::from(old.cgid),
            uid: u32::from(old.uid),
            gid: u32::from(old.gid),
            mode: old.mode,
            seq: old.seq,
            pad: 0,
            key: old.key,
        }
    }
}

impl From<ShmidDs> for ShmidDsOld {
    fn from(new: ShmidDs) -> Self {
        Self {
            perm: new.perm.into(),
            segsz: i32::try_from(new.segsz).unwrap_or(i32::MAX),
            lpid: new.lpid,
            cpid: new.cpid,
            nattch: i16::try_from(new.nattch).unwrap_or(i16::MAX),
            pad: 0,
            atime: new.atime,
            dtime: new.dtime,
            ctime: new.ctime,
            internal: 0,
        }
    }
}

impl From<SemidDs> for SemidDsOld {
    fn from(new: SemidDs) -> Self {
        Self {
            perm: new.perm.into(),
            nsems: new.nsems,
            otime: new.otime,
            ctime: new.ctime,
            ..Self::default()
        }
    }
}

impl From<MsqidDs> for MsqidDsOld {
    fn from(new: MsqidDs) -> Self {
        Self {
            perm: new.perm.into(),
            cbytes: new.cbytes,
            qnum: new.qnum,
            qbytes: new.qbytes,
            lspid: new.lspid,
            lrpid: new.lrpid,
            stime: new.stime,
            rtime: new.rtime,
            ctime: new.ctime,
            ..Self::default()
        }
    }
}

// Of what programs bring, only what `IPC_SET` takes.

impl From<ShmidDsOld> for ShmidDs {
    fn from(old: ShmidDsOld) -> Self {
        Self {
            perm: old.perm.into(),
            ..Self::default()
        }
    }
}

impl From<SemidDsOld> for SemidDs {
    fn from(old: SemidDsOld) -> Self {
        Self {
            perm: old.perm.into(),
            ..Self::default()
        }
    }
}

impl From<MsqidDsOld> for MsqidDs {
    fn from(old: MsqidDsOld) -> Self {
        Self {
            perm: old.perm.into(),
            qbytes: old.qbytes,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_for_the_old_layout_shows_as_the_most_it_holds() {
        let new = ShmidDs {
            perm: IpcPerm {
                uid: 70_000,
                mode: 0o640,
                ..IpcPerm::default()
            },
            segsz: 3 << 31,
            nattch: 40_000,
            ..ShmidDs::default()
        };
        let old = ShmidDsOld::from(new);
        assert_eq!(
            (old.perm.uid, old.segsz, old.nattch),
            (u16::MAX, i32::MAX, i16::MAX)
        );
    }

    #[test]
    fn queues_keep_their_numbers() {
        let new = MsqidDs {
            qnum: 3,
            qbytes: 16_384,
            lspid: 11,
            lrpid: 12,
            ..MsqidDs::default()
        };
        let old = MsqidDsOld::from(new);
        assert_eq!(
            (old.qnum, old.qbytes, old.lspid, old.lrpid),
            (3, 16_384, 11, 12)
        );
        assert_eq!(MsqidDs::from(old).qbytes, 16_384);
    }
}
