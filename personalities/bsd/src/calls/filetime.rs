//! Times of files (getutimes, getutimens, setutimes).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, Path};
use compat_translate::host::{self, HostResult, Timespec, nr};

use super::at::{AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags, CWD};
use super::place::Place;
use super::searched;
use super::stat::{statx, statx_fd};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

/// Nanosecond fields that are no number of nanoseconds, here and on the host.
pub const UTIME_NOW: i64 = -1;
pub const UTIME_OMIT: i64 = -2;
const HOST_NOW: i64 = 0x3fff_ffff;
const HOST_OMIT: i64 = 0x3fff_fffe;

/// Access and modification time as the host takes them; `None` for now.
type Times = Option<[Timespec; 2]>;

/// Two `struct timeval`.
fn microseconds(times: In<[i64; 4]>) -> Return<Times> {
    let Some([access_sec, access_usec, change_sec, change_usec]) = times.read_optional()? else {
        return Ok(None);
    };
    let time = |sec, usec: i64| {
        if (0..1_000_000).contains(&usec) {
            Ok(Timespec {
                sec,
                nsec: usec * 1000,
            })
        } else {
            Err(Errno::EINVAL)
        }
    };
    Ok(Some([
        time(access_sec, access_usec)?,
        time(change_sec, change_usec)?,
    ]))
}

/// Two `struct timespec`.
fn nanoseconds(times: In<[i64; 4]>) -> Return<Times> {
    let Some([access_sec, access_nsec, change_sec, change_nsec]) = times.read_optional()? else {
        return Ok(None);
    };
    let time = |sec, nsec: i64| {
        let nsec = match nsec {
            UTIME_NOW => HOST_NOW,
            UTIME_OMIT => HOST_OMIT,
            0..1_000_000_000 => nsec,
            _ => return Err(Errno::EINVAL),
        };
        Ok(Timespec { sec, nsec })
    };
    Ok(Some([
        time(access_sec, access_nsec)?,
        time(change_sec, change_nsec)?,
    ]))
}

fn nothing_to_set(times: &Times) -> bool {
    times.is_some_and(|times| times.iter().all(|time| time.nsec == HOST_OMIT))
}

/// The host's `utimensat`; a null `path` means `at` itself.
fn set(at: u64, path: u64, times: &Times, flags: u64) -> HostResult<()> {
    let times = times
        .as_ref()
        .map_or(0, |times| core::ptr::from_ref(times) as u64);
    // SAFETY: the kernel checks the guest's path; the times are ours.
    unsafe { host::call_n(nr::utimensat, [at, path, times, flags]) }.map(drop)
}

fn set_at(cx: &mut Cx, at: AtFd, path: Path, times: &Times, flags: AtFlags) -> Return<()> {
    let place = Place::to_change(cx, at, path, flags)?;
    if nothing_to_set(times) {
        // The host would not even look the file up.
        statx(place.at, place.path, place.flags)?;
        return Ok(());
    }
    if path.0 == 0 {
        return Err(Errno::EFAULT.into());
    }
    Ok(set(place.at, place.path, times, place.flags)?)
}

fn set_fd(cx: &mut Cx, fd: Fd, times: &Times) -> Return<()> {
    let fd = fd.checked(cx)?;
    if nothing_to_set(times) {
        statx_fd(fd)?;
        return Ok(());
    }
    let outcome = set(fd, 0, times, 0).map(|()| 0);
    searched::otherwise(fd, outcome, |at, path| set(at, path, times, 0).map(|()| 0))?;
    Ok(())
}

pub fn utimes(cx: &mut Cx, path: Path, tptr: In<[i64; 4]>) -> Return<()> {
    futimesat(cx, CWD, path, tptr)
}

pub fn futimesat(cx: &mut Cx, at: AtFd, path: Path, times: In<[i64; 4]>) -> Return<()> {
    set_at(cx, at, path, &microseconds(times)?, AtFlags::NONE)
}

pub fn lutimes(cx: &mut Cx, path: Path, tptr: In<[i64; 4]>) -> Return<()> {
    let link_itself = AtFlags(AT_SYMLINK_NOFOLLOW);
    set_at(cx, CWD, path, &microseconds(tptr)?, link_itself)
}

pub fn futimes(cx: &mut Cx, fd: Fd, tptr: In<[i64; 4]>) -> Return<()> {
    set_fd(cx, fd, &microseconds(tptr)?)
}

pub fn futimens(cx: &mut Cx, fd: Fd, times: In<[i64; 4]>) -> Return<()> {
    set_fd(cx, fd, &nanoseconds(times)?)
}

pub fn utimensat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    times: In<[i64; 4]>,
    flag: AtFlags,
) -> Return<()> {
    let flag = flag.only(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH)?;
    set_at(cx, at, path, &nanoseconds(times)?, flag)
}
