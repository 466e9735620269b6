//! Files: `struct stat`, `struct dirent` without a record length, pads, `AT_FDCWD` of its own, flags and locks.

use compat_guests::bsd::files::{
    self, Entry, FCNTL, Files, LSEEK, O_CREAT, O_RDWR, OPEN, PREAD, PWRITE, file, folder, path,
    symbolic, times_of, word,
};
use compat_guests::bsd::pipe;
use compat_guests::sys::{self, call, call_of_seven};

use crate::DragonFly;

const O_CLOEXEC: u64 = 0x2_0000;
const O_DIRECTORY: u64 = 0x800_0000;
/// `AT_FDCWD`
const CWD: u64 = 0xfffa_fdcd;

impl Files for DragonFly {
    const STATS: [u64; 3] = [475, 476, 477];
    const STAT_SIZE: usize = 128;
    const TIMES: usize = 32;
    const GETDENTS: u64 = 480;
    const FUTIMENS: u64 = 540;
    const UTIMENSAT: u64 = 539;
    const O_CLOEXEC: u64 = O_CLOEXEC;
    const O_DIRECTORY: u64 = O_DIRECTORY;
    const AT_FDCWD: u64 = CWD;
    const UTIME_NOW: i64 = -1;
    const UTIME_OMIT: i64 = -2;

    /// Its length follows from the name's.
    fn entry(bytes: &[u8]) -> Entry<'_> {
        let length = word(bytes, 8, 2) as usize;
        assert_eq!(bytes[16 + length], 0, "ends with a null");
        Entry {
            number: word(bytes, 0, 8),
            kind: bytes[10],
            name: &bytes[16..16 + length],
            next: (16 + length + 1).next_multiple_of(8),
        }
    }
}

pub(crate) fn status() {
    let [file, link] = &files::status::<DragonFly>();
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
    assert_eq!(word(link, 16, 2) & 0o170_000, 0o120_000, "a link");
}

pub(crate) fn at() {
    let _ = file(c"at", b"123");
    symbolic(c"symbolic", c"at");
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

pub(crate) fn places() {
    let fd = file(c"places", b"0123456789");
    let mut buffer = [0u8; 4];
    let at = buffer.as_mut_ptr() as u64;
    // Flags come before the place; a place of -1 is where the descriptor stands.
    assert_eq!(call(PREAD, [fd, at, 4, 0, 3]), Ok(4), "extpread");
    assert_eq!(&buffer, b"3456");
    assert_eq!(call(LSEEK, [fd, 0, 1, 0]), Ok(1));
    assert_eq!(call(PREAD, [fd, at, 2, 0, u64::MAX]), Ok(2));
    assert_eq!(&buffer[..2], b"12");
    assert_eq!(call(LSEEK, [fd, 0, 0, 1]), Ok(3), "and goes on");
    assert_eq!(
        call(PWRITE, [fd, b"xy".as_ptr() as u64, 2, 0, 8]),
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
    assert_eq!(
        call(PREAD, [fd, at, 4, 0, (-2i64) as u64]),
        Err(sys::EINVAL)
    );
}

pub(crate) fn mapping() {
    let second = files::mapped();
    assert_eq!(
        call_of_seven(197, [0, 0, 3, 0x1002, u64::MAX, 0], 0),
        Err(sys::EINVAL),
        "nothing"
    );
    assert_eq!(call(65, [second, 4096, 0]), Ok(0), "msync");
    assert_eq!(call(485, [second, 4096, 3, 0]), Ok(0), "mcontrol");
    assert_eq!(call(sys::MUNMAP, [second, 4096]), Ok(0));
}

pub(crate) fn base() {
    let fd = folder::<DragonFly>();
    let mut buffer = [0u8; 512];
    let mut place = [0x55u64];
    let at = place.as_mut_ptr() as u64;
    let mut count = 0;
    let length = call(479, [fd, buffer.as_mut_ptr() as u64, 512, at]).expect("getdirentries");
    DragonFly::each_entry(&buffer[..length as usize], |_| count += 1);
    assert_eq!((count, unsafe { place.as_ptr().read_volatile() }), (6, 0));
    assert_eq!(call(LSEEK, [fd, 0, 0, 0]), Ok(0), "from the start");
    assert_eq!(
        call(479, [fd, buffer.as_mut_ptr() as u64, 512, 0]),
        Ok(length)
    );
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
    let (_, into) = pipe();
    assert_eq!(call(sys::WRITE, [into, b"p".as_ptr() as u64, 1]), Ok(1));
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
    files::times::<DragonFly>();
    let fd = file(c"times", b"");
    let times = [11i64, 12, 13, 14];
    assert_eq!(
        call(138, [path(c"times"), times.as_ptr() as u64]),
        Ok(0),
        "utimes"
    );
    assert_eq!(times_of::<DragonFly>(fd), [11, 12_000, 13, 14_000]);
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
