//! Terminals: what only NetBSD's answer (tty_ptm.c, tty.c).
//!
//! A pseudo-terminal comes out of `/dev/ptmx`, of which the host has one as well, or by TIOCPTMGET out of `/dev/ptm`.

use alloc::format;

use compat_bsd::calls::place::Held;
use compat_bsd::calls::terminal;
use compat_bsd::calls::{descriptor, open as family};
use compat_bsd::error::Error;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::open_flags::{O_NOCTTY, O_RDWR};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, HostResult, ioctl, nr};

use crate::abi::terminal::{Names, PATH_MAX, PATH_MAX_60, command};
use crate::error::Return;
use crate::lower::Fd;

/// `open`: what the host has under another name is opened when it has nothing under this one.
pub(crate) fn open(cx: &mut Cx, path: Path, flags: u32, mode: u32) -> Return<Fd> {
    match family::open(cx, path, flags, mode) {
        Err(error) if error.0 == Errno::ENOENT && path.copy()? == b"/dev/ptm" => {
            terminal::posix_openpt(cx, O_RDWR | O_NOCTTY)
        }
        done => done,
    }
}

/// Commands that the family does not know; `None` for any other.
pub(super) fn own_command(cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    Some(match com {
        command::TIOCPTMGET => pair(cx, fd).and_then(|found| told(data, &found, PATH_MAX)),
        command::TIOCPTMGET60 => pair(cx, fd).and_then(|found| told(data, &found, PATH_MAX_60)),
        command::TIOCPTSNAME => named(fd).and_then(|found| told(data, &found, PATH_MAX)),
        command::TIOCPTSNAME60 => named(fd).and_then(|found| told(data, &found, PATH_MAX_60)),
        command::TIOCGRANTPT => granted(fd),
        command::TIOCGLINED => discipline(fd).and_then(|name| Ok(guest::write(data, &name)?)),
        command::TIOCSLINED => {
            discipline(fd).and_then(|name| match guest::read::<[u8; 32]>(data)? == name {
                true => Ok(()),
                false => Err(Errno::ENXIO.into()),
            })
        }
        _ => return None,
    })
}

/// The one line discipline there is, by its name.
fn discipline(fd: u64) -> Return<[u8; 32]> {
    if !terminal::is_terminal(fd) {
        return Err(Errno::ENOTTY.into());
    }
    let mut name = [0; 32];
    for (to, from) in name.iter_mut().zip(b"termios") {
        *to = *from;
    }
    Ok(name)
}

fn number(fd: u64) -> Return<i32> {
    let mut number = 0i32;
    let at = (&raw mut number) as u64;
    // SAFETY: the kernel writes the four bytes.
    unsafe { host::call_n(nr::ioctl, [fd, u64::from(ioctl::TIOCGPTN), at]) }?;
    // SAFETY: as above.
    Ok(unsafe { (&raw const number).read_volatile() })
}

/// Whoever has the master may use the other end, which the host locks at first.
fn granted(master: u64) -> Return<()> {
    number(master)?;
    let unlocked = 0i32;
    let at = (&raw const unlocked) as u64;
    // SAFETY: the kernel reads the four bytes.
    unsafe { host::call_n(nr::ioctl, [master, u64::from(ioctl::TIOCSPTLCK), at]) }?;
    Ok(())
}

fn named(master: u64) -> Return<Names> {
    let number = number(master)?;
    Ok(Names {
        ends: [-1, -1],
        slave: format!("/dev/pts/{number}").into_bytes(),
    })
}

/// Both ends of a new pseudo-terminal (pty_alloc_master, pty_alloc_slave).
fn pair(cx: &mut Cx, device: u64) -> Return<Names> {
    number(device)?;
    let master = terminal::posix_openpt(cx, O_RDWR | O_NOCTTY)?;
    let held = Held(master.0 as u64);
    let slave = other_end(held.0).map_err(Error::from)?;
    let mut names = named(held.0).inspect_err(|_| {
        let _ = descriptor::close(cx, Fd(slave));
    })?;
    core::mem::forget(held);
    names.ends = [master.0, slave];
    Ok(names)
}

fn other_end(master: u64) -> HostResult<i32> {
    const HOST_RDWR_NOCTTY: u64 = 0o402;
    let args = [master, u64::from(ioctl::TIOCGPTPEER), HOST_RDWR_NOCTTY];
    // SAFETY: numbers.
    match unsafe { host::call_n(nr::ioctl, args) } {
        Ok(fd) => i32::try_from(fd).map_err(|_| HostErrno::EMFILE),
        Err(error) => Err(error),
    }
}

fn told(data: u64, found: &Names, longest: usize) -> Return<()> {
    Ok(guest::write_bytes(data, &found.to_ptmget(longest))?)
}
