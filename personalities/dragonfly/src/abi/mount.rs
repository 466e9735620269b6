//! `<sys/mount.h>`.

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
