//! `<sys/mount.h>`: file system status of older releases.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(crate) use compat_bsd::abi::statfs::*;

/// `struct freebsd11_statfs`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Freebsd11Statfs {
    /// Everything up to the type's name is as in [`Statfs`].
    pub(crate) head: [u8; 280],
    pub(crate) fstypename: [u8; 16],
    pub(crate) mntfromname: [u8; 88],
    pub(crate) mntonname: [u8; 88],
}

/// `FREEBSD11_STATFS_VERSION`
const FREEBSD11_STATFS_VERSION: u32 = 0x2003_0518;

/// `struct ostatfs`, of FreeBSD 4.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ostatfs {
    pub(crate) spare2: i64,
    pub(crate) bsize: i64,
    pub(crate) iosize: i64,
    pub(crate) blocks: i64,
    pub(crate) bfree: i64,
    pub(crate) bavail: i64,
    pub(crate) files: i64,
    pub(crate) ffree: i64,
    pub(crate) fsid: [i32; 2],
    pub(crate) owner: u32,
    pub(crate) kind: i32,
    pub(crate) flags: i32,
    pub(crate) pad: u32,
    pub(crate) writes: [i64; 2],
    pub(crate) fstypename: [u8; 16],
    pub(crate) mntonname: [u8; 72],
    pub(crate) reads: [i64; 2],
    pub(crate) spares1: i16,
    pub(crate) mntfromname: [u8; 72],
    pub(crate) spares2: i16,
    pub(crate) pad2: u32,
    pub(crate) spare: [i64; 2],
}

const _: () = {
    assert!(size_of::<Freebsd11Statfs>() == 472);
    assert!(size_of::<Ostatfs>() == 304 && offset_of!(Ostatfs, fstypename) == 104);
    assert!(offset_of!(Ostatfs, reads) == 192 && offset_of!(Ostatfs, mntfromname) == 210);
};

impl From<&Statfs> for Freebsd11Statfs {
    fn from(found: &Statfs) -> Self {
        let now = Statfs {
            version: FREEBSD11_STATFS_VERSION,
            ..*found
        };
        let mut head = [0; 280];
        for (slot, &byte) in head.iter_mut().zip(now.as_bytes()) {
            *slot = byte;
        }
        Self {
            head,
            fstypename: found.fstypename,
            mntfromname: name(&found.mntfromname),
            mntonname: name(&found.mntonname),
        }
    }
}

impl From<&Statfs> for Ostatfs {
    fn from(found: &Statfs) -> Self {
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
            fstypename: found.fstypename,
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
