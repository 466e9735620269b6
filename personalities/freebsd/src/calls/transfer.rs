//! What the calls of `message` have in common: flags, host messages, control messages, and what the two systems say
//! differently about the same failure.

use compat_tables::freebsd::flags::{MSG_FLAGS, msg_flags};
use compat_tables::freebsd::{Errno, Signal};
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::host::{self, HostErrno, HostResult, Timespec, nr};
use compat_translate::{Cx, guest};

use super::socket::misnamed;
use crate::abi::socket::{CMSG_ALIGN, CMSG_DATA, Cmsgcred, MCLBYTES};
use crate::error::{Error, Return};
use crate::sockets::address::{GuestAddress, HostAddress};
use crate::sockets::control::{
    self, Credentials, HOST_ROOM, Identity, Kind, RECEIVE_ROOM, Receiver, Written,
};

/// `SO_NOSIGPIPE` has no counterpart. This option of the host, which does nothing without the error queues that FreeBSD
/// has not, keeps it with the socket: over `dup`, `fork`, `execve` and descriptor passing.
pub(crate) const NOSIGPIPE_MARK: u32 = raw::SO_SELECT_ERR_QUEUE;

/// On a Unix socket with `SO_PASSCRED`: `LOCAL_CREDS_PERSISTENT` asked for it, not `LOCAL_CREDS`. The option itself
/// concerns wireless hardware.
pub(crate) const PERSISTENT_MARK: u32 = raw::SO_WIFI_STATUS;

/// The host's `struct msghdr`.
#[repr(C)]
pub(crate) struct HostMessage {
    name: u64,
    name_len: u32,
    pad0: u32,
    iov: u64,
    iovlen: u64,
    control: u64,
    control_len: u64,
    flags: u32,
    pad1: u32,
}

const _: () = assert!(size_of::<HostMessage>() == 56);

impl HostMessage {
    /// A message to send. The guest's `iovec`s are the host's.
    pub(crate) fn sending(to: Option<&HostAddress>, iov: u64, iovlen: u64, control: &[u8]) -> Self {
        let to = to.map(HostAddress::bytes).unwrap_or_default();
        Self {
            name: if to.is_empty() { 0 } else { to.as_ptr() as u64 },
            name_len: to.len() as u32,
            pad0: 0,
            iov,
            iovlen,
            control: if control.is_empty() {
                0
            } else {
                control.as_ptr() as u64
            },
            control_len: control.len() as u64,
            flags: 0,
            pad1: 0,
        }
    }

    /// Where it is, for the host.
    pub(crate) fn address(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }
}

/// Control messages on their way to the host.
pub(crate) struct Control {
    bytes: [u8; HOST_ROOM],
    len: usize,
}

impl Control {
    pub(crate) fn new() -> Self {
        Self {
            bytes: [0; HOST_ROOM],
            len: 0,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Converts the guest's control messages at `at`.
pub(crate) fn copy_control(
    cx: &mut Cx,
    fd: u64,
    at: u64,
    len: u32,
    into: &mut Control,
) -> Return<()> {
    let mut room = [0u8; MCLBYTES];
    let messages = room.get_mut(..len as usize).ok_or(Errno::EINVAL)?;
    guest::read_bytes(at, messages)?;
    convert(cx, fd, messages, into)
}

/// Makes the one control message that 4.3BSD's descriptors at `at` are.
pub(crate) fn wrap_rights(
    cx: &mut Cx,
    fd: u64,
    at: u64,
    len: u32,
    into: &mut Control,
) -> Return<()> {
    use compat_tables::freebsd::flags::{scm_type, sock_level};
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
    control::to_host(messages, kind, identity(), &mut passable, &mut written)?;
    into.len = written.bytes().len();
    Ok(())
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
pub(crate) fn send(
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
fn send_flags(asked: u32) -> Return<u64> {
    let host = MSG_FLAGS.to_host(u64::from(
        asked & !msg_flags::MSG_TRUNC & !msg_flags::MSG_CTRUNC,
    ));
    let host = host.map_err(|_| Error::from(Errno::EOPNOTSUPP))?;
    Ok(host | dont_wait(asked) | u64::from(raw::MSG_NOSIGNAL))
}

fn dont_wait(asked: u32) -> u64 {
    if asked & msg_flags::MSG_NBIO != 0 {
        u64::from(raw::MSG_DONTWAIT)
    } else {
        0
    }
}

/// What FreeBSD says about a message that could not be sent to `to`.
fn undelivered(error: HostErrno, fd: u64, to: &HostAddress) -> Error {
    match error {
        HostErrno::EINVAL if to.port() == Some(0) => Errno::EADDRNOTAVAIL.into(),
        HostErrno::ECONNREFUSED
            if to
                .path()
                .is_some_and(|path| !super::socket::is_socket(path)) =>
        {
            Errno::ENOTSOCK.into()
        }
        _ => misnamed(error, fd, to),
    }
}

/// Whether an internet stream is closed and has never seen a segment. Anything else is not known to be one.
pub(crate) fn never_connected(fd: u64) -> bool {
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
pub(crate) fn with_sigpipe_held<T>(
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

/// What a receiver's flags become: those that ask for something. The others are results on FreeBSD, whatever comes in.
pub(crate) fn receive_flags(fd: u64, flags: i32) -> Return<u64> {
    let asked = flags as u32;
    let requests = msg_flags::MSG_OOB
        | msg_flags::MSG_PEEK
        | msg_flags::MSG_WAITALL
        | msg_flags::MSG_DONTWAIT
        | msg_flags::MSG_CMSG_CLOEXEC
        | msg_flags::MSG_CMSG_CLOFORK;
    let host = MSG_FLAGS.to_host(u64::from(asked & requests));
    let host = host.map_err(|_| Error::from(Errno::EOPNOTSUPP))?;
    // The whole length of a datagram is wanted. From a stream the host would throw data away.
    let whole = asked & msg_flags::MSG_TRUNC != 0 && host_socket::kind(fd)? == raw::SOCK_DGRAM;
    let whole = if whole { raw::MSG_TRUNC } else { 0 };
    Ok(host | dont_wait(asked) | u64::from(whole))
}

/// What FreeBSD says where there is nothing to receive from.
pub(crate) fn unreceived(error: HostErrno, fd: u64) -> Error {
    match error {
        // A Unix stream without a peer.
        HostErrno::EINVAL if host_socket::domain(fd) == Ok(raw::AF_UNIX) => Errno::ENOTCONN.into(),
        error => error.into(),
    }
}

/// Whether `name` came with a Unix stream, whose data has no sender on FreeBSD.
pub(crate) fn is_unix_stream(fd: u64, name: &GuestAddress) -> bool {
    name.is_unix() && host_socket::kind(fd) == Ok(raw::SOCK_STREAM)
}

/// What a receiver wants.
pub(crate) struct Wanted {
    pub(crate) iov: u64,
    pub(crate) iovlen: u64,
    /// The sender's address, too.
    pub(crate) name: bool,
    /// Guest address and room for control messages; address 0 for none.
    pub(crate) control: (u64, u32),
    /// As 4.3BSD gave them: descriptors only, without a header.
    pub(crate) old: bool,
}

/// What a receiver got.
pub(crate) struct Received {
    pub(crate) size: u64,
    pub(crate) name_len: u32,
    pub(crate) control_len: u32,
    /// FreeBSD's, the caller's own among them.
    pub(crate) flags: i32,
}

/// Receives a message, stores its control messages, and leaves the sender's address, of the returned length, in `name`.
pub(crate) fn receive(
    cx: &mut Cx,
    fd: u64,
    flags: i32,
    wanted: &Wanted,
    name: &mut [u8; 128],
) -> Return<(Received, usize)> {
    let host_flags = receive_flags(fd, flags)?;
    let mut messages = [0u8; RECEIVE_ROOM];
    let with_control = wanted.control.0 != 0;
    let mut header = HostMessage {
        name: if wanted.name {
            name.as_mut_ptr() as u64
        } else {
            0
        },
        name_len: name.len() as u32,
        pad0: 0,
        iov: wanted.iov,
        iovlen: wanted.iovlen,
        control: if with_control {
            messages.as_mut_ptr() as u64
        } else {
            0
        },
        control_len: if with_control { RECEIVE_ROOM as u64 } else { 0 },
        flags: 0,
        pad1: 0,
    };
    let size = receive_with_credentials(cx, fd, host_flags, wanted, &mut header)
        .map_err(|error| unreceived(error, fd))?;
    // soreceive adds to the flags it was handed.
    let mut result = flags as u32 & !msg_flags::MSG_EOR;
    result |= MSG_FLAGS.to_guest(u64::from(header.flags)) as u32;
    let mut control_len = 0;
    if with_control {
        let messages = messages.get(..header.control_len as usize);
        let (len, truncated) = store_control(fd, messages.unwrap_or_default(), wanted)?;
        control_len = len;
        if truncated {
            result |= msg_flags::MSG_CTRUNC;
        }
    } else {
        // Nobody asked: FreeBSD drops them without a word.
        result &= !msg_flags::MSG_CTRUNC;
    }
    let received = Received {
        size,
        name_len: 0,
        control_len,
        flags: result as i32,
    };
    let found = if wanted.name { header.name_len } else { 0 };
    Ok((received, found as usize))
}

/// The host call. Where the caller has room for credentials, the socket is told to deliver those that were sent
/// explicitly, which Linux does only while `SO_PASSCRED` is on; it stays off otherwise because it makes the host attach
/// credentials to every message.
fn receive_with_credentials(
    cx: &mut Cx,
    fd: u64,
    flags: u64,
    wanted: &Wanted,
    header: &mut HostMessage,
) -> HostResult {
    const ROOM: usize = CMSG_DATA + size_of::<Cmsgcred>().next_multiple_of(CMSG_ALIGN);
    let passcred = |on| host_socket::set_option(fd, raw::SOL_SOCKET, raw::SO_PASSCRED, on);
    let plain = wanted.old
        || wanted.control.0 == 0
        || (wanted.control.1 as usize) < ROOM
        || flags & u64::from(raw::MSG_WAITALL) != 0
        || host_socket::domain(fd)? != raw::AF_UNIX
        || host_socket::option(fd, raw::SOL_SOCKET, raw::SO_PASSCRED)? != 0;
    let at = core::ptr::from_mut(header) as u64;
    if plain {
        // SAFETY: a valid message of our own; the kernel checks the guest's buffers.
        return unsafe { cx.host(nr::recvmsg, [fd, at, flags, 0, 0, 0]) };
    }
    let now = flags | u64::from(raw::MSG_DONTWAIT);
    let (name_len, control_len) = (header.name_len, header.control_len);
    loop {
        passcred(1)?;
        // SAFETY: as above.
        let result =
            unsafe { host::call_n(nr::recvmsg, [fd, core::ptr::from_mut(header) as u64, now]) };
        passcred(0)?;
        if result != Err(HostErrno::EAGAIN) || !may_wait(fd, flags)? {
            return result;
        }
        wait_readable(cx, fd)?;
        (header.name_len, header.control_len) = (name_len, control_len);
    }
}

fn may_wait(fd: u64, flags: u64) -> HostResult<bool> {
    const F_GETFL: u64 = 3;
    const O_NONBLOCK: u64 = 0o4000;
    // SAFETY: no pointers.
    let status = unsafe { host::call_n(nr::fcntl, [fd, F_GETFL]) }?;
    Ok(status & O_NONBLOCK == 0 && flags & u64::from(raw::MSG_DONTWAIT) == 0)
}

/// Sleeps until there is something to receive, as long as the socket's own timeout lets it.
fn wait_readable(cx: &mut Cx, fd: u64) -> HostResult<()> {
    const POLLIN: u16 = 1;
    let mut timeout = [0i64; 2];
    let bytes = zerocopy::IntoBytes::as_mut_bytes(&mut timeout);
    host_socket::option_bytes(fd, raw::SOL_SOCKET, raw::SO_RCVTIMEO_OLD, bytes)?;
    timeout[1] = timeout[1].saturating_mul(1000);
    let timeout_at = if timeout == [0; 2] {
        0
    } else {
        (&raw const timeout) as u64
    };
    let mut poll = (fd as u32 as u64) | (u64::from(POLLIN) << 32);
    let poll_at = (&raw mut poll) as u64;
    // SAFETY: one valid pollfd and a valid timespec or none.
    match unsafe { cx.host(nr::ppoll, [poll_at, 1, timeout_at, 0, 0, 0]) }? {
        0 => Err(HostErrno::EAGAIN),
        _ => Ok(()),
    }
}

/// Stores the host's control messages for the guest: their length, and whether some were dropped.
fn store_control(fd: u64, messages: &[u8], wanted: &Wanted) -> Return<(u32, bool)> {
    let (at, room) = wanted.control;
    let mut bytes = [0u8; HOST_ROOM];
    let fitting = bytes.get_mut(..(room as usize).min(HOST_ROOM));
    let mut written = Written::new(fitting.unwrap_or_default());
    let mut receiver = Socket { fd };
    if wanted.old {
        let rights = control::rights_only(messages, &mut receiver, written.room());
        guest::write_bytes(at, bytes.get(..rights).unwrap_or_default())?;
        return Ok((rights as u32, false));
    }
    let truncated = control::to_guest(messages, &mut receiver, &mut written);
    guest::write_bytes(at, written.bytes())?;
    Ok((written.bytes().len() as u32, truncated))
}

/// The socket on which control messages arrived.
struct Socket {
    fd: u64,
}

impl Receiver for Socket {
    /// A stream says `LOCAL_CREDS` once (uipc_send).
    fn credentials(&mut self) -> Credentials {
        let option = |name| host_socket::option(self.fd, raw::SOL_SOCKET, name) == Ok(1);
        if !option(raw::SO_PASSCRED) {
            return Credentials::Sent;
        }
        if option(PERSISTENT_MARK) {
            return Credentials::Always;
        }
        if host_socket::kind(self.fd) != Ok(raw::SOCK_DGRAM) {
            let _ = host_socket::set_option(self.fd, raw::SOL_SOCKET, raw::SO_PASSCRED, 0);
        }
        Credentials::Once
    }

    fn realtime_ahead(&mut self) -> i64 {
        const CLOCK_REALTIME: u64 = 0;
        const CLOCK_MONOTONIC: u64 = 1;
        let now = |clock: u64| {
            let mut time = Timespec::default();
            // SAFETY: a valid timespec.
            let _ = unsafe { host::call_n(nr::clock_gettime, [clock, (&raw mut time) as u64]) };
            time.as_nanos()
        };
        now(CLOCK_REALTIME).saturating_sub(now(CLOCK_MONOTONIC))
    }

    fn dispose(&mut self, fd: i32) {
        // SAFETY: a descriptor that the host has just made and nobody has seen.
        let _ = unsafe { host::call_n(nr::close, [fd as u64]) };
    }
}
