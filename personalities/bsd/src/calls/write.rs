//! `write` and `writev`, which differ from the host's for one kind of socket: with `SO_NOSIGPIPE` a broken pipe raises no
//! signal (soo_write).

use core::sync::atomic::{AtomicBool, Ordering};

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::nr;
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::trap::forbid_express;

use super::read::can_be_told;
use super::transfer::{HostMessage, NOSIGPIPE_MARK};
use crate::error::Return;
use crate::lower::Fd;

/// Whether this program ever asked for `SO_NOSIGPIPE`. Until then writing costs no look at the descriptor.
static ASKED_FOR: AtomicBool = AtomicBool::new(false);

/// Notes that there may be sockets with `SO_NOSIGPIPE`.
pub fn nosigpipe_is_used() {
    ASKED_FOR.store(true, Ordering::Relaxed);
    keep_nosigpipe();
}

/// Has writing served here when there may be such sockets.
pub fn keep_nosigpipe() {
    if ASKED_FOR.load(Ordering::Relaxed) {
        forbid_express(nr::write as u16);
        forbid_express(nr::writev as u16);
    }
}

/// Whether descriptor `fd` is a socket with `SO_NOSIGPIPE`.
pub fn is_quiet(fd: u64) -> bool {
    ASKED_FOR.load(Ordering::Relaxed)
        && host_socket::option(fd, raw::SOL_SOCKET, NOSIGPIPE_MARK) == Ok(1)
}

pub fn write(cx: &mut Cx, fd: Fd, buf: u64, size: u64) -> Return<u64> {
    let fd = fd.checked(cx)?;
    can_be_told(size)?;
    let args = if is_quiet(fd) {
        (nr::sendto, u64::from(raw::MSG_NOSIGNAL))
    } else {
        (nr::write, 0)
    };
    let (number, flags) = args;
    // SAFETY: the kernel checks the guest's buffer; `write` ignores what lies behind its arguments.
    Ok(unsafe { cx.host(number, [fd, buf, size, flags, 0, 0]) }?)
}

pub fn writev(cx: &mut Cx, fd: Fd, iov: u64, count: u32) -> Return<u64> {
    const UIO_MAXIOV: u32 = 1024;
    let fd = fd.checked(cx)?;
    if !is_quiet(fd) {
        // SAFETY: the kernel checks the guest's buffers.
        return Ok(unsafe { cx.host(nr::writev, [fd, iov, u64::from(count), 0, 0, 0]) }?);
    }
    if count > UIO_MAXIOV {
        return Err(Errno::EINVAL.into());
    }
    let message = HostMessage::sending(None, iov, u64::from(count), &[]);
    let flags = u64::from(raw::MSG_NOSIGNAL);
    // SAFETY: a valid message of our own; the kernel checks the guest's buffers.
    Ok(unsafe { cx.host(nr::sendmsg, [fd, message.address(), flags, 0, 0, 0]) }?)
}
