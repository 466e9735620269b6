//! Messages on their way out.

use compat_tables::bsd::flags::{MSG_FLAGS, msg_flags};
use compat_tables::bsd::{Errno, Signal};
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::host::{self, HostErrno, HostResult, Timespec, linux, nr};
use compat_translate::{Cx, guest};

use super::{NOSIGPIPE_MARK, dont_wait};
use crate::abi::socket::{CMSG_DATA, MCLBYTES};
use crate::calls::place::Held;
use crate::calls::socket::misnamed;
use crate::error::{Error, Return};
use crate::sockets::address::HostAddress;
use crate::sockets::control::{self, HOST_ROOM, Identity, Kind, Written};

/// Control messages on their way to the host.
pub struct Control {
    bytes: [u8; HOST_ROOM],
    len: usize,
    /// Says that credentials among them are sent explicitly (see [`control::add_mark`]).
    mark: Option<Held>,
}

impl Control {
    /// No messages yet.
    pub fn none() -> Self {
        Self {
            bytes: [0; HOST_ROOM],
            len: 0,
            mark: None,
        }
    }

    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Converts the guest's control messages at `at`.
pub fn copy_control(cx: &mut Cx, fd: u64, at: u64, len: u32, into: &mut Control) -> Return<()> {
    let mut room = [0u8; MCLBYTES];
    let messages = room.get_mut(..len as usize).ok_or(Errno::EINVAL)?;
    guest::read_bytes(at, messages)?;
    convert(cx, fd, messages, into)
}

/// Makes the one control message that 4.3BSD's descriptors at `at` are.
pub fn wrap_rights(cx: &mut Cx, fd: u64, at: u64, len: u32, into: &mut Control) -> Return<()> {
    use compat_tables::bsd::flags::{scm_type, sock_level};
    let len = len as usize;
    let mut room = [0u8; CMSG_DATA + MCLBYTES];
    let header = [
        (CMSG_DATA + len) as i32,
        sock_level::SOL_SOCKET,
        scm_type::SCM_RIGHTS,
    ];
    for (slot, byte) in room
        .iter_mut()
        .zip(header.into_iter().flat_map(i32::to_ne_bytes))
    {
        *slot = byte;
    }
    let fds = room.get_mut(CMSG_DATA..CMSG_DATA + len);
    guest::read_bytes(at, fds.ok_or(Errno::EINVAL)?)?;
    convert(
        cx,
        fd,
        room.get(..CMSG_DATA + len).unwrap_or_default(),
        into,
    )
}

fn convert(cx: &mut Cx, fd: u64, messages: &[u8], into: &mut Control) -> Return<()> {
    let kind = if host_socket::domain(fd)? == raw::AF_UNIX {
        Kind::Unix
    } else if host_socket::kind(fd)? == raw::SOCK_STREAM {
        Kind::Stream
    } else {
        Kind::Datagram
    };
    let objects = &cx.process().objects;
    let mut passable = |fd: i32| {
        if objects.hides(fd) {
            Err(Errno::EBADF)
        } else {
            Ok(())
        }
    };
    let mut written = Written::new(&mut into.bytes);
    if control::to_host(messages, kind, identity(), &mut passable, &mut written)? {
        let mark = new_mark()?;
        control::add_mark(mark.0 as i32, &mut written)?;
        into.mark = Some(mark);
    }
    into.len = written.bytes().len();
    Ok(())
}

/// A kind of descriptor that no guest ever has: one for signals.
fn new_mark() -> HostResult<Held> {
    const CLOSE_ON_EXEC: u64 = linux::O_CLOEXEC as u64;
    let none = 0u64;
    let args = [u64::MAX, (&raw const none) as u64, 8, CLOSE_ON_EXEC];
    // SAFETY: a valid mask.
    unsafe { host::call_n(nr::signalfd4, args) }.map(Held)
}

/// Whether a descriptor that arrived is one that [`new_mark`] made.
pub(super) fn is_mark(fd: i32) -> bool {
    let none = 0u64;
    let args = [fd as u64, (&raw const none) as u64, 8, 0];
    // SAFETY: a valid mask. The host refuses all other descriptors.
    unsafe { host::call_n(nr::signalfd4, args) }.is_ok()
}

fn identity() -> Identity {
    // SAFETY: no arguments.
    let ask = |number| unsafe { host::call_n(number, []) }.unwrap_or_default();
    Identity {
        pid: ask(nr::getpid) as i32,
        uid: ask(nr::geteuid) as u32,
        gid: ask(nr::getegid) as u32,
    }
}

/// Sends by `call`, which is handed the host's flags, and answers as FreeBSD would.
pub fn send(
    cx: &mut Cx,
    fd: u64,
    flags: i32,
    to: Option<&HostAddress>,
    call: impl FnOnce(&mut Cx, u64) -> HostResult,
) -> Return<u64> {
    let asked = flags as u32;
    let host_flags = send_flags(asked)?;
    match call(cx, host_flags) {
        Ok(size) => {
            if asked & msg_flags::MSG_EOF != 0 {
                // SAFETY: no pointers.
                let _ = unsafe { host::call_n(nr::shutdown, [fd, u64::from(raw::SHUT_WR)]) };
            }
            Ok(size)
        }
        // A stream that was never connected is no broken pipe (sosend_generic).
        Err(HostErrno::EPIPE) if never_connected(fd) => Err(Errno::ENOTCONN.into()),
        Err(HostErrno::EPIPE) => {
            let quiet = asked & msg_flags::MSG_NOSIGNAL != 0
                || host_socket::option(fd, raw::SOL_SOCKET, NOSIGPIPE_MARK) == Ok(1);
            if !quiet {
                raise_sigpipe(cx);
            }
            Err(Errno::EPIPE.into())
        }
        Err(error) => Err(to.map_or(Error::from(error), |to| undelivered(error, fd, to))),
    }
}

/// The signal of a broken pipe is ours to raise, so that `SO_NOSIGPIPE` can be honoured.
pub fn send_flags(asked: u32) -> Return<u64> {
    let host = MSG_FLAGS.to_host(u64::from(
        asked & !msg_flags::MSG_TRUNC & !msg_flags::MSG_CTRUNC,
    ));
    let host = host.map_err(|_| Error::from(Errno::EOPNOTSUPP))?;
    Ok(host | dont_wait(asked) | u64::from(raw::MSG_NOSIGNAL))
}

/// What FreeBSD says about a message that could not be sent to `to`.
fn undelivered(error: HostErrno, fd: u64, to: &HostAddress) -> Error {
    match error {
        HostErrno::EINVAL if to.port() == Some(0) => Errno::EADDRNOTAVAIL.into(),
        HostErrno::ECONNREFUSED
            if to
                .path()
                .is_some_and(|path| !crate::calls::socket::is_socket(path)) =>
        {
            Errno::ENOTSOCK.into()
        }
        _ => misnamed(error, fd, to),
    }
}

/// Whether an internet stream is closed and has never seen a segment. Anything else is not known to be one.
pub fn never_connected(fd: u64) -> bool {
    const TCP_CLOSE: u8 = 7;
    const STATE_AT: usize = core::mem::offset_of!(raw::tcp_info, tcpi_state);
    const SEGS_OUT_AT: usize = core::mem::offset_of!(raw::tcp_info, tcpi_segs_out);
    const SEGS_IN_AT: usize = core::mem::offset_of!(raw::tcp_info, tcpi_segs_in);
    let mut info = [0u8; size_of::<raw::tcp_info>()];
    let found = host_socket::option_bytes(fd, raw::SOL_TCP, raw::TCP_INFO, &mut info);
    let none = |at: usize| info.get(at..at + 4) == Some(&[0; 4]);
    found.is_ok_and(|size| size >= SEGS_IN_AT + 4)
        && info.get(STATE_AT) == Some(&TCP_CLOSE)
        && none(SEGS_OUT_AT)
        && none(SEGS_IN_AT)
}

/// Sends the calling thread the signal of a broken pipe, from the kernel as it were.
fn raise_sigpipe(cx: &Cx) {
    const SI_KERNEL: i32 = 0x80;
    let Some(signal) = crate::signals::to_host(Signal::SIGPIPE.number()) else {
        return;
    };
    let tid = cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed);
    let info = compat_translate::signal::SigInfo {
        signo: i32::from(signal),
        code: SI_KERNEL,
        ..Default::default()
    };
    // SAFETY: a valid siginfo_t; a thread may send itself any code.
    let _ = unsafe {
        let pid = host::call_n(nr::getpid, []).unwrap_or_default();
        let info = (&raw const info) as u64;
        host::call_n(
            nr::rt_tgsigqueueinfo,
            [pid, tid as u64, u64::from(signal), info],
        )
    };
}

/// The host's mask of that signal alone.
static SIGPIPE_SET: u64 = 1 << 12;

/// Runs host calls that would raise the signal of a broken pipe, which FreeBSD does not for them.
pub fn with_sigpipe_held<T>(
    cx: &mut Cx,
    call: impl FnOnce(&mut Cx) -> HostResult<T>,
) -> HostResult<T> {
    const SIG_BLOCK: u64 = 0;
    const SIG_UNBLOCK: u64 = 1;
    let mut before = 0u64;
    let set = (&raw const SIGPIPE_SET) as u64;
    let before_at = (&raw mut before) as u64;
    // SAFETY: valid 8-byte masks.
    unsafe { host::call_n(nr::rt_sigprocmask, [SIG_BLOCK, set, before_at, 8]) }?;
    let result = call(cx);
    if before & SIGPIPE_SET != 0 {
        return result;
    }
    if matches!(result, Err(HostErrno::EPIPE)) {
        let now = Timespec::default();
        let now = (&raw const now) as u64;
        // SAFETY: a valid mask and timespec.
        let _ = unsafe { host::call_n(nr::rt_sigtimedwait, [set, 0, now, 8]) };
    }
    // While a signal waits to be delivered every other is blocked, and stays so until the call returns.
    if !cx.thread.signal_waiting() {
        // SAFETY: a valid 8-byte mask.
        unsafe { host::call_n(nr::rt_sigprocmask, [SIG_UNBLOCK, set, 0, 8]) }?;
    }
    result
}
