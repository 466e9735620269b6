//! `<sys/mount.h>`, `<sys/statvfs.h>`.

use core::mem::offset_of;

use compat_bsd::abi::statfs::name;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct statfs`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Statfs {
    spare2: i64,
    bsize: i64,
    iosize: i64,
    blocks: i64,
    bfree: i64,
    bavail: i64,
    files: i64,
    ffree: i64,
    fsid: [i32; 2],
    owner: u32,
    kind: i32,
    flags: i32,
    pad: u32,
    writes: [i64; 2],
    fstypename: [u8; 16],
    mntonname: [u8; 80],
    reads: [i64; 2],
    spares1: i16,
    mntfromname: [u8; 80],
    spares2: i16,
    pad2: u32,
    spare: [i64; 2],
}

const _: () = {
    assert!(size_of::<Statfs>() == 320 && offset_of!(Statfs, fstypename) == 104);
    assert!(offset_of!(Statfs, mntonname) == 120 && offset_of!(Statfs, mntfromname) == 218);
};

impl From<&compat_bsd::abi::statfs::Statfs> for Statfs {
    fn from(found: &compat_bsd::abi::statfs::Statfs) -> Self {
        Self {
            spare2: 0,
            bsize: found.bsize as i64,
            iosize: found.iosize as i64,
            blocks: found.blocks as i64,
            bfree: found.bfree as i64,
            bavail: found.bavail,
            files: found.files as i64,
            ffree: found.ffree,
            fsid: found.fsid,
            owner: found.owner,
            kind: found.kind as i32,
            flags: found.flags as i32,
            pad: 0,
            writes: [0; 2],
            fstypename: name(&found.fstypename),
            mntonname: name(&found.mntonname),
            reads: [0; 2],
            spares1: 0,
            mntfromname: name(&found.mntfromname),
            spares2: 0,
            pad2: 0,
            spare: [0; 2],
        }
    }
}

/// `struct statvfs`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Statvfs {
    bsize: u64,
    frsize: u64,
    blocks: u64,
    bfree: u64,
    bavail: u64,
    files: u64,
    ffree: u64,
    favail: u64,
    fsid: u64,
    flag: u64,
    namemax: u64,
    owner: u32,
    kind: u32,
    /// Reads and writes that were waited for, and those that were not.
    counts: [u64; 4],
    fsid_uuid: [u64; 2],
    uid_uuid: [u64; 2],
}

const _: () = assert!(size_of::<Statvfs>() == 160 && offset_of!(Statvfs, namemax) == 80);

impl From<&compat_bsd::abi::statfs::Statfs> for Statvfs {
    fn from(found: &compat_bsd::abi::statfs::Statfs) -> Self {
        /// `ST_RDONLY` and `ST_NOSUID`: the two flags that both have.
        const RDONLY: (u64, u64) = (1, 1);
        const NOSUID: (u64, u64) = (8, 2);
        let flags = found.flags;
        let flag = [RDONLY, NOSUID]
            .into_iter()
            .filter(|(mount, _)| flags & mount != 0)
            .fold(0, |all, (_, flag)| all | flag);
        let [low, high] = found.fsid.map(|half| u64::from(half as u32));
        Self {
            bsize: found.bsize,
            frsize: found.bsize,
            blocks: found.blocks,
            bfree: found.bfree,
            bavail: found.bavail.max(0) as u64,
            files: found.files,
            ffree: found.ffree.max(0) as u64,
            favail: found.ffree.max(0) as u64,
            fsid: low | high << 32,
            flag,
            namemax: 255,
            owner: found.owner,
            kind: found.kind,
            counts: [0; 4],
            fsid_uuid: [0; 2],
            uid_uuid: [0; 2],
        }
    }
}
