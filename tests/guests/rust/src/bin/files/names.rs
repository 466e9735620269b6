//! Making, changing and removing names.

use core::ffi::CStr;

use compat_guests::sys::{self, EBADF, EINVAL, ENOENT, EPERM, call};

use crate::file::{self, AT_FDCWD, MKDIR, open, path};

const LINK: u64 = 9;
const UNLINK: u64 = 10;
const CHDIR: u64 = 12;
const READLINK: u64 = 58;
const RENAME: u64 = 128;
const RMDIR: u64 = 137;
const UNDELETE: u64 = 205;
const GETCWD: u64 = 326;
const LINKAT: u64 = 495;
const RENAMEAT: u64 = 501;
const UNLINKAT: u64 = 503;
const FUNLINKAT: u64 = 568;
const REALPATHAT: u64 = 574;
const RENAMEAT2: u64 = 602;

const AT_SYMLINK_NOFOLLOW: u64 = 0x200;
const AT_SYMLINK_FOLLOW: u64 = 0x400;
const AT_REMOVEDIR: u64 = 0x800;
const AT_EMPTY_PATH: u64 = 0x4000;

const EEXIST: u64 = 17;
const ENOTDIR: u64 = 20;
const EISDIR: u64 = 21;
const ERANGE: u64 = 34;
const ENOTEMPTY: u64 = 66;
const EDEADLK: u64 = 11;

fn two(number: u64, one: &CStr, other: &CStr) -> sys::Result {
    call(number, [path(one), path(other)])
}

fn kind(name: &CStr) -> u64 {
    file::status(name, AT_SYMLINK_NOFOLLOW).map_or(0, |words| file::mode(&words) & 0o170000)
}

pub(crate) fn links() {
    file::write(c"original", b"text");
    file::symlink(c"original", c"symbolic");
    // link follows symbolic links; linkat does when told.
    assert_eq!(two(LINK, c"symbolic", c"hard"), Ok(0));
    assert_eq!(kind(c"hard"), 0o100000);
    let linkat = |from, name: &CStr, to: &CStr, flags| {
        call(LINKAT, [from, path(name), AT_FDCWD, path(to), flags])
    };
    assert_eq!(linkat(AT_FDCWD, c"symbolic", c"linked", 0), Ok(0));
    assert_eq!(kind(c"linked"), 0o120000);
    assert_eq!(
        linkat(AT_FDCWD, c"symbolic", c"followed", AT_SYMLINK_FOLLOW),
        Ok(0)
    );
    assert_eq!(kind(c"followed"), 0o100000);
    let fd = open(c"original", 0, 0).unwrap();
    assert_eq!(linkat(fd, c"", c"from-descriptor", AT_EMPTY_PATH), Ok(0));
    assert_eq!(file::status(c"original", 0).unwrap()[2], 4);
    assert_eq!(
        linkat(AT_FDCWD, c"original", c"x", AT_REMOVEDIR),
        Err(EINVAL)
    );
    assert_eq!(two(LINK, c"original", c"hard"), Err(EEXIST));
    assert_eq!(two(LINK, c".", c"directory"), Err(EPERM));
    let mut target = [0u8; 32];
    let at = target.as_mut_ptr() as u64;
    assert_eq!(call(READLINK, [path(c"symbolic"), at, 32]), Ok(8));
    assert_eq!(&target[..9], b"original\0");
    assert_eq!(call(READLINK, [path(c"symbolic"), at, 3]), Ok(3));
    assert_eq!(call(READLINK, [path(c"symbolic"), at, 0]), Ok(0));
    assert_eq!(call(READLINK, [path(c"original"), at, 0]), Err(EINVAL));
    assert_eq!(call(READLINK, [path(c"original"), at, 32]), Err(EINVAL));
}

pub(crate) fn removing() {
    file::mkdir(c"removing");
    file::write(c"removing/file", b"");
    assert_eq!(call(UNLINK, [path(c"removing")]), Err(EPERM));
    assert_eq!(call(RMDIR, [path(c"removing")]), Err(ENOTEMPTY));
    assert_eq!(call(RMDIR, [path(c"removing/file")]), Err(ENOTDIR));
    assert_eq!(call(RMDIR, [path(c"removing/.")]), Err(EINVAL));
    let unlinkat = |name: &CStr, flags| call(UNLINKAT, [AT_FDCWD, path(name), flags]);
    assert_eq!(unlinkat(c"removing", 0), Err(EPERM));
    assert_eq!(unlinkat(c"removing/file", AT_SYMLINK_NOFOLLOW), Err(EINVAL));
    assert_eq!(unlinkat(c"removing/file", AT_REMOVEDIR), Err(ENOTDIR));
    // Only if it still is that file.
    file::write(c"removing/other", b"");
    let fd = open(c"removing/other", 0, 0).unwrap();
    let funlinkat = |fd| call(FUNLINKAT, [AT_FDCWD, path(c"removing/file"), fd, 0]);
    assert_eq!(funlinkat(fd), Err(EDEADLK));
    assert_eq!(funlinkat(777), Err(EBADF));
    let fd = open(c"removing/file", 0, 0).unwrap();
    assert_eq!(funlinkat(fd), Ok(0));
    assert_eq!(funlinkat(-200i64 as u64), Err(ENOENT));
    assert_eq!(call(UNLINK, [path(c"removing/other")]), Ok(0));
    assert_eq!(unlinkat(c"removing", AT_REMOVEDIR), Ok(0));
    file::write(c"whole", b"");
    assert_eq!(call(UNDELETE, [path(c"whole")]), Err(EEXIST));
    assert_eq!(call(UNDELETE, [path(c"nothing")]), Err(ENOENT));
    assert_eq!(call(MKDIR, [path(c"/"), 0o755]), Err(EISDIR));
    assert_eq!(call(UNLINK, [path(c"/")]), Err(EISDIR));
    assert_eq!(unlinkat(c"///", AT_REMOVEDIR), Err(EISDIR));
    assert_eq!(call(MKDIR, [path(c"whole"), 0o755]), Err(EEXIST));
    assert_eq!(call(MKDIR, [path(c"sticky"), 0o1777]), Ok(0));
    assert_eq!(file::mode(&file::status(c"sticky", 0).unwrap()), 0o040755);
}

pub(crate) fn renaming() {
    file::mkdir(c"renaming");
    file::write(c"renaming/a", b"a");
    file::write(c"renaming/b", b"bb");
    file::mkdir(c"renaming/directory");
    assert_eq!(two(RENAME, c"renaming/a", c"renaming/b"), Ok(0));
    assert_eq!(file::size(&file::status(c"renaming/b", 0).unwrap()), 1);
    assert_eq!(
        two(RENAME, c"renaming/b", c"renaming/directory"),
        Err(EISDIR)
    );
    assert_eq!(
        two(RENAME, c"renaming/directory", c"renaming/b"),
        Err(ENOTDIR)
    );
    assert_eq!(
        two(RENAME, c"renaming", c"renaming/directory/in"),
        Err(EINVAL)
    );
    for dots in [c"renaming/.", c"renaming/directory/.."] {
        assert_eq!(two(RENAME, dots, c"renamed"), Err(EINVAL), "{dots:?}");
    }
    let directory = open(c"renaming", 0, 0).unwrap();
    let renameat = [directory, path(c"b"), directory, path(c"c")];
    assert_eq!(call(RENAMEAT, renameat), Ok(0));
    file::write(c"renaming/d", b"dddd");
    let renameat2 = |flags| {
        call(
            RENAMEAT2,
            [directory, path(c"c"), directory, path(c"d"), flags],
        )
    };
    assert_eq!(renameat2(1), Err(EEXIST));
    assert_eq!(renameat2(2), Ok(0));
    assert_eq!(file::size(&file::status(c"renaming/c", 0).unwrap()), 4);
    assert_eq!(renameat2(4), Err(EINVAL));
}

/// With a slash behind it a link's name means what the link means, even for calls that change names.
pub(crate) fn slashes() {
    file::mkdir(c"slashes");
    file::symlink(c"made", c"slashes/to-make");
    assert_eq!(call(MKDIR, [path(c"slashes/to-make"), 0o755]), Err(EEXIST));
    assert_eq!(call(MKDIR, [path(c"slashes/to-make/"), 0o755]), Ok(0));
    assert_eq!(kind(c"slashes/made"), 0o040000);
    file::symlink(c"to-make", c"slashes/twice");
    assert_eq!(two(RENAME, c"slashes/twice/", c"slashes/moved"), Ok(0));
    assert_eq!(
        (kind(c"slashes/moved"), kind(c"slashes/made")),
        (0o040000, 0)
    );
    file::symlink(c"../slashes/moved", c"slashes/to-remove");
    assert_eq!(call(RMDIR, [path(c"slashes/to-remove")]), Err(ENOTDIR));
    assert_eq!(call(RMDIR, [path(c"slashes/to-remove//")]), Ok(0));
    assert_eq!(kind(c"slashes/moved"), 0);
    assert_eq!(kind(c"slashes/to-remove"), 0o120000);
    file::symlink(c"round", c"slashes/round");
    assert_eq!(call(RMDIR, [path(c"slashes/round/")]), Err(62));
}

pub(crate) fn whereabouts() {
    let mut here = [0xa5u8; 1024];
    let at = here.as_mut_ptr() as u64;
    assert_eq!(call(GETCWD, [at, 1024]), Ok(0));
    let length = CStr::from_bytes_until_nul(&here).unwrap().to_bytes().len();
    assert_eq!((here[0], here[length + 1]), (b'/', 0xa5));
    assert_eq!(call(GETCWD, [at, length as u64]), Err(ERANGE));
    assert_eq!(call(GETCWD, [at, length as u64 + 1]), Ok(0));
    assert_eq!(call(GETCWD, [at, 1]), Err(EINVAL));
    assert_eq!(call(GETCWD, [8, 1024]), Err(sys::EFAULT));
    file::mkdir(c"where");
    file::symlink(c"where", c"to-where");
    let mut real = [0u8; 1024];
    let mut realpath = |name: &CStr, size| {
        call(
            REALPATHAT,
            [AT_FDCWD, path(name), real.as_mut_ptr() as u64, size, 0],
        )
    };
    assert_eq!(realpath(c"to-where/../to-where/.", 1024), Ok(0));
    assert_eq!(realpath(c"to-where", 4), Err(sys::ENOMEM));
    assert_eq!(realpath(c"nowhere", 1024), Err(ENOENT));
    let real = CStr::from_bytes_until_nul(&real).unwrap().to_bytes();
    assert_eq!(
        (&real[..length], &real[length..]),
        (&here[..length], &b"/where"[..])
    );
    // A directory that is gone has no name.
    assert_eq!(call(CHDIR, [path(c"where")]), Ok(0));
    assert_eq!(call(RMDIR, [path(c"../where")]), Ok(0));
    assert_eq!(call(GETCWD, [at, 1024]), Err(ENOENT));
}
