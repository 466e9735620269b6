//! Pseudo-terminals: `posix_openpt` and what their masters answer (tty_pts.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::Signal;
use compat_tables::bsd::flags::open_flags::{O_CLOEXEC, O_NOCTTY, O_RDWR};
use compat_tables::bsd::flags::{OPEN_FLAGS, c_lflag, ioctl_cmd as command};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, HostErrno, HostResult, ioctl, linux, nr};

use super::{control, modes, number, status};
use crate::abi::termios::Termios;
use crate::calls::at::CWD;
use crate::calls::place::Held;
use crate::error::{Error, Return};
use crate::lower::Fd;

pub fn posix_openpt(_cx: &mut Cx, flags: u32) -> Return<Fd> {
    // sys_posix_openpt; O_CLOEXEC since FreeBSD 10.
    if flags & !(O_RDWR | O_NOCTTY | O_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let how = OPEN_FLAGS
        .to_host(u64::from(flags | O_RDWR | O_NOCTTY))
        .map_err(|_| Error(Errno::EINVAL))?;
    let name = c"/dev/ptmx".as_ptr() as u64;
    // SAFETY: a NUL-terminated name of ours.
    let held = Held(unsafe { host::call_n(nr::openat, [CWD.0 as u64, name, how, 0]) }?);
    master(held.0)?;
    let fd = Fd(held.0 as i32);
    core::mem::forget(held);
    Ok(fd)
}

/// Whether `fd` is the master of a pseudo-terminal.
pub fn is_master(fd: u64) -> bool {
    number(fd, ioctl::TIOCGPTN).is_ok()
}

/// The number of the pseudo-terminal whose master `fd` is; a fresh one is unlocked, as there is no lock on FreeBSD.
fn master(fd: u64) -> HostResult<i32> {
    let found = number(fd, ioctl::TIOCGPTN)?;
    let unlocked: i32 = 0;
    control(fd, ioctl::TIOCSPTLCK, core::ptr::from_ref(&unlocked) as u64)?;
    Ok(found)
}

/// What only masters answer; `None` for any other command.
pub(super) fn command(cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    Some(match com {
        command::TIOCPTMASTER => master(fd).map(drop).map_err(Error::from),
        command::TIOCGPTN => master(fd)
            .and_then(|number| guest::write(data, &number))
            .map_err(Error::from),
        command::TIOCEXT => external(fd, data),
        command::TIOCSIG => signal(cx, fd, data),
        command::TIOCUCNTL => match master(fd) {
            Ok(_) => Err(cx.gap("TIOCUCNTL", Errno::ENOTTY.into())),
            Err(error) => Err(error.into()),
        },
        _ => return None,
    })
}

/// TIOCEXT: whether the master's owner does the line editing, so that the line discipline does not.
fn external(fd: u64, data: u64) -> Return<()> {
    master(fd)?;
    let mut wanted = modes(fd)?;
    let wish: i32 = guest::read(data)?;
    if wish == 0 {
        wanted.c_lflag &= !linux::EXTPROC;
    } else {
        wanted.c_lflag |= linux::EXTPROC;
    }
    control(fd, ioctl::TCSETS2, core::ptr::from_ref(&wanted) as u64)?;
    Ok(())
}

/// TIOCSIG: a signal, by value, for whoever is in front. The host's own does it for the three that keys send.
fn signal(cx: &mut Cx, fd: u64, signal: u64) -> Return<()> {
    const NSIG: u64 = 128;
    master(fd)?;
    if !(1..NSIG).contains(&signal) {
        return Err(Errno::EINVAL.into());
    }
    if signal == Signal::SIGINFO as u64
        && Termios::from_host(&modes(fd)?).lflag & c_lflag::NOKERNINFO == 0
    {
        status::show(fd)?;
    }
    let Some(to_send) = u8::try_from(signal).ok().and_then(crate::signals::to_host) else {
        return Err(cx.gap(
            "TIOCSIG: a signal that the host has not",
            Errno::EINVAL.into(),
        ));
    };
    let to_send = u64::from(to_send);
    if control(fd, ioctl::TIOCSIG, to_send).is_ok() {
        return Ok(());
    }
    match number(fd, ioctl::TIOCGPGRP)? {
        // Nobody is in front.
        ..=0 => Ok(()),
        group => {
            // SAFETY: no memory is involved.
            let sent = unsafe { host::call_n(nr::kill, [-i64::from(group) as u64, to_send]) };
            match sent {
                Ok(_) | Err(HostErrno::ESRCH) => Ok(()),
                Err(error) => Err(error.into()),
            }
        }
    }
}
