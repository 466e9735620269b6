//! Opening files (kern_openat, vn_open_cred, vn_open_vnode).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::OPEN_FLAGS;
use compat_tables::bsd::flags::open_flags::{
    O_CLOEXEC, O_CLOFORK, O_CREAT, O_DIRECT, O_DIRECTORY, O_EMPTY_PATH, O_EXCL, O_EXEC, O_EXLOCK,
    O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR, O_RESOLVE_BENEATH, O_SHLOCK, O_TRUNC, O_WRONLY,
};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, linux, nr};
use compat_translate::paths::{self, Look};
use compat_translate::task::gaps;

use super::at::CWD;
use super::descriptor::set_cloexec;
use super::dev_fd;
use super::place::{Held, located, open_beneath};
use super::searched;
use super::stat::statx;
use crate::error::{Error, Return};
use crate::lower::{AtFd, Fd};

const O_ACCMODE: u32 = O_WRONLY | O_RDWR;

/// What a new file's mode may have. The sticky bit is not for open to set.
pub(crate) const MODE_BITS: u64 = 0o6777;

pub fn open(cx: &mut Cx, path: Path, flags: u32, mode: u32) -> Return<Fd> {
    openat(cx, CWD, path, flags, mode)
}

/// 4.3BSD's `creat`.
pub fn ocreat(cx: &mut Cx, path: Path, mode: u32) -> Return<Fd> {
    openat(cx, CWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode)
}

pub fn openat(cx: &mut Cx, at: AtFd, path: Path, flags: u32, mode: u32) -> Return<Fd> {
    let directory = at.checked(cx)?;
    let flags = settled(flags)?;
    if let Some(fd) = dev_fd::named(path) {
        return dev_fd::copied(cx, fd, flags);
    }
    if flags & O_CLOFORK != 0 {
        gaps::count("O_CLOFORK: children keep the file");
    }
    let locks = flags & (O_EXLOCK | O_SHLOCK) != 0;
    let mut how = host_flags(flags)?;
    if locks {
        // What the lock protects is not touched before it is held.
        how &= !u64::from(linux::O_TRUNC);
    }
    let fd = if flags & O_EMPTY_PATH != 0 && guest::read::<u8>(path.0)? == 0 {
        searched::marked(flags, how, |how| reopened(cx, directory, how))?
    } else {
        searched::marked(flags, how, |how| opened(cx, at, path, flags, how, mode))?
    };
    if flags & O_EXEC != 0 {
        executable(fd)?;
    }
    if locks {
        let held = Held(fd);
        lock(cx, fd, flags)?;
        core::mem::forget(held);
    }
    Ok(Fd(fd as i32))
}

/// The flags that count, once FreeBSD has looked at how they go together.
fn settled(mut flags: u32) -> Return<u32> {
    let inconsistent = if flags & O_PATH != 0 {
        flags &= !(O_ACCMODE | O_TRUNC);
        false
    } else if flags & O_EXEC != 0 {
        flags & O_ACCMODE != 0
    } else {
        flags & O_ACCMODE == O_ACCMODE
    };
    let exclusive_directory = O_CREAT | O_EXCL | O_DIRECTORY;
    if inconsistent
        || flags & exclusive_directory == exclusive_directory
        || flags & (O_CREAT | O_EMPTY_PATH) == O_CREAT | O_EMPTY_PATH
    {
        return Err(Errno::EINVAL.into());
    }
    if flags & O_DIRECTORY != 0 {
        // Only what exists can be opened as a directory.
        flags &= !O_CREAT;
    }
    Ok(flags)
}

fn host_flags(flags: u32) -> Return<u64> {
    // O_DIRECT is advice on FreeBSD; the host wants aligned buffers and lengths for it.
    let how = OPEN_FLAGS
        .to_host(u64::from(flags & !O_DIRECT))
        .map_err(|_| Error(Errno::EINVAL))?;
    Ok(if flags & O_EXEC != 0 {
        // Opened to execute or to search: neither readable nor writable, which is what O_PATH means to the host.
        how | u64::from(linux::O_PATH)
    } else {
        // Opening a terminal never makes it the controlling one, which is for TIOCSCTTY to do.
        how | u64::from(linux::O_LARGEFILE | linux::O_NOCTTY)
    })
}

fn opened(cx: &mut Cx, at: AtFd, path: Path, flags: u32, how: u64, mode: u32) -> Return<u64> {
    let mode = u64::from(mode) & MODE_BITS;
    if flags & O_RESOLVE_BENEATH != 0 {
        let mode = if flags & O_CREAT != 0 { mode } else { 0 };
        let at = at.checked(cx)?;
        path.fits()?;
        let fd = open_beneath(cx, at, path.0, how, mode).map_err(|error| {
            if error == Error(Errno::ELOOP) && flags & O_NOFOLLOW != 0 {
                Error(Errno::EMLINK)
            } else {
                error
            }
        })?;
        if flags & O_CLOEXEC == 0 {
            set_cloexec(fd, false)?;
        }
        return Ok(fd);
    }
    let look = match opened_at_once(cx, at, path, flags, how)? {
        AtOnce::Open(fd) => return Ok(fd),
        AtOnce::Absent => looking(flags).absent(),
        AtOnce::Unknown => looking(flags),
    };
    let place = located(cx, at, path, look)?;
    // SAFETY: the kernel checks the guest's path.
    let result = unsafe { cx.host(nr::openat, [place.at, place.path(), how, mode, 0, 0]) };
    match result {
        Err(HostErrno::ELOOP | HostErrno::ENOTDIR)
            if flags & O_NOFOLLOW != 0 && is_link(place.at, place.path()) =>
        {
            Err(Errno::EMLINK.into())
        }
        other => Ok(other?),
    }
}

/// What came of opening a file at the one place where it most likely is.
enum AtOnce {
    Open(u64),
    /// It is not there, and no link is on the way.
    Absent,
    Unknown,
}

/// The file of a guest that has a root, when it is there and no link is on the way: one host call instead of three.
fn opened_at_once(cx: &mut Cx, at: AtFd, path: Path, flags: u32, how: u64) -> Return<AtOnce> {
    if flags & O_CREAT != 0 {
        return Ok(AtOnce::Unknown);
    }
    let at = at.checked(cx)?;
    let Some((at, likely)) = paths::likely(cx.process().space.get(), at, path.0)? else {
        return Ok(AtOnce::Unknown);
    };
    let request = linux::open_how {
        flags: how,
        mode: 0,
        resolve: u64::from(linux::RESOLVE_NO_SYMLINKS),
    };
    let request = [
        at,
        likely.as_ptr() as u64,
        core::ptr::from_ref(&request) as u64,
        size_of_val(&request) as u64,
        0,
        0,
    ];
    // SAFETY: a NUL-terminated path and a request, both ours.
    match unsafe { cx.host(nr::openat2, request) } {
        Ok(fd) => Ok(AtOnce::Open(fd)),
        Err(HostErrno::EINTR) => Err(Errno::EINTR.into()),
        Err(HostErrno::ENOENT) => Ok(AtOnce::Absent),
        Err(_) => Ok(AtOnce::Unknown),
    }
}

fn looking(flags: u32) -> Look {
    let link = flags & O_NOFOLLOW != 0 || flags & (O_CREAT | O_EXCL) == O_CREAT | O_EXCL;
    let look = if link { Look::LINK } else { Look::FOLLOW };
    if flags & O_CREAT != 0 {
        look.make()
    } else if flags & (O_ACCMODE | O_TRUNC) != 0 {
        look.change()
    } else {
        look
    }
}

/// O_EMPTY_PATH: another open file on what `at` refers to.
fn reopened(cx: &mut Cx, at: u64, how: u64) -> Return<u64> {
    let name = if at as i32 == linux::AT_FDCWD {
        alloc::string::String::from(".\0")
    } else {
        alloc::format!("/proc/self/fd/{at}\0")
    };
    let how = how & !u64::from(linux::O_NOFOLLOW);
    // SAFETY: a NUL-terminated name of ours.
    Ok(unsafe { cx.host(nr::openat, [at, name.as_ptr() as u64, how, 0, 0, 0]) }?)
}

fn is_link(at: u64, path: u64) -> bool {
    statx(at, path, u64::from(linux::AT_SYMLINK_NOFOLLOW))
        .is_ok_and(|found| u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFLNK)
}

/// Closes `fd` unless the caller may execute or search it.
fn executable(fd: u64) -> Return<()> {
    let held = Held(fd);
    let flags = u64::from(linux::AT_EMPTY_PATH | linux::AT_EACCESS);
    let wanted = u64::from(linux::X_OK);
    // SAFETY: an empty path of ours.
    unsafe { host::call_n(nr::faccessat2, [fd, c"".as_ptr() as u64, wanted, flags]) }?;
    core::mem::forget(held);
    Ok(())
}

/// O_EXLOCK and O_SHLOCK: a lock on the whole file, waited for unless O_NONBLOCK is set too.
fn lock(cx: &mut Cx, fd: u64, flags: u32) -> Return<()> {
    let mut how = if flags & O_EXLOCK != 0 {
        linux::LOCK_EX
    } else {
        linux::LOCK_SH
    };
    if flags & O_NONBLOCK != 0 {
        how |= linux::LOCK_NB;
    }
    // SAFETY: no memory is involved.
    unsafe { cx.host(nr::flock, [fd, u64::from(how), 0, 0, 0, 0]) }?;
    if flags & O_TRUNC != 0 {
        // SAFETY: as above.
        match unsafe { host::call_n(nr::ftruncate, [fd, 0]) } {
            // Only regular files have a length.
            Err(HostErrno::EINVAL) => {}
            other => drop(other?),
        }
    }
    Ok(())
}
