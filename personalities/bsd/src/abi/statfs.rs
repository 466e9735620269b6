//! `<sys/mount.h>`: the status of a file system as handlers know it, which is FreeBSD's own structure since release 12. The
//! layouts of other systems and releases are made from it.

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

const _: () = {
    assert!(size_of::<Statfs>() == 2344 && offset_of!(Statfs, namemax) == 184);
    assert!(offset_of!(Statfs, fsid) == 192 && offset_of!(Statfs, fstypename) == 280);
    assert!(offset_of!(Statfs, mntfromname) == 296 && offset_of!(Statfs, mntonname) == 1320);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_nul() {
        assert_eq!(name::<4>(b"abcdef"), *b"abc\0");
        assert_eq!(name::<4>(b"a\0c"), *b"a\0\0\0");
    }
}
