//! Modes, times, flags and extended attributes.

use core::ffi::CStr;

use compat_guests::sys::{self, EACCES, EINVAL, ENOENT, EPERM, call};

use crate::file::{self, AT_FDCWD, is_root, open, path};

const CHMOD: u64 = 15;
const ACCESS: u64 = 33;
const CHFLAGS: u64 = 34;
const FCHFLAGS: u64 = 35;
const FCHMOD: u64 = 124;
const UTIMES: u64 = 138;
const FUTIMES: u64 = 206;
const LCHMOD: u64 = 274;
const LUTIMES: u64 = 276;
const EACCESS: u64 = 376;
const LCHFLAGS: u64 = 391;
const FACCESSAT: u64 = 489;
const FCHMODAT: u64 = 490;
const FCHOWNAT: u64 = 491;
const FUTIMESAT: u64 = 494;
const FUTIMENS: u64 = 546;
const UTIMENSAT: u64 = 547;

const AT_EACCESS: u64 = 0x100;
const AT_SYMLINK_NOFOLLOW: u64 = 0x200;
const AT_EMPTY_PATH: u64 = 0x4000;

const EOPNOTSUPP: u64 = 45;
const EFTYPE: u64 = 79;
const ENOATTR: u64 = 87;

fn mode(name: &CStr) -> u64 {
    file::mode(&file::status(name, AT_SYMLINK_NOFOLLOW).unwrap()) & 0o7777
}

pub(crate) fn modes() {
    file::write(c"moded", b"");
    file::symlink(c"moded", c"to-moded");
    file::mkdir(c"moded-directory");
    assert_eq!(call(CHMOD, [path(c"to-moded"), 0o600]), Ok(0));
    assert_eq!(mode(c"moded"), 0o600);
    // The mode of a link can be set and does not matter.
    assert_eq!(call(LCHMOD, [path(c"to-moded"), 0o700]), Ok(0));
    assert_eq!(call(LCHMOD, [path(c"moded"), 0o610]), Ok(0));
    let fchmodat = |at, name: &CStr, mode, flags| call(FCHMODAT, [at, path(name), mode, flags]);
    assert_eq!(mode(c"moded"), 0o610);
    assert_eq!(fchmodat(AT_FDCWD, c"to-moded", 0o640, 0), Ok(0));
    assert_eq!(
        fchmodat(AT_FDCWD, c"to-moded", 0o777, AT_SYMLINK_NOFOLLOW),
        Ok(0)
    );
    assert_eq!(mode(c"moded"), 0o640);
    let fd = open(c"moded", 0, 0).unwrap();
    assert_eq!(fchmodat(fd, c"", 0o620, AT_EMPTY_PATH), Ok(0));
    assert_eq!(mode(c"moded"), 0o620);
    assert_eq!(fchmodat(AT_FDCWD, c"moded", 0, AT_EACCESS), Err(EINVAL));
    // Only root makes a file sticky.
    let sticky = if is_root() { Ok(0) } else { Err(EFTYPE) };
    assert_eq!(call(CHMOD, [path(c"moded"), 0o1644]), sticky);
    assert_eq!(call(FCHMOD, [fd, 0o1644]), sticky);
    assert_eq!(call(CHMOD, [path(c"moded-directory"), 0o1755]), Ok(0));
    let nobody = [
        AT_FDCWD,
        path(c"to-moded"),
        u64::MAX,
        u64::MAX,
        AT_SYMLINK_NOFOLLOW,
    ];
    assert_eq!(call(FCHOWNAT, nobody), Ok(0));
    assert_eq!(call(LCHMOD, [path(c"missing"), 0o600]), Err(ENOENT));
}

pub(crate) fn times() {
    file::write(c"timed", b"");
    file::symlink(c"timed", c"to-timed");
    let fd = open(c"timed", 0, 0).unwrap();
    let found = |name| {
        let words = file::status(name, AT_SYMLINK_NOFOLLOW).unwrap();
        [words[6], words[7], words[8], words[9]]
    };
    let micro = [1000u64, 5, 2000, 999_999];
    let (at, nano) = (micro.as_ptr() as u64, [1000, 5000, 2000, 999_999_000]);
    assert_eq!(call(UTIMES, [path(c"to-timed"), at]), Ok(0));
    assert_eq!(found(c"timed"), nano);
    assert_ne!(found(c"to-timed"), nano);
    assert_eq!(call(LUTIMES, [path(c"to-timed"), at]), Ok(0));
    assert_eq!(found(c"to-timed"), nano);
    for number in [FUTIMES, FUTIMENS] {
        assert_eq!(call(number, [fd, 0]), Ok(0));
        assert!(found(c"timed")[2] > 1_600_000_000);
        assert_eq!(call(FUTIMES, [fd, at]), Ok(0));
        assert_eq!(found(c"timed"), nano);
    }
    assert_eq!(call(FUTIMESAT, [AT_FDCWD, path(c"timed"), 0]), Ok(0));
    assert!(found(c"timed")[0] > 1_600_000_000);
    // Now is -1, "leave it" -2.
    const NOW: u64 = u64::MAX;
    const OMIT: u64 = u64::MAX - 1;
    let utimensat = |name: &CStr, times: [u64; 4], flags| {
        call(
            UTIMENSAT,
            [AT_FDCWD, path(name), times.as_ptr() as u64, flags],
        )
    };
    assert_eq!(utimensat(c"timed", [7, 8, 9, 10], 0), Ok(0));
    assert_eq!(utimensat(c"timed", [0, OMIT, 11, 12], 0), Ok(0));
    assert_eq!(found(c"timed"), [7, 8, 11, 12]);
    assert_eq!(utimensat(c"timed", [0, NOW, 0, OMIT], 0), Ok(0));
    assert!(found(c"timed")[0] > 1_600_000_000 && found(c"timed")[2] == 11);
    assert_eq!(utimensat(c"timed", [0, OMIT, 0, OMIT], 0), Ok(0));
    assert_eq!(utimensat(c"untimed", [0, OMIT, 0, OMIT], 0), Err(ENOENT));
    assert_eq!(
        utimensat(c"to-timed", [1, 2, 3, 4], AT_SYMLINK_NOFOLLOW),
        Ok(0)
    );
    assert_eq!((found(c"to-timed"), found(c"timed")[2]), ([1, 2, 3, 4], 11));
    // Linux's own values for them are no nanoseconds.
    assert_eq!(utimensat(c"timed", [0, 0x3fff_ffff, 0, 0], 0), Err(EINVAL));
    assert_eq!(utimensat(c"timed", [0; 4], 0x400), Err(EINVAL));
    let wrong = [0u64, 1_000_000, 0, 0];
    assert_eq!(
        call(UTIMES, [path(c"timed"), wrong.as_ptr() as u64]),
        Err(EINVAL)
    );
    assert_eq!(call(UTIMES, [0, at]), Err(sys::EFAULT));
}

pub(crate) fn flags() {
    const UF_ARCHIVE: u64 = 0x800;
    const UF_NODUMP: u64 = 1;
    file::write(c"flagged-file", b"");
    file::symlink(c"flagged-file", c"to-flagged");
    let fd = open(c"flagged-file", 0, 0).unwrap();
    for flags in [0, UF_NODUMP] {
        // Not every file system of the host keeps this one.
        let set = call(CHFLAGS, [path(c"to-flagged"), flags]);
        let kept = file::status(c"flagged-file", 0).unwrap()[16] >> 32;
        match set {
            Ok(0) => assert_eq!(kept, flags),
            other => assert_eq!((other, flags), (Err(EOPNOTSUPP), UF_NODUMP)),
        }
    }
    assert_eq!(call(CHFLAGS, [path(c"flagged-file"), 0]), Ok(0));
    assert_eq!(call(FCHFLAGS, [fd, 0]), Ok(0));
    assert_eq!(call(LCHFLAGS, [path(c"to-flagged"), 0]), Ok(0));
    assert_eq!(
        call(CHFLAGS, [path(c"flagged-file"), UF_ARCHIVE]),
        Err(EOPNOTSUPP)
    );
    assert_eq!(call(CHFLAGS, [path(c"no-file"), 0]), Err(ENOENT));
    if !is_root() {
        assert_eq!(call(CHFLAGS, [path(c"/etc/passwd"), 0]), Err(EPERM));
    }
}

pub(crate) fn extended() {
    const SET_FILE: u64 = 356;
    const GET_FILE: u64 = 357;
    const DELETE_FILE: u64 = 358;
    const SET_FD: u64 = 371;
    const GET_FD: u64 = 372;
    const GET_LINK: u64 = 413;
    const LIST_FD: u64 = 437;
    const LIST_FILE: u64 = 438;
    const USER: u64 = 1;
    file::write(c"extended", b"");
    let (name, fd) = (path(c"extended"), open(c"extended", 0, 0).unwrap());
    let set = call(
        SET_FILE,
        [name, USER, path(c"note"), c"value".as_ptr() as u64, 5],
    );
    if set == Err(EOPNOTSUPP) {
        // A file system of the host without them.
        return;
    }
    assert_eq!(set, Ok(5));
    assert_eq!(
        call(SET_FD, [fd, USER, path(c"a.b"), c"".as_ptr() as u64, 0]),
        Ok(0)
    );
    let mut value = [0u8; 64];
    let at = value.as_mut_ptr() as u64;
    assert_eq!(call(GET_FILE, [name, USER, path(c"note"), 0, 0]), Ok(5));
    assert_eq!(call(GET_FD, [fd, USER, path(c"note"), at, 64]), Ok(5));
    assert_eq!(&value[..6], b"value\0");
    // A short buffer gets the beginning.
    assert_eq!(call(GET_LINK, [name, USER, path(c"note"), at, 2]), Ok(2));
    assert_eq!(call(LIST_FILE, [name, USER, 0, 0]), Ok(9));
    assert_eq!(call(LIST_FD, [fd, USER, at, 64]), Ok(9));
    let list = &value[..9];
    assert!(
        list == b"\x04note\x03a.b" || list == b"\x03a.b\x04note",
        "{list:?}"
    );
    assert_eq!(
        call(GET_FILE, [name, USER, path(c"other"), at, 64]),
        Err(ENOATTR)
    );
    assert_eq!(call(DELETE_FILE, [name, USER, path(c"note")]), Ok(0));
    assert_eq!(call(DELETE_FILE, [name, USER, path(c"note")]), Err(ENOATTR));
    assert_eq!(call(LIST_FILE, [name, 3, 0, 0]), Err(EPERM));
}

/// Access control lists: `struct acl` is 254, the number of entries, four spare words, and the entries of four words: tag,
/// user or group, permissions, and what NFSv4 would need.
pub(crate) fn lists() {
    const GET: u64 = 347;
    const SET: u64 = 348;
    const GET_FD: u64 = 349;
    const DELETE: u64 = 351;
    const CHECK: u64 = 353;
    const ACCESS: u64 = 2;
    const DEFAULT: u64 = 3;
    const NOBODY: u32 = u32::MAX;
    let mut acl = [0u32; 1022];
    let at = acl.as_mut_ptr() as u64;
    file::write(c"listed", b"");
    let (name, fd) = (path(c"listed"), open(c"listed", 0, 0).unwrap());
    call(CHMOD, [name, 0o640]).expect("chmod");
    // The caller has to say that there is room.
    assert!(matches!(
        call(GET, [name, ACCESS, at]),
        Err(EINVAL | EOPNOTSUPP)
    ));
    acl[0] = 254;
    let got = call(GET, [name, ACCESS, at]);
    if got == Err(EOPNOTSUPP) {
        // A file system of the host without them.
        return;
    }
    assert_eq!((got, acl[1]), (Ok(0), 3));
    let mode = [1, NOBODY, 6, 0, 4, NOBODY, 4, 0, 32, NOBODY, 0, 0];
    assert_eq!(acl[6..18], mode);
    acl[18..22].copy_from_slice(&[2, 17, 4, 0]);
    acl[1] = 4;
    assert_eq!(call(SET, [name, ACCESS, at]), Err(EINVAL), "no mask");
    assert_eq!(call(CHECK, [name, ACCESS, at]), Err(EINVAL));
    acl[22..26].copy_from_slice(&[16, NOBODY, 6, 0]);
    acl[1] = 5;
    assert_eq!(call(CHECK, [name, ACCESS, at]), Ok(0));
    assert_eq!(call(SET, [name, ACCESS, at]), Ok(0));
    assert_eq!(call(GET_FD, [fd, ACCESS, at]), Ok(0));
    assert_eq!(acl[1], 5);
    assert_eq!(acl[10..14], [2, 17, 4, 0]);
    // The mask is what the mode says of the group.
    assert_eq!(file::mode(&file::status(c"listed", 0).unwrap()), 0o100660);
    assert_eq!(call(DELETE, [name, ACCESS]), Err(EINVAL));
    assert_eq!(call(GET, [name, DEFAULT, at]), Err(EINVAL));
    assert_eq!(call(GET, [name, 4, at]), Err(EINVAL));
    assert_eq!(call(GET, [path(c"no-file"), ACCESS, at]), Err(ENOENT));
    // A link's is what its mode says; ls(1) asks with -l.
    const GET_LINK: u64 = 425;
    call(57, [path(c"nowhere"), path(c"link-listed")]).expect("symlink");
    assert_eq!(call(GET_LINK, [path(c"link-listed"), ACCESS, at]), Ok(0));
    assert_eq!((acl[1], acl[6], acl[10], acl[14]), (3, 1, 4, 32));
    let work = path(c".");
    assert_eq!(call(GET, [work, DEFAULT, at]), Ok(0));
    assert_eq!((acl[1], call(DELETE, [work, DEFAULT])), (0, Ok(0)));
}

pub(crate) fn access() {
    file::write(c"accessible", b"");
    call(CHMOD, [path(c"accessible"), 0o400]).expect("chmod");
    let write = if is_root() { Ok(0) } else { Err(EACCES) };
    for number in [ACCESS, EACCESS] {
        let may = |mode| call(number, [path(c"accessible"), mode]);
        assert_eq!((may(0), may(4), may(2)), (Ok(0), Ok(0), write));
        assert_eq!((may(1), may(8)), (Err(EACCES), Err(EINVAL)));
        assert_eq!(call(number, [path(c"inaccessible"), 0]), Err(ENOENT));
    }
    let faccessat = |mode, flags| call(FACCESSAT, [AT_FDCWD, path(c"accessible"), mode, flags]);
    assert_eq!((faccessat(2, 0), faccessat(2, AT_EACCESS)), (write, write));
    assert_eq!(
        (faccessat(4, 0x800), faccessat(16, 0)),
        (Err(EINVAL), Err(EINVAL))
    );
}
