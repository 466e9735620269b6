//! Files: `struct stat` of two ages, arguments with pads, `struct dirent`, flags and locks.

use compat_guests::bsd::files::{
    self, Entry, FCNTL, Files, GARBAGE, OPEN, PREAD, PWRITE, file, path, times_of, word,
};
use compat_guests::bsd::pipe;
use compat_guests::sys::{self, call, call_of_seven};

use crate::NetBsd;

const FSTAT: u64 = 440;
const FUTIMENS: u64 = 472;
const O_CLOEXEC: u64 = 0x40_0000;

impl Files for NetBsd {
    const STATS: [u64; 3] = [439, FSTAT, 441];
    const STAT_SIZE: usize = 152;
    const TIMES: usize = 48;
    const GETDENTS: u64 = 390;
    const FUTIMENS: u64 = FUTIMENS;
    const UTIMENSAT: u64 = 467;
    const O_CLOEXEC: u64 = O_CLOEXEC;
    const O_DIRECTORY: u64 = 0x20_0000;
    const AT_FDCWD: u64 = (-100i64) as u64;
    const UTIME_NOW: i64 = 0x3fff_ffff;
    const UTIME_OMIT: i64 = 0x3fff_fffe;

    fn entry(bytes: &[u8]) -> Entry<'_> {
        let record = word(bytes, 8, 2) as usize;
        let name = word(bytes, 10, 2) as usize;
        assert!(
            record.is_multiple_of(8) && record > 13 + name,
            "{record} for {name}"
        );
        assert_eq!(bytes[13 + name], 0, "ends with a null");
        Entry {
            number: word(bytes, 0, 8),
            kind: bytes[12],
            name: &bytes[13..13 + name],
            next: record,
        }
    }
}

pub(crate) fn status() {
    let [file, link] = &files::status::<NetBsd>();
    assert_eq!(word(file, 8, 4), 0o100_640, "mode");
    assert_eq!(word(file, 24, 4), 2, "nlink");
    assert_eq!(word(file, 112, 8), 5, "size");
    assert!(
        word(file, 16, 8) != 0 && word(file, 128, 4) >= 512,
        "ino, blksize"
    );
    let seconds: [u64; 4] = [48, 64, 80, 96].map(|at| word(file, at, 8));
    assert!(
        seconds.iter().all(|&time| time > 1_500_000_000),
        "{seconds:?}"
    );
    assert!(word(file, 56, 8) < 1_000_000_000, "nanoseconds");
    assert_eq!(word(link, 8, 4) & 0o170_000, 0o120_000, "a link");
    assert_eq!(word(link, 112, 8), 6, "its length");
    // fstatat, by a descriptor, and without following.
    let mut again = [0u8; 160];
    let at = again.as_mut_ptr() as u64;
    assert_eq!(
        call(466, [NetBsd::AT_FDCWD, path(c"status-link"), at, 0x200]),
        Ok(0)
    );
    assert_eq!(again[..32], link[..32]);
    assert_eq!(call(439, [path(c"absent"), at]), Err(sys::ENOENT));
}

pub(crate) fn status_of_3() {
    let fd = file(c"status3", b"123");
    let mut new = [0u8; 160];
    let mut old = [0xaau8; 160];
    assert_eq!(call(FSTAT, [fd, new.as_mut_ptr() as u64]), Ok(0));
    for (number, what) in [(387, path(c"status3")), (388, fd), (389, path(c"status3"))] {
        old.fill(0xaa);
        assert_eq!(call(number, [what, old.as_mut_ptr() as u64]), Ok(0));
        assert_eq!(word(&old, 4, 4), 0o100_640, "mode");
        assert_eq!(word(&old, 8, 8), word(&new, 16, 8), "ino");
        assert_eq!(word(&old, 16, 4), 1, "nlink");
        assert_eq!(word(&old, 20, 4), word(&new, 28, 4), "uid");
        // The seconds have 32 bits.
        assert_eq!(word(&old, 48, 4), word(&new, 64, 8), "modified");
        assert_eq!(word(&old, 56, 8), word(&new, 72, 8), "and nanoseconds");
        assert_eq!(word(&old, 96, 8), 3, "size");
    }
}

pub(crate) fn padded() {
    files::positions();
    let fd = file(c"padded", b"0123456789");
    let mut buffer = [0u8; 4];
    let at = buffer.as_mut_ptr() as u64;
    assert_eq!(call(PREAD, [fd, at, 4, GARBAGE, 3]), Ok(4), "pread");
    assert_eq!(&buffer, b"3456");
    let args = [fd, b"xy".as_ptr() as u64, 2, GARBAGE, 8];
    assert_eq!(call(PWRITE, args), Ok(2), "pwrite");
    assert_eq!(call(PREAD, [fd, at, 4, GARBAGE, 7]), Ok(3));
    assert_eq!(&buffer[..3], b"7xy");
    assert_eq!(
        call(PREAD, [fd, at, 4, GARBAGE, u64::MAX]),
        Err(sys::EINVAL),
        "a negative place"
    );
}

pub(crate) fn mapping() {
    let second = files::mapped();
    assert_eq!(call(277, [second, 4096, 4]), Ok(0), "msync");
    let moved = call(411, [second, 4096, 0, 8192, 0]).expect("mremap");
    assert_eq!(unsafe { (moved as *const u8).read_volatile() }, b'c');
    assert_eq!(call(sys::MUNMAP, [moved, 8192]), Ok(0));
    // Anonymous memory: the offset is not looked at, but for its place in a page. Neither shared nor private is private.
    let none = u64::MAX;
    assert_eq!(
        call_of_seven(197, [0, 4096, 3, 0x1000, 77, 0], 0),
        Err(sys::EINVAL)
    );
    let fresh = call_of_seven(197, [0, 4096, 3, 0x1000, none, 0], 4097).expect("anonymous");
    assert_eq!(fresh % 4096, 1);
    let fresh = fresh - 1;
    // A mapping of nothing.
    let fixed = [fresh, 0, 3, 0x1010, none, 0];
    assert_eq!(call_of_seven(197, fixed, 0), Ok(fresh));
    let fixed = [fresh + 1, 0, 3, 0x1010, none, 0];
    assert_eq!(call_of_seven(197, fixed, 0), Err(sys::EINVAL));
    assert_eq!(call_of_seven(197, [0, 0, 1, 2, 777, 0], 0), Err(sys::EBADF));
    unsafe { (fresh as *mut u64).write_volatile(1) };
    assert_eq!(call(sys::MPROTECT, [fresh, 4096, 1]), Ok(0));
    assert_eq!(call(sys::MUNMAP, [fresh, 8192]), Ok(0));
}

pub(crate) fn vectors() {
    let fd = file(c"vectors", b"");
    let parts = [[b"one ".as_ptr() as u64, 4], [b"two".as_ptr() as u64, 3]];
    let at = parts.as_ptr() as u64;
    assert_eq!(call(290, [fd, at, 2, 0x5555_5555, 10]), Ok(7), "pwritev");
    let mut bytes = [0u8; 9];
    let into = [
        [bytes.as_mut_ptr() as u64, 2],
        [bytes.as_mut_ptr() as u64 + 2, 7],
    ];
    assert_eq!(
        call(289, [fd, into.as_ptr() as u64, 2, 0x5555_5555, 8]),
        Ok(9),
        "preadv"
    );
    assert_eq!(&bytes, b"\0\0one two");
    assert_eq!(call(121, [fd, at, 2]), Ok(7), "writev");
    assert_eq!(call(121, [fd, at, 2000]), Err(sys::EINVAL));
}

pub(crate) fn allocating() {
    let fd = file(c"allocated", b"x");
    // The error is the value: the carry flag stays clear. No file system there does it.
    let result = call(479, [fd, 0x5555, 0, 10_000]);
    assert_eq!(result, Ok(45), "posix_fallocate: EOPNOTSUPP");
    assert_eq!(call(479, [fd, 0, u64::MAX, 1]), Ok(sys::EINVAL));
    assert_eq!(call(479, [999, 0, 0, 1]), Ok(sys::EBADF));
    assert_eq!(call(416, [fd, 0x5555, 0, 0, 3]), Ok(0), "posix_fadvise");
    assert_eq!(call(416, [fd, 0, 0, 0, 77]), Ok(sys::EINVAL));
    assert_eq!(call(354, [fd, 0x10, 0, 0]), Ok(0), "fsync_range");
    assert_eq!(call(354, [fd, 0, 0, 0]), Err(sys::EINVAL));
}

pub(crate) fn whereabouts() {
    let mut buffer = [0xaau8; 1024];
    let at = buffer.as_mut_ptr() as u64;
    let length = call(296, [at, 1024]).expect("getcwd") as usize;
    assert!(buffer[0] == b'/' && buffer[length - 1] == 0 && !buffer[..length - 1].contains(&0));
    assert_eq!(call(296, [at, 2]), Err(34), "ERANGE");
    assert_eq!(call(296, [at, 0]), Err(sys::EINVAL));
}

pub(crate) fn descriptors() {
    let fd = file(c"descriptors", b"");
    let copy = call(FCNTL, [fd, 12, 900]).expect("F_DUPFD_CLOEXEC");
    assert!(copy >= 900);
    assert_eq!(call(FCNTL, [copy, 1, 0]), Ok(1));
    assert_eq!(call(FCNTL, [0, 11, 0]), Ok(copy), "F_MAXFD");
    let mut name = [0u8; 1024];
    assert_eq!(
        call(FCNTL, [fd, 15, name.as_mut_ptr() as u64]),
        Ok(0),
        "F_GETPATH"
    );
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(0);
    assert!(name[..length].ends_with(b"/descriptors"));
    assert_eq!(call(454, [fd, 910, O_CLOEXEC]), Ok(910), "dup3");
    assert_eq!(call(FCNTL, [910, 1, 0]), Ok(1));
    assert_eq!(call(454, [fd, 911, 1]), Err(sys::EINVAL));
    assert_eq!(call(FCNTL, [copy, 10, 0]), Ok(0), "F_CLOSEM");
    assert_eq!(call(FCNTL, [910, 1, 0]), Err(sys::EBADF));
    assert_eq!(call(FCNTL, [fd, 1, 0]), Ok(0), "what is below stays");
    assert_eq!(call(FCNTL, [fd, 99, 0]), Err(sys::EINVAL));
}

pub(crate) fn pipes() {
    let (_, into) = pipe();
    assert_eq!(call(sys::WRITE, [into, b"p".as_ptr() as u64, 1]), Ok(1));
    let mut ends = [0u32; 2];
    assert_eq!(
        call(453, [ends.as_mut_ptr() as u64, O_CLOEXEC | 4]),
        Ok(0),
        "pipe2"
    );
    let read = u64::from(unsafe { ends.as_ptr().read_volatile() });
    assert_eq!(call(FCNTL, [read, 1, 0]), Ok(1));
    let mut byte = 0u8;
    assert_eq!(
        call(sys::READ, [read, (&raw mut byte) as u64, 1]),
        Err(sys::EAGAIN)
    );
    assert_eq!(call(453, [ends.as_mut_ptr() as u64, 1]), Err(sys::EINVAL));
}

pub(crate) fn times() {
    files::times::<NetBsd>();
    // What means the present elsewhere.
    let fd = file(c"times", b"");
    let times = [0i64, -1, 0, 0];
    assert_eq!(
        call(FUTIMENS, [fd, times.as_ptr() as u64]),
        Err(sys::EINVAL)
    );
}

pub(crate) fn older_times() {
    let fd = file(c"times50", b"");
    // struct timeval: microseconds of 32 bits, and anything behind them.
    let times = [11u64, 0x5555_5555_0000_0003, 12, 0xffff_ffff_0000_0004];
    assert_eq!(
        call(420, [path(c"times50"), times.as_ptr() as u64]),
        Ok(0),
        "utimes"
    );
    assert_eq!(times_of::<NetBsd>(fd), [11, 3000, 12, 4000]);
    let times = [21u64, 0x5555_5555_0000_0005, 22, 6];
    assert_eq!(call(423, [fd, times.as_ptr() as u64]), Ok(0), "futimes");
    assert_eq!(times_of::<NetBsd>(fd), [21, 5000, 22, 6000]);
}

pub(crate) fn mounts() {
    let mut found = [0u8; 4096];
    let at = found.as_mut_ptr() as u64;
    assert_eq!(call(484, [path(c"."), at, 1]), Ok(0), "statvfs");
    assert!(word(&found, 8, 8) >= 512, "bsize");
    assert!(word(&found, 32, 8) >= word(&found, 40, 8), "blocks, bfree");
    let fd = call(OPEN, [path(c"."), 0]).expect("open");
    let mut again = [0u8; 4096];
    assert_eq!(
        call(485, [fd, again.as_mut_ptr() as u64, 1]),
        Ok(0),
        "fstatvfs"
    );
    assert_eq!(word(&found, 8, 8), word(&again, 8, 8));
    let count = call(483, [0, 0, 1]).expect("getvfsstat");
    assert!(count >= 1);
    assert_eq!(call(484, [path(c"absent"), at, 1]), Err(sys::ENOENT));
}
