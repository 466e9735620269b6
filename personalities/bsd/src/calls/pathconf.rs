//! Configurable limits of files (kern_pathconf, kern_fpathconf, vop_stdpathconf).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::pathconf_name as name;
use compat_translate::Cx;
use compat_translate::guest::{PATH_MAX, Path};
use compat_translate::host::{linux, nr};
use compat_translate::paths::Look;

use super::acl;
use super::at::CWD;
use super::mounts::host_statfs;
use super::place::{located, own_name};
use super::stat::{statx, statx_fd};
use super::terminal::is_terminal;
use crate::abi::acl::OLDACL_MAX_ENTRIES;
use crate::error::Return;
use crate::lower::Fd;

/// What the answer depends on.
#[derive(Clone, Copy)]
struct File {
    /// The `S_IFMT` bits.
    kind: u32,
    terminal: bool,
    name_max: i64,
    /// The unit of allocation, and of transfers.
    block: i64,
    transfer: i64,
    /// It may have an access control list.
    lists: bool,
}

/// `MAX_CANON` and `MAX_INPUT`.
const MAX_LINE: i64 = 255;
/// Bytes that a pipe takes in one piece.
const PIPE_BUF: i64 = 512;
/// The character that disables a special one.
const VDISABLE: i64 = 0xff;
/// `_POSIX_ASYNCHRONOUS_IO`
const ASYNCHRONOUS_IO: i64 = 200_112;
/// What UFS allows; the host's file systems differ and do not tell.
const LINK_MAX: i64 = 65_500;

/// The value, or `None` where the name means nothing for this file.
fn value(file: File, wanted: i32) -> Option<i64> {
    let when = |condition: bool, value| condition.then_some(value);
    match wanted {
        name::_PC_LINK_MAX => Some(LINK_MAX),
        name::_PC_MAX_CANON | name::_PC_MAX_INPUT => when(file.terminal, MAX_LINE),
        name::_PC_VDISABLE => when(file.terminal, VDISABLE),
        name::_PC_NAME_MAX => Some(file.name_max),
        name::_PC_PATH_MAX | name::_PC_SYMLINK_MAX => Some(PATH_MAX as i64),
        name::_PC_PIPE_BUF => when(
            matches!(file.kind, linux::S_IFDIR | linux::S_IFIFO),
            PIPE_BUF,
        ),
        name::_PC_CHOWN_RESTRICTED | name::_PC_NO_TRUNC => Some(1),
        name::_PC_ALLOC_SIZE_MIN => Some(file.block),
        name::_PC_FILESIZEBITS => Some(64),
        name::_PC_REC_INCR_XFER_SIZE | name::_PC_REC_MIN_XFER_SIZE | name::_PC_MIN_HOLE_SIZE => {
            Some(file.transfer)
        }
        name::_PC_REC_MAX_XFER_SIZE => Some(-1),
        name::_PC_REC_XFER_ALIGN => Some(4096),
        name::_PC_ASYNC_IO => Some(ASYNCHRONOUS_IO),
        name::_PC_PRIO_IO
        | name::_PC_SYNC_IO
        | name::_PC_ACL_NFS4
        | name::_PC_CAP_PRESENT
        | name::_PC_INF_PRESENT
        | name::_PC_MAC_PRESENT => Some(0),
        name::_PC_ACL_EXTENDED => Some(file.lists.into()),
        name::_PC_ACL_PATH_MAX if file.lists => Some(OLDACL_MAX_ENTRIES as i64),
        // What a mode says.
        name::_PC_ACL_PATH_MAX => Some(3),
        _ => None,
    }
}

impl File {
    fn new(found: &linux::statx, system: &linux::statfs64, terminal: bool) -> Self {
        let block = if system.f_frsize > 0 {
            system.f_frsize
        } else {
            system.f_bsize
        };
        Self {
            kind: u32::from(found.stx_mode) & linux::S_IFMT,
            terminal,
            name_max: system.f_namelen,
            block,
            transfer: system.f_bsize,
            lists: false,
        }
    }
}

fn of_path(cx: &Cx, path: Path, wanted: i32, flags: u32) -> Return<i64> {
    let look = if flags == 0 { Look::FOLLOW } else { Look::LINK };
    let place = located(cx, CWD, path, look)?;
    let found = statx(place.at, place.path(), u64::from(flags))?;
    let system = host_statfs(nr::statfs, place.path())?;
    // A terminal is known by its major number here: TTYAUX_MAJOR, TTY_MAJOR, the UNIX98 slaves.
    let terminal = u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFCHR
        && matches!(found.stx_rdev_major, 4 | 5 | 136..=143);
    let file = File {
        lists: about_lists(wanted) && !is_link(&found) && acl::has_lists(place.path()),
        ..File::new(&found, &system, terminal)
    };
    value(file, wanted).ok_or(Errno::EINVAL.into())
}

fn is_link(found: &linux::statx) -> bool {
    u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFLNK
}

fn about_lists(wanted: i32) -> bool {
    matches!(wanted, name::_PC_ACL_EXTENDED | name::_PC_ACL_PATH_MAX)
}

pub fn pathconf(cx: &mut Cx, path: Path, wanted: i32) -> Return<i64> {
    of_path(cx, path, wanted, 0)
}

pub fn lpathconf(cx: &mut Cx, path: Path, wanted: i32) -> Return<i64> {
    of_path(cx, path, wanted, linux::AT_SYMLINK_NOFOLLOW)
}

pub fn fpathconf(cx: &mut Cx, fd: Fd, wanted: i32) -> Return<i64> {
    let fd = fd.checked(cx)?;
    let found = statx_fd(fd)?;
    if wanted == name::_PC_ASYNC_IO {
        return Ok(ASYNCHRONOUS_IO);
    }
    let system = host_statfs(nr::fstatfs, fd)?;
    let file = File {
        lists: about_lists(wanted) && acl::has_lists(own_name(fd).as_ptr() as u64),
        ..File::new(&found, &system, is_terminal(fd))
    };
    if file.kind == linux::S_IFSOCK {
        return if wanted == name::_PC_PIPE_BUF {
            Ok(PIPE_BUF)
        } else {
            Err(Errno::EINVAL.into())
        };
    }
    value(file, wanted).ok_or(Errno::EINVAL.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_nothing_for_a_file_are_refused() {
        let file = File {
            kind: linux::S_IFREG,
            terminal: false,
            name_max: 255,
            block: 512,
            transfer: 4096,
            lists: false,
        };
        assert_eq!(value(file, name::_PC_NAME_MAX), Some(255));
        assert_eq!(value(file, name::_PC_PIPE_BUF), None);
        assert_eq!(value(file, name::_PC_VDISABLE), None);
        assert_eq!(value(file, 0), None);
        let directory = File {
            kind: linux::S_IFDIR,
            ..file
        };
        assert_eq!(value(directory, name::_PC_PIPE_BUF), Some(512));
        let terminal = File {
            terminal: true,
            ..file
        };
        assert_eq!(value(terminal, name::_PC_VDISABLE), Some(255));
    }
}
