//! `open` and `openat`.

use compat_guests::sys::{self, EACCES, EAGAIN, EBADF, EINVAL, ENOENT, call};

use crate::file::{self, O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, open, path};

const O_NONBLOCK: u64 = 0x4;
const O_APPEND: u64 = 0x8;
const O_SHLOCK: u64 = 0x10;
const O_EXLOCK: u64 = 0x20;
const O_SYNC: u64 = 0x80;
const O_NOFOLLOW: u64 = 0x100;
const O_EXCL: u64 = 0x800;
const O_DIRECT: u64 = 0x10000;
const O_EXEC: u64 = 0x40000;
const O_CLOEXEC: u64 = 0x100000;
const O_PATH: u64 = 0x400000;
const O_RESOLVE_BENEATH: u64 = 0x800000;
const O_EMPTY_PATH: u64 = 0x2000000;

const EEXIST: u64 = 17;
const ENOTDIR: u64 = 20;
const EISDIR: u64 = 21;
const EMLINK: u64 = 31;
const ELOOP: u64 = 62;
const ENOTCAPABLE: u64 = 93;

const FCNTL: u64 = 92;
const F_GETFD: u64 = 1;
const F_GETFL: u64 = 3;
const FSTAT: u64 = 551;

/// `/dev/fd/3` is descriptor 3 once more: one offset, nothing truncated, no more rights.
pub(crate) fn descriptors_by_name() {
    file::write(c"named", b"abcdef");
    let fd = open(c"named", O_RDONLY, 0).expect("open");
    call(90, [fd, 7]).expect("dup2");
    let again = open(c"/dev/fd/7", O_RDONLY | O_TRUNC | O_CREAT, 0o600).expect("open");
    assert_eq!(file::read::<2>(again), (*b"ab", 2));
    assert_eq!(file::read::<2>(fd), (*b"cd", 2));
    assert_eq!(
        file::mode(&file::status(c"/dev/fd/7", 0).unwrap()),
        0o020666
    );
    for asked in [O_WRONLY, O_RDWR] {
        assert_eq!(open(c"/dev/fd/7", asked, 0), Err(EACCES));
    }
    for fd in [fd, again, 7] {
        file::close(fd);
    }
    assert_eq!(open(c"/dev/fd/7", O_RDONLY, 0), Err(EBADF));
}

pub(crate) fn flags() {
    for (given, kept) in [
        (O_RDONLY, O_RDONLY),
        (O_WRONLY | O_APPEND, O_WRONLY | O_APPEND),
        (O_RDWR | O_NONBLOCK, O_RDWR | O_NONBLOCK),
        (O_RDWR | O_SYNC, O_RDWR | O_SYNC),
        (O_RDONLY | O_CLOEXEC, O_RDONLY),
    ] {
        let fd = open(c"flags", given | O_CREAT, 0o644).expect("open");
        assert_eq!(call(FCNTL, [fd, F_GETFL]), Ok(kept));
        assert_eq!(
            call(FCNTL, [fd, F_GETFD]),
            Ok(u64::from(given & O_CLOEXEC != 0))
        );
        file::close(fd);
    }
    // Advice on FreeBSD: neither buffer nor length need be aligned.
    file::write(c"direct", b"abc");
    let fd = open(c"direct", O_RDONLY | O_DIRECT, 0).expect("open");
    assert_eq!(file::read::<2>(fd), (*b"ab", 2));
    // The sticky bit is not open's to set, and the mask is kept.
    call(60, [0o27]).expect("umask");
    let fd = open(c"modes", O_CREAT | O_WRONLY, 0o1777).expect("open");
    file::close(fd);
    assert_eq!(file::mode(&file::status(c"modes", 0).unwrap()), 0o100750);
    assert_eq!(call(60, [0o22]), Ok(0o27));
}

pub(crate) fn errors() {
    file::mkdir(c"errors");
    file::write(c"errors/file", b"");
    for (name, flags, error) in [
        (c"errors/none", O_RDONLY, ENOENT),
        (c"", O_RDONLY, ENOENT),
        (c"errors", O_WRONLY, EISDIR),
        (c"errors", O_RDWR | O_CREAT, EISDIR),
        (c"errors/file", O_DIRECTORY, ENOTDIR),
        (c"errors/file/x", O_RDONLY, ENOTDIR),
        (c"errors/file", O_CREAT | O_EXCL | O_WRONLY, EEXIST),
        (c"errors/file", 3, EINVAL),
        (c"errors/file", O_EXEC | O_WRONLY, EINVAL),
        (c"errors/new", O_CREAT | O_EXCL | O_DIRECTORY, EINVAL),
        (c"errors/new", O_CREAT | O_DIRECTORY, ENOENT),
    ] {
        assert_eq!(open(name, flags, 0o644), Err(error), "{name:?} {flags:#x}");
    }
    assert_eq!(call(sys::OPENAT, [777, path(c"x"), 0, 0]), Err(EBADF));
    // A directory that exists can be opened this way.
    assert!(open(c"errors", O_CREAT | O_DIRECTORY, 0).is_ok());
}

pub(crate) fn links() {
    file::mkdir(c"links");
    file::symlink(c"links", c"to-directory");
    file::symlink(c"self", c"self");
    assert_eq!(open(c"to-directory", O_NOFOLLOW, 0), Err(EMLINK));
    assert_eq!(
        open(c"to-directory", O_NOFOLLOW | O_DIRECTORY, 0),
        Err(EMLINK)
    );
    assert_eq!(open(c"self", O_RDONLY, 0), Err(ELOOP));
    assert_eq!(open(c"self/x", O_NOFOLLOW, 0), Err(ELOOP));
    // With O_PATH the link itself opens.
    let fd = open(c"to-directory", O_PATH | O_NOFOLLOW, 0).expect("a link");
    let mut words: file::Words = [0; 28];
    call(FSTAT, [fd, words.as_mut_ptr() as u64]).expect("fstat");
    assert_eq!(file::mode(&words) & 0o170000, 0o120000);
    assert_eq!(
        call(sys::READ, [fd, words.as_mut_ptr() as u64, 1]),
        Err(EBADF)
    );
    assert_eq!(call(FCNTL, [fd, F_GETFL]), Ok(O_PATH));
}

pub(crate) fn beneath() {
    file::mkdir(c"beneath");
    file::mkdir(c"beneath/inside");
    file::write(c"beneath/file", b"!");
    file::symlink(c"/", c"beneath/root");
    file::symlink(c"../file", c"beneath/inside/back");
    let top = open(c"beneath", O_DIRECTORY, 0).unwrap();
    let inside = |name, flags| call(sys::OPENAT, [top, path(name), flags | O_RESOLVE_BENEATH, 0]);
    for name in [c"file", c"inside/../file", c"inside/back"] {
        let fd = inside(name, O_RDONLY).expect("inside");
        // Close-on-exec only when asked for.
        assert_eq!(call(FCNTL, [fd, F_GETFD]), Ok(0));
        file::close(fd);
    }
    for name in [c"..", c"/etc", c"root/etc", c"inside/../../beneath"] {
        assert_eq!(inside(name, O_RDONLY), Err(ENOTCAPABLE), "{name:?}");
    }
    const AT_RESOLVE_BENEATH: u64 = 0x2000;
    let mut words: file::Words = [0; 28];
    let at = words.as_mut_ptr() as u64;
    let status = |name| call(file::FSTATAT, [top, path(name), at, AT_RESOLVE_BENEATH]);
    assert_eq!(status(c"inside/back"), Ok(0));
    assert_eq!(status(c"../beneath"), Err(ENOTCAPABLE));
    const UNLINKAT: u64 = 503;
    let remove = |name| call(UNLINKAT, [top, path(name), AT_RESOLVE_BENEATH]);
    assert_eq!(remove(c"inside/../../flags"), Err(ENOTCAPABLE));
    assert_eq!(remove(c"inside/back"), Ok(0));
    assert_eq!(remove(c"inside/back"), Err(ENOENT));
}

pub(crate) fn empty_path() {
    file::write(c"again", b"xyz");
    let fd = open(c"again", O_PATH, 0).unwrap();
    let reopen = |flags| call(sys::OPENAT, [fd, path(c""), flags, 0]);
    assert_eq!(reopen(O_RDONLY), Err(ENOENT));
    assert_eq!(reopen(O_EMPTY_PATH | O_CREAT), Err(EINVAL));
    let again = reopen(O_EMPTY_PATH).expect("the same file");
    assert_eq!(file::read::<4>(again), (*b"xyz\0", 3));
    // As does a status without a name.
    const AT_EMPTY_PATH: u64 = 0x4000;
    let mut words: file::Words = [0; 28];
    let status = call(
        file::FSTATAT,
        [fd, path(c""), words.as_mut_ptr() as u64, AT_EMPTY_PATH],
    );
    assert_eq!((status, file::size(&words)), (Ok(0), 3));
}

pub(crate) fn to_search() {
    file::mkdir(c"search");
    file::write(c"search/file", b"found");
    let directory = open(c"search", O_EXEC | O_DIRECTORY, 0).expect("to search");
    let fd = call(sys::OPENAT, [directory, path(c"file"), O_RDONLY, 0]).expect("a file there");
    assert_eq!(file::read::<5>(fd), (*b"found", 5));
    let mut byte = 0u8;
    assert_eq!(
        call(sys::READ, [directory, (&raw mut byte) as u64, 1]),
        Err(EBADF)
    );
    // A directory is changed through it all the same, not so through one that O_PATH opened.
    const FCHOWN: u64 = 123;
    const FCHMOD: u64 = 124;
    const FUTIMENS: u64 = 546;
    let implied = open(c"search", O_EXEC, 0).expect("to search");
    let named = open(c"search", O_PATH | O_DIRECTORY, 0).expect("a name");
    let keep = u64::from(u32::MAX);
    let times: [i64; 4] = [1, 0, 1_000_000_000, 0];
    for (fd, flags, outcome) in [
        (directory, O_EXEC, Ok(0)),
        (implied, O_EXEC, Ok(0)),
        (named, O_PATH, Err(EBADF)),
    ] {
        assert_eq!(call(FCNTL, [fd, F_GETFL]), Ok(flags));
        assert_eq!(call(FCHMOD, [fd, 0o711]), outcome);
        assert_eq!(call(FCHOWN, [fd, keep, keep]), outcome);
        assert_eq!(call(FUTIMENS, [fd, times.as_ptr() as u64]), outcome);
    }
    assert_eq!(open(c"search/file", O_PATH | O_DIRECTORY, 0), Err(ENOTDIR));
    // A file that nobody may execute cannot be opened for that.
    assert_eq!(open(c"search/file", O_EXEC, 0), Err(EACCES));
}

pub(crate) fn locks() {
    file::write(c"locked", b"kept");
    let first = open(c"locked", O_RDWR | O_EXLOCK, 0).expect("the only one");
    for flags in [O_EXLOCK, O_SHLOCK, O_EXLOCK | O_TRUNC | O_WRONLY] {
        assert_eq!(open(c"locked", flags | O_NONBLOCK, 0), Err(EAGAIN));
    }
    assert_eq!(file::size(&file::status(c"locked", 0).unwrap()), 4);
    file::close(first);
    let shared = open(c"locked", O_SHLOCK, 0).expect("shared");
    assert!(open(c"locked", O_SHLOCK | O_NONBLOCK, 0).is_ok());
    assert_eq!(open(c"locked", O_EXLOCK | O_NONBLOCK, 0), Err(EAGAIN));
    file::close(shared);
    file::write(c"emptied", b"gone");
    open(c"emptied", O_RDWR | O_EXLOCK | O_TRUNC, 0).expect("truncated under the lock");
    assert_eq!(file::size(&file::status(c"emptied", 0).unwrap()), 0);
}

pub(crate) fn creat() {
    const CREAT: u64 = 8;
    file::write(c"created", b"old");
    let fd = call(CREAT, [path(c"created"), 0o600]).expect("creat");
    assert_eq!(call(FCNTL, [fd, F_GETFL]), Ok(O_WRONLY));
    assert_eq!(file::size(&file::status(c"created", 0).unwrap()), 0);
}
