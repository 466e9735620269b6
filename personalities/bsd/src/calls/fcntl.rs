//! `fcntl` and `flock` (kern_fcntl).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::flock_op::{LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN};
use compat_tables::bsd::flags::{
    FCNTL_CMD, STATUS_FLAGS, descriptor_flags, fcntl_cmd, status_flags,
};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::task::gaps;

use super::descriptor::copy_to;
use super::write::mark_of;
use crate::abi::fcntl::{Flock, Oflock};
use crate::error::{Error, Return};
use crate::lower::Fd;

pub fn fcntl(cx: &mut Cx, fd: Fd, cmd: i32, arg: i64) -> Return<i32> {
    let host_fd = fd.checked(cx)?;
    let number = arg as i32;
    let asked = |arg: i64| control(host_fd, cmd, arg as u64).map(|value| value as i32);
    Ok(match cmd {
        fcntl_cmd::F_DUPFD | fcntl_cmd::F_DUPFD_CLOEXEC => {
            let copy = asked(i64::from(number))?;
            cx.process().objects.duplicated(fd.0, copy);
            copy
        }
        fcntl_cmd::F_GETFD | fcntl_cmd::F_ADD_SEALS | fcntl_cmd::F_GET_SEALS => {
            asked(i64::from(number))?
        }
        fcntl_cmd::F_SETFD => {
            note_fork_flag(arg as u32);
            asked(arg & i64::from(linux::FD_CLOEXEC))?
        }
        fcntl_cmd::F_DUP2FD => copy_to(cx, fd, Fd(number), false)?.0,
        fcntl_cmd::F_DUP2FD_CLOEXEC => copy_to(cx, fd, Fd(number), true)?.0,
        fcntl_cmd::F_GETFL => STATUS_FLAGS.to_guest(control(host_fd, cmd, 0)?) as i32,
        fcntl_cmd::F_SETFL => {
            // O_DIRECT is advice on FreeBSD; the host wants aligned buffers and lengths for it.
            let flags = number as u32 & !status_flags::O_DIRECT;
            let flags = STATUS_FLAGS
                .to_host(u64::from(flags))
                .map_err(|_| Error(Errno::EINVAL))?;
            asked(flags as i64 | i64::from(mark_of(host_fd)))?
        }
        fcntl_cmd::F_GETOWN => owner(host_fd)?,
        fcntl_cmd::F_SETOWN => asked(i64::from(number))?,
        fcntl_cmd::F_GETLK => {
            let lock: Flock = guest::read(arg as u64)?;
            guest::write(arg as u64, &conflict(host_fd, lock)?)?;
            0
        }
        fcntl_cmd::F_OGETLK => {
            let lock: Oflock = guest::read(arg as u64)?;
            guest::write(arg as u64, &Oflock::from(conflict(host_fd, lock.into())?))?;
            0
        }
        fcntl_cmd::F_SETLK | fcntl_cmd::F_SETLKW => {
            let lock: Flock = guest::read(arg as u64)?;
            set_lock(cx, host_fd, lock, cmd == fcntl_cmd::F_SETLKW)?
        }
        fcntl_cmd::F_OSETLK | fcntl_cmd::F_OSETLKW => {
            let lock: Oflock = guest::read(arg as u64)?;
            set_lock(cx, host_fd, lock.into(), cmd == fcntl_cmd::F_OSETLKW)?
        }
        fcntl_cmd::F_READAHEAD => read_ahead(host_fd, number >= 0)?,
        fcntl_cmd::F_RDAHEAD => read_ahead(host_fd, number != 0)?,
        fcntl_cmd::F_ISUNIONSTACK => {
            control(host_fd, fcntl_cmd::F_GETFD, 0)?;
            0
        }
        // The lock daemon's, a privilege of root.
        fcntl_cmd::F_SETLK_REMOTE => return Err(Errno::EPERM.into()),
        // FreeBSD 15's dup3, with descriptor flags in the command's upper half.
        _ if cmd as u32 & 0xffff == fcntl_cmd::F_DUP3FD as u32 => {
            let flags = cmd as u32 >> 16;
            if flags & !(linux::FD_CLOEXEC | descriptor_flags::FD_CLOFORK) != 0 {
                return Err(Errno::EINVAL.into());
            }
            note_fork_flag(flags);
            copy_to(cx, fd, Fd(number), flags & linux::FD_CLOEXEC != 0)?.0
        }
        _ => return Err(Errno::EINVAL.into()),
    })
}

/// FreeBSD 15's flag that closes a descriptor in children is taken, and heeded by nobody.
fn note_fork_flag(flags: u32) {
    if flags & descriptor_flags::FD_CLOFORK != 0 {
        gaps::count("FD_CLOFORK: children keep the file");
    }
}

/// The host's `fcntl` with the command the table gives.
pub fn control(fd: u64, cmd: i32, arg: u64) -> HostResult {
    let command = FCNTL_CMD.to_host(i64::from(cmd)).ok_or(HostErrno::EINVAL)?;
    // SAFETY: the commands used here take numbers, or structures that are ours.
    unsafe { host::call_n(nr::fcntl, [fd, command as u64, arg]) }
}

/// The process, or as a negative number the group, that gets SIGIO.
fn owner(fd: u64) -> HostResult<i32> {
    // F_GETOWN itself would let a small group number look like an error.
    let mut owner = linux::f_owner_ex { type_: 0, pid: 0 };
    let at = core::ptr::from_mut(&mut owner) as u64;
    // SAFETY: the kernel fills the structure.
    unsafe { host::call_n(nr::fcntl, [fd, u64::from(linux::F_GETOWN_EX), at]) }?;
    Ok(if owner.type_ as u32 == linux::F_OWNER_PGRP {
        owner.pid.wrapping_neg()
    } else {
        owner.pid
    })
}

fn conflict(fd: u64, lock: Flock) -> Return<Flock> {
    let mut found = lock.to_host()?;
    let at = core::ptr::from_mut(&mut found) as u64;
    control(fd, fcntl_cmd::F_GETLK, at)?;
    Ok(lock.answered(&found))
}

fn set_lock(cx: &mut Cx, fd: u64, lock: Flock, wait: bool) -> Return<i32> {
    let lock = lock.to_host()?;
    let at = core::ptr::from_ref(&lock) as u64;
    if wait {
        let command = u64::from(linux::F_SETLKW);
        // SAFETY: the kernel reads the structure, which lives through the call.
        unsafe { cx.host(nr::fcntl, [fd, command, at, 0, 0, 0]) }?;
    } else {
        control(fd, fcntl_cmd::F_SETLK, at)?;
    }
    Ok(0)
}

/// F_READAHEAD and F_RDAHEAD are hints; the host knows an on and an off.
fn read_ahead(fd: u64, on: bool) -> Return<i32> {
    let advice = if on {
        linux::POSIX_FADV_SEQUENTIAL
    } else {
        linux::POSIX_FADV_RANDOM
    };
    // SAFETY: no memory is involved.
    match unsafe { host::call_n(nr::fadvise64, [fd, 0, 0, u64::from(advice)]) } {
        Ok(_) => Ok(0),
        // Not a file.
        Err(HostErrno::ESPIPE | HostErrno::EINVAL) => Err(Errno::EBADF.into()),
        Err(error) => Err(error.into()),
    }
}

pub fn flock(cx: &mut Cx, fd: Fd, how: u32) -> Return<()> {
    let fd = fd.checked(cx)?;
    // The first of these that is set counts; none is EBADF (sys_flock).
    let operation = [LOCK_UN, LOCK_EX, LOCK_SH]
        .into_iter()
        .find(|&operation| how & operation != 0)
        .ok_or(Errno::EBADF)?;
    let how = u64::from(operation | how & LOCK_NB);
    // SAFETY: no memory is involved.
    unsafe { cx.host(nr::flock, [fd, how, 0, 0, 0, 0]) }?;
    Ok(())
}
