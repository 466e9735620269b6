//! Modes and owners of files (setfmode, setfown).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::{self, HostResult, linux, nr};

use super::at::{AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags, CWD};
use super::place::{Held, Place, own_name};
use super::searched;
use super::stat::{statx, statx_fd};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

/// What most of these calls take.
const USUAL: u32 = AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH;
const LINK_ITSELF: AtFlags = AtFlags(AT_SYMLINK_NOFOLLOW);
const ALLPERMS: u32 = 0o7777;
const STICKY: u32 = 0o1000;

pub fn kind(found: &linux::statx) -> u32 {
    u32::from(found.stx_mode) & linux::S_IFMT
}

fn effective_user() -> u32 {
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::geteuid, []) }.unwrap_or_default() as u32
}

/// Whether the caller may change what only owners change.
pub fn owns(found: &linux::statx) -> bool {
    let user = effective_user();
    user == 0 || user == found.stx_uid
}

/// Only root makes anything but a directory sticky (ufs_chmod).
fn check_sticky(mode: u32, found: impl FnOnce() -> HostResult<linux::statx>) -> Return<()> {
    if mode & STICKY != 0 && effective_user() != 0 && kind(&found()?) != linux::S_IFDIR {
        return Err(Errno::EFTYPE.into());
    }
    Ok(())
}

pub fn chmod(cx: &mut Cx, path: Path, mode: u32) -> Return<()> {
    fchmodat(cx, CWD, path, mode, AtFlags::NONE)
}

pub fn lchmod(cx: &mut Cx, path: Path, mode: u32) -> Return<()> {
    fchmodat(cx, CWD, path, mode, LINK_ITSELF)
}

pub fn fchmod(cx: &mut Cx, fd: Fd, mode: u32) -> Return<()> {
    let fd = fd.checked(cx)?;
    check_sticky(mode, || statx_fd(fd))?;
    let mode = u64::from(mode & ALLPERMS);
    // SAFETY: no memory is involved.
    let outcome = unsafe { host::call_n(nr::fchmod, [fd, mode]) };
    searched::otherwise(fd, outcome, |at, path| {
        // SAFETY: the path is a NUL-terminated name of ours.
        unsafe { host::call_n(nr::fchmodat, [at, path, mode]) }
    })?;
    Ok(())
}

pub fn fchmodat(cx: &mut Cx, at: AtFd, path: Path, mode: u32, flag: AtFlags) -> Return<()> {
    let place = Place::to_change(cx, at, path, flag.only(USUAL)?)?;
    check_sticky(mode, || statx(place.at, place.path, place.flags))?;
    let mode = u64::from(mode & ALLPERMS);
    if place.flags == 0 {
        // SAFETY: the kernel checks the guest's path.
        unsafe { host::call_n(nr::fchmodat, [place.at, place.path, mode]) }?;
        return Ok(());
    }
    let found = statx(place.at, place.path, place.flags)?;
    if kind(&found) == linux::S_IFLNK {
        // A link's mode means nothing on either system; the host keeps none.
        return if owns(&found) {
            Ok(())
        } else {
            Err(Errno::EPERM.into())
        };
    }
    // By a descriptor, so that the file is still the one looked at.
    let opened;
    let fd = match place.open_file() {
        Some(fd) => fd,
        None => {
            let how = u64::from(linux::O_PATH | linux::O_NOFOLLOW | linux::O_CLOEXEC);
            // SAFETY: the kernel checks the guest's path.
            opened = Held(unsafe { host::call_n(nr::openat, [place.at, place.path, how, 0]) }?);
            opened.0
        }
    };
    let name = own_name(fd);
    // SAFETY: a NUL-terminated name of ours.
    unsafe { host::call_n(nr::fchmodat, [CWD.0 as u64, name.as_ptr() as u64, mode]) }?;
    Ok(())
}

pub fn fchownat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    uid: u32,
    gid: u32,
    flag: AtFlags,
) -> Return<()> {
    let place = Place::to_change(cx, at, path, flag.only(USUAL)?)?;
    let (uid, gid) = (u64::from(uid), u64::from(gid));
    // SAFETY: the kernel checks the guest's path.
    unsafe { host::call_n(nr::fchownat, [place.at, place.path, uid, gid, place.flags]) }?;
    Ok(())
}

pub fn fchown(cx: &mut Cx, fd: Fd, uid: u32, gid: u32) -> Return<()> {
    let fd = fd.checked(cx)?;
    let (uid, gid) = (u64::from(uid), u64::from(gid));
    // SAFETY: no memory is involved.
    let outcome = unsafe { host::call_n(nr::fchown, [fd, uid, gid]) };
    searched::otherwise(fd, outcome, |at, path| {
        // SAFETY: the path is a NUL-terminated name of ours.
        unsafe { host::call_n(nr::fchownat, [at, path, uid, gid, 0]) }
    })?;
    Ok(())
}

pub fn chown(cx: &mut Cx, path: Path, uid: u32, gid: u32) -> Return<()> {
    fchownat(cx, CWD, path, uid, gid, AtFlags::NONE)
}

pub fn lchown(cx: &mut Cx, path: Path, uid: u32, gid: u32) -> Return<()> {
    fchownat(cx, CWD, path, uid, gid, LINK_ITSELF)
}
