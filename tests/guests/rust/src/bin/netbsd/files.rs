//! Files: `struct stat` of two ages, arguments with pads, `struct dirent`, flags and locks.

use compat_guests::sys::{self, call, call_of_seven};

pub(crate) const OPEN: u64 = 5;
pub(crate) const O_RDWR: u64 = 2;
pub(crate) const O_CREAT: u64 = 0x200;
const O_NOFOLLOW: u64 = 0x100;
const O_DIRECTORY: u64 = 0x20_0000;
const O_CLOEXEC: u64 = 0x40_0000;
const FCNTL: u64 = 92;

/// A path for the kernel.
pub(crate) fn path(text: &core::ffi::CStr) -> u64 {
    text.as_ptr() as u64
}

/// A fresh file of this content, open for reading and writing.
pub(crate) fn file(name: &core::ffi::CStr, content: &[u8]) -> u64 {
    let _ = call(10, [path(name)]);
    let fd = call(OPEN, [path(name), O_RDWR | O_CREAT, 0o640]).expect("open");
    let written = call(
        sys::WRITE,
        [fd, content.as_ptr() as u64, content.len() as u64],
    );
    assert_eq!(written, Ok(content.len() as u64));
    fd
}

fn word(bytes: &[u8], at: usize, length: usize) -> u64 {
    let mut word = [0; 8];
    word[..length].copy_from_slice(&bytes[at..at + length]);
    u64::from_le_bytes(word)
}

pub(crate) fn status() {
    let fd = file(c"status", b"12345");
    let _ = call(10, [path(c"status-link")]);
    assert_eq!(call(57, [path(c"status"), path(c"status-link")]), Ok(0));
    let _ = call(10, [path(c"status-second")]);
    assert_eq!(call(9, [path(c"status"), path(c"status-second")]), Ok(0));
    let mut found = [[0xaau8; 160]; 3];
    assert_eq!(
        call(439, [path(c"status-link"), found[0].as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!(call(440, [fd, found[1].as_mut_ptr() as u64]), Ok(0));
    assert_eq!(
        call(441, [path(c"status-link"), found[2].as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!(found[0][..152], found[1][..152]);
    let file = &found[0];
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
    assert_eq!(file[152..], [0xaa; 8], "beyond the structure");
    assert_eq!(word(&found[2], 8, 4) & 0o170_000, 0o120_000, "a link");
    assert_eq!(word(&found[2], 112, 8), 6, "its length");
    // fstatat, by a descriptor, and without following.
    let mut again = [0u8; 160];
    let at = again.as_mut_ptr() as u64;
    assert_eq!(
        call(466, [(-100i64) as u64, path(c"status-link"), at, 0x200]),
        Ok(0)
    );
    assert_eq!(again[..32], found[2][..32]);
    assert_eq!(call(439, [path(c"absent"), at]), Err(sys::ENOENT));
}

pub(crate) fn status_of_3() {
    let fd = file(c"status3", b"123");
    let mut new = [0u8; 160];
    let mut old = [0xaau8; 160];
    assert_eq!(call(440, [fd, new.as_mut_ptr() as u64]), Ok(0));
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
    const GARBAGE: u64 = 0x5555_5555_5555_5555;
    let fd = file(c"padded", b"0123456789");
    let mut buffer = [0u8; 4];
    let at = buffer.as_mut_ptr() as u64;
    assert_eq!(call(173, [fd, at, 4, GARBAGE, 3]), Ok(4), "pread");
    assert_eq!(&buffer, b"3456");
    assert_eq!(
        call(174, [fd, b"xy".as_ptr() as u64, 2, GARBAGE, 8]),
        Ok(2),
        "pwrite"
    );
    assert_eq!(call(199, [fd, GARBAGE, 7, 0]), Ok(7), "lseek");
    assert_eq!(call(sys::READ, [fd, at, 4]), Ok(3));
    assert_eq!(&buffer[..3], b"7xy");
    assert_eq!(
        call(199, [fd, GARBAGE, (-2i64) as u64, 1]),
        Ok(8),
        "from here"
    );
    assert_eq!(
        call(199, [fd, GARBAGE, (-9i64) as u64, 1]),
        Err(sys::EINVAL)
    );
    assert_eq!(call(201, [fd, GARBAGE, 1 << 33]), Ok(0), "ftruncate");
    assert_eq!(
        call(199, [fd, GARBAGE, 0, 2]),
        Ok(1 << 33),
        "a position beyond 32 bits"
    );
    assert_eq!(call(200, [path(c"padded"), GARBAGE, 4]), Ok(0), "truncate");
    assert_eq!(call(199, [fd, GARBAGE, 0, 2]), Ok(4));
    assert_eq!(
        call(173, [fd, at, 4, GARBAGE, u64::MAX]),
        Err(sys::EINVAL),
        "a negative place"
    );
    assert_eq!(call(199, [1000, 0, 0, 0]), Err(sys::EBADF));
}

pub(crate) fn mapping() {
    let fd = file(c"mapped", &[b'a'; 4096]);
    assert_eq!(
        call(sys::WRITE, [fd, [b'b'; 4096].as_ptr() as u64, 4096]),
        Ok(4096)
    );
    // The offset is the seventh argument, behind a pad.
    let second = call_of_seven(197, [0, 4096, 3, 1, fd, 0x7777], 4096).expect("mmap");
    assert_eq!(unsafe { (second as *const u8).read_volatile() }, b'b');
    unsafe { (second as *mut u8).write_volatile(b'c') };
    let mut byte = 0u8;
    assert_eq!(call(173, [fd, (&raw mut byte) as u64, 1, 0, 4096]), Ok(1));
    assert_eq!(byte, b'c', "shared");
    assert_eq!(call(277, [second, 4096, 4]), Ok(0), "msync");
    let moved = call(411, [second, 4096, 0, 8192, 0]).expect("mremap");
    assert_eq!(unsafe { (moved as *const u8).read_volatile() }, b'c');
    assert_eq!(call(sys::MUNMAP, [moved, 8192]), Ok(0));
    // Anonymous memory: descriptor and offset are not looked at. Neither shared nor private is private.
    let fresh = call_of_seven(197, [0, 4096, 3, 0x1000, 77, 0], 1).expect("anonymous");
    unsafe { (fresh as *mut u64).write_volatile(1) };
    assert_eq!(call(sys::MPROTECT, [fresh, 4096, 1]), Ok(0));
    assert_eq!(call(sys::MUNMAP, [fresh, 4096]), Ok(0));
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

pub(crate) fn entries() {
    assert!(matches!(
        call(136, [path(c"folder"), 0o755]),
        Ok(0) | Err(17)
    ));
    for name in [c"folder/a", c"folder/longer-name", c"folder/b"] {
        let _ = file(name, b"");
    }
    assert!(matches!(
        call(136, [path(c"folder/under"), 0o755]),
        Ok(0) | Err(17)
    ));
    let fd = call(OPEN, [path(c"folder"), O_DIRECTORY, 0]).expect("open");
    let mut seen = [0u8; 6];
    let mut buffer = [0xaau8; 512];
    loop {
        let length = call(390, [fd, buffer.as_mut_ptr() as u64, 512]).expect("getdents") as usize;
        if length == 0 {
            break;
        }
        let mut at = 0;
        while at < length {
            let record = word(&buffer, at + 8, 2) as usize;
            let name = word(&buffer, at + 10, 2) as usize;
            let kind = buffer[at + 12];
            assert!(
                record.is_multiple_of(8) && record > 13 + name,
                "{record} for {name}"
            );
            assert!(word(&buffer, at, 8) != 0, "fileno");
            assert_eq!(buffer[at + 13 + name], 0, "ends with a null");
            let index = match &buffer[at + 13..at + 13 + name] {
                b"." => 0,
                b".." => 1,
                b"a" => 2,
                b"b" => 3,
                b"longer-name" => 4,
                b"under" => 5,
                _ => panic!("a name nobody gave"),
            };
            assert_eq!(
                kind,
                if matches!(index, 0 | 1 | 5) { 4 } else { 8 },
                "d_type"
            );
            seen[index] += 1;
            at += record;
        }
        assert_eq!(at, length);
    }
    assert_eq!(seen, [1; 6]);
    let plain = file(c"plain", b"");
    assert!(call(390, [plain, buffer.as_mut_ptr() as u64, 512]).is_err());
}

pub(crate) fn whereabouts() {
    let mut buffer = [0xaau8; 1024];
    let at = buffer.as_mut_ptr() as u64;
    let length = call(296, [at, 1024]).expect("getcwd") as usize;
    assert!(buffer[0] == b'/' && buffer[length - 1] == 0 && !buffer[..length - 1].contains(&0));
    assert_eq!(call(296, [at, 2]), Err(34), "ERANGE");
    assert_eq!(call(296, [at, 0]), Err(sys::EINVAL));
}

pub(crate) fn open_flags() {
    let _ = file(c"target", b"");
    let _ = call(10, [path(c"symbolic")]);
    assert_eq!(call(57, [path(c"target"), path(c"symbolic")]), Ok(0));
    let fd = call(OPEN, [path(c"target"), O_CLOEXEC]).expect("open");
    assert_eq!(call(FCNTL, [fd, 1, 0]), Ok(1), "FD_CLOEXEC");
    assert_eq!(
        call(OPEN, [path(c"target"), O_DIRECTORY]),
        Err(20),
        "ENOTDIR"
    );
    assert!(call(OPEN, [path(c"symbolic"), O_NOFOLLOW]).is_err());
    assert_eq!(
        call(OPEN, [path(c"target"), O_CREAT | 0x800, 0o600]),
        Err(17),
        "EEXIST"
    );
    // O_NONBLOCK and O_APPEND are shown again.
    let fd = call(OPEN, [path(c"target"), O_RDWR | 4 | 8]).expect("open");
    assert_eq!(
        call(FCNTL, [fd, 3, 0]).map(|flags| flags & 0xf),
        Ok(2 | 4 | 8)
    );
    assert_eq!(call(FCNTL, [fd, 4, 0]), Ok(0));
    assert_eq!(call(FCNTL, [fd, 3, 0]).map(|flags| flags & 0xc), Ok(0));
}

pub(crate) fn locks() {
    // struct flock: start, length, pid, type, whence.
    #[repr(C)]
    struct Flock(i64, i64, i32, i16, i16);
    let fd = file(c"locked", b"0123456789");
    let set = |kind: i16, start: i64, length: i64| {
        let lock = Flock(start, length, 0, kind, 0);
        call(FCNTL, [fd, 8, (&raw const lock) as u64])
    };
    assert_eq!(set(3, 2, 4), Ok(0), "F_WRLCK");
    let other = || {
        let mut lock = Flock(0, 0, 0, 3, 0);
        assert_eq!(
            call(FCNTL, [fd, 7, (&raw mut lock) as u64]),
            Ok(0),
            "F_GETLK"
        );
        unsafe { (&raw const lock).read_volatile() }
    };
    let status = sys::in_child(|| {
        let found = other();
        assert_eq!((found.0, found.1, found.3), (2, 4, 3));
        assert_eq!(
            u64::from(found.2 as u32),
            call(sys::GETPPID, []).unwrap_or(0)
        );
        let lock = Flock(0, 4, 0, 1, 0);
        assert_eq!(
            call(FCNTL, [fd, 8, (&raw const lock) as u64]),
            Err(sys::EAGAIN)
        );
    });
    assert_eq!(status, 0);
    assert_eq!(set(2, 0, 0), Ok(0), "F_UNLCK");
    assert_eq!(sys::in_child(|| assert_eq!(other().3, 2)), 0);
    assert_eq!(set(77, 0, 0), Err(sys::EINVAL));
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
    let back = sys::raw(42, [0; 6]);
    assert!(!back.carry && back.rdx == back.rax + 1, "{back:?}");
    assert_eq!(call(sys::WRITE, [back.rdx, b"p".as_ptr() as u64, 1]), Ok(1));
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

fn times_of(fd: u64) -> [u64; 4] {
    let mut found = [0u8; 160];
    assert_eq!(call(440, [fd, found.as_mut_ptr() as u64]), Ok(0));
    [48, 56, 64, 72].map(|at| word(&found, at, 8))
}

pub(crate) fn times() {
    const NOW: i64 = 0x3fff_ffff;
    const OMIT: i64 = 0x3fff_fffe;
    let fd = file(c"times", b"");
    let set = |times: [i64; 4]| call(472, [fd, times.as_ptr() as u64]);
    assert_eq!(set([1000, 5, 2000, 6]), Ok(0), "futimens");
    assert_eq!(times_of(fd), [1000, 5, 2000, 6]);
    assert_eq!(set([0, OMIT, 3000, 7]), Ok(0));
    assert_eq!(times_of(fd), [1000, 5, 3000, 7]);
    assert_eq!(set([0, NOW, 0, OMIT]), Ok(0));
    let found = times_of(fd);
    assert!(found[0] > 1_500_000_000 && found[2..] == [3000, 7]);
    assert_eq!(set([0, 1_000_000_000, 0, 0]), Err(sys::EINVAL));
    assert_eq!(set([0, -1, 0, 0]), Err(sys::EINVAL));
    let times = [7i64, 8, 9, 10];
    let at = (-100i64) as u64;
    assert_eq!(
        call(467, [at, path(c"times"), times.as_ptr() as u64, 0]),
        Ok(0),
        "utimensat"
    );
    assert_eq!(times_of(fd), [7, 8, 9, 10]);
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
    assert_eq!(times_of(fd), [11, 3000, 12, 4000]);
    let times = [21u64, 0x5555_5555_0000_0005, 22, 6];
    assert_eq!(call(423, [fd, times.as_ptr() as u64]), Ok(0), "futimes");
    assert_eq!(times_of(fd), [21, 5000, 22, 6000]);
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
