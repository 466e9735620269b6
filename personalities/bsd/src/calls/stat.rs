//! File status, for the layouts of all systems and releases (kern_statat, kern_fstat).

use core::mem::MaybeUninit;

use compat_translate::Cx;
use compat_translate::guest::{Out, Path};
use compat_translate::host::{self, HostResult, linux, nr};
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

/// What the host knows about the file at a place.
pub fn statx(at: u64, path: u64, flags: u64) -> HostResult<linux::statx> {
    ask(
        at,
        path,
        flags,
        linux::STATX_BASIC_STATS | linux::STATX_BTIME,
    )
}

/// The host's number of the mount a file is in, as `mountinfo` has it.
pub fn mount_of(at: u64, path: u64, flags: u64) -> HostResult<u64> {
    Ok(ask(at, path, flags, linux::STATX_MNT_ID)?.stx_mnt_id)
}

fn ask(at: u64, path: u64, flags: u64, wanted: u32) -> HostResult<linux::statx> {
    let mut found = MaybeUninit::<linux::statx>::uninit();
    let wanted = u64::from(wanted);
    let flags = flags | u64::from(linux::AT_NO_AUTOMOUNT);
    // SAFETY: the kernel checks the guest's path and writes the structure that is ours.
    unsafe {
        host::call_n(
            nr::statx,
            [at, path, flags, wanted, found.as_mut_ptr() as u64],
        )
    }?;
    // SAFETY: on success the kernel has filled it; it is plain numbers.
    Ok(unsafe { found.assume_init() })
}

/// What the host knows about an open file.
pub fn statx_fd(fd: u64) -> HostResult<linux::statx> {
    statx(fd, c"".as_ptr() as u64, u64::from(linux::AT_EMPTY_PATH))
}

/// The status of an open file.
///
/// # Errors
/// `EBADF`.
pub fn of_fd(cx: &mut Cx, fd: Fd) -> Return<Stat> {
    let fd = fd.checked(cx)?;
    let found = Stat::from_host(&statx_fd(fd)?);
    Ok(file_flags::complete(cx, Where::Open(fd), found))
}

/// The status of the file at a place.
///
/// # Errors
/// As [`Place::find`].
pub fn of_path(cx: &mut Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Stat> {
    let flags = flags.only(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH)?;
    let place = Place::find(cx, at, path, flags)?;
    let found = Stat::from_host(&statx(place.at, place.path, place.flags)?);
    let file = match place.open_file() {
        Some(fd) => Where::Open(fd),
        None => Where::Path(place.at, place.path),
    };
    let found = file_flags::complete(cx, file, found);
    let follow = !flags.has(AT_SYMLINK_NOFOLLOW);
    Ok(dev_fd::status(path, follow, found))
}

/// `fstatat` for any layout that is made from [`Stat`].
pub fn fstatat<S>(cx: &mut Cx, at: AtFd, path: Path, buf: Out<S>, flag: AtFlags) -> Return<()>
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    Ok(buf.write(&(&of_path(cx, at, path, flag)?).into())?)
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
    Ok(sb.write(&(&of_fd(cx, fd)?).into())?)
}
