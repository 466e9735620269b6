//! The table of descriptors: copies, ends and pipes (kern_descrip.c, sys_pipe.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::close_range_flags::CLOSE_RANGE_CLOEXEC;
use compat_tables::bsd::flags::{CLOSE_RANGE_FLAGS, PIPE_FLAGS};
use compat_translate::Cx;
use compat_translate::guest::Out;
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};

use crate::error::{Error, Return};
use crate::lower::Fd;

pub fn close(cx: &mut Cx, fd: Fd) -> Return<()> {
    let host_fd = fd.checked(cx)?;
    // Not by `cx.host`, which may refuse to begin.
    if let Some(closed) = cx.made.take() {
        return done(closed);
    }
    cx.process().objects.closing(fd.0);
    close_one(host_fd)
}

/// Closes a host descriptor.
fn close_one(fd: u64) -> Return<()> {
    // SAFETY: the descriptor is the guest's.
    done(unsafe { host::call_n(nr::close, [fd]) })
}

/// It is gone even when the host says EINTR, and must not be closed twice.
fn done(closed: HostResult) -> Return<()> {
    match closed {
        Ok(_) | Err(HostErrno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub fn freebsd12_closefrom(cx: &mut Cx, lowfd: i32) -> Return<()> {
    // A negative number means all of them (freebsd12_closefrom).
    close_range(cx, lowfd.max(0) as u32, u32::MAX, 0)
}

pub fn close_range(cx: &mut Cx, lowfd: u32, highfd: u32, flags: u32) -> Return<()> {
    if flags & !CLOSE_RANGE_CLOEXEC != 0 || highfd < lowfd {
        return Err(Errno::EINVAL.into());
    }
    let cloexec = flags & CLOSE_RANGE_CLOEXEC != 0;
    let objects = &cx.process().objects;
    // The host closes what lies between our own descriptors.
    let mut first = lowfd;
    let hidden = objects.hidden().into_iter().map(|fd| fd as u32);
    for ours in hidden.filter(|fd| (lowfd..=highfd).contains(fd)) {
        if ours > first {
            between(objects, first, ours - 1, cloexec)?;
        }
        first = ours.saturating_add(1);
    }
    if first <= highfd {
        between(objects, first, highfd, cloexec)?;
    }
    Ok(())
}

fn between(
    objects: &compat_translate::objects::Objects,
    first: u32,
    last: u32,
    cloexec: bool,
) -> HostResult<()> {
    let flags = if cloexec {
        CLOSE_RANGE_FLAGS
            .to_host(u64::from(CLOSE_RANGE_CLOEXEC))
            .unwrap_or_default()
    } else {
        objects.closing_range(first, last);
        0
    };
    // SAFETY: the descriptors are the guest's.
    unsafe { host::call_n(nr::close_range, [u64::from(first), u64::from(last), flags]) }.map(drop)
}

pub fn dup(cx: &mut Cx, fd: Fd) -> Return<Fd> {
    let host_fd = fd.checked(cx)?;
    // SAFETY: no memory is involved.
    let copy = unsafe { host::call_n(nr::dup, [host_fd]) }? as i32;
    cx.process().objects.duplicated(fd.0, copy);
    Ok(Fd(copy))
}

pub fn dup2(cx: &mut Cx, from: Fd, to: Fd) -> Return<Fd> {
    copy_to(cx, from, to, false)
}

/// `dup2`, with close-on-exec when `cloexec` (F_DUP2FD_CLOEXEC).
pub fn copy_to(cx: &mut Cx, from: Fd, to: Fd, cloexec: bool) -> Return<Fd> {
    let host_from = from.checked(cx)?;
    if from == to {
        // SAFETY: no memory is involved; an open descriptor is asked for its flags.
        let flags = unsafe { host::call_n(nr::fcntl, [host_from, u64::from(linux::F_GETFD)]) }?;
        if cloexec {
            let flags = flags | u64::from(linux::FD_CLOEXEC);
            // SAFETY: as above.
            unsafe { host::call_n(nr::fcntl, [host_from, u64::from(linux::F_SETFD), flags]) }?;
        }
        return Ok(to);
    }
    // SAFETY: as above. A number that cannot be copied leaves `to` as it is.
    unsafe { host::call_n(nr::fcntl, [host_from, u64::from(linux::F_GETFD)]) }?;
    let objects = &cx.process().objects;
    objects.make_room(to.0)?;
    objects.closing(to.0);
    let host_to = i64::from(to.0) as u64;
    let flags = if cloexec { linux::O_CLOEXEC } else { 0 };
    loop {
        // SAFETY: as above.
        match unsafe { host::call_n(nr::dup3, [host_from, host_to, u64::from(flags)]) } {
            // Another thread is just opening a file there.
            Err(HostErrno::EBUSY) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {
                objects.duplicated(from.0, to.0);
                return Ok(to);
            }
        }
    }
}

pub fn getdtablesize(_cx: &mut Cx) -> Return<i32> {
    let mut limit = [0_u64; 2];
    let request = [
        0,
        u64::from(linux::RLIMIT_NOFILE),
        0,
        limit.as_mut_ptr() as u64,
    ];
    // SAFETY: the kernel writes both halves of the limit.
    unsafe { host::call_n(nr::prlimit64, request) }?;
    Ok(i32::try_from(limit[0]).unwrap_or(i32::MAX))
}

/// Both ends of a new pipe. `flags` are the host's.
///
/// # Errors
/// As the host's `pipe2`.
pub fn pipe_pair(flags: u64) -> HostResult<[i32; 2]> {
    let mut ends = [-1; 2];
    // SAFETY: the kernel writes both numbers.
    unsafe { host::call_n(nr::pipe2, [ends.as_mut_ptr() as u64, flags]) }?;
    Ok(ends)
}

/// `pipe` before FreeBSD 10: both ends in registers.
pub fn freebsd10_pipe(_cx: &mut Cx) -> Return<(u32, u32)> {
    let [read, write] = pipe_pair(0)?;
    Ok((read as u32, write as u32))
}

pub fn pipe2(cx: &mut Cx, fildes: Out<[i32; 2]>, flags: u32) -> Return<()> {
    let _ = cx;
    let flags = PIPE_FLAGS
        .to_host(u64::from(flags))
        .map_err(|_| Error(Errno::EINVAL))?;
    let ends = pipe_pair(flags)?;
    if let Err(error) = fildes.write(&ends) {
        for end in ends {
            let _ = close_one(end as u64);
        }
        return Err(error.into());
    }
    Ok(())
}

/// Whether `fd` is closed by `execve`.
pub fn set_cloexec(fd: u64, on: bool) -> HostResult<()> {
    let flags = if on { linux::FD_CLOEXEC } else { 0 };
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::fcntl, [fd, u64::from(linux::F_SETFD), u64::from(flags)]) }.map(drop)
}
