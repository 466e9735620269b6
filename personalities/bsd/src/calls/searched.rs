//! Directories that were opened only to be searched (`O_SEARCH`, which is `O_EXEC`).
//!
//! To the host they are descriptors of the kind O_PATH, as those are that FreeBSD's own O_PATH makes. Through the one
//! FreeBSD changes a directory's mode, owner and times; through the other nothing (path_fileops). The host keeps of
//! O_DIRECTORY whether it was asked for, also across `execve` and over sockets: with it the descriptor is one to search.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::open_flags::{O_EXEC, O_PATH};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};

use super::at::CWD;
use super::place::{Held, own_name};
use super::stat::statx_fd;
use crate::error::{Error, Return};

const DIRECTORY: u64 = linux::O_DIRECTORY as u64;

/// Opens with `open`, which is given `how` so that the host's O_DIRECTORY tells later what `flags` asked for.
pub(super) fn marked(
    flags: u32,
    how: u64,
    mut open: impl FnMut(u64) -> Return<u64>,
) -> Return<u64> {
    if flags & O_PATH != 0 && how & DIRECTORY != 0 {
        let held = Held(open(how & !DIRECTORY)?);
        let mode = u32::from(statx_fd(held.0)?.stx_mode);
        if mode & linux::S_IFMT != linux::S_IFDIR {
            return Err(Errno::ENOTDIR.into());
        }
        let fd = held.0;
        core::mem::forget(held);
        return Ok(fd);
    }
    if flags & (O_EXEC | O_PATH) == O_EXEC && how & DIRECTORY == 0 {
        return match open(how | DIRECTORY) {
            // To be executed then, or not there.
            Err(Error(Errno::ENOTDIR)) => open(how),
            other => other,
        };
    }
    open(how)
}

/// What changing a file through `fd` came to: if the host refused because `fd` is only to search, what `by_name` comes to,
/// which is given a directory descriptor and the address of a path.
pub(super) fn otherwise(
    fd: u64,
    outcome: HostResult,
    by_name: impl FnOnce(u64, u64) -> HostResult,
) -> HostResult {
    if outcome == Err(HostErrno::EBADF) && only_to_search(fd) {
        let name = own_name(fd);
        return by_name(CWD.0 as u64, name.as_ptr() as u64);
    }
    outcome
}

fn only_to_search(fd: u64) -> bool {
    let both = u64::from(linux::O_PATH | linux::O_DIRECTORY);
    // SAFETY: no memory is involved.
    let flags = unsafe { host::call_n(nr::fcntl, [fd, u64::from(linux::F_GETFL)]) };
    flags.is_ok_and(|flags| flags & both == both)
}
