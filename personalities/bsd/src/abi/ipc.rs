//! `<sys/ipc.h>`, `<sys/shm.h>`, `<sys/sem.h>`, `<sys/msg.h>`.

use core::mem::offset_of;

use compat_translate::host::ipc::{IpcPerm as HostPerm, MessageQueue, Semaphores, SharedMemory};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct ipc_perm`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub struct IpcPerm {
    pub cuid: u32,
    pub cgid: u32,
    pub uid: u32,
    pub gid: u32,
    pub mode: u16,
    pub seq: u16,
    pub pad: u32,
    pub key: i64,
}

/// `struct shmid_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub struct ShmidDs {
    pub perm: IpcPerm,
    pub segsz: u64,
    pub lpid: i32,
    pub cpid: i32,
    pub nattch: u32,
    pub pad: u32,
    pub atime: i64,
    pub dtime: i64,
    pub ctime: i64,
}

/// `struct semid_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub struct SemidDs {
    pub perm: IpcPerm,
    pub base: u64,
    pub nsems: u16,
    pub pad: [u16; 3],
    pub otime: i64,
    pub ctime: i64,
}

/// `struct msqid_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub struct MsqidDs {
    pub perm: IpcPerm,
    pub first: u64,
    pub last: u64,
    pub cbytes: u64,
    pub qnum: u64,
    pub qbytes: u64,
    pub lspid: i32,
    pub lrpid: i32,
    pub stime: i64,
    pub rtime: i64,
    pub ctime: i64,
}

const _: () = {
    assert!(size_of::<IpcPerm>() == 32 && offset_of!(IpcPerm, key) == 24);
    assert!(size_of::<ShmidDs>() == 80 && offset_of!(ShmidDs, atime) == 56);
    assert!(size_of::<SemidDs>() == 64 && offset_of!(SemidDs, otime) == 48);
    assert!(size_of::<MsqidDs>() == 104 && offset_of!(MsqidDs, stime) == 80);
};

/// Makes the family's form of a structure from a system's own and the other way round, by the names of members that both
/// have besides `perm`. What does not fit is cut off, as in those kernels.
#[macro_export]
macro_rules! members_of_both {
    ($own:ty, $family:ty: $($member:ident),+ $(,)?) => {
        impl From<$family> for $own {
            fn from(family: $family) -> Self {
                Self { perm: family.perm.into(), $($member: family.$member as _,)+ ..Self::default() }
            }
        }

        impl From<$own> for $family {
            fn from(own: $own) -> Self {
                Self { perm: own.perm.into(), $($member: own.$member as _,)+ ..Self::default() }
            }
        }
    };
}

/// In a segment's mode: it exists, and it was removed while attached (sysv_shm.c). FreeBSD shows them.
const SHMSEG_ALLOCATED: u16 = 0x800;
const SHMSEG_REMOVED: u16 = 0x400;
/// In a semaphore set's mode: it exists (sysv_sem.c).
const SEM_ALLOC: u16 = 0o1000;
const ACCESSPERMS: u16 = 0o777;

impl From<&HostPerm> for IpcPerm {
    fn from(host: &HostPerm) -> Self {
        Self {
            cuid: host.cuid,
            cgid: host.cgid,
            uid: host.uid,
            gid: host.gid,
            mode: host.mode as u16 & ACCESSPERMS,
            seq: host.seq,
            pad: 0,
            key: i64::from(host.key),
        }
    }
}

impl IpcPerm {
    /// What `IPC_SET` takes.
    pub fn to_host(self) -> HostPerm {
        HostPerm {
            uid: self.uid,
            gid: self.gid,
            mode: u32::from(self.mode & ACCESSPERMS),
            ..HostPerm::default()
        }
    }
}

impl From<&SharedMemory> for ShmidDs {
    fn from(host: &SharedMemory) -> Self {
        let mut perm = IpcPerm::from(&host.perm);
        perm.mode |= SHMSEG_ALLOCATED;
        if host.perm.mode & HostPerm::SHM_DEST != 0 {
            perm.mode |= SHMSEG_REMOVED;
        }
        Self {
            perm,
            segsz: host.size,
            lpid: host.lpid,
            cpid: host.cpid,
            nattch: u32::try_from(host.nattch).unwrap_or(u32::MAX),
            pad: 0,
            atime: host.atime,
            dtime: host.dtime,
            ctime: host.ctime,
        }
    }
}

impl From<&Semaphores> for SemidDs {
    fn from(host: &Semaphores) -> Self {
        let mut perm = IpcPerm::from(&host.perm);
        perm.mode |= SEM_ALLOC;
        Self {
            perm,
            nsems: u16::try_from(host.count).unwrap_or(u16::MAX),
            otime: host.otime,
            ctime: host.ctime,
            ..Self::default()
        }
    }
}

impl From<&MessageQueue> for MsqidDs {
    fn from(host: &MessageQueue) -> Self {
        Self {
            perm: IpcPerm::from(&host.perm),
            cbytes: host.cbytes,
            qnum: host.qnum,
            qbytes: host.qbytes,
            lspid: host.lspid,
            lrpid: host.lrpid,
            stime: host.stime,
            rtime: host.rtime,
            ctime: host.ctime,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn perm() -> HostPerm {
        HostPerm {
            key: -5,
            uid: 70_000,
            gid: 20,
            cuid: 30,
            cgid: 40,
            mode: 0o640,
            seq: 7,
            ..HostPerm::default()
        }
    }

    #[test]
    fn memory_says_when_it_was_removed() {
        let mut host = SharedMemory {
            perm: perm(),
            size: 3 << 31,
            nattch: 40_000,
            ..SharedMemory::default()
        };
        host.perm.mode |= HostPerm::SHM_DEST;
        let new = ShmidDs::from(&host);
        assert_eq!(new.perm.mode, 0o640 | 0x800 | 0x400);
        assert_eq!((new.perm.key, new.perm.uid), (-5, 70_000));
        assert_eq!((new.segsz, new.nattch), (3 << 31, 40_000));
    }

    #[test]
    fn owner_and_permissions_are_all_that_is_set() {
        let guest = IpcPerm {
            mode: 0o1777,
            ..IpcPerm::from(&perm())
        };
        let host = guest.to_host();
        assert_eq!((host.uid, host.gid, host.mode), (70_000, 20, 0o777));
        assert_eq!((host.key, host.seq), (0, 0));
    }

    #[test]
    fn queues_and_sets_keep_their_numbers() {
        let host = MessageQueue {
            perm: perm(),
            qnum: 3,
            qbytes: 16_384,
            lspid: 11,
            lrpid: 12,
            ..MessageQueue::default()
        };
        let new = MsqidDs::from(&host);
        assert_eq!(
            (new.qnum, new.qbytes, new.lspid, new.lrpid),
            (3, 16_384, 11, 12)
        );
        let host = Semaphores {
            perm: perm(),
            count: 9,
            otime: 5,
            ..Semaphores::default()
        };
        let new = SemidDs::from(&host);
        assert_eq!((new.nsems, new.otime, new.perm.mode), (9, 5, 0o1640));
    }
}
