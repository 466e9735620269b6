//! Terminals: their `ioctl`s (tty.c, tty_pts.c), `posix_openpt` and `revoke`.

use core::mem::MaybeUninit;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::OPEN_FLAGS;
use compat_tables::freebsd::flags::ioctl_cmd as command;
use compat_tables::freebsd::flags::open_flags::{O_CLOEXEC, O_NOCTTY, O_RDWR};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, HostResult, ioctl, linux, nr};
use compat_translate::paths::Look;

use super::at::CWD;
use super::path::name_of;
use super::place::{Held, located};
use super::stat::statx;
use crate::abi::termios::Termios;
use crate::error::{Error, Return};
use crate::lower::Fd;

/// A host `ioctl` with a number or an address of ours.
fn control(fd: u64, request: u32, arg: u64) -> HostResult {
    // SAFETY: every caller passes what the request takes.
    unsafe { host::call_n(nr::ioctl, [fd, u64::from(request), arg]) }
}

/// The same for requests that wait for output to drain.
fn control_waiting(cx: &mut Cx, fd: u64, request: u32, arg: u64) -> HostResult {
    // SAFETY: every caller passes what the request takes.
    unsafe { cx.host(nr::ioctl, [fd, u64::from(request), arg, 0, 0, 0]) }
}

fn modes(fd: u64) -> HostResult<linux::termios2> {
    let mut found = MaybeUninit::<linux::termios2>::zeroed();
    control(fd, ioctl::TCGETS2, found.as_mut_ptr() as u64)?;
    // SAFETY: plain numbers, all of them set.
    Ok(unsafe { found.assume_init() })
}

/// Whether `fd` is a terminal.
pub(super) fn is_terminal(fd: u64) -> bool {
    modes(fd).is_ok()
}

fn set_modes(cx: &mut Cx, fd: u64, request: u32, data: u64) -> Return<()> {
    let wanted: Termios = guest::read(data)?;
    let modes = wanted.to_host(&modes(fd)?);
    control_waiting(cx, fd, request, core::ptr::from_ref(&modes) as u64)?;
    Ok(())
}

/// The number of the pseudo-terminal whose master `fd` is; a fresh one is unlocked, as there is no lock on FreeBSD.
fn master(fd: u64) -> HostResult<u32> {
    let mut number: u32 = 0;
    control(fd, ioctl::TIOCGPTN, core::ptr::from_mut(&mut number) as u64)?;
    let unlocked: i32 = 0;
    control(fd, ioctl::TIOCSPTLCK, core::ptr::from_ref(&unlocked) as u64)?;
    Ok(number)
}

/// Terminal commands whose argument the host takes in another form; `None` for any other command.
pub(super) fn terminal_command(cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    /// FREAD and FWRITE: which queue to flush.
    const QUEUES: [u32; 4] = [
        linux::TCIOFLUSH,
        linux::TCIFLUSH,
        linux::TCOFLUSH,
        linux::TCIOFLUSH,
    ];
    const TIOCM_DTR: u32 = 0x2;
    let dtr = core::ptr::from_ref(&TIOCM_DTR) as u64;
    let plain = |result: HostResult| Some(result.map(drop).map_err(Error::from));
    match com {
        command::TIOCGETA => Some(
            modes(fd)
                .and_then(|found| guest::write(data, &Termios::from_host(&found)))
                .map_err(Error::from),
        ),
        command::TIOCSETA => Some(set_modes(cx, fd, ioctl::TCSETS2, data)),
        command::TIOCSETAW => Some(set_modes(cx, fd, ioctl::TCSETSW2, data)),
        command::TIOCSETAF => Some(set_modes(cx, fd, ioctl::TCSETSF2, data)),
        command::TIOCFLUSH => Some(
            guest::read::<u32>(data)
                .and_then(|which| {
                    let queue = QUEUES.get(which as usize & 3).copied().unwrap_or_default();
                    control(fd, ioctl::TCFLSH, u64::from(queue)).map(drop)
                })
                .map_err(Error::from),
        ),
        command::TIOCDRAIN => plain(control_waiting(cx, fd, ioctl::TCSBRK, 1)),
        command::TIOCSTART => plain(control(fd, ioctl::TCXONC, u64::from(linux::TCOON))),
        command::TIOCSTOP => plain(control(fd, ioctl::TCXONC, u64::from(linux::TCOOFF))),
        command::TIOCSDTR => plain(control(fd, ioctl::TIOCMBIS, dtr)),
        command::TIOCCDTR => plain(control(fd, ioctl::TIOCMBIC, dtr)),
        command::TIOCSCTTY => plain(control(fd, ioctl::TIOCSCTTY, 0)),
        command::TIOCSIG => Some(signal(fd, data)),
        // The one discipline that FreeBSD has left.
        command::TIOCGETD => Some(
            modes(fd)
                .and_then(|_| guest::write(data, &0_i32))
                .map_err(Error::from),
        ),
        command::TIOCSETD => Some(discipline(fd, data)),
        command::TIOCPTMASTER => Some(match master(fd) {
            Ok(_) => Ok(()),
            Err(HostErrno::ENOTTY) if is_terminal(fd) => Err(Errno::EINVAL.into()),
            Err(error) => Err(error.into()),
        }),
        command::TIOCGPTN => Some(
            master(fd)
                .and_then(|number| guest::write(data, &number))
                .map_err(Error::from),
        ),
        command::FIODGNAME => Some(device_name(fd, data)),
        _ => None,
    }
}

/// TIOCSIG: a signal, by value, for whoever is in front of the pseudo-terminal whose master `fd` is.
fn signal(fd: u64, number: u64) -> Return<()> {
    let host_number = u8::try_from(number)
        .ok()
        .and_then(crate::signals::to_host)
        .ok_or(Errno::EINVAL)?;
    control(fd, ioctl::TIOCSIG, u64::from(host_number))?;
    Ok(())
}

fn discipline(fd: u64, data: u64) -> Return<()> {
    modes(fd)?;
    if guest::read::<i32>(data)? == 0 {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// FIODGNAME: the device's name below `/dev`, into a buffer that the guest describes (`struct fiodgname_arg`).
fn device_name(fd: u64, data: u64) -> Return<()> {
    let size: i32 = guest::read(data)?;
    let buffer = guest::load_u64(data.wrapping_add(8))?;
    let mut name = match master(fd) {
        Ok(number) => alloc::format!("pts/{number}").into_bytes(),
        Err(_) => {
            let path = name_of(fd)?;
            path.strip_prefix(b"/dev/").ok_or(Errno::ENOTTY)?.to_vec()
        }
    };
    name.push(0);
    if name.len() > usize::try_from(size).unwrap_or(0) {
        return Err(Errno::EINVAL.into());
    }
    Ok(guest::write_bytes(buffer, &name)?)
}

pub(crate) fn posix_openpt(_cx: &mut Cx, flags: u32) -> Return<Fd> {
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

/// Takes a terminal away from everybody who has it open.
pub(crate) fn revoke(cx: &mut Cx, path: Path) -> Return<()> {
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
