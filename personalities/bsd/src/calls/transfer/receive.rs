//! Messages on their way in.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{MSG_FLAGS, msg_flags};
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::host::{self, HostErrno, HostResult, Timespec, nr};
use compat_translate::{Cx, guest};

use super::{HostMessage, PERSISTENT_MARK, dont_wait};
use crate::abi::socket::{CMSG_ALIGN, CMSG_DATA, Cmsgcred};
use crate::error::{Error, Return};
use crate::sockets::address::GuestAddress;
use crate::sockets::control::{self, Credentials, HOST_ROOM, RECEIVE_ROOM, Receiver, Written};

/// What a receiver's flags become: those that ask for something. The others are results on FreeBSD, whatever comes in.
pub fn receive_flags(fd: u64, flags: i32) -> Return<u64> {
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
pub fn unreceived(error: HostErrno, fd: u64) -> Error {
    match error {
        // A Unix stream without a peer.
        HostErrno::EINVAL if host_socket::domain(fd) == Ok(raw::AF_UNIX) => Errno::ENOTCONN.into(),
        error => error.into(),
    }
}

/// Whether `name` came with a Unix stream, whose data has no sender on FreeBSD.
pub fn is_unix_stream(fd: u64, name: &GuestAddress) -> bool {
    name.is_unix() && host_socket::kind(fd) == Ok(raw::SOCK_STREAM)
}

/// What a receiver wants.
pub struct Wanted {
    pub iov: u64,
    pub iovlen: u64,
    /// The sender's address, too.
    pub name: bool,
    /// Guest address and room for control messages; address 0 for none.
    pub control: (u64, u32),
    /// As 4.3BSD gave them: descriptors only, without a header.
    pub old: bool,
}

/// What a receiver got.
pub struct Received {
    pub size: u64,
    pub name_len: u32,
    pub control_len: u32,
    /// FreeBSD's, the caller's own among them.
    pub flags: i32,
}

/// Receives a message, stores its control messages, and leaves the sender's address, of the returned length, in `name`.
pub fn receive(
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

    fn is_mark(&mut self, fd: i32) -> bool {
        super::send::is_mark(fd)
    }

    fn dispose(&mut self, fd: i32) {
        // SAFETY: a descriptor that the host has just made and nobody has seen.
        let _ = unsafe { host::call_n(nr::close, [fd as u64]) };
    }
}
