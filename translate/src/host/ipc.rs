//! The host's System V IPC structures (`asm/ipcbuf.h`, `asm/shmbuf.h`, `asm/sembuf.h`, `asm/msgbuf.h`), and lists of all
//! objects.

use alloc::vec::Vec;

use super::{call_n, nr};

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

/// All message queues with their identifiers, also those that the caller may not read.
pub fn message_queues() -> Vec<(i32, MessageQueue)> {
    const MSG_INFO: u64 = 12;
    const MSG_STAT_ANY: u64 = 13;
    let ask = |index: u64, command: u64, about: u64| {
        // SAFETY: `all` passes room for either structure.
        unsafe { call_n(nr::msgctl, [index, command, about]) }
    };
    all(MSG_INFO, MSG_STAT_ANY, ask)
}

/// All sets of semaphores.
pub fn semaphore_sets() -> Vec<(i32, Semaphores)> {
    const SEM_INFO: u64 = 19;
    const SEM_STAT_ANY: u64 = 20;
    let ask = |index: u64, command: u64, about: u64| {
        // SAFETY: as above.
        unsafe { call_n(nr::semctl, [index, 0, command, about]) }
    };
    all(SEM_INFO, SEM_STAT_ANY, ask)
}

/// All segments of shared memory.
pub fn memory_segments() -> Vec<(i32, SharedMemory)> {
    const SHM_INFO: u64 = 14;
    const SHM_STAT_ANY: u64 = 15;
    let ask = |index: u64, command: u64, about: u64| {
        // SAFETY: as above.
        unsafe { call_n(nr::shmctl, [index, command, about]) }
    };
    all(SHM_INFO, SHM_STAT_ANY, ask)
}

/// Asks for the highest index in use, then for what is at each. The answer to that is the identifier.
fn all<T: Default>(
    info: u64,
    stat: u64,
    ask: impl Fn(u64, u64, u64) -> super::HostResult,
) -> Vec<(i32, T)> {
    // Any of `struct msginfo`, `seminfo` and `shm_info`: at most 48 bytes.
    let mut limits = [0u64; 16];
    let Ok(highest) = ask(0, info, limits.as_mut_ptr() as u64) else {
        return Vec::new();
    };
    (0..=highest)
        .filter_map(|index| {
            let mut about = T::default();
            let id = ask(index, stat, (&raw mut about) as u64).ok()?;
            Some((id as i32, about))
        })
        .collect()
}

const _: () = {
    assert!(size_of::<IpcPerm>() == 48 && core::mem::offset_of!(IpcPerm, seq) == 24);
    assert!(size_of::<SharedMemory>() == 112 && size_of::<Semaphores>() == 104);
    assert!(size_of::<MessageQueue>() == 120);
};
