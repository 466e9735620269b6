//! `<sys/stat.h>`: the file status as handlers know it, which is FreeBSD's own structure since release 12. The layouts of
//! other systems and releases are made from it.

use core::mem::offset_of;

use compat_tables::bsd::flags::FILE_FLAGS;
use compat_translate::host::linux;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct stat`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Stat {
    pub dev: u64,
    pub ino: u64,
    pub nlink: u64,
    pub mode: u16,
    pub padding0: u16,
    pub uid: u32,
    pub gid: u32,
    pub padding1: u32,
    pub rdev: u64,
    pub atim: [i64; 2],
    pub mtim: [i64; 2],
    pub ctim: [i64; 2],
    pub birthtim: [i64; 2],
    pub size: i64,
    pub blocks: i64,
    pub blksize: i32,
    pub flags: u32,
    pub gen_: u64,
    pub spare: [u64; 10],
}

const _: () = {
    assert!(size_of::<Stat>() == 224 && offset_of!(Stat, rdev) == 40);
    assert!(offset_of!(Stat, birthtim) == 96 && offset_of!(Stat, size) == 112);
    assert!(offset_of!(Stat, blksize) == 128 && offset_of!(Stat, spare) == 144);
};

/// `makedev`: FreeBSD keeps the low byte of the major number and 24 bits of the minor where 32-bit numbers had them.
pub fn dev_to_guest(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    (major & 0xffff_ff00) << 32 | (major & 0xff) << 8 | (minor & 0xff00) << 24 | minor & 0xffff_00ff
}

/// `major` and `minor` of a FreeBSD device number.
pub fn dev_parts(dev: u64) -> (u32, u32) {
    let major = (dev >> 32) & 0xffff_ff00 | (dev >> 8) & 0xff;
    let minor = (dev >> 24) & 0xff00 | dev & 0xffff_00ff;
    (major as u32, minor as u32)
}

/// The host's `makedev`.
pub fn dev_to_host(dev: u64) -> u64 {
    let (major, minor) = dev_parts(dev);
    let (major, minor) = (u64::from(major), u64::from(minor));
    (major & 0xffff_f000) << 32 | (major & 0xfff) << 8 | (minor & 0xffff_ff00) << 12 | minor & 0xff
}

/// FS_NODUMP_FL, FS_IMMUTABLE_FL and FS_APPEND_FL, which statx reports under the same bits.
pub const HOST_FLAGS: u64 = 0x70;

impl Stat {
    /// From what the host knows.
    #[inline(always)]
    pub fn from_host(found: &linux::statx) -> Self {
        let time = |at: &linux::statx_timestamp| [at.tv_sec, i64::from(at.tv_nsec)];
        let birthtim = if found.stx_mask & linux::STATX_BTIME != 0 {
            time(&found.stx_btime)
        } else {
            // A file system that does not know says so this way (vn_stat).
            [-1, 0]
        };
        Self {
            dev: dev_to_guest(found.stx_dev_major, found.stx_dev_minor),
            ino: found.stx_ino,
            nlink: u64::from(found.stx_nlink),
            mode: match u32::from(found.stx_mode) & linux::S_IFMT {
                // The host's nameless objects (epoll, eventfd) have no type; FreeBSD's are FIFOs (kqueue_stat).
                0 => linux::S_IFIFO as u16,
                _ => found.stx_mode,
            },
            padding0: 0,
            uid: found.stx_uid,
            gid: found.stx_gid,
            padding1: 0,
            rdev: match u32::from(found.stx_mode) & linux::S_IFMT {
                linux::S_IFCHR | linux::S_IFBLK => {
                    dev_to_guest(found.stx_rdev_major, found.stx_rdev_minor)
                }
                // NODEV
                _ => u64::MAX,
            },
            atim: time(&found.stx_atime),
            mtim: time(&found.stx_mtime),
            ctim: time(&found.stx_ctime),
            birthtim,
            size: found.stx_size as i64,
            blocks: found.stx_blocks as i64,
            blksize: found.stx_blksize as i32,
            flags: match found.stx_attributes & HOST_FLAGS {
                0 => 0,
                flags => FILE_FLAGS.to_guest(flags) as u32,
            },
            gen_: 0,
            spare: [0; 10],
        }
    }
}

impl From<&Stat> for Stat {
    fn from(found: &Stat) -> Self {
        *found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_survive_both_ways() {
        for (major, minor) in [
            (0, 0),
            (8, 1),
            (136, 5),
            (259, 0x12_3456),
            (0xfff, 0xf_ffff),
        ] {
            let dev = dev_to_guest(major, minor);
            assert_eq!(dev_parts(dev), (major, minor));
            let host = dev_to_host(dev);
            assert_eq!(
                (host >> 8) & 0xfff | (host >> 32) & !0xfff,
                u64::from(major)
            );
            assert_eq!(host & 0xff | (host >> 12) & !0xff, u64::from(minor));
        }
        // As 32-bit programs have always packed them.
        assert_eq!(dev_to_guest(8, 0x10001), 0x10801);
    }
}
