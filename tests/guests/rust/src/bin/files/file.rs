//! What the checks do all the time.

use core::ffi::CStr;

use compat_guests::sys::{self, Result};

pub(crate) const AT_FDCWD: u64 = -100i64 as u64;

pub(crate) const O_RDONLY: u64 = 0;
pub(crate) const O_WRONLY: u64 = 1;
pub(crate) const O_RDWR: u64 = 2;
pub(crate) const O_CREAT: u64 = 0x200;
pub(crate) const O_TRUNC: u64 = 0x400;
pub(crate) const O_DIRECTORY: u64 = 0x20000;

pub(crate) const MKDIR: u64 = 136;
pub(crate) const SYMLINK: u64 = 57;
pub(crate) const LSEEK: u64 = 478;
pub(crate) const FSTATAT: u64 = 552;

/// A path as a call takes it.
pub(crate) fn path(name: &CStr) -> u64 {
    name.as_ptr() as u64
}

pub(crate) fn open(name: &CStr, flags: u64, mode: u64) -> Result {
    sys::call(sys::OPEN, [path(name), flags, mode])
}

pub(crate) fn close(fd: u64) {
    sys::call(sys::CLOSE, [fd]).expect("close");
}

/// Makes a file with these contents.
pub(crate) fn write(name: &CStr, contents: &[u8]) {
    let fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o644).expect("a new file");
    let written = sys::call(
        sys::WRITE,
        [fd, contents.as_ptr() as u64, contents.len() as u64],
    );
    assert_eq!(written, Ok(contents.len() as u64));
    close(fd);
}

/// The beginning of what can be read from `fd`, and how long it is.
pub(crate) fn read<const N: usize>(fd: u64) -> ([u8; N], usize) {
    let mut buffer = [0; N];
    let length = sys::call(sys::READ, [fd, buffer.as_mut_ptr() as u64, N as u64]).expect("read");
    (buffer, length as usize)
}

pub(crate) fn mkdir(name: &CStr) {
    sys::call(MKDIR, [path(name), 0o755]).expect("mkdir");
}

pub(crate) fn symlink(target: &CStr, name: &CStr) {
    sys::call(SYMLINK, [path(target), path(name)]).expect("symlink");
}

pub(crate) fn seek(fd: u64, offset: u64, whence: u64) -> Result {
    sys::call(LSEEK, [fd, offset, whence])
}

/// `struct stat` as 28 words: device, inode, links, mode, user and so on.
pub(crate) type Words = [u64; 28];

/// `fstatat`.
pub(crate) fn status(name: &CStr, flags: u64) -> core::result::Result<Words, u64> {
    let mut words = [0; 28];
    sys::call(
        FSTATAT,
        [AT_FDCWD, path(name), words.as_mut_ptr() as u64, flags],
    )?;
    Ok(words)
}

pub(crate) fn mode(words: &Words) -> u64 {
    words[3] & 0xffff
}

pub(crate) fn size(words: &Words) -> u64 {
    words[14]
}

pub(crate) fn is_root() -> bool {
    sys::call(sys::GETUID, []) == Ok(0)
}
