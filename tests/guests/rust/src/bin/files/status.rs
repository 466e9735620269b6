//! File status in the layouts of all releases.

use core::ffi::CStr;

use compat_guests::sys::{EBADF, EINVAL, ENOENT, call};

use crate::file::{self, AT_FDCWD, path};

const STAT_43: u64 = 38;
const LSTAT_43: u64 = 40;
const FSTAT_43: u64 = 62;
const STAT_11: u64 = 188;
const FSTAT_11: u64 = 189;
const LSTAT_11: u64 = 190;
const NSTAT: u64 = 278;
const NFSTAT: u64 = 279;
const NLSTAT: u64 = 280;
const FSTATAT_11: u64 = 493;
const FSTAT: u64 = 551;
const AT_SYMLINK_NOFOLLOW: u64 = 0x200;

/// A structure of at most 224 bytes that some call fills.
struct Filled([u8; 224]);

impl Filled {
    fn by<const N: usize>(number: u64, mut args: [u64; N], at: usize) -> Result<Self, u64> {
        let mut filled = Self([0xa5; 224]);
        args[at] = filled.0.as_mut_ptr() as u64;
        call(number, args)?;
        Ok(filled)
    }

    fn path(number: u64, name: &CStr) -> Result<Self, u64> {
        Self::by(number, [path(name), 0], 1)
    }

    /// The number of `size` bytes at `offset`.
    fn at(&self, offset: usize, size: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.0[offset..offset + size]);
        u64::from_le_bytes(bytes)
    }
}

pub(crate) fn layouts() {
    file::write(c"layouts", b"1234567");
    let fd = file::open(c"layouts", 0, 0).unwrap();
    // Something that tells the fields apart.
    let times = [1_000_000_001_u64, 5, 1_000_000_002, 7];
    const FUTIMENS: u64 = 546;
    call(FUTIMENS, [fd, times.as_ptr() as u64]).expect("futimens");
    let words = file::status(c"layouts", 0).unwrap();
    let now = Filled::by(FSTAT, [fd, 0], 1).unwrap();
    assert_eq!(now.at(8, 8), words[1]);
    assert_eq!(
        (now.at(16, 8), now.at(24, 2), now.at(26, 2)),
        (1, 0o100644, 0)
    );
    // A file is no device: NODEV.
    assert_eq!(now.at(40, 8), u64::MAX);
    assert_eq!(
        [now.at(48, 8), now.at(56, 8), now.at(64, 8), now.at(72, 8)],
        times
    );
    assert_eq!((now.at(112, 8), now.at(144, 8)), (7, 0));
    let (inode, blocks, user) = (now.at(8, 8), now.at(120, 8), now.at(28, 4));
    for old in [
        Filled::path(STAT_11, c"layouts"),
        Filled::path(LSTAT_11, c"layouts"),
        Filled::by(FSTAT_11, [fd, 0], 1),
        Filled::by(FSTATAT_11, [AT_FDCWD, path(c"layouts"), 0, 0], 2),
    ] {
        let old = old.unwrap();
        assert_eq!(
            (old.at(4, 4), old.at(8, 2), old.at(10, 2)),
            (inode & 0xffff_ffff, 0o100644, 1)
        );
        assert_eq!((old.at(12, 4), old.at(20, 4)), (user, 0xffff_ffff));
        assert_eq!(
            [old.at(24, 8), old.at(32, 8), old.at(40, 8), old.at(48, 8)],
            times
        );
        assert_eq!((old.at(72, 8), old.at(80, 8)), (7, blocks));
        assert_eq!(old.at(104, 8), now.at(96, 8));
        assert_eq!(old.at(120, 8), 0xa5a5_a5a5_a5a5_a5a5);
    }
    for old in [
        Filled::path(NSTAT, c"layouts"),
        Filled::path(NLSTAT, c"layouts"),
        Filled::by(NFSTAT, [fd, 0], 1),
    ] {
        let old = old.unwrap();
        assert_eq!(
            (old.at(4, 4), old.at(8, 4), old.at(12, 4)),
            (inode & 0xffff_ffff, 0o100644, 1)
        );
        assert_eq!(
            [old.at(32, 8), old.at(40, 8), old.at(48, 8), old.at(56, 8)],
            times
        );
        assert_eq!(
            (old.at(80, 8), old.at(88, 8), old.at(128, 1)),
            (7, blocks, 0xa5)
        );
    }
    for old in [
        Filled::path(STAT_43, c"layouts"),
        Filled::path(LSTAT_43, c"layouts"),
        Filled::by(FSTAT_43, [fd, 0], 1),
    ] {
        let old = old.unwrap();
        assert_eq!(
            (old.at(4, 4), old.at(8, 2), old.at(10, 2)),
            (inode & 0xffff_ffff, 0o100644, 1)
        );
        assert_eq!(
            (old.at(20, 4), old.at(24, 8), old.at(40, 8)),
            (7, times[0], times[2])
        );
        assert_eq!((old.at(76, 4), old.at(88, 1)), (blocks, 0xa5));
    }
}

pub(crate) fn links() {
    file::symlink(c"missing-target", c"dangling");
    assert_eq!(file::status(c"dangling", 0), Err(ENOENT));
    let words = file::status(c"dangling", AT_SYMLINK_NOFOLLOW).unwrap();
    assert_eq!(
        (file::mode(&words) & 0o170000, file::size(&words)),
        (0o120000, 14)
    );
    assert_eq!(Filled::path(LSTAT_11, c"dangling").unwrap().at(72, 8), 14);
    assert_eq!(Filled::path(LSTAT_43, c"dangling").unwrap().at(20, 4), 14);
    assert_eq!(Filled::path(NLSTAT, c"dangling").unwrap().at(80, 8), 14);
    for number in [STAT_11, STAT_43, NSTAT] {
        assert_eq!(Filled::path(number, c"dangling").err(), Some(ENOENT));
    }
    // Linux's bits mean other things here.
    for flags in [0x100, 0x400, 0x800, 0x1000] {
        assert_eq!(file::status(c"dangling", flags), Err(EINVAL));
    }
    assert_eq!(Filled::by(FSTAT, [777, 0], 1).err(), Some(EBADF));
    assert_eq!(call(FSTAT, [0, 8]), Err(14));
}

pub(crate) fn devices() {
    // /dev/null is 1,3 on the host; FreeBSD packs small numbers the same.
    let words = file::status(c"/dev/null", 0).unwrap();
    assert_eq!((file::mode(&words) & 0o170000, words[5]), (0o020000, 0x103));
    let (read, write) = compat_guests::sys::pipe();
    let pipe = Filled::by(FSTAT, [read, 0], 1).unwrap();
    assert_eq!(pipe.at(24, 2) & 0o170000, 0o010000);
    file::close(read);
    file::close(write);
    const KQUEUE: u64 = 362;
    let queue = call(KQUEUE, []).expect("kqueue");
    let queue = Filled::by(FSTAT, [queue, 0], 1).unwrap();
    assert_eq!(queue.at(24, 2), 0o010000);
    // FIODTYPE: what kind of device.
    const IOCTL: u64 = 54;
    const FIODTYPE: u64 = 0x4004_667a;
    let mut kind = 0u32;
    let null = file::open(c"/dev/null", 0, 0).unwrap();
    assert_eq!(call(IOCTL, [null, FIODTYPE, (&raw mut kind) as u64]), Ok(0));
    assert_eq!(unsafe { (&raw const kind).read_volatile() }, 8);
}

/// What stands for the working directory beside a path is no descriptor, be the call made a first time or often.
pub(crate) fn working_directory() {
    let mut room = [0u8; 224];
    for _ in 0..100 {
        assert_eq!(
            call(FSTAT, [AT_FDCWD, room.as_mut_ptr() as u64]),
            Err(EBADF)
        );
    }
    let once = |number| call(number, [AT_FDCWD, 0, 0]);
    const FCHFLAGS: u64 = 35;
    const FCHOWN: u64 = 123;
    const FCHMOD: u64 = 124;
    const FUTIMES: u64 = 206;
    const FUTIMENS: u64 = 546;
    for number in [FCHFLAGS, FCHOWN, FCHMOD, FUTIMES, FUTIMENS] {
        assert_eq!(once(number), Err(EBADF), "{number}");
    }
}
