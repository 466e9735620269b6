//! Terminals: their `ioctl`s (tty.c, tty_pts.c) and `revoke`. [`pty`] has what is special about pseudo-terminals.
//!
//! A terminal is the host's: its modes, its foreground group, its session. The host's line discipline lacks the key that
//! sends SIGINFO (VSTATUS), a second erase character and a few flags; who asks for those is counted as a gap.

mod pty;
mod status;

use core::mem::MaybeUninit;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::ioctl_cmd as command;
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, HostResult, ioctl, linux, nr};
use compat_translate::paths::Look;

use super::at::CWD;
use super::place::{Held, located};
use super::stat::statx;
use crate::abi::termios::Termios;
use crate::error::{Error, Return};

pub use pty::is_master;
pub use pty::posix_openpt;

/// A host `ioctl` with a number or an address of ours.
fn control(fd: u64, request: u32, arg: u64) -> HostResult {
    // SAFETY: every caller passes what the request takes.
    unsafe { host::call_n(nr::ioctl, [fd, u64::from(request), arg]) }
}

/// The same for requests that wait: for output to drain, or for the foreground.
fn control_waiting(cx: &mut Cx, fd: u64, request: u32, arg: u64) -> HostResult {
    // SAFETY: every caller passes what the request takes.
    unsafe { cx.host(nr::ioctl, [fd, u64::from(request), arg, 0, 0, 0]) }
}

/// A number that the host stores.
fn number(fd: u64, request: u32) -> HostResult<i32> {
    let mut found = 0;
    control(fd, request, core::ptr::from_mut(&mut found) as u64)?;
    Ok(found)
}

fn modes(fd: u64) -> HostResult<linux::termios2> {
    let mut found = MaybeUninit::<linux::termios2>::zeroed();
    match control(fd, ioctl::TCGETS2, found.as_mut_ptr() as u64) {
        // SAFETY: plain numbers, all of them set.
        Ok(_) => Ok(unsafe { found.assume_init() }),
        // Some of the host's devices know no command at all, and say so this way.
        Err(HostErrno::EINVAL) => Err(HostErrno::ENOTTY),
        Err(error) => Err(error),
    }
}

/// Whether `fd` is a terminal.
pub fn is_terminal(fd: u64) -> bool {
    modes(fd).is_ok()
}

/// The host's major and minor number of the terminal `fd`: the one behind `/dev/tty`, and the other end of a master.
pub fn device(fd: u64) -> HostResult<(u32, u32)> {
    let dev = number(fd, ioctl::TIOCGDEV)? as u32;
    Ok((dev >> 8 & 0xfff, dev >> 12 & 0xf_ff00 | dev & 0xff))
}

fn set_modes(cx: &mut Cx, fd: u64, request: u32, data: u64) -> Return<()> {
    let wanted: Termios = guest::read(data)?;
    let current = modes(fd)?;
    for what in wanted.beyond_host(&Termios::from_host(&current)) {
        cx.gap(what, ());
    }
    let modes = wanted.to_host(&current);
    control_waiting(cx, fd, request, core::ptr::from_ref(&modes) as u64)?;
    Ok(())
}

/// Terminal commands whose argument or answer the host takes in another form; `None` for any other command.
pub fn terminal_command(cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    let plain = |result: HostResult| result.map(drop).map_err(Error::from);
    Some(match com {
        command::TIOCGETA => modes(fd)
            .and_then(|found| guest::write(data, &Termios::from_host(&found)))
            .map_err(Error::from),
        command::TIOCSETA => set_modes(cx, fd, ioctl::TCSETS2, data),
        command::TIOCSETAW => set_modes(cx, fd, ioctl::TCSETSW2, data),
        command::TIOCSETAF => set_modes(cx, fd, ioctl::TCSETSF2, data),
        command::TIOCFLUSH => flush(cx, fd, data),
        command::TIOCDRAIN => plain(control_waiting(cx, fd, ioctl::TCSBRK, 1)),
        command::TIOCSTART => plain(control(fd, ioctl::TCXONC, u64::from(linux::TCOON))),
        command::TIOCSTOP => plain(control(fd, ioctl::TCXONC, u64::from(linux::TCOOFF))),
        command::TIOCSDTR
        | command::TIOCCDTR
        | command::TIOCMGET
        | command::TIOCMSET
        | command::TIOCMBIS
        | command::TIOCMBIC => modem(fd, com, data),
        command::TIOCGPGRP => foreground(fd, data),
        command::TIOCSPGRP => set_foreground(cx, fd, data),
        command::TIOCSCTTY => plain(control(fd, ioctl::TIOCSCTTY, 0)),
        command::TIOCNOTTY => detach(cx, fd),
        command::TIOCSTI => type_in(cx, fd, data),
        command::TIOCSTAT => status::show(fd),
        // The one discipline that FreeBSD has left.
        command::TIOCGETD => modes(fd)
            .and_then(|_| guest::write(data, &0_i32))
            .map_err(Error::from),
        command::TIOCSETD => discipline(fd, data),
        command::TIOCGDRAINWAIT => {
            /// Seconds that output may take to drain (tty.c, `tty_drainwait`).
            const DRAIN_WAIT: i32 = 300;
            modes(fd)
                .and_then(|_| guest::write(data, &DRAIN_WAIT))
                .map_err(Error::from)
        }
        command::TIOCSDRAINWAIT => match modes(fd) {
            Ok(_) => Err(cx.gap("TIOCSDRAINWAIT", Errno::EPERM.into())),
            Err(error) => Err(error.into()),
        },
        // In the headers, and answered by no driver (tty_generic_ioctl).
        command::TIOCMGDTRWAIT | command::TIOCMSDTRWAIT | command::TIOCTIMESTAMP => modes(fd)
            .map_err(Error::from)
            .and(Err(Errno::ENOTTY.into())),
        _ => return pty::command(cx, fd, com, data),
    })
}

fn flush(cx: &mut Cx, fd: u64, data: u64) -> Return<()> {
    /// FREAD and FWRITE: which queue to flush.
    const QUEUES: [u32; 4] = [
        linux::TCIOFLUSH,
        linux::TCIFLUSH,
        linux::TCOFLUSH,
        linux::TCIOFLUSH,
    ];
    let which: u32 = guest::read(data)?;
    let queue = QUEUES.get(which as usize & 3).copied().unwrap_or_default();
    control_waiting(cx, fd, ioctl::TCFLSH, u64::from(queue))?;
    Ok(())
}

/// The lines of a modem. A terminal without any takes what it is told and shows TIOCM_LE (ttydevsw_defmodem).
fn modem(fd: u64, com: u32, data: u64) -> Return<()> {
    const TIOCM_LE: i32 = 0x1;
    const TIOCM_DTR: i32 = 0x2;
    let (request, mut bits) = match com {
        command::TIOCSDTR => (ioctl::TIOCMBIS, TIOCM_DTR),
        command::TIOCCDTR => (ioctl::TIOCMBIC, TIOCM_DTR),
        command::TIOCMGET => (ioctl::TIOCMGET, TIOCM_LE),
        command::TIOCMSET => (ioctl::TIOCMSET, guest::read(data)?),
        command::TIOCMBIS => (ioctl::TIOCMBIS, guest::read(data)?),
        _ => (ioctl::TIOCMBIC, guest::read(data)?),
    };
    match control(fd, request, core::ptr::from_mut(&mut bits) as u64) {
        Ok(_) => {}
        Err(HostErrno::ENOTTY | HostErrno::EINVAL) if is_terminal(fd) => {}
        Err(error) => return Err(error.into()),
    }
    if com == command::TIOCMGET {
        guest::write(data, &bits)?;
    }
    Ok(())
}

/// The foreground group; when there is none, or none that this PID namespace can see, a number no group has.
fn foreground(fd: u64, data: u64) -> Return<()> {
    const NO_PID: i32 = 100_000;
    let group = match number(fd, ioctl::TIOCGPGRP)? {
        0 => NO_PID,
        group => group,
    };
    Ok(guest::write(data, &group)?)
}

fn set_foreground(cx: &mut Cx, fd: u64, data: u64) -> Return<()> {
    let mut group: i32 = guest::read(data)?;
    control_waiting(
        cx,
        fd,
        ioctl::TIOCSPGRP,
        core::ptr::from_mut(&mut group) as u64,
    )
    .map_err(|error| match error {
        // A number that no group has is like one of another session's.
        HostErrno::ESRCH | HostErrno::EINVAL if is_terminal(fd) => HostErrno::EPERM,
        error => error,
    })?;
    Ok(())
}

/// TIOCNOTTY is for session leaders (tty_drop_ctty); the host lets any process go, and tells the group in front when a
/// leader does.
fn detach(cx: &mut Cx, fd: u64) -> Return<()> {
    let session = number(fd, ioctl::TIOCGSID)?;
    // SAFETY: no memory is involved.
    let own = unsafe { host::call_n(nr::getpid, []) }?;
    if session as u64 != own {
        return Err(Errno::EPERM.into());
    }
    control(fd, ioctl::TIOCNOTTY, 0)?;
    cx.gap("TIOCNOTTY: without SIGHUP and SIGCONT", ());
    Ok(())
}

/// TIOCSTI: one character as if typed. Many hosts let nobody do that (`dev.tty.legacy_tiocsti`).
fn type_in(cx: &mut Cx, fd: u64, data: u64) -> Return<()> {
    let mut byte: u8 = guest::read(data)?;
    match control(fd, ioctl::TIOCSTI, core::ptr::from_mut(&mut byte) as u64) {
        Ok(_) => Ok(()),
        Err(HostErrno::EIO) => Err(cx.gap(
            "TIOCSTI: the host lets nobody type for others (sysctl dev.tty.legacy_tiocsti)",
            Errno::EPERM.into(),
        )),
        // Not one's own terminal.
        Err(HostErrno::EPERM) => Err(Errno::EACCES.into()),
        Err(error) => Err(error.into()),
    }
}

fn discipline(fd: u64, data: u64) -> Return<()> {
    modes(fd)?;
    if guest::read::<i32>(data)? == 0 {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// Takes a terminal away from everybody who has it open.
pub fn revoke(cx: &mut Cx, path: Path) -> Return<()> {
    let place = located(cx, CWD, path, Look::FOLLOW)?;
    let found = statx(place.at, place.path(), 0)?;
    if u32::from(found.stx_mode) & linux::S_IFMT != linux::S_IFCHR {
        return Err(Errno::EINVAL.into());
    }
    let how = u64::from(linux::O_RDWR | linux::O_NOCTTY | linux::O_NONBLOCK | linux::O_CLOEXEC);
    // SAFETY: the kernel checks the guest's path.
    let device = Held(unsafe { host::call_n(nr::openat, [place.at, place.path(), how, 0]) }?);
    match control(device.0, ioctl::TIOCVHANGUP, 0) {
        Ok(_) => Ok(()),
        // Devices other than terminals cannot be taken away on the host.
        Err(HostErrno::ENOTTY | HostErrno::EINVAL) => {
            Err(cx.gap("revoke: a device that is no terminal", Errno::EPERM.into()))
        }
        Err(error) => Err(error.into()),
    }
}
