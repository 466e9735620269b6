//! `<sys/stat.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct stat`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Stat {
    ino: u64,
    nlink: u32,
    dev: u32,
    mode: u16,
    padding: u16,
    uid: u32,
    gid: u32,
    rdev: u32,
    atim: [i64; 2],
    mtim: [i64; 2],
    ctim: [i64; 2],
    size: i64,
    blocks: i64,
    blksize: u32,
    flags: u32,
    gen_: u32,
    lspare: i32,
    qspare: [i64; 2],
}

const _: () = {
    assert!(size_of::<Stat>() == 128 && offset_of!(Stat, rdev) == 28);
    assert!(offset_of!(Stat, size) == 80 && offset_of!(Stat, gen_) == 104);
};

impl From<&compat_bsd::abi::stat::Stat> for Stat {
    fn from(found: &compat_bsd::abi::stat::Stat) -> Self {
        Self {
            ino: found.ino,
            nlink: found.nlink as u32,
            dev: found.dev as u32,
            mode: found.mode,
            padding: 0,
            uid: found.uid,
            gid: found.gid,
            rdev: found.rdev as u32,
            atim: found.atim,
            mtim: found.mtim,
            ctim: found.ctim,
            size: found.size,
            blocks: found.blocks,
            blksize: found.blksize as u32,
            flags: found.flags,
            gen_: found.gen_ as u32,
            lspare: 0,
            qspare: [0; 2],
        }
    }
}
