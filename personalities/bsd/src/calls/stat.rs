//! File status, for the layouts of all systems and releases (kern_statat, kern_fstat).

use compat_translate::Cx;
use compat_translate::guest::{Out, Path};
use compat_translate::host::{self, HostResult, linux};
use zerocopy::{Immutable, IntoBytes};

use super::at::{AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags, CWD};
use super::dev_fd;
use super::file_flags::{self, Where};
use super::place::Place;
use crate::abi::stat::Stat;
use crate::error::Return;
use crate::lower::{AtFd, Fd};

/// What `lstat` means.
pub const LINK_ITSELF: AtFlags = AtFlags(AT_SYMLINK_NOFOLLOW);

/// What a file's status is made of.
pub(crate) const WANTED: u32 = linux::STATX_BASIC_STATS | linux::STATX_BTIME;

/// What the host knows about the file at a place.
#[inline(always)]
pub fn statx(at: u64, path: u64, flags: u64) -> HostResult<linux::statx> {
    ask(at, path, flags, WANTED)
}

/// The host's number of the mount a file is in, as `mountinfo` has it.
pub fn mount_of(at: u64, path: u64, flags: u64) -> HostResult<u64> {
    Ok(ask(at, path, flags, linux::STATX_MNT_ID)?.stx_mnt_id)
}

#[inline(always)]
fn ask(at: u64, path: u64, flags: u64, wanted: u32) -> HostResult<linux::statx> {
    let flags = flags | u64::from(linux::AT_NO_AUTOMOUNT);
    host::statx(at, path, flags, wanted)
}

/// What the host knows about an open file.
#[inline(always)]
pub fn statx_fd(fd: u64) -> HostResult<linux::statx> {
    statx(fd, c"".as_ptr() as u64, u64::from(linux::AT_EMPTY_PATH))
}

/// Hands the status of an open file to `give`. It is written field by field, and read again only once: the processor is
/// slow to read together what was written in pieces.
///
/// # Errors
/// `EBADF`; those of `give`.
#[inline(always)]
pub fn of_fd<T>(cx: &mut Cx, fd: Fd, give: impl FnOnce(&Stat) -> HostResult<T>) -> Return<T> {
    let fd = fd.checked(cx)?;
    if let Some(error) = cx.failed_already() {
        return Err(error.into());
    }
    let mut found = Stat::from_host(&statx_fd(fd)?);
    file_flags::complete(cx, Where::Open(fd), &mut found);
    Ok(give(&found)?)
}

/// The same for the file at a place.
///
/// # Errors
/// As [`Place::find`]; those of `give`.
#[inline(always)]
pub fn of_path<T>(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    flags: AtFlags,
    give: impl FnOnce(&Stat) -> HostResult<T>,
) -> Return<T> {
    let flags = flags.only(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH)?;
    let place = Place::to_ask(cx, at, path, flags)?;
    if let Some(error) = cx.failed_already() {
        return Err(error.into());
    }
    let mut found = Stat::from_host(&statx(place.at, place.path, place.flags)?);
    let file = match (place.found_at(), place.open_file()) {
        // Such a descriptor is no good for attributes.
        (Some((at, path)), _) => Where::Path(at, path),
        (None, Some(fd)) => Where::Open(fd),
        (None, None) => Where::Path(place.at, place.path),
    };
    file_flags::complete(cx, file, &mut found);
    let follow = !flags.has(AT_SYMLINK_NOFOLLOW);
    dev_fd::status(path, follow, &mut found);
    Ok(give(&found)?)
}

/// `fstatat` for any layout that is made from [`Stat`].
pub fn fstatat<S>(cx: &mut Cx, at: AtFd, path: Path, buf: Out<S>, flag: AtFlags) -> Return<()>
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    of_path(cx, at, path, flag, |found| buf.write(&found.into()))
}

/// `stat` for any layout.
pub fn stat<S>(cx: &mut Cx, path: Path, ub: Out<S>) -> Return<()>
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    fstatat(cx, CWD, path, ub, AtFlags::NONE)
}

/// `lstat` for any layout.
pub fn lstat<S>(cx: &mut Cx, path: Path, ub: Out<S>) -> Return<()>
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    fstatat(cx, CWD, path, ub, LINK_ITSELF)
}

/// `fstat` for any layout.
pub fn fstat<S>(cx: &mut Cx, fd: Fd, sb: Out<S>) -> Return<()>
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    of_fd(cx, fd, |found| sb.write(&found.into()))
}
