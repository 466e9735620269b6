//! Files: `struct stat`, `struct dirent` without a record length, pads, `AT_FDCWD` of its own, flags and locks.

use compat_guests::sys::{self, call, call_of_seven};

const OPEN: u64 = 5;
const O_RDWR: u64 = 2;
const O_CREAT: u64 = 0x200;
const O_CLOEXEC: u64 = 0x2_0000;
const O_DIRECTORY: u64 = 0x800_0000;
const FCNTL: u64 = 92;
/// `AT_FDCWD`
const CWD: u64 = 0xfffa_fdcd;

/// A path for the kernel.
pub(crate) fn path(text: &core::ffi::CStr) -> u64 {
    text.as_ptr() as u64
}

/// A fresh file of this content, open for reading and writing.
pub(crate) fn file(name: &core::ffi::CStr, content: &[u8]) -> u64 {
    let _ = call(10, [path(name)]);
    let fd = call(OPEN, [path(name), O_RDWR | O_CREAT, 0o640]).expect("open");
    let args = [fd, content.as_ptr() as u64, content.len() as u64];
    assert_eq!(call(sys::WRITE, args), Ok(content.len() as u64));
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
    let mut found = [[0xaau8; 136]; 3];
    assert_eq!(
        call(475, [path(c"status-link"), found[0].as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!(call(476, [fd, found[1].as_mut_ptr() as u64]), Ok(0));
    assert_eq!(
        call(477, [path(c"status-link"), found[2].as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!(found[0][..128], found[1][..128]);
    let file = &found[0];
    assert!(word(file, 0, 8) != 0, "ino");
    assert_eq!(
        (word(file, 8, 4), word(file, 16, 2)),
        (2, 0o100_640),
        "nlink, mode"
    );
    assert_eq!(word(file, 20, 4), call(25, []).expect("geteuid"), "uid");
    assert_eq!(word(file, 80, 8), 5, "size");
    assert!(word(file, 96, 4) >= 512, "blksize");
    assert!(
        [32, 48, 64]
            .iter()
            .all(|&at| word(file, at, 8) > 1_500_000_000)
    );
    assert_eq!(file[128..], [0xaa; 8], "beyond the structure");
    assert_eq!(word(&found[2], 16, 2) & 0o170_000, 0o120_000, "a link");
}

pub(crate) fn at() {
    let _ = file(c"at", b"123");
    let _ = call(10, [path(c"symbolic")]);
    assert_eq!(call(57, [path(c"at"), path(c"symbolic")]), Ok(0));
    let mut found = [0u8; 128];
    let to = found.as_mut_ptr() as u64;
    // AT_SYMLINK_NOFOLLOW is 1.
    assert_eq!(call(505, [CWD, path(c"symbolic"), to, 1]), Ok(0), "fstatat");
    assert_eq!(word(&found, 16, 2) & 0o170_000, 0o120_000);
    assert_eq!(call(505, [CWD, path(c"symbolic"), to, 0]), Ok(0));
    assert_eq!(word(&found, 80, 8), 3);
    assert_eq!(
        call(505, [CWD as i32 as u64, path(c"at"), to, 0]),
        Ok(0),
        "sign-extended"
    );
    assert_eq!(
        call(505, [(-100i64) as u64, path(c"at"), to, 0]),
        Err(sys::EBADF),
        "FreeBSD's"
    );
    assert_eq!(
        call(524, [CWD, path(c"at-folder"), 0o755]),
        Ok(0),
        "mkdirat"
    );
    let folder = call(504, [CWD, path(c"at-folder"), O_DIRECTORY, 0]).expect("openat");
    assert!(call(504, [folder, path(c"inner"), O_RDWR | O_CREAT, 0o600]).is_ok());
    assert_eq!(
        call(508, [CWD, path(c"at-folder"), 0]),
        Err(sys::EPERM),
        "unlinkat of a directory"
    );
    assert_eq!(call(508, [folder, path(c"inner"), 0]), Ok(0));
    // AT_REMOVEDIR is 2.
    assert_eq!(call(508, [CWD, path(c"at-folder"), 2]), Ok(0));
    assert_eq!(call(508, [CWD, path(c"at"), 0x100]), Err(sys::EINVAL));
}

pub(crate) fn padded() {
    const GARBAGE: u64 = 0x5555_5555_5555_5555;
    let fd = file(c"padded", b"0123456789");
    assert_eq!(call(199, [fd, GARBAGE, 7, 0]), Ok(7), "lseek");
    let mut buffer = [0u8; 4];
    assert_eq!(call(sys::READ, [fd, buffer.as_mut_ptr() as u64, 4]), Ok(3));
    assert_eq!(&buffer[..3], b"789");
    assert_eq!(
        call(199, [fd, GARBAGE, (-2i64) as u64, 1]),
        Ok(8),
        "from here"
    );
    assert_eq!(call(201, [fd, GARBAGE, 1 << 33]), Ok(0), "ftruncate");
    assert_eq!(
        call(199, [fd, GARBAGE, 0, 2]),
        Ok(1 << 33),
        "a position beyond 32 bits"
    );
    assert_eq!(call(200, [path(c"padded"), GARBAGE, 4]), Ok(0), "truncate");
    assert_eq!(call(199, [fd, GARBAGE, 0, 2]), Ok(4));
    assert_eq!(call(199, [1000, 0, 0, 0]), Err(sys::EBADF));
}

pub(crate) fn places() {
    let fd = file(c"places", b"0123456789");
    let mut buffer = [0u8; 4];
    let at = buffer.as_mut_ptr() as u64;
    // Flags come before the place; a place of -1 is where the descriptor stands.
    assert_eq!(call(173, [fd, at, 4, 0, 3]), Ok(4), "extpread");
    assert_eq!(&buffer, b"3456");
    assert_eq!(call(199, [fd, 0, 1, 0]), Ok(1));
    assert_eq!(call(173, [fd, at, 2, 0, u64::MAX]), Ok(2));
    assert_eq!(&buffer[..2], b"12");
    assert_eq!(call(199, [fd, 0, 0, 1]), Ok(3), "and goes on");
    assert_eq!(
        call(174, [fd, b"xy".as_ptr() as u64, 2, 0, 8]),
        Ok(2),
        "extpwrite"
    );
    let parts = [[b"a".as_ptr() as u64, 1], [b"b".as_ptr() as u64, 1]];
    assert_eq!(
        call(290, [fd, parts.as_ptr() as u64, 2, 0, 0]),
        Ok(2),
        "extpwritev"
    );
    let mut whole = [0u8; 10];
    let into = [[whole.as_mut_ptr() as u64, 10]];
    assert_eq!(
        call(289, [fd, into.as_ptr() as u64, 1, 0, 0]),
        Ok(10),
        "extpreadv"
    );
    assert_eq!(&whole, b"ab234567xy");
    assert_eq!(call(173, [fd, at, 4, 0, (-2i64) as u64]), Err(sys::EINVAL));
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
    assert_eq!(call(65, [second, 4096, 0]), Ok(0), "msync");
    let mut byte = 0u8;
    assert_eq!(call(173, [fd, (&raw mut byte) as u64, 1, 0, 4096]), Ok(1));
    assert_eq!(byte, b'c', "shared");
    assert_eq!(call(485, [second, 4096, 3, 0]), Ok(0), "mcontrol");
    assert_eq!(call(sys::MUNMAP, [second, 4096]), Ok(0));
    assert_eq!(
        call_of_seven(197, [0, 0, 3, 1, fd, 0], 0),
        Err(sys::EINVAL),
        "nothing"
    );
}

/// Visits the records: their length follows from the name's.
fn each(bytes: &[u8], mut visit: impl FnMut(u64, u8, &[u8])) {
    let mut at = 0;
    while at < bytes.len() {
        let length = word(bytes, at + 8, 2) as usize;
        let name = &bytes[at + 16..at + 16 + length];
        assert_eq!(bytes[at + 16 + length], 0, "ends with a null");
        visit(word(bytes, at, 8), bytes[at + 10], name);
        at += (16 + length + 1).next_multiple_of(8);
    }
    assert_eq!(at, bytes.len());
}

fn make_folder() -> u64 {
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
    call(OPEN, [path(c"folder"), O_DIRECTORY, 0]).expect("open")
}

pub(crate) fn entries() {
    let fd = make_folder();
    let mut seen = [0u8; 6];
    let mut buffer = [0xaau8; 512];
    loop {
        let length = call(480, [fd, buffer.as_mut_ptr() as u64, 512]).expect("getdents") as usize;
        if length == 0 {
            break;
        }
        each(&buffer[..length], |number, kind, name| {
            assert!(number != 0);
            let index = match name {
                b"." => 0,
                b".." => 1,
                b"a" => 2,
                b"b" => 3,
                b"longer-name" => 4,
                b"under" => 5,
                _ => panic!("a name nobody gave"),
            };
            let folder = matches!(index, 0 | 1 | 5);
            assert_eq!(kind, if folder { 4 } else { 8 }, "d_type");
            seen[index] += 1;
        });
    }
    assert_eq!(seen, [1; 6]);
    let plain = file(c"plain", b"");
    assert!(call(480, [plain, buffer.as_mut_ptr() as u64, 512]).is_err());
}

pub(crate) fn base() {
    let fd = make_folder();
    let mut buffer = [0u8; 512];
    let mut place = [0x55u64];
    let at = place.as_mut_ptr() as u64;
    let mut count = 0;
    let length = call(479, [fd, buffer.as_mut_ptr() as u64, 512, at]).expect("getdirentries");
    each(&buffer[..length as usize], |_, _, _| count += 1);
    assert_eq!((count, unsafe { place.as_ptr().read_volatile() }), (6, 0));
    assert_eq!(call(199, [fd, 0, 0, 0]), Ok(0), "from the start");
    assert_eq!(
        call(479, [fd, buffer.as_mut_ptr() as u64, 512, 0]),
        Ok(length)
    );
}

pub(crate) fn open_flags() {
    let _ = file(c"target", b"");
    let fd = call(OPEN, [path(c"target"), O_CLOEXEC]).expect("open");
    assert_eq!(call(FCNTL, [fd, 1, 0]), Ok(1), "FD_CLOEXEC");
    assert_eq!(
        call(OPEN, [path(c"target"), O_DIRECTORY]),
        Err(20),
        "ENOTDIR"
    );
    assert_eq!(
        call(OPEN, [path(c"target"), O_CREAT | 0x800, 0o600]),
        Err(17),
        "EEXIST"
    );
    let fd = call(OPEN, [path(c"target"), O_RDWR | 4 | 8]).expect("open");
    assert_eq!(
        call(FCNTL, [fd, 3, 0]).map(|flags| flags & 0xf),
        Ok(2 | 4 | 8)
    );
    assert_eq!(call(FCNTL, [fd, 4, 0]), Ok(0));
    assert_eq!(call(FCNTL, [fd, 3, 0]).map(|flags| flags & 0xc), Ok(0));
}

pub(crate) fn locks() {
    // struct flock: start, length, pid, type, whence, without a system's number.
    #[repr(C)]
    struct Flock(i64, i64, i32, i16, i16, u64);
    const BEHIND: u64 = 0x5555_5555_5555_5555;
    let fd = file(c"locked", b"0123456789");
    let set = |kind: i16, start: i64, length: i64| {
        let lock = Flock(start, length, 0, kind, 0, BEHIND);
        call(FCNTL, [fd, 8, (&raw const lock) as u64])
    };
    assert_eq!(set(3, 2, 4), Ok(0), "F_WRLCK");
    let other = || {
        let mut lock = Flock(0, 0, 0, 3, 0, BEHIND);
        assert_eq!(
            call(FCNTL, [fd, 7, (&raw mut lock) as u64]),
            Ok(0),
            "F_GETLK"
        );
        unsafe { (&raw const lock).read_volatile() }
    };
    let status = sys::in_child(|| {
        let found = other();
        assert_eq!((found.0, found.1, found.3, found.5), (2, 4, 3, BEHIND));
        assert_eq!(found.2 as u64, call(sys::GETPPID, []).unwrap_or(0));
    });
    assert_eq!(status, 0);
    assert_eq!(set(2, 0, 0), Ok(0), "F_UNLCK");
    assert_eq!(sys::in_child(|| assert_eq!(other().3, 2)), 0);
}

pub(crate) fn descriptors() {
    let fd = file(c"descriptors", b"");
    let copy = call(FCNTL, [fd, 17, 900]).expect("F_DUPFD_CLOEXEC");
    assert!(copy >= 900);
    assert_eq!(call(FCNTL, [copy, 1, 0]), Ok(1));
    assert_eq!(call(FCNTL, [fd, 10, 910]), Ok(910), "F_DUP2FD");
    assert_eq!(call(FCNTL, [fd, 18, 911]), Ok(911), "F_DUP2FD_CLOEXEC");
    assert_eq!(call(FCNTL, [911, 1, 0]), Ok(1));
    assert_eq!(call(474, [905]), Ok(0), "closefrom");
    assert_eq!(call(FCNTL, [910, 1, 0]), Err(sys::EBADF));
    assert_eq!(call(FCNTL, [copy, 1, 0]), Ok(1), "what is below stays");
    assert!(call(89, []).is_ok_and(|most| most > 900), "getdtablesize");
}

pub(crate) fn pipes() {
    let back = sys::raw(42, [0; 6]);
    assert!(!back.carry && back.rdx == back.rax + 1, "{back:?}");
    assert_eq!(call(sys::WRITE, [back.rdx, b"p".as_ptr() as u64, 1]), Ok(1));
    // This one too gives them in registers; its pointer is for the library.
    let back = sys::raw(538, [0, O_CLOEXEC | 4, 0, 0, 0, 0]);
    assert!(!back.carry && back.rdx == back.rax + 1, "pipe2: {back:?}");
    let read = back.rax;
    assert_eq!(call(FCNTL, [read, 1, 0]), Ok(1));
    let mut byte = 0u8;
    assert_eq!(
        call(sys::READ, [read, (&raw mut byte) as u64, 1]),
        Err(sys::EAGAIN)
    );
    assert_eq!(call(538, [0, 1]), Err(sys::EINVAL));
}

pub(crate) fn times() {
    let fd = file(c"times", b"");
    let times_of = || {
        let mut found = [0u8; 128];
        assert_eq!(call(476, [fd, found.as_mut_ptr() as u64]), Ok(0));
        [32, 40, 48, 56].map(|at| word(&found, at, 8))
    };
    let set = |times: [i64; 4]| call(540, [fd, times.as_ptr() as u64]);
    assert_eq!(set([1000, 5, 2000, 6]), Ok(0), "futimens");
    assert_eq!(times_of(), [1000, 5, 2000, 6]);
    // UTIME_OMIT is -2, UTIME_NOW -1.
    assert_eq!(set([0, -2, 3000, 7]), Ok(0));
    assert_eq!(times_of(), [1000, 5, 3000, 7]);
    assert_eq!(set([0, -1, 0, -2]), Ok(0));
    assert!(times_of()[0] > 1_500_000_000 && times_of()[2..] == [3000, 7]);
    assert_eq!(set([0, 1_000_000_000, 0, 0]), Err(sys::EINVAL));
    let times = [7i64, 8, 9, 10];
    assert_eq!(
        call(539, [CWD, path(c"times"), times.as_ptr() as u64, 0]),
        Ok(0),
        "utimensat"
    );
    assert_eq!(times_of(), [7, 8, 9, 10]);
    let times = [11i64, 12, 13, 14];
    assert_eq!(
        call(138, [path(c"times"), times.as_ptr() as u64]),
        Ok(0),
        "utimes"
    );
    assert_eq!(times_of(), [11, 12_000, 13, 14_000]);
}

pub(crate) fn mounts() {
    let mut found = [0xaau8; 328];
    assert_eq!(
        call(157, [path(c"."), found.as_mut_ptr() as u64]),
        Ok(0),
        "statfs"
    );
    assert!(word(&found, 8, 8) >= 512, "bsize");
    assert!(word(&found, 24, 8) >= word(&found, 32, 8), "blocks, bfree");
    assert!(found[104..120].contains(&0), "the type ends");
    assert_eq!(found[320..], [0xaa; 8], "beyond the structure");
    let fd = call(OPEN, [path(c"."), 0]).expect("open");
    let mut again = [0u8; 328];
    assert_eq!(call(158, [fd, again.as_mut_ptr() as u64]), Ok(0), "fstatfs");
    assert_eq!(found[8..24], again[8..24]);
    assert!(
        call(18, [0, 0, 1]).is_ok_and(|count| count >= 1),
        "getfsstat"
    );
    // struct statvfs: sizes in front, counts of blocks behind them.
    let mut found = [0u8; 256];
    assert_eq!(
        call(500, [path(c"."), found.as_mut_ptr() as u64]),
        Ok(0),
        "statvfs"
    );
    assert!(word(&found, 0, 8) >= 512 && word(&found, 8, 8) >= 512);
    assert!(word(&found, 16, 8) >= word(&found, 24, 8), "blocks, bfree");
    assert_eq!(
        call(501, [fd, found.as_mut_ptr() as u64]),
        Ok(0),
        "fstatvfs"
    );
    assert_eq!(
        call(500, [path(c"absent"), found.as_mut_ptr() as u64]),
        Err(sys::ENOENT)
    );
}

pub(crate) fn names() {
    let _ = file(c"name", b"");
    let mut buffer = [0u8; 1024];
    let at = buffer.as_mut_ptr() as u64;
    assert!(call(326, [at, 1024]).is_ok(), "getcwd");
    let length = buffer.iter().position(|&byte| byte == 0).unwrap_or(0);
    assert!(length > 0 && buffer[0] == b'/');
    let mut real = [0u8; 1024];
    assert!(
        call(551, [path(c"./name"), real.as_mut_ptr() as u64, 1024]).is_ok(),
        "realpath"
    );
    let end = real.iter().position(|&byte| byte == 0).unwrap_or(0);
    assert!(real[..length] == buffer[..length] && real[..end].ends_with(b"/name"));
    assert_eq!(call(128, [path(c"name"), path(c"renamed")]), Ok(0));
    assert_eq!(call(33, [path(c"name"), 0]), Err(sys::ENOENT), "access");
    assert_eq!(call(532, [path(c"renamed"), 4]), Ok(0), "eaccess");
    assert_eq!(call(137, [path(c"renamed")]), Err(20), "ENOTDIR");
}
