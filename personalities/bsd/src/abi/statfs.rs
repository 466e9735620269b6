//! `<sys/mount.h>`: file system status of every release.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct statfs`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Statfs {
    pub version: u32,
    pub kind: u32,
    pub flags: u64,
    pub bsize: u64,
    pub iosize: u64,
    pub blocks: u64,
    pub bfree: u64,
    pub bavail: i64,
    pub files: u64,
    pub ffree: i64,
    /// Writes and reads, synchronous and not.
    pub transfers: [u64; 4],
    pub spare: [u64; 10],
    pub namemax: u32,
    pub owner: u32,
    pub fsid: [i32; 2],
    pub charspare: [u8; 80],
    pub fstypename: [u8; 16],
    pub mntfromname: [u8; 1024],
    pub mntonname: [u8; 1024],
}

/// `STATFS_VERSION`
pub const STATFS_VERSION: u32 = 0x2014_0518;

/// `struct freebsd11_statfs`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Freebsd11Statfs {
    /// Everything up to the type's name is as in [`Statfs`].
    pub head: [u8; 280],
    pub fstypename: [u8; 16],
    pub mntfromname: [u8; 88],
    pub mntonname: [u8; 88],
}

/// `FREEBSD11_STATFS_VERSION`
const FREEBSD11_STATFS_VERSION: u32 = 0x2003_0518;

/// `struct ostatfs`, of FreeBSD 4.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Ostatfs {
    pub spare2: i64,
    pub bsize: i64,
    pub iosize: i64,
    pub blocks: i64,
    pub bfree: i64,
    pub bavail: i64,
    pub files: i64,
    pub ffree: i64,
    pub fsid: [i32; 2],
    pub owner: u32,
    pub kind: i32,
    pub flags: i32,
    pub pad: u32,
    pub writes: [i64; 2],
    pub fstypename: [u8; 16],
    pub mntonname: [u8; 72],
    pub reads: [i64; 2],
    pub spares1: i16,
    pub mntfromname: [u8; 72],
    pub spares2: i16,
    pub pad2: u32,
    pub spare: [i64; 2],
}

const _: () = {
    assert!(size_of::<Statfs>() == 2344 && offset_of!(Statfs, namemax) == 184);
    assert!(offset_of!(Statfs, fsid) == 192 && offset_of!(Statfs, fstypename) == 280);
    assert!(offset_of!(Statfs, mntfromname) == 296 && offset_of!(Statfs, mntonname) == 1320);
    assert!(size_of::<Freebsd11Statfs>() == 472);
    assert!(size_of::<Ostatfs>() == 304 && offset_of!(Ostatfs, fstypename) == 104);
    assert!(offset_of!(Ostatfs, reads) == 192 && offset_of!(Ostatfs, mntfromname) == 210);
};

/// `text`, cut to leave room for a NUL.
pub fn name<const N: usize>(text: &[u8]) -> [u8; N] {
    let end = text
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(text.len());
    let mut name = [0; N];
    for (slot, &byte) in name.iter_mut().take(N - 1).zip(text.iter().take(end)) {
        *slot = byte;
    }
    name
}

impl From<&Self> for Statfs {
    fn from(found: &Self) -> Self {
        *found
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_nul() {
        assert_eq!(name::<4>(b"abcdef"), *b"abc\0");
        assert_eq!(name::<4>(b"a\0c"), *b"a\0\0\0");
    }
}
