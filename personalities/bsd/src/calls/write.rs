//! `write` and `writev`, which differ from the host's for one kind of socket: with `SO_NOSIGPIPE` a broken pipe raises no
//! signal (soo_write). NetBSD has pipes of that kind as well.

use core::sync::atomic::{AtomicBool, Ordering};

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::trap::forbid_express;

use super::read::can_be_told;
use super::stat::statx_fd;
use super::transfer::{HostMessage, NOSIGPIPE_MARK, with_sigpipe_held};
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

/// What writing to a descriptor does when nobody reads there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It raises SIGPIPE.
    Loud,
    /// A socket that does not.
    QuietSocket,
    /// A pipe that does not.
    QuietPipe,
}

/// The host's O_NOATIME, which says nothing of a pipe, and which all descriptors of an opened file share: it marks those that
/// raise no signal.
const PIPE_MARK: u32 = 0o1_000_000;

fn manner(fd: u64) -> Manner {
    if !ASKED_FOR.load(Ordering::Relaxed) {
        return Manner::Loud;
    }
    match host_socket::option(fd, raw::SOL_SOCKET, NOSIGPIPE_MARK) {
        Ok(1) => Manner::QuietSocket,
        Err(HostErrno::ENOTSOCK) if is_pipe(fd) && mark_of(fd) != 0 => Manner::QuietPipe,
        _ => Manner::Loud,
    }
}

fn is_pipe(fd: u64) -> bool {
    statx_fd(fd).is_ok_and(|file| u32::from(file.stx_mode) & linux::S_IFMT == linux::S_IFIFO)
}

/// The mark of a pipe that is to be kept when its flags are set.
pub(super) fn mark_of(fd: u64) -> u32 {
    if !ASKED_FOR.load(Ordering::Relaxed) {
        return 0;
    }
    status(fd).map_or(0, |flags| flags & PIPE_MARK)
}

fn status(fd: u64) -> HostResult<u32> {
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::fcntl, [fd, u64::from(linux::F_GETFL)]) }.map(|flags| flags as u32)
}

/// Whether descriptor `fd` is a socket with `SO_NOSIGPIPE`.
pub fn is_quiet(fd: u64) -> bool {
    manner(fd) == Manner::QuietSocket
}

/// Whether a write to `fd` that nobody will read raises no signal (NetBSD's FNOSIGPIPE).
pub fn raises_no_signal(fd: u64) -> bool {
    manner(fd) != Manner::Loud
}

/// Has such a write raise one or not. The mark stays with a pipe that another program inherits, but is not looked for there.
///
/// # Errors
/// `EINVAL` for what is neither socket nor pipe; `EPERM` for a named pipe of another user's.
pub fn set_raises_no_signal(fd: u64, on: bool) -> HostResult<()> {
    if on {
        nosigpipe_is_used();
    }
    match host_socket::set_option(fd, raw::SOL_SOCKET, NOSIGPIPE_MARK, i32::from(on)) {
        Err(HostErrno::ENOTSOCK) if is_pipe(fd) => {}
        Err(HostErrno::ENOTSOCK) => return Err(HostErrno::EINVAL),
        done => return done,
    }
    let flags = status(fd)?;
    let flags = if on {
        flags | PIPE_MARK
    } else {
        flags & !PIPE_MARK
    };
    let args = [fd, u64::from(linux::F_SETFL), u64::from(flags)];
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::fcntl, args) }.map(drop)
}

pub fn write(cx: &mut Cx, fd: Fd, buf: u64, size: u64) -> Return<u64> {
    let fd = fd.checked(cx)?;
    can_be_told(size)?;
    let (number, flags) = match manner(fd) {
        Manner::Loud => (nr::write, 0),
        Manner::QuietSocket => (nr::sendto, u64::from(raw::MSG_NOSIGNAL)),
        Manner::QuietPipe => {
            // SAFETY: the kernel checks the guest's buffer.
            let write = |cx: &mut Cx| unsafe { cx.host(nr::write, [fd, buf, size, 0, 0, 0]) };
            return Ok(with_sigpipe_held(cx, write)?);
        }
    };
    // SAFETY: the kernel checks the guest's buffer; `write` ignores what lies behind its arguments.
    Ok(unsafe { cx.host(number, [fd, buf, size, flags, 0, 0]) }?)
}

pub fn writev(cx: &mut Cx, fd: Fd, iov: u64, count: u32) -> Return<u64> {
    const UIO_MAXIOV: u32 = 1024;
    let fd = fd.checked(cx)?;
    // SAFETY: the kernel checks the guest's buffers.
    let write = |cx: &mut Cx| unsafe { cx.host(nr::writev, [fd, iov, u64::from(count), 0, 0, 0]) };
    match manner(fd) {
        Manner::Loud => return Ok(write(cx)?),
        Manner::QuietPipe => return Ok(with_sigpipe_held(cx, write)?),
        Manner::QuietSocket => {}
    }
    if count > UIO_MAXIOV {
        return Err(Errno::EINVAL.into());
    }
    let message = HostMessage::sending(None, iov, u64::from(count), &[]);
    let flags = u64::from(raw::MSG_NOSIGNAL);
    // SAFETY: a valid message of our own; the kernel checks the guest's buffers.
    Ok(unsafe { cx.host(nr::sendmsg, [fd, message.address(), flags, 0, 0, 0]) }?)
}
