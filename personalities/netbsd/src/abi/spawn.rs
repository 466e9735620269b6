//! `<sys/spawn.h>`.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `posix_spawnattr_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Attributes {
    pub(crate) flags: u16,
    pub(crate) pad: u16,
    pub(crate) group: i32,
    /// `struct sched_param`.
    pub(crate) priority: i32,
    pub(crate) policy: i32,
    pub(crate) defaults: [u32; 4],
    pub(crate) mask: [u32; 4],
}

pub(crate) const SETGROUP: u16 = 0x2;
pub(crate) const RESETIDS: u16 = 0x1;
pub(crate) const SETSCHEDPARAM: u16 = 0x4;
pub(crate) const SETSCHEDULER: u16 = 0x8;
pub(crate) const SETSIGDEF: u16 = 0x10;
pub(crate) const SETSIGMASK: u16 = 0x20;
/// The caller waits for the child to have done it all, and is told what went wrong.
pub(crate) const RETURNERROR: u16 = 0x40;

/// `posix_spawn_file_actions_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct FileActions {
    pub(crate) size: u32,
    pub(crate) len: u32,
    pub(crate) entries: u64,
}

/// `posix_spawn_file_actions_entry_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Entry {
    pub(crate) action: u32,
    pub(crate) fd: i32,
    /// The path to open or to change to; its first half is the descriptor to copy to.
    pub(crate) path: u64,
    pub(crate) flags: u32,
    pub(crate) mode: u32,
}

pub(crate) const OPEN: u32 = 0;
pub(crate) const DUP2: u32 = 1;
pub(crate) const CLOSE: u32 = 2;
/// Since 10.
pub(crate) const CHDIR: u32 = 3;
pub(crate) const FCHDIR: u32 = 4;

const _: () = {
    assert!(size_of::<Attributes>() == 48 && size_of::<FileActions>() == 16);
    assert!(size_of::<Entry>() == 24 && core::mem::offset_of!(Entry, flags) == 16);
};
