//! The host's System V IPC structures (`asm/ipcbuf.h`, `asm/shmbuf.h`, `asm/sembuf.h`, `asm/msgbuf.h`).

/// `struct ipc64_perm`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct IpcPerm {
    /// What it was made for.
    pub key: i32,
    /// Owner.
    pub uid: u32,
    /// Owner's group.
    pub gid: u32,
    /// Who made it.
    pub cuid: u32,
    /// Their group.
    pub cgid: u32,
    /// Permissions, and for memory `SHM_DEST` and `SHM_LOCKED`.
    pub mode: u32,
    /// Part of the identifier.
    pub seq: u16,
    /// Nothing.
    pub pad: [u16; 3],
    /// Nothing.
    pub unused: [u64; 2],
}

impl IpcPerm {
    /// In [`IpcPerm::mode`]: removed, to go with its last user.
    pub const SHM_DEST: u32 = 0o1000;
}

/// `struct shmid64_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct SharedMemory {
    /// Owner and permissions.
    pub perm: IpcPerm,
    /// Bytes.
    pub size: u64,
    /// When last attached, in seconds.
    pub atime: i64,
    /// When last detached.
    pub dtime: i64,
    /// When last changed.
    pub ctime: i64,
    /// Who made it.
    pub cpid: i32,
    /// Who attached or detached last.
    pub lpid: i32,
    /// How often it is attached.
    pub nattch: u64,
    /// Nothing.
    pub unused: [u64; 2],
}

/// `struct semid64_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Semaphores {
    /// Owner and permissions.
    pub perm: IpcPerm,
    /// When last operated on.
    pub otime: i64,
    /// Nothing.
    pub unused1: u64,
    /// When last changed.
    pub ctime: i64,
    /// Nothing.
    pub unused2: u64,
    /// How many.
    pub count: u64,
    /// Nothing.
    pub unused3: [u64; 2],
}

/// `struct msqid64_ds`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct MessageQueue {
    /// Owner and permissions.
    pub perm: IpcPerm,
    /// When last sent to.
    pub stime: i64,
    /// When last received from.
    pub rtime: i64,
    /// When last changed.
    pub ctime: i64,
    /// Bytes in it.
    pub cbytes: u64,
    /// Messages in it.
    pub qnum: u64,
    /// Bytes it may hold.
    pub qbytes: u64,
    /// Who sent last.
    pub lspid: i32,
    /// Who received last.
    pub lrpid: i32,
    /// Nothing.
    pub unused: [u64; 2],
}

const _: () = {
    assert!(size_of::<IpcPerm>() == 48 && core::mem::offset_of!(IpcPerm, seq) == 24);
    assert!(size_of::<SharedMemory>() == 112 && size_of::<Semaphores>() == 104);
    assert!(size_of::<MessageQueue>() == 120);
};
