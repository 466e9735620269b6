//! What a request is about.

use compat_tables::bsd::Errno;
use compat_translate::host::{self, HostResult, nr};

use super::job::Action;
use crate::error::Return;

/// Files as requests see them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum File {
    /// A file, directory or disk.
    Plain,
    /// A socket and its inode.
    Socket(u64),
    /// Another character device, and its inode.
    Device(u64),
    /// What else bytes go through, and its inode.
    Other(u64),
}

/// What descriptor `fd` is.
///
/// # Errors
/// `EBADF`.
pub fn kind_of(fd: u64) -> HostResult<File> {
    const STATX_TYPE: u64 = 1;
    const STATX_INO: u64 = 0x100;
    const AT_EMPTY_PATH: u64 = 0x1000;
    let mut about = [0u64; 32];
    let (path, at) = (c"".as_ptr() as u64, about.as_mut_ptr() as u64);
    let args = [fd, path, AT_EMPTY_PATH, STATX_TYPE | STATX_INO, at];
    // SAFETY: an empty path, and room for a struct statx.
    unsafe { host::call_n(nr::statx, args) }?;
    // stx_mode is at 28, stx_ino at 32.
    let [_, _, _, mode, inode, ..] = about;
    Ok(match (mode >> 32) & 0o170_000 {
        0o100_000 | 0o040_000 | 0o060_000 => File::Plain,
        0o140_000 => File::Socket(inode),
        0o020_000 => File::Device(inode),
        _ => File::Other(inode),
    })
}

/// # Errors
/// `EBADF` unless `fd` is open for the action.
pub fn must_be_open(fd: u64, action: Option<Action>) -> Return<()> {
    const F_GETFL: u64 = 3;
    const O_ACCMODE: u64 = 3;
    const O_PATH: u64 = 0o1000_0000;
    // SAFETY: no pointers.
    let flags = unsafe { host::call_n(nr::fcntl, [fd, F_GETFL]) }?;
    let open = match action {
        Some(Action::Read) => flags & O_ACCMODE != 1,
        Some(Action::Write) => flags & O_ACCMODE != 0,
        _ => true,
    };
    if open && flags & O_PATH == 0 {
        Ok(())
    } else {
        Err(Errno::EBADF.into())
    }
}
