//! Names: linking, removing, renaming, and reading symbolic links (vfs_syscalls.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Out, Path};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::paths::{self, Look};

use super::at::{AT_EMPTY_PATH, AT_REMOVEDIR, AT_RESOLVE_BENEATH, AT_SYMLINK_FOLLOW, AtFlags, CWD};
use super::place::{Parent, Place, is_own_program, located, own_name, through_link};
use super::stat::{statx, statx_fd};
use crate::error::{Error, Return};
use crate::lower::{AtFd, Fd};

/// "No descriptor to compare with", for `funlinkat`.
const FD_NONE: i32 = -200;

/// Permission bits of a directory's mode argument: neither set-id nor sticky.
const ACCESSPERMS: u32 = 0o777;

pub fn link(cx: &mut Cx, path: Path, link: Path) -> Return<()> {
    linkat(cx, CWD, path, CWD, link, AtFlags(AT_SYMLINK_FOLLOW))
}

pub fn linkat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    to_at: AtFd,
    to: Path,
    flag: AtFlags,
) -> Return<()> {
    let flag = flag.only(AT_SYMLINK_FOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH)?;
    let name = located(cx, to_at, to, Look::NAME)?;
    let place = Place::find_link(cx, at, path, flag)?;
    if let Some(fd) = place.open_file() {
        // The host lets only root link a descriptor by an empty path, but anybody by its name in /proc.
        let own = own_name(fd);
        let follow = u64::from(linux::AT_SYMLINK_FOLLOW);
        // SAFETY: a NUL-terminated name of ours; the kernel checks the guest's path.
        unsafe {
            host::call_n(
                nr::linkat,
                [
                    CWD.0 as u64,
                    own.as_ptr() as u64,
                    name.at,
                    name.path(),
                    follow,
                ],
            )
        }?;
        return Ok(());
    }
    // SAFETY: the kernel checks the guest's paths.
    unsafe {
        host::call_n(
            nr::linkat,
            [place.at, place.path, name.at, name.path(), place.flags],
        )
    }?;
    Ok(())
}

pub fn unlink(cx: &mut Cx, path: Path) -> Return<()> {
    funlinkat(cx, CWD, path, Fd(FD_NONE), AtFlags::NONE)
}

pub fn unlinkat(cx: &mut Cx, at: AtFd, path: Path, flag: AtFlags) -> Return<()> {
    funlinkat(cx, at, path, Fd(FD_NONE), flag)
}

/// `unlinkat` that removes only what `fd` refers to.
pub fn funlinkat(cx: &mut Cx, at: AtFd, path: Path, fd: Fd, flag: AtFlags) -> Return<()> {
    let flag = flag.only(AT_REMOVEDIR | AT_RESOLVE_BENEATH)?;
    let parent = Parent::find(cx, at, path, flag)?;
    if fd.0 != FD_NONE {
        let expected = statx_fd(fd.checked(cx)?)?;
        let link_itself = u64::from(linux::AT_SYMLINK_NOFOLLOW);
        let found = statx(parent.at, parent.path, link_itself)?;
        if !same_file(&expected, &found) {
            return Err(Errno::EDEADLK.into());
        }
    }
    let removed = with_name(parent.at, parent.path, |path| {
        // SAFETY: the kernel checks the guest's path.
        unsafe { host::call_n(nr::unlinkat, [parent.at, path, flag.to_host()]) }
    });
    match removed {
        // What has no name but slashes cannot be named to be removed (vfs_lookup_degenerate).
        Err(HostErrno::EISDIR | HostErrno::EBUSY) if only_slashes(path) => {
            Err(Errno::EISDIR.into())
        }
        Err(HostErrno::EISDIR) => Err(Errno::EPERM.into()),
        other => Ok(other.map(drop)?),
    }
}

pub fn rmdir(cx: &mut Cx, path: Path) -> Return<()> {
    unlinkat(cx, CWD, path, AtFlags(AT_REMOVEDIR))
}

/// Makes a host call that changes a name, and makes it again with what the name means when it is a link with a slash
/// behind it and the host refused that.
fn with_name(at: u64, path: u64, call: impl Fn(u64) -> HostResult) -> HostResult {
    match call(path) {
        Err(error @ (HostErrno::ENOTDIR | HostErrno::EEXIST)) => {
            match through_link(at, Path(path))? {
                Some(followed) => call(followed.as_ptr() as u64),
                None => Err(error),
            }
        }
        other => other,
    }
}

fn only_slashes(path: Path) -> bool {
    guest::read_string(path.0, 1024)
        .is_ok_and(|path| !path.is_empty() && path.iter().all(|&byte| byte == b'/'))
}

fn same_file(one: &linux::statx, other: &linux::statx) -> bool {
    let identity = |file: &linux::statx| (file.stx_dev_major, file.stx_dev_minor, file.stx_ino);
    identity(one) == identity(other)
}

pub fn mkdir(cx: &mut Cx, path: Path, mode: u32) -> Return<()> {
    mkdirat(cx, CWD, path, mode)
}

pub fn mkdirat(cx: &mut Cx, at: AtFd, path: Path, mode: u32) -> Return<()> {
    let place = located(cx, at, path, Look::NAME)?;
    let made = with_name(place.at, place.path(), |path| {
        // SAFETY: the kernel checks the guest's path.
        unsafe { host::call_n(nr::mkdirat, [place.at, path, u64::from(mode & ACCESSPERMS)]) }
    });
    match made {
        // The root has no name that could be taken (vfs_lookup: a degenerate path).
        Err(HostErrno::EEXIST) if path.copy()?.iter().all(|&byte| byte == b'/') => {
            Err(Errno::EISDIR.into())
        }
        other => Ok(other.map(drop)?),
    }
}

pub fn rename(cx: &mut Cx, from: Path, to: Path) -> Return<()> {
    renameat2(cx, CWD, from, CWD, to, 0)
}

pub fn renameat(cx: &mut Cx, from_at: AtFd, from: Path, to_at: AtFd, to: Path) -> Return<()> {
    renameat2(cx, from_at, from, to_at, to, 0)
}

pub fn renameat2(
    cx: &mut Cx,
    from_at: AtFd,
    from: Path,
    to_at: AtFd,
    to: Path,
    flags: u32,
) -> Return<()> {
    let flags = compat_tables::bsd::flags::RENAME_FLAGS
        .to_host(u64::from(flags))
        .map_err(|_| Error(Errno::EINVAL))?;
    let old = located(cx, from_at, from, Look::LINK.change())?;
    let new = located(cx, to_at, to, Look::NAME)?;
    let renamed = with_name(old.at, old.path(), |from| {
        with_name(new.at, new.path(), |to| {
            // SAFETY: the kernel checks the guest's paths.
            unsafe {
                if flags == 0 {
                    host::call_n(nr::renameat, [old.at, from, new.at, to])
                } else {
                    host::call_n(nr::renameat2, [old.at, from, new.at, to, flags])
                }
            }
        })
    });
    match renamed {
        // `.` and `..` cannot be renamed; the host calls that busy.
        Err(HostErrno::EBUSY) if ends_in_dots(from)? || ends_in_dots(to)? => {
            Err(Errno::EINVAL.into())
        }
        other => Ok(other.map(drop)?),
    }
}

fn ends_in_dots(path: Path) -> HostResult<bool> {
    let path = path.copy()?;
    let last = path
        .split(|&byte| byte == b'/')
        .rfind(|name| !name.is_empty());
    Ok(matches!(last, Some(b"." | b"..")))
}

pub fn readlink(cx: &mut Cx, path: Path, buf: Out<u8>, count: usize) -> Return<usize> {
    readlinkat(cx, CWD, path, buf, count)
}

pub fn readlinkat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    buf: Out<u8>,
    bufsize: usize,
) -> Return<usize> {
    if i64::try_from(bufsize).is_err() {
        return Err(Errno::EINVAL.into());
    }
    if is_own_program(path) {
        let program = cx.process().program.lock().clone();
        let name = paths::guest_name(cx.process().space.get(), &program).unwrap_or(program);
        let part = name.get(..bufsize).unwrap_or(&name);
        compat_translate::guest::write_bytes(buf.address(), part)?;
        return Ok(part.len());
    }
    let place = located(cx, at, path, Look::LINK)?;
    if bufsize == 0 {
        // The host refuses an empty buffer; FreeBSD looks the link up and writes nothing.
        let found = statx(
            place.at,
            place.path(),
            u64::from(linux::AT_SYMLINK_NOFOLLOW),
        )?;
        return if u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFLNK {
            Ok(0)
        } else {
            Err(Errno::EINVAL.into())
        };
    }
    // The host counts in an int.
    let size = bufsize.min(i32::MAX as usize) as u64;
    // SAFETY: the kernel checks the guest's path and buffer.
    let length = unsafe {
        host::call_n(
            nr::readlinkat,
            [place.at, place.path(), buf.address(), size],
        )
    }?;
    Ok(length as usize)
}

pub fn symlink(cx: &mut Cx, path: Path, link: Path) -> Return<()> {
    symlinkat(cx, path, CWD, link)
}

pub fn symlinkat(cx: &mut Cx, target: Path, at: AtFd, link: Path) -> Return<()> {
    target.fits()?;
    let place = located(cx, at, link, Look::NAME)?;
    // SAFETY: the kernel checks the guest's path and text.
    unsafe { host::call_n(nr::symlinkat, [target.0, place.at, place.path()]) }?;
    Ok(())
}

/// Removes a whiteout; the host has none, so there is nothing a name could be but absent or something else.
pub fn undelete(cx: &mut Cx, path: Path) -> Return<()> {
    let place = located(cx, CWD, path, Look::LINK)?;
    statx(
        place.at,
        place.path(),
        u64::from(linux::AT_SYMLINK_NOFOLLOW),
    )?;
    Err(Errno::EEXIST.into())
}
