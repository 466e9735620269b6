//! `<sys/statvfs.h>`.

use core::mem::offset_of;

use compat_bsd::abi::statfs::{Statfs, name};
use compat_tables::bsd::flags::mount_flags as family;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// What both releases' structures begin with.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Numbers {
    pub(crate) flag: u64,
    pub(crate) bsize: u64,
    pub(crate) frsize: u64,
    pub(crate) iosize: u64,
    pub(crate) blocks: u64,
    pub(crate) bfree: u64,
    pub(crate) bavail: u64,
    pub(crate) bresvd: u64,
    pub(crate) files: u64,
    pub(crate) ffree: u64,
    pub(crate) favail: u64,
    pub(crate) fresvd: u64,
    /// Reads and writes, synchronous and not.
    pub(crate) transfers: [u64; 4],
    pub(crate) fsidx: [i32; 2],
    pub(crate) fsid: u64,
    pub(crate) namemax: u64,
}

/// `struct statvfs`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Statvfs {
    pub(crate) numbers: Numbers,
    pub(crate) owner: u32,
    pub(crate) pad: u32,
    pub(crate) spare: [u64; 4],
    pub(crate) fstypename: [u8; 32],
    pub(crate) mntonname: [u8; 1024],
    pub(crate) mntfromname: [u8; 1024],
    pub(crate) mntfromlabel: [u8; 1024],
}

/// `struct statvfs90`: as up to 9.x.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Statvfs90 {
    pub(crate) numbers: Numbers,
    pub(crate) owner: u32,
    pub(crate) spare: [u32; 4],
    pub(crate) fstypename: [u8; 32],
    pub(crate) mntonname: [u8; 1024],
    pub(crate) mntfromname: [u8; 1024],
    pub(crate) pad: u32,
}

/// `ST_*`, where the family's bits mean something here.
const FLAGS: [(u32, u64); 6] = [
    (family::MNT_RDONLY, 0x1),
    (family::MNT_SYNCHRONOUS, 0x2),
    (family::MNT_NOEXEC, 0x4),
    (family::MNT_NOSUID, 0x8),
    (family::MNT_LOCAL, 0x1000),
    (family::MNT_NOATIME, 0x400_0000),
];
const ST_ROOTFS: u64 = 0x4000;

/// What this system calls it is what the family does.
fn kind(found: &Statfs) -> [u8; 32] {
    name(&found.fstypename)
}

fn numbers(found: &Statfs) -> Numbers {
    let flag = FLAGS
        .iter()
        .filter(|(bit, _)| found.flags & u64::from(*bit) != 0)
        .fold(0, |all, (_, bit)| all | bit);
    let root = found.flags & u64::from(family::MNT_ROOTFS) != 0;
    Numbers {
        flag: flag | if root { ST_ROOTFS } else { 0 },
        bsize: found.bsize,
        frsize: found.bsize,
        iosize: found.iosize,
        blocks: found.blocks,
        bfree: found.bfree,
        bavail: found.bavail as u64,
        bresvd: found.bfree.saturating_sub(found.bavail as u64),
        files: found.files,
        ffree: found.ffree as u64,
        favail: found.ffree as u64,
        fresvd: 0,
        transfers: [0; 4],
        fsidx: found.fsid,
        fsid: u64::from(found.fsid[0] as u32),
        namemax: u64::from(found.namemax),
    }
}

impl From<&Statfs> for Statvfs {
    fn from(found: &Statfs) -> Self {
        Self {
            numbers: numbers(found),
            owner: found.owner,
            pad: 0,
            spare: [0; 4],
            fstypename: kind(found),
            mntonname: found.mntonname,
            mntfromname: found.mntfromname,
            mntfromlabel: [0; 1024],
        }
    }
}

impl From<&Statfs> for Statvfs90 {
    fn from(found: &Statfs) -> Self {
        Self {
            numbers: numbers(found),
            owner: found.owner,
            spare: [0; 4],
            fstypename: kind(found),
            mntonname: found.mntonname,
            mntfromname: found.mntfromname,
            pad: 0,
        }
    }
}

/// `struct statfs12`: as before 3.0.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Statfs12 {
    pub(crate) kind: i16,
    pub(crate) oflags: u16,
    pub(crate) pad0: u32,
    pub(crate) bsize: u64,
    pub(crate) iosize: u64,
    pub(crate) blocks: u64,
    pub(crate) bfree: u64,
    pub(crate) bavail: i64,
    pub(crate) files: u64,
    pub(crate) ffree: i64,
    pub(crate) fsid: [i32; 2],
    pub(crate) owner: u32,
    pub(crate) pad1: u32,
    pub(crate) flags: u64,
    /// Synchronous and asynchronous writes, and room.
    pub(crate) transfers: [u64; 3],
    pub(crate) fstypename: [u8; 16],
    pub(crate) mntonname: [u8; 90],
    pub(crate) mntfromname: [u8; 90],
    pub(crate) pad2: u32,
}

impl From<&Statfs> for Statfs12 {
    fn from(found: &Statfs) -> Self {
        let Numbers { flag, .. } = numbers(found);
        Self {
            kind: 0,
            oflags: flag as u16,
            pad0: 0,
            bsize: found.bsize,
            iosize: found.iosize,
            blocks: found.blocks,
            bfree: found.bfree,
            bavail: found.bavail,
            files: found.files,
            ffree: found.ffree,
            fsid: found.fsid,
            owner: found.owner,
            pad1: 0,
            flags: flag,
            transfers: [0; 3],
            fstypename: found.fstypename,
            mntonname: name(&found.mntonname),
            mntfromname: name(&found.mntfromname),
            pad2: 0,
        }
    }
}

const _: () = {
    assert!(size_of::<Statfs12>() == 312 && offset_of!(Statfs12, fstypename) == 112);
    assert!(offset_of!(Statvfs, owner) == 152 && offset_of!(Statvfs90, owner) == 152);
    assert!(size_of::<Statvfs>() == 3296 && offset_of!(Statvfs, fstypename) == 192);
    assert!(size_of::<Statvfs90>() == 2256 && offset_of!(Statvfs90, fstypename) == 172);
};
