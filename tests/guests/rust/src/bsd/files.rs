//! Files: calls and flags that are the same, and `struct stat`, `struct dirent` and times, which differ.

use core::ffi::CStr;

use super::System;
use crate::sys::{self, call, call_of_seven, numbers};

numbers! {
    /// System call.
    OPEN = 5, LINK = 9, UNLINK = 10, SYMLINK = 57, FCNTL = 92, MKDIR = 136, PREAD = 173, PWRITE = 174, MMAP = 197, LSEEK = 199,
    TRUNCATE = 200, FTRUNCATE = 201;
    /// Flag of `open`.
    O_RDWR = 2, O_NOFOLLOW = 0x100, O_CREAT = 0x200;
}

/// What lies in a pad.
pub const GARBAGE: u64 = 0x5555_5555_5555_5555;

/// An entry of a folder.
pub struct Entry<'a> {
    /// `d_fileno`
    pub number: u64,
    /// `d_type`
    pub kind: u8,
    /// `d_name`
    pub name: &'a [u8],
    /// Where the next one begins.
    pub next: usize,
}

/// A system's files.
pub trait Files: System {
    /// Call numbers of `stat`, `fstat` and `lstat`.
    const STATS: [u64; 3];
    /// Bytes of `struct stat`.
    const STAT_SIZE: usize;
    /// Where it has the time of the last access; that of the last change follows.
    const TIMES: usize;
    /// Call number.
    const GETDENTS: u64;
    /// Call number.
    const FUTIMENS: u64;
    /// Call number.
    const UTIMENSAT: u64;
    /// Flag of `open`.
    const O_CLOEXEC: u64;
    /// Flag of `open`.
    const O_DIRECTORY: u64;
    /// The working directory.
    const AT_FDCWD: u64;
    /// Nanoseconds that mean the present.
    const UTIME_NOW: i64;
    /// Nanoseconds that mean what is there.
    const UTIME_OMIT: i64;

    /// The first entry of what `getdents` gave.
    fn entry(bytes: &[u8]) -> Entry<'_>;

    /// Visits all entries of what `getdents` gave.
    fn each_entry(bytes: &[u8], mut visit: impl FnMut(Entry<'_>)) {
        let mut at = 0;
        while at < bytes.len() {
            let entry = Self::entry(&bytes[at..]);
            at += entry.next;
            visit(entry);
        }
        assert_eq!(at, bytes.len());
    }
}

/// A path for the kernel.
pub fn path(text: &CStr) -> u64 {
    text.as_ptr() as u64
}

/// A fresh file of this content, open for reading and writing.
pub fn file(name: &CStr, content: &[u8]) -> u64 {
    let _ = call(UNLINK, [path(name)]);
    let fd = call(OPEN, [path(name), O_RDWR | O_CREAT, 0o640]).expect("open");
    let args = [fd, content.as_ptr() as u64, content.len() as u64];
    assert_eq!(call(sys::WRITE, args), Ok(content.len() as u64));
    fd
}

/// A fresh symbolic link.
pub fn symbolic(name: &CStr, target: &CStr) {
    let _ = call(UNLINK, [path(name)]);
    assert_eq!(call(SYMLINK, [path(target), path(name)]), Ok(0));
}

/// The number of that length in a structure.
pub fn word(bytes: &[u8], at: usize, length: usize) -> u64 {
    let mut word = [0; 8];
    word[..length].copy_from_slice(&bytes[at..at + length]);
    u64::from_le_bytes(word)
}

/// `struct stat` of a file of five bytes, with two names, and of the link `status-link` to it.
pub fn status<S: Files>() -> [[u8; 160]; 2] {
    let [stat, fstat, lstat] = S::STATS;
    let fd = file(c"status", b"12345");
    symbolic(c"status-link", c"status");
    let _ = call(UNLINK, [path(c"status-second")]);
    let names = [path(c"status"), path(c"status-second")];
    assert_eq!(call(LINK, names), Ok(0));
    let link = path(c"status-link");
    let found = [(stat, link), (fstat, fd), (lstat, link)].map(|(number, what)| {
        let mut found = [0xaau8; 160];
        assert_eq!(call(number, [what, found.as_mut_ptr() as u64]), Ok(0));
        assert_eq!(
            found[S::STAT_SIZE..][..8],
            [0xaa; 8],
            "beyond the structure"
        );
        found
    });
    assert_eq!(found[0], found[1]);
    [found[0], found[2]]
}

/// Positions, behind a pad.
pub fn positions() {
    let fd = file(c"padded", b"0123456789");
    let seek = |place: i64, whence: u64| call(LSEEK, [fd, GARBAGE, place as u64, whence]);
    assert_eq!(seek(7, 0), Ok(7), "lseek");
    let mut buffer = [0u8; 4];
    assert_eq!(call(sys::READ, [fd, buffer.as_mut_ptr() as u64, 4]), Ok(3));
    assert_eq!(&buffer[..3], b"789");
    assert_eq!(seek(-2, 1), Ok(8), "from here");
    assert_eq!(seek(-9, 1), Err(sys::EINVAL));
    assert_eq!(call(FTRUNCATE, [fd, GARBAGE, 1 << 33]), Ok(0), "ftruncate");
    assert_eq!(seek(0, 2), Ok(1 << 33), "a position beyond 32 bits");
    let args = [path(c"padded"), GARBAGE, 4];
    assert_eq!(call(TRUNCATE, args), Ok(0), "truncate");
    assert_eq!(seek(0, 2), Ok(4));
    assert_eq!(call(LSEEK, [1000, 0, 0, 0]), Err(sys::EBADF));
}

/// A file's second page in memory, shared: the file has what is written there.
pub fn mapped() -> u64 {
    let fd = file(c"mapped", &[b'a'; 4096]);
    let args = [fd, [b'b'; 4096].as_ptr() as u64, 4096];
    assert_eq!(call(sys::WRITE, args), Ok(4096));
    // The offset is the seventh argument, behind a pad.
    let second = call_of_seven(MMAP, [0, 4096, 3, 1, fd, 0x7777], 4096).expect("mmap");
    assert_eq!(unsafe { (second as *const u8).read_volatile() }, b'b');
    unsafe { (second as *mut u8).write_volatile(b'c') };
    let mut byte = 0u8;
    assert_eq!(call(PREAD, [fd, (&raw mut byte) as u64, 1, 0, 4096]), Ok(1));
    assert_eq!(byte, b'c', "shared");
    second
}

/// A folder of three files and a folder, open.
pub fn folder<S: Files>() -> u64 {
    let made = |name| matches!(call(MKDIR, [path(name), 0o755]), Ok(0) | Err(17));
    assert!(made(c"folder"));
    for name in [c"folder/a", c"folder/longer-name", c"folder/b"] {
        let _ = file(name, b"");
    }
    assert!(made(c"folder/under"));
    call(OPEN, [path(c"folder"), S::O_DIRECTORY, 0]).expect("open")
}

/// All of a folder's entries, each once.
pub fn entries<S: Files>() {
    let fd = folder::<S>();
    let mut seen = [0u8; 6];
    let mut buffer = [0xaau8; 512];
    let at = buffer.as_mut_ptr() as u64;
    loop {
        let length = call(S::GETDENTS, [fd, at, 512]).expect("getdents") as usize;
        if length == 0 {
            break;
        }
        S::each_entry(&buffer[..length], |entry| {
            assert!(entry.number != 0, "fileno");
            let index = match entry.name {
                b"." => 0,
                b".." => 1,
                b"a" => 2,
                b"b" => 3,
                b"longer-name" => 4,
                b"under" => 5,
                _ => panic!("a name nobody gave"),
            };
            let folder = matches!(index, 0 | 1 | 5);
            assert_eq!(entry.kind, if folder { 4 } else { 8 }, "d_type");
            seen[index] += 1;
        });
    }
    assert_eq!(seen, [1; 6]);
    let plain = file(c"plain", b"");
    assert!(call(S::GETDENTS, [plain, at, 512]).is_err());
}

/// Flags of `open`, and of `fcntl` afterwards.
pub fn open_flags<S: Files>() {
    let _ = file(c"target", b"");
    symbolic(c"symbolic", c"target");
    let target = path(c"target");
    let fd = call(OPEN, [target, S::O_CLOEXEC]).expect("open");
    assert_eq!(call(FCNTL, [fd, 1, 0]), Ok(1), "FD_CLOEXEC");
    assert_eq!(call(OPEN, [target, S::O_DIRECTORY]), Err(20), "ENOTDIR");
    assert!(call(OPEN, [path(c"symbolic"), O_NOFOLLOW]).is_err());
    assert_eq!(
        call(OPEN, [target, O_CREAT | 0x800, 0o600]),
        Err(17),
        "EEXIST"
    );
    // O_NONBLOCK and O_APPEND are shown again.
    let fd = call(OPEN, [target, O_RDWR | 4 | 8]).expect("open");
    let flags = || call(FCNTL, [fd, 3, 0]).expect("F_GETFL") & 0xf;
    assert_eq!(flags(), 2 | 4 | 8);
    assert_eq!(call(FCNTL, [fd, 4, 0]), Ok(0));
    assert_eq!(flags() & 0xc, 0);
}

/// Locks, and what another process is told of them.
pub fn locks() {
    // struct flock: start, length, pid, type, whence, without FreeBSD's number of a system, so that this stays.
    #[repr(C)]
    struct Flock(i64, i64, i32, i16, i16, u64);
    let fd = file(c"locked", b"0123456789");
    let set = |kind: i16, start: i64, length: i64| {
        let lock = Flock(start, length, 0, kind, 0, GARBAGE);
        call(FCNTL, [fd, 8, (&raw const lock) as u64])
    };
    assert_eq!(set(3, 2, 4), Ok(0), "F_WRLCK");
    let other = || {
        let mut lock = Flock(0, 0, 0, 3, 0, GARBAGE);
        let args = [fd, 7, (&raw mut lock) as u64];
        assert_eq!(call(FCNTL, args), Ok(0), "F_GETLK");
        unsafe { (&raw const lock).read_volatile() }
    };
    let status = sys::in_child(|| {
        let found = other();
        assert_eq!((found.0, found.1, found.3, found.5), (2, 4, 3, GARBAGE));
        assert_eq!(found.2 as u64, call(sys::GETPPID, []).unwrap_or(0));
        assert_eq!(set(1, 0, 4), Err(sys::EAGAIN), "F_RDLCK");
    });
    assert_eq!(status, 0);
    assert_eq!(set(2, 0, 0), Ok(0), "F_UNLCK");
    assert_eq!(sys::in_child(|| assert_eq!(other().3, 2)), 0);
    assert_eq!(set(77, 0, 0), Err(sys::EINVAL));
}

/// A file's times of access and change, in seconds and nanoseconds.
pub fn times_of<S: Files>(fd: u64) -> [u64; 4] {
    let mut found = [0u8; 160];
    let args = [fd, found.as_mut_ptr() as u64];
    assert_eq!(call(S::STATS[1], args), Ok(0));
    [0, 8, 16, 24].map(|at| word(&found, S::TIMES + at, 8))
}

/// Setting times, by descriptor and by name.
pub fn times<S: Files>() {
    let fd = file(c"times", b"");
    let set = |times: [i64; 4]| call(S::FUTIMENS, [fd, times.as_ptr() as u64]);
    assert_eq!(set([1000, 5, 2000, 6]), Ok(0), "futimens");
    assert_eq!(times_of::<S>(fd), [1000, 5, 2000, 6]);
    assert_eq!(set([0, S::UTIME_OMIT, 3000, 7]), Ok(0));
    assert_eq!(times_of::<S>(fd), [1000, 5, 3000, 7]);
    assert_eq!(set([0, S::UTIME_NOW, 0, S::UTIME_OMIT]), Ok(0));
    let found = times_of::<S>(fd);
    assert!(found[0] > 1_500_000_000 && found[2..] == [3000, 7]);
    for wrong in [1_000_000_000, -3] {
        assert_eq!(set([0, wrong, 0, 0]), Err(sys::EINVAL));
    }
    let times = [7i64, 8, 9, 10];
    let args = [S::AT_FDCWD, path(c"times"), times.as_ptr() as u64, 0];
    assert_eq!(call(S::UTIMENSAT, args), Ok(0), "utimensat");
    assert_eq!(times_of::<S>(fd), [7, 8, 9, 10]);
}
