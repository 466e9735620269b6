//! `<sys/stat.h>`.

use core::mem::offset_of;

use compat_bsd::abi::stat::{self as family, dev_parts};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct stat`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Stat {
    pub(crate) dev: u64,
    pub(crate) mode: u32,
    pub(crate) pad0: u32,
    pub(crate) ino: u64,
    pub(crate) nlink: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) pad1: u32,
    pub(crate) rdev: u64,
    pub(crate) atim: [i64; 2],
    pub(crate) mtim: [i64; 2],
    pub(crate) ctim: [i64; 2],
    pub(crate) birthtim: [i64; 2],
    pub(crate) size: i64,
    pub(crate) blocks: i64,
    pub(crate) blksize: i32,
    pub(crate) flags: u32,
    pub(crate) gen_: u32,
    pub(crate) spare: [u32; 3],
}

/// `makedev`: the lowest twelve bits of the major number and all twenty of the minor one.
pub(crate) fn makedev(major: u32, minor: u32) -> u64 {
    u64::from((major & 0xfff) << 8 | (minor & 0xf_ff00) << 12 | minor & 0xff)
}

/// `major` and `minor`.
pub(crate) fn numbers(dev: u64) -> (u32, u32) {
    let dev = dev as u32;
    (dev >> 8 & 0xfff, dev >> 12 & 0xf_ff00 | dev & 0xff)
}

/// The family's device number in this system's form.
fn device(dev: u64) -> u64 {
    if dev == u64::MAX {
        return dev;
    }
    let (major, minor) = dev_parts(dev);
    makedev(major, minor)
}

impl From<&family::Stat> for Stat {
    fn from(found: &family::Stat) -> Self {
        Self {
            dev: device(found.dev),
            mode: u32::from(found.mode),
            pad0: 0,
            ino: found.ino,
            nlink: found.nlink as u32,
            uid: found.uid,
            gid: found.gid,
            pad1: 0,
            rdev: device(found.rdev),
            atim: found.atim,
            mtim: found.mtim,
            ctim: found.ctim,
            birthtim: found.birthtim,
            size: found.size,
            blocks: found.blocks,
            blksize: found.blksize,
            flags: found.flags,
            gen_: 0,
            spare: [0; 3],
        }
    }
}

/// `struct stat30`: the device numbers have 32 bits and the seconds too.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Stat30 {
    pub(crate) dev: u32,
    pub(crate) mode: u32,
    pub(crate) ino: u64,
    pub(crate) nlink: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: u32,
    pub(crate) times: [super::time::Timespec50; 4],
    pub(crate) size: i64,
    pub(crate) blocks: i64,
    pub(crate) blksize: i32,
    pub(crate) flags: u32,
    pub(crate) gen_: u32,
    pub(crate) spare0: u32,
    pub(crate) spare: [i64; 2],
}

impl From<&family::Stat> for Stat30 {
    fn from(found: &family::Stat) -> Self {
        let time = |[sec, nsec]: [i64; 2]| super::time::Timespec50 {
            sec: sec as i32,
            pad: 0,
            nsec,
        };
        Self {
            dev: device(found.dev) as u32,
            mode: u32::from(found.mode),
            ino: found.ino,
            nlink: found.nlink as u32,
            uid: found.uid,
            gid: found.gid,
            rdev: device(found.rdev) as u32,
            times: [found.atim, found.mtim, found.ctim, found.birthtim].map(time),
            size: found.size,
            blocks: found.blocks,
            blksize: found.blksize,
            flags: found.flags,
            gen_: 0,
            spare0: 0,
            spare: [0; 2],
        }
    }
}

/// `struct stat13`: the file numbers have 32 bits as well.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Stat13 {
    pub(crate) dev: u32,
    pub(crate) ino: u32,
    pub(crate) mode: u32,
    pub(crate) nlink: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: u32,
    pub(crate) pad: u32,
    pub(crate) times: [super::time::Timespec50; 3],
    pub(crate) size: i64,
    pub(crate) blocks: i64,
    pub(crate) blksize: i32,
    pub(crate) flags: u32,
    pub(crate) gen_: u32,
    pub(crate) spare0: u32,
    pub(crate) birthtim: super::time::Timespec50,
}

impl From<&family::Stat> for Stat13 {
    fn from(found: &family::Stat) -> Self {
        let Stat30 {
            dev,
            mode,
            nlink,
            uid,
            gid,
            rdev,
            times: [atim, mtim, ctim, birthtim],
            size,
            blocks,
            blksize,
            flags,
            ..
        } = Stat30::from(found);
        Self {
            dev,
            ino: found.ino as u32,
            mode,
            nlink,
            uid,
            gid,
            rdev,
            pad: 0,
            times: [atim, mtim, ctim],
            size,
            blocks,
            blksize,
            flags,
            gen_: 0,
            spare0: 0,
            birthtim,
        }
    }
}

const _: () = {
    assert!(size_of::<Stat13>() == 128 && offset_of!(Stat13, size) == 80);
    assert!(size_of::<Stat>() == 152 && offset_of!(Stat, rdev) == 40);
    assert!(offset_of!(Stat, size) == 112 && offset_of!(Stat, gen_) == 136);
    assert!(offset_of!(Stat30, times) == 32 && offset_of!(Stat30, size) == 96);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_survive_both_ways() {
        for pair in [(0, 0), (8, 1), (136, 5), (259, 0x12_34), (0xfff, 0xf_ffff)] {
            assert_eq!(numbers(makedev(pair.0, pair.1)), pair);
        }
        assert_eq!(makedev(1, 3), 0x103);
    }
}
