//! What a request is about.

use compat_tables::bsd::Errno;
use compat_translate::host::{self, HostResult, linux, nr};

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
    let about = host::statx_of(fd, linux::STATX_TYPE | linux::STATX_INO)?;
    let inode = about.stx_ino;
    Ok(match about.stx_mode & 0o170_000 {
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
