//! Modes, owners and flags of files (setfmode, setfown, setfflags).

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::FILE_FLAGS;
use compat_tables::freebsd::flags::file_flags::{
    SF_APPEND, SF_IMMUTABLE, UF_APPEND, UF_IMMUTABLE, UF_NODUMP,
};
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};

use super::at::{AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags, CWD};
use super::place::{Held, Place, own_name};
use super::stat::{statx, statx_fd};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

/// What most of these calls take.
const USUAL: u32 = AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH;
const LINK_ITSELF: AtFlags = AtFlags(AT_SYMLINK_NOFOLLOW);
const ALLPERMS: u32 = 0o7777;
const STICKY: u32 = 0o1000;

fn kind(found: &linux::statx) -> u32 {
    u32::from(found.stx_mode) & linux::S_IFMT
}

fn effective_user() -> u32 {
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::geteuid, []) }.unwrap_or_default() as u32
}

/// Whether the caller may change what only owners change.
fn owns(found: &linux::statx) -> bool {
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

pub(crate) fn chmod(cx: &mut Cx, path: Path, mode: u32) -> Return<()> {
    fchmodat(cx, CWD, path, mode, AtFlags::NONE)
}

pub(crate) fn lchmod(cx: &mut Cx, path: Path, mode: u32) -> Return<()> {
    fchmodat(cx, CWD, path, mode, LINK_ITSELF)
}

pub(crate) fn fchmod(cx: &mut Cx, fd: Fd, mode: u32) -> Return<()> {
    let fd = fd.checked(cx)?;
    check_sticky(mode, || statx_fd(fd))?;
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::fchmod, [fd, u64::from(mode & ALLPERMS)]) }?;
    Ok(())
}

pub(crate) fn fchmodat(cx: &mut Cx, at: AtFd, path: Path, mode: u32, flag: AtFlags) -> Return<()> {
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

pub(crate) fn fchownat(
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

pub(crate) fn chown(cx: &mut Cx, path: Path, uid: u32, gid: u32) -> Return<()> {
    fchownat(cx, CWD, path, uid, gid, AtFlags::NONE)
}

pub(crate) fn lchown(cx: &mut Cx, path: Path, uid: u32, gid: u32) -> Return<()> {
    fchownat(cx, CWD, path, uid, gid, LINK_ITSELF)
}

pub(crate) fn chflags(cx: &mut Cx, path: Path, flags: u64) -> Return<()> {
    chflagsat(cx, CWD, path, flags, AtFlags::NONE)
}

pub(crate) fn lchflags(cx: &mut Cx, path: Path, flags: u64) -> Return<()> {
    chflagsat(cx, CWD, path, flags, LINK_ITSELF)
}

pub(crate) fn chflagsat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    flags: u64,
    atflag: AtFlags,
) -> Return<()> {
    let place = Place::to_change(cx, at, path, atflag.only(USUAL)?)?;
    let found = statx(place.at, place.path, place.flags)?;
    set_flags(&found, flags, || {
        let name = place.open_file().map(own_name);
        let (at, path) = name.as_ref().map_or((place.at, place.path), |name| {
            (CWD.0 as u64, name.as_ptr() as u64)
        });
        let mut how = linux::O_RDONLY | linux::O_NONBLOCK | linux::O_NOCTTY | linux::O_CLOEXEC;
        if atflag.has(AT_SYMLINK_NOFOLLOW) && name.is_none() {
            how |= linux::O_NOFOLLOW;
        }
        // SAFETY: the kernel checks the guest's path, or it is a name of ours.
        unsafe { host::call_n(nr::openat, [at, path, u64::from(how), 0]) }.map(Held)
    })
}

pub(crate) fn fchflags(cx: &mut Cx, fd: Fd, flags: u64) -> Return<()> {
    let fd = fd.checked(cx)?;
    set_flags(&statx_fd(fd)?, flags, || {
        let name = own_name(fd);
        let how = linux::O_RDONLY | linux::O_NONBLOCK | linux::O_NOCTTY | linux::O_CLOEXEC;
        // SAFETY: a NUL-terminated name of ours.
        unsafe {
            host::call_n(
                nr::openat,
                [CWD.0 as u64, name.as_ptr() as u64, u64::from(how), 0],
            )
        }
        .map(Held)
    })
}

/// Sets the flags of the file that was `found` and that `open` opens.
fn set_flags(
    found: &linux::statx,
    flags: u64,
    open: impl FnOnce() -> HostResult<Held>,
) -> Return<()> {
    /// FS_NODUMP_FL, FS_IMMUTABLE_FL and FS_APPEND_FL, which statx reports under the same bits.
    const OURS: u64 = 0x70;
    let known = UF_NODUMP | UF_IMMUTABLE | UF_APPEND | SF_IMMUTABLE | SF_APPEND;
    if flags & !u64::from(known) != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if !owns(found) {
        return Err(Errno::EPERM.into());
    }
    let wanted = FILE_FLAGS.to_host(flags).unwrap_or_default();
    if found.stx_attributes & OURS == wanted {
        return Ok(());
    }
    if !matches!(kind(found), linux::S_IFREG | linux::S_IFDIR) {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let file = open()?;
    let mut attributes: u32 = 0;
    let at = core::ptr::from_mut(&mut attributes) as u64;
    // SAFETY: the kernel reads and writes the four bytes.
    let changed = unsafe {
        host::call_n(
            nr::ioctl,
            [file.0, u64::from(host::ioctl::FS_IOC_GETFLAGS), at],
        )
        .and_then(|_| {
            attributes = attributes & !(OURS as u32) | wanted as u32;
            host::call_n(
                nr::ioctl,
                [file.0, u64::from(host::ioctl::FS_IOC_SETFLAGS), at],
            )
        })
    };
    let privileged = u64::from(SF_IMMUTABLE | SF_APPEND);
    match changed {
        Ok(_) => Ok(()),
        Err(HostErrno::ENOTTY | HostErrno::ENOSYS) => Err(Errno::EOPNOTSUPP.into()),
        // An owner's own flags: on the host a privilege that the owner lacks.
        Err(HostErrno::EPERM) if flags & privileged == 0 => Err(Errno::EOPNOTSUPP.into()),
        Err(error) => Err(error.into()),
    }
}
