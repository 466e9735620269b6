//! Extended attributes by both interfaces, access control lists, and room that files do not get.

use compat_guests::bsd::files::{file, path};
use compat_guests::sys::{self, call};

const EEXIST: u64 = 17;
const EOPNOTSUPP: u64 = 45;
const ENOATTR: u64 = 93;
const USER: u64 = 1;
const SET_FILE: u64 = 361;
const GET_FILE: u64 = 362;
const DELETE_FD: u64 = 366;
const LIST_FILE: u64 = 371;

pub(crate) fn both() {
    const SETXATTR: u64 = 375;
    const FSETXATTR: u64 = 377;
    const GETXATTR: u64 = 378;
    const LGETXATTR: u64 = 379;
    const LISTXATTR: u64 = 381;
    const FLISTXATTR: u64 = 383;
    const REMOVEXATTR: u64 = 384;
    let fd = file(c"attributed", b"");
    let name = path(c"attributed");
    let set = call(SET_FILE, [name, USER, path(c"a.b"), path(c"value"), 5]);
    if set == Err(EOPNOTSUPP) {
        // A file system of the host without them.
        return;
    }
    assert_eq!(set, Ok(5));
    // The same attributes by Linux's calls, whose names are the whole name and whose success is 0.
    let full = path(c"user.note");
    assert_eq!(
        call(SETXATTR, [name, full, path(c"longer"), 6, 2]),
        Err(ENOATTR),
        "XATTR_REPLACE"
    );
    assert_eq!(call(SETXATTR, [name, full, path(c"longer"), 6, 1]), Ok(0));
    assert_eq!(
        call(FSETXATTR, [fd, full, path(c"longer"), 6, 1]),
        Err(EEXIST),
        "XATTR_CREATE"
    );
    let mut room = [0u8; 64];
    let at = room.as_mut_ptr() as u64;
    assert_eq!(call(GETXATTR, [name, full, 0, 0]), Ok(6));
    assert_eq!(call(LGETXATTR, [name, full, at, 64]), Ok(6));
    assert_eq!(&room[..7], b"longer\0");
    assert_eq!(
        call(GETXATTR, [name, path(c"a.b"), at, 2]),
        Ok(2),
        "the beginning"
    );
    assert_eq!(call(GET_FILE, [name, USER, full, at, 64]), Ok(6));
    assert_eq!(call(LIST_FILE, [name, USER, at, 64]), Ok(14));
    let list = &room[..14];
    assert!(
        list == b"\x03a.b\x09user.note" || list == b"\x09user.note\x03a.b",
        "{list:?}"
    );
    assert_eq!(call(LISTXATTR, [name, 0, 0]), Ok(14));
    assert_eq!(call(FLISTXATTR, [fd, at, 64]), Ok(14));
    let list = &room[..14];
    assert!(
        list == b"a.b\0user.note\0" || list == b"user.note\0a.b\0",
        "{list:?}"
    );
    assert_eq!(call(REMOVEXATTR, [name, full]), Ok(0));
    assert_eq!(call(REMOVEXATTR, [name, full]), Err(ENOATTR));
    assert_eq!(call(DELETE_FD, [fd, USER, path(c"a.b")]), Ok(0));
    assert_eq!(call(LISTXATTR, [name, at, 64]), Ok(0));
    assert_eq!(
        call(GETXATTR, [path(c"absent"), full, 0, 0]),
        Err(sys::ENOENT)
    );
}

pub(crate) fn lists() {
    const GET_FILE: u64 = 491;
    const GET_FD: u64 = 493;
    const ACCESS: u64 = 2;
    let fd = file(c"listed", b"");
    assert_eq!(call(15, [path(c"listed"), 0o640]), Ok(0), "chmod");
    // Room for 254 entries, four words of no use, and entries of four words.
    let mut acl = [0u32; 1022];
    acl[0] = 254;
    let at = acl.as_mut_ptr() as u64;
    let got = call(GET_FILE, [path(c"listed"), ACCESS, at]);
    if got == Err(EOPNOTSUPP) {
        return;
    }
    let mode = [1, u32::MAX, 6, 0, 4, u32::MAX, 4, 0, 32, u32::MAX, 0, 0];
    assert_eq!((got, acl[1]), (Ok(0), 3));
    assert_eq!(acl[6..18], mode);
    acl[6..18].fill(9);
    assert_eq!(call(GET_FD, [fd, ACCESS, at]), Ok(0));
    assert_eq!(acl[6..18], mode);
}

pub(crate) fn room() {
    const FALLOCATE: u64 = 479;
    const DISCARD: u64 = 480;
    let fd = file(c"roomy", b"12345");
    let reader = call(sys::OPEN, [path(c"roomy"), 0]).expect("open");
    let folder = call(sys::OPEN, [path(c"."), 0]).expect("open");
    let socket = call(394, [1, 1, 0]).expect("socket");
    let big = i64::MAX as u64;
    for (fd, from, length, error) in [
        (fd, 0, 100, EOPNOTSUPP),
        (fd, 0, 0, EOPNOTSUPP),
        (fd, u64::MAX, 1, sys::EINVAL),
        (fd, 2, big, sys::EINVAL),
        (reader, 0, 1, sys::EBADF),
        (folder, 0, 1, sys::EBADF),
        (1000, 0, 1, sys::EBADF),
        (socket, 0, 1, sys::EINVAL),
    ] {
        // One says it with its value, the other as an error.
        assert_eq!(
            call(FALLOCATE, [fd, 0, from, length]),
            Ok(error),
            "{fd} {from}"
        );
        assert_eq!(
            call(DISCARD, [fd, 0, from, length]),
            Err(error),
            "{fd} {from}"
        );
    }
}
