//! `<sys/stat.h>`: the file status of older releases.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(crate) use compat_bsd::abi::stat::*;

/// `struct freebsd11_stat`: 32-bit inode numbers, as programs built before FreeBSD 12 know it.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Freebsd11Stat {
    pub(crate) dev: u32,
    pub(crate) ino: u32,
    pub(crate) mode: u16,
    pub(crate) nlink: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: u32,
    pub(crate) atim: [i64; 2],
    pub(crate) mtim: [i64; 2],
    pub(crate) ctim: [i64; 2],
    pub(crate) size: i64,
    pub(crate) blocks: i64,
    pub(crate) blksize: i32,
    pub(crate) flags: u32,
    pub(crate) gen_: u32,
    pub(crate) lspare: i32,
    pub(crate) birthtim: [i64; 2],
}

/// `struct nstat`: NetBSD's shape, for the calls 278 to 280.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Nstat {
    pub(crate) dev: u32,
    pub(crate) ino: u32,
    pub(crate) mode: u32,
    pub(crate) nlink: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: u32,
    pub(crate) pad: u32,
    pub(crate) atim: [i64; 2],
    pub(crate) mtim: [i64; 2],
    pub(crate) ctim: [i64; 2],
    pub(crate) size: i64,
    pub(crate) blocks: i64,
    pub(crate) blksize: i32,
    pub(crate) flags: u32,
    pub(crate) gen_: u32,
    pub(crate) pad2: u32,
    pub(crate) birthtim: [i64; 2],
}

/// `struct ostat`: 4.3BSD's.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ostat {
    pub(crate) dev: u16,
    pub(crate) pad: u16,
    pub(crate) ino: u32,
    pub(crate) mode: u16,
    pub(crate) nlink: u16,
    pub(crate) uid: u16,
    pub(crate) gid: u16,
    pub(crate) rdev: u16,
    pub(crate) pad2: u16,
    pub(crate) size: i32,
    pub(crate) atim: [i64; 2],
    pub(crate) mtim: [i64; 2],
    pub(crate) ctim: [i64; 2],
    pub(crate) blksize: i32,
    pub(crate) blocks: i32,
    pub(crate) flags: u32,
    pub(crate) gen_: u32,
}

const _: () = {
    assert!(size_of::<Freebsd11Stat>() == 120 && offset_of!(Freebsd11Stat, atim) == 24);
    assert!(offset_of!(Freebsd11Stat, size) == 72 && offset_of!(Freebsd11Stat, birthtim) == 104);
    assert!(size_of::<Nstat>() == 128 && offset_of!(Nstat, atim) == 32);
    assert!(size_of::<Ostat>() == 88 && offset_of!(Ostat, atim) == 24);
};

// What does not fit is cut off: vfs.ino64_trunc_error is 0 unless an administrator sets it (freebsd11_cvtstat).

impl From<&Stat> for Freebsd11Stat {
    fn from(stat: &Stat) -> Self {
        Self {
            dev: stat.dev as u32,
            ino: stat.ino as u32,
            mode: stat.mode,
            nlink: stat.nlink as u16,
            uid: stat.uid,
            gid: stat.gid,
            rdev: stat.rdev as u32,
            atim: stat.atim,
            mtim: stat.mtim,
            ctim: stat.ctim,
            size: stat.size,
            blocks: stat.blocks,
            blksize: stat.blksize,
            flags: stat.flags,
            gen_: stat.gen_ as u32,
            lspare: 0,
            birthtim: stat.birthtim,
        }
    }
}

impl From<&Stat> for Nstat {
    fn from(stat: &Stat) -> Self {
        Self {
            dev: stat.dev as u32,
            ino: stat.ino as u32,
            mode: u32::from(stat.mode),
            nlink: stat.nlink as u32,
            uid: stat.uid,
            gid: stat.gid,
            rdev: stat.rdev as u32,
            pad: 0,
            atim: stat.atim,
            mtim: stat.mtim,
            ctim: stat.ctim,
            size: stat.size,
            blocks: stat.blocks,
            blksize: stat.blksize,
            flags: stat.flags,
            gen_: stat.gen_ as u32,
            pad2: 0,
            birthtim: stat.birthtim,
        }
    }
}

impl From<&Stat> for Ostat {
    fn from(stat: &Stat) -> Self {
        Self {
            dev: stat.dev as u16,
            pad: 0,
            ino: stat.ino as u32,
            mode: stat.mode,
            nlink: stat.nlink as u16,
            uid: stat.uid as u16,
            gid: stat.gid as u16,
            rdev: stat.rdev as u16,
            pad2: 0,
            size: stat.size.min(i64::from(i32::MAX)) as i32,
            atim: stat.atim,
            mtim: stat.mtim,
            ctim: stat.ctim,
            blksize: stat.blksize,
            blocks: stat.blocks as i32,
            flags: stat.flags,
            gen_: stat.gen_ as u32,
        }
    }
}
