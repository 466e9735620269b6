//! Access control lists (vfs_acl.c), as on a file system that was mounted without them.

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::linux;
use compat_translate::paths::Look;

use super::at::CWD;
use super::place::located;
use super::stat::{statx, statx_fd};
use crate::error::Return;
use crate::lower::Fd;

/// What is there is looked up first.
fn unsupported(cx: &Cx, path: Path, flags: u32) -> Return<()> {
    let look = if flags == 0 { Look::FOLLOW } else { Look::LINK };
    let place = located(cx, CWD, path, look)?;
    statx(place.at, place.path(), u64::from(flags))?;
    Err(Errno::EOPNOTSUPP.into())
}

fn unsupported_fd(cx: &mut Cx, fd: Fd) -> Return<()> {
    statx_fd(fd.checked(cx)?)?;
    Err(Errno::EOPNOTSUPP.into())
}

macro_rules! calls {
    ($(fn $name:ident(path $(, $rest:ident: $kind:ty)*) $flags:expr;)*) => {
        $(pub(crate) fn $name(cx: &mut Cx, path: Path $(, $rest: $kind)*) -> Return<()> {
            unsupported(cx, path, $flags)
        })*
    };
    ($(fn $name:ident(fd $(, $rest:ident: $kind:ty)*);)*) => {
        $(pub(crate) fn $name(cx: &mut Cx, fd: Fd $(, $rest: $kind)*) -> Return<()> {
            unsupported_fd(cx, fd)
        })*
    };
}

calls! {
    fn __acl_get_file(path, _type: i32, _acl: u64) 0;
    fn __acl_set_file(path, _type: i32, _acl: u64) 0;
    fn __acl_delete_file(path, _type: i32) 0;
    fn __acl_aclcheck_file(path, _type: i32, _acl: u64) 0;
    fn __acl_get_link(path, _type: i32, _acl: u64) linux::AT_SYMLINK_NOFOLLOW;
    fn __acl_set_link(path, _type: i32, _acl: u64) linux::AT_SYMLINK_NOFOLLOW;
    fn __acl_delete_link(path, _type: i32) linux::AT_SYMLINK_NOFOLLOW;
    fn __acl_aclcheck_link(path, _type: i32, _acl: u64) linux::AT_SYMLINK_NOFOLLOW;
}

calls! {
    fn __acl_get_fd(fd, _type: i32, _acl: u64);
    fn __acl_set_fd(fd, _type: i32, _acl: u64);
    fn __acl_delete_fd(fd, _type: i32);
    fn __acl_aclcheck_fd(fd, _type: i32, _acl: u64);
}
