//! `ioctl` (sys_ioctl, kern_ioctl): terminals are in `terminal/`, files here, network interfaces with each system, and the
//! table renumbers the rest.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{IOCTL_CMD, fcntl_cmd, ioctl_cmd as command};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, HostResult, ioctl as host_command, linux, nr};

use super::stat::statx_fd;
use super::{device, terminal};
use crate::error::{Error, Return};
use crate::lower::Fd;

/// Bytes in the send queue of a socket, or written to a terminal and not sent: the host's SIOCOUTQ and TIOCOUTQ.
const OUTPUT_QUEUE: u32 = host_command::TIOCOUTQ;

/// Commands that a system has its own layouts for; `None` for any other.
pub type Own = fn(&mut Cx, u64, u32, u64) -> Option<Return<()>>;

pub fn ioctl(cx: &mut Cx, fd: Fd, com: u32, data: u64, own: Own) -> Return<i32> {
    let host_fd = fd.checked(cx)?;
    if let Some(done) = terminal::terminal_command(cx, host_fd, com, data) {
        return done.map(|()| 0);
    }
    if let Some(done) = file(cx, fd, host_fd, com, data) {
        return done.map(|()| 0);
    }
    if let Some(done) = own(cx, host_fd, com, data) {
        return done.map(|()| 0);
    }
    if let Some(host_com) = IOCTL_CMD.to_host(i64::from(com)) {
        // SAFETY: the kernel checks the guest's pointer.
        return Ok(
            unsafe { cx.host(nr::ioctl, [host_fd, host_com as u64, data, 0, 0, 0]) }? as i32,
        );
    }
    // A descriptor that is not open is told first.
    statx_fd(host_fd)?;
    let error = Error(Errno::ENOTTY);
    Err(match IOCTL_CMD.name(i64::from(com)) {
        Some(name) => cx.gap(name, error),
        None => cx.gap("ioctl: a command without a name", error),
    })
}

/// Commands of files (filio.h) that the host has under another form; `None` for any other command.
fn file(cx: &mut Cx, fd: Fd, host_fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    match com {
        command::FIODGNAME => Some(device::give_name(host_fd, data)),
        command::FIODTYPE => {
            Some(device_type(host_fd).and_then(|kind| Ok(guest::write(data, &kind)?)))
        }
        command::FIOSEEKDATA => Some(seek(host_fd, linux::SEEK_DATA, data)),
        command::FIOSEEKHOLE => Some(seek(host_fd, linux::SEEK_HOLE, data)),
        command::FIONWRITE => Some(
            queued(host_fd)
                .and_then(|bytes| guest::write(data, &bytes))
                .map_err(Error::from),
        ),
        command::FIONSPACE => Some(
            space(host_fd)
                .and_then(|bytes| guest::write(data, &bytes))
                .map_err(Error::from),
        ),
        command::FIOGETOWN | command::SIOCGPGRP => Some(
            super::fcntl::fcntl(cx, fd, fcntl_cmd::F_GETOWN, 0)
                .and_then(|owner| Ok(guest::write(data, &owner)?)),
        ),
        command::FIOSETOWN | command::SIOCSPGRP => Some(
            guest::read::<i32>(data)
                .map_err(Error::from)
                .and_then(|owner| {
                    super::fcntl::fcntl(cx, fd, fcntl_cmd::F_SETOWN, i64::from(owner))
                })
                .map(drop),
        ),
        _ => None,
    }
}

/// The kind of device (`<sys/conf.h>`).
fn device_type(fd: u64) -> Return<i32> {
    const D_DISK: i32 = 2;
    const D_TTY: i32 = 4;
    const D_MEM: i32 = 8;
    /// The host's major number of `/dev/mem`, `/dev/null` and their like.
    const MEMORY: u32 = 1;
    let found = statx_fd(fd)?;
    match u32::from(found.stx_mode) & linux::S_IFMT {
        linux::S_IFBLK => Ok(D_DISK),
        linux::S_IFCHR if terminal::is_terminal(fd) => Ok(D_TTY),
        linux::S_IFCHR if found.stx_rdev_major == MEMORY => Ok(D_MEM),
        linux::S_IFCHR => Ok(0),
        _ => Err(Errno::ENOTTY.into()),
    }
}

/// FIOSEEKDATA and FIOSEEKHOLE: like `lseek`, and the file's offset stays where it is (vn_bmap_seekhole).
fn seek(fd: u64, whence: u32, data: u64) -> Return<()> {
    // SAFETY: no memory is involved.
    let to = |at: i64, whence: u32| unsafe {
        host::call_n(nr::lseek, [fd, at as u64, u64::from(whence)])
    };
    let wanted: i64 = guest::read(data)?;
    let before = to(0, linux::SEEK_CUR)?;
    let found = to(wanted, whence)?;
    to(before as i64, linux::SEEK_SET)?;
    Ok(guest::write(data, &found)?)
}

fn queued(fd: u64) -> HostResult<i32> {
    let mut bytes: i32 = 0;
    let at = core::ptr::from_mut(&mut bytes) as u64;
    // SAFETY: the kernel writes the four bytes.
    unsafe { host::call_n(nr::ioctl, [fd, u64::from(OUTPUT_QUEUE), at]) }?;
    Ok(bytes)
}

/// Room in a socket's send buffer.
fn space(fd: u64) -> HostResult<i32> {
    const SOL_SOCKET: u64 = 1;
    const SO_SNDBUF: u64 = 7;
    let (mut size, mut length): (i32, u32) = (0, 4);
    let (at, length_at) = (
        core::ptr::from_mut(&mut size) as u64,
        core::ptr::from_mut(&mut length) as u64,
    );
    // SAFETY: the kernel writes the four bytes.
    unsafe { host::call_n(nr::getsockopt, [fd, SOL_SOCKET, SO_SNDBUF, at, length_at]) }?;
    Ok((size - queued(fd)?).max(0))
}
