//! Control messages, sent and received. A message's header differs (12 and 16 bytes), where its data starts and how it
//! is aligned do not. Most kinds differ in number, some in what their data is.
//!
//! Nothing here is believed: a length that is too short or too long ends the conversion.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{IPV6_OPTION, ip_option, ipv6_option, scm_type, sock_level};
use compat_translate::host::Timespec;
use compat_translate::host::socket::raw;
use zerocopy::{FromBytes, IntoBytes};

use super::address;
use crate::abi::socket::{
    CMSG_ALIGN, CMSG_DATA, Cmsgcred, Cmsghdr, SIZEOF_SOCKADDR_DL_HEAD, Sockcred, Sockcred2,
};

/// The host's `struct cmsghdr`: the length with itself, level, type.
const HOST_HEADER: usize = 16;
/// Bytes that conversion can need for `MCLBYTES` of messages: each takes at most twice its room.
pub const HOST_ROOM: usize = 4096;
/// Bytes for what the host hands back: 253 descriptors are its most, then some small ones.
pub const RECEIVE_ROOM: usize = 2048;

/// Who sends: the host's `struct ucred`.
#[derive(Clone, Copy)]
pub struct Identity {
    pub pid: i32,
    pub uid: u32,
    pub gid: u32,
}

/// What the socket is, as far as its control messages go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `AF_UNIX`.
    Unix,
    /// An internet socket that sends datagrams.
    Datagram,
    /// An internet stream: takes no control messages (tcp_usr_send).
    Stream,
}

/// How credentials arrive, by the option that asked for them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Credentials {
    /// Sent explicitly: `struct cmsgcred`.
    Sent,
    /// `LOCAL_CREDS`: `struct sockcred`.
    Once,
    /// `LOCAL_CREDS_PERSISTENT`: `struct sockcred2`.
    Always,
}

/// Messages written one after the other.
pub struct Written<'a> {
    room: &'a mut [u8],
    len: usize,
}

impl<'a> Written<'a> {
    pub fn new(room: &'a mut [u8]) -> Self {
        Self { room, len: 0 }
    }

    pub fn bytes(&self) -> &[u8] {
        self.room.get(..self.len).unwrap_or_default()
    }

    /// All the room there is, for what has no headers.
    pub fn room(&mut self) -> &mut [u8] {
        self.room
    }

    /// Appends header and data, padded; `false` when they do not fit.
    fn push(&mut self, header: &[u8], data: &[u8]) -> bool {
        let space = CMSG_DATA + data.len().next_multiple_of(CMSG_ALIGN);
        let Some(room) = self.room.get_mut(self.len..self.len + space) else {
            return false;
        };
        room.fill(0);
        let (head, body) = room.split_at_mut(CMSG_DATA);
        for (slot, byte) in head.iter_mut().zip(header) {
            *slot = *byte;
        }
        for (slot, byte) in body.iter_mut().zip(data) {
            *slot = *byte;
        }
        self.len += space;
        true
    }

    fn push_host(&mut self, level: u32, kind: u32, data: &[u8]) -> Result<(), Errno> {
        let mut header = [0; HOST_HEADER];
        let len = ((HOST_HEADER + data.len()) as u64).to_ne_bytes();
        let fields = len
            .into_iter()
            .chain(level.to_ne_bytes())
            .chain(kind.to_ne_bytes());
        for (slot, byte) in header.iter_mut().zip(fields) {
            *slot = byte;
        }
        if self.push(&header, data) {
            Ok(())
        } else {
            Err(Errno::EINVAL)
        }
    }

    fn push_guest(&mut self, level: i32, kind: i32, data: &[u8]) -> bool {
        let header = Cmsghdr {
            len: (CMSG_DATA + data.len()) as u32,
            level,
            kind,
        };
        self.push(header.as_bytes(), data)
    }
}

/// One message, found in a row of them.
struct Message<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

/// Takes the guest's first message off `rest` (unp_internalize).
fn take_guest<'a>(rest: &mut &'a [u8]) -> Result<Message<'a>, Errno> {
    let bytes = *rest;
    let (header, _) = Cmsghdr::read_from_prefix(bytes).map_err(|_| Errno::EINVAL)?;
    // A length that ends within the header is refused; one that ends before the data is an empty message.
    let len = header.len as usize;
    if len < size_of::<Cmsghdr>() || len > bytes.len() {
        return Err(Errno::EINVAL);
    }
    let data = bytes.get(CMSG_DATA..len).unwrap_or_default();
    *rest = bytes
        .get(len.next_multiple_of(CMSG_ALIGN)..)
        .unwrap_or_default();
    Ok(Message {
        level: header.level,
        kind: header.kind,
        data,
    })
}

/// Takes the host's first message off `rest`; `None` at the end, or where the host's own rules say it is one.
fn take_host<'a>(rest: &mut &'a [u8]) -> Option<Message<'a>> {
    let bytes = *rest;
    let len = usize::try_from(u64::read_from_prefix(bytes).ok()?.0).ok()?;
    let (level, after) = i32::read_from_prefix(bytes.get(8..)?).ok()?;
    let (kind, _) = i32::read_from_prefix(after).ok()?;
    let data = bytes.get(HOST_HEADER..len)?;
    *rest = bytes
        .get(len.next_multiple_of(CMSG_ALIGN)..)
        .unwrap_or_default();
    Some(Message { level, kind, data })
}

/// The host's messages for the guest's. `own` is the sender; `passable` says whether a descriptor may be passed on.
///
/// # Errors
/// As FreeBSD's protocols: `EINVAL` for what is malformed or out of place, `ENOPROTOOPT`; what `passable` says.
pub fn to_host(
    guest: &[u8],
    socket: Kind,
    own: Identity,
    passable: &mut dyn FnMut(i32) -> Result<(), Errno>,
    host: &mut Written,
) -> Result<(), Errno> {
    let mut rest = guest;
    if rest.len() < size_of::<Cmsghdr>() {
        return Err(Errno::EINVAL);
    }
    // What is shorter than a header behind the last message is padding.
    while rest.len() >= size_of::<Cmsghdr>() {
        let message = take_guest(&mut rest)?;
        match socket {
            Kind::Unix => unix_to_host(&message, own, passable, host)?,
            Kind::Datagram => internet_to_host(&message, host)?,
            Kind::Stream => return Err(Errno::EINVAL),
        }
    }
    Ok(())
}

fn unix_to_host(
    message: &Message,
    own: Identity,
    passable: &mut dyn FnMut(i32) -> Result<(), Errno>,
    host: &mut Written,
) -> Result<(), Errno> {
    if message.level != sock_level::SOL_SOCKET {
        return Err(Errno::EINVAL);
    }
    match message.kind {
        scm_type::SCM_RIGHTS => {
            let whole = message.data.len() & !3;
            let fds = message.data.get(..whole).unwrap_or_default();
            for fd in fds.chunks_exact(4) {
                passable(i32::from_ne_bytes(fd.try_into().unwrap_or_default()))?;
            }
            if fds.is_empty() {
                return Ok(());
            }
            host.push_host(raw::SOL_SOCKET, raw::SCM_RIGHTS, fds)
        }
        // Whatever the sender wrote there, the kernel fills it in.
        scm_type::SCM_CREDS => {
            let ucred = [own.pid as u32, own.uid, own.gid];
            host.push_host(raw::SOL_SOCKET, raw::SCM_CREDENTIALS, ucred.as_bytes())
        }
        // Times of sending, which the host does not carry.
        scm_type::SCM_TIMESTAMP
        | scm_type::SCM_BINTIME
        | scm_type::SCM_REALTIME
        | scm_type::SCM_MONOTONIC => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

/// The first byte of an option that is an `u_char` on FreeBSD and an `int` on the host.
fn widened(data: &[u8]) -> Result<[u8; 4], Errno> {
    let byte = data.first().ok_or(Errno::EINVAL)?;
    Ok(i32::from(*byte).to_ne_bytes())
}

/// udp_output, ip6_setpktopts.
fn internet_to_host(message: &Message, host: &mut Written) -> Result<(), Errno> {
    match (message.level, message.kind) {
        (IPPROTO_IP, ip_option::IP_RECVDSTADDR) => {
            let source: [u8; 4] = message.data.try_into().map_err(|_| Errno::EINVAL)?;
            // struct in_pktinfo: no interface, this source, no header address.
            let mut info = [0; 12];
            if let Some(spec_dst) = info.get_mut(4..8) {
                spec_dst.copy_from_slice(&source);
            }
            host.push_host(raw::IPPROTO_IP as u32, raw::IP_PKTINFO, &info)
        }
        (IPPROTO_IP, ip_option::IP_TOS) => {
            host.push_host(raw::IPPROTO_IP as u32, raw::IP_TOS, &widened(message.data)?)
        }
        (IPPROTO_IP, ip_option::IP_TTL) => {
            host.push_host(raw::IPPROTO_IP as u32, raw::IP_TTL, &widened(message.data)?)
        }
        (IPPROTO_IP, _) => Err(Errno::ENOPROTOOPT),
        (sock_level::IPPROTO_IPV6, ipv6_option::IPV6_USE_MIN_MTU) => Ok(()),
        (sock_level::IPPROTO_IPV6, ipv6_option::IPV6_NEXTHOP) => {
            let hop = address::to_host(message.data)?;
            host.push_host(raw::SOL_IPV6, raw::IPV6_NEXTHOP, hop.bytes())
        }
        (sock_level::IPPROTO_IPV6, kind) => {
            let kind = IPV6_OPTION
                .to_host(i64::from(kind))
                .ok_or(Errno::ENOPROTOOPT)?;
            host.push_host(raw::SOL_IPV6, kind as u32, message.data)
        }
        // Messages for another layer are skipped.
        _ => Ok(()),
    }
}

/// `IPPROTO_IP`, which is `SOL_LOCAL` too.
const IPPROTO_IP: i32 = sock_level::SOL_LOCAL;

/// What conversion asks of whoever receives.
pub trait Receiver {
    /// How the socket wants credentials; asked when some arrived.
    fn credentials(&mut self) -> Credentials;
    /// By how many nanoseconds the host's real-time clock is ahead of its monotonic one.
    fn realtime_ahead(&mut self) -> i64;
    /// Closes a descriptor that arrived and that the guest will not see.
    fn dispose(&mut self, fd: i32);
}

/// The guest's messages for the host's; whether some were dropped. A message fits with its padding or not at all; from
/// the first that does not, everything is dropped (kern_recvit).
pub fn to_guest(host: &[u8], receiver: &mut dyn Receiver, guest: &mut Written) -> bool {
    let mut rest = host;
    let mut truncated = false;
    while let Some(message) = take_host(&mut rest) {
        let fits = !truncated && converted(&message, receiver, guest);
        truncated |= !fits;
        if !fits {
            rights(&message).for_each(|fd| receiver.dispose(fd));
        }
    }
    truncated
}

/// The descriptors a host's message carries.
fn rights<'a>(message: &Message<'a>) -> impl Iterator<Item = i32> + use<'a> {
    let carries = message.level as u32 == raw::SOL_SOCKET && message.kind as u32 == raw::SCM_RIGHTS;
    let data = if carries { message.data } else { &[] };
    data.chunks_exact(4)
        .map(|fd| i32::from_ne_bytes(fd.try_into().unwrap_or_default()))
}

/// The descriptors among the host's messages as 4.3BSD handed them out, without a header: how many bytes of `room` they
/// take. Those that do not fit are closed.
pub fn rights_only(host: &[u8], receiver: &mut dyn Receiver, room: &mut [u8]) -> usize {
    let mut rest = host;
    let mut len = 0;
    while let Some(message) = take_host(&mut rest) {
        for fd in rights(&message) {
            match room.get_mut(len..len + 4) {
                Some(slot) => {
                    slot.copy_from_slice(&fd.to_ne_bytes());
                    len += 4;
                }
                None => receiver.dispose(fd),
            }
        }
    }
    len
}

/// Appends one message for the guest; `false` when it does not fit. What FreeBSD has no name for is left out.
fn converted(message: &Message, receiver: &mut dyn Receiver, guest: &mut Written) -> bool {
    match message.level as u32 {
        raw::SOL_SOCKET => socket_to_guest(message, receiver, guest),
        raw::SOL_IPV6 => ipv6_to_guest(message, guest),
        level if level == raw::IPPROTO_IP as u32 => ip_to_guest(message, guest),
        _ => true,
    }
}

fn socket_to_guest(message: &Message, receiver: &mut dyn Receiver, guest: &mut Written) -> bool {
    const LEVEL: i32 = sock_level::SOL_SOCKET;
    let data = message.data;
    match message.kind as u32 {
        raw::SCM_RIGHTS => guest.push_guest(LEVEL, scm_type::SCM_RIGHTS, data),
        raw::SCM_CREDENTIALS => match <[i32; 3]>::read_from_bytes(data) {
            // Pid 0: the host has nothing to say about the sender.
            Ok([pid, uid, gid]) if pid != 0 => {
                let who = Identity {
                    pid,
                    uid: uid as u32,
                    gid: gid as u32,
                };
                credentials_to_guest(who, receiver.credentials(), guest)
            }
            _ => true,
        },
        raw::SO_TIMESTAMP_OLD => guest.push_guest(LEVEL, scm_type::SCM_TIMESTAMP, data),
        raw::SO_TIMESTAMPNS_OLD => guest.push_guest(LEVEL, scm_type::SCM_REALTIME, data),
        BINTIME_MARK => match <[i64; 2]>::read_from_bytes(data) {
            Ok([seconds, micros]) => guest.push_guest(
                LEVEL,
                scm_type::SCM_BINTIME,
                bintime(seconds, micros).as_bytes(),
            ),
            Err(_) => true,
        },
        MONOTONIC_MARK => match <[i64; 2]>::read_from_bytes(data) {
            Ok([sec, nsec]) => {
                let real = Timespec { sec, nsec }.as_nanos();
                let since_boot = real.saturating_sub(receiver.realtime_ahead());
                let Timespec { sec, nsec } = Timespec::from_nanos(since_boot);
                guest.push_guest(LEVEL, scm_type::SCM_MONOTONIC, [sec, nsec].as_bytes())
            }
            Err(_) => true,
        },
        _ => true,
    }
}

/// The host's kinds of timestamp that stand for FreeBSD's clocks it has no option for; see `sockopt`.
pub const BINTIME_MARK: u32 = raw::SO_TIMESTAMP_NEW;
/// As [`BINTIME_MARK`], for `SO_TS_MONOTONIC`.
pub const MONOTONIC_MARK: u32 = raw::SO_TIMESTAMPNS_NEW;

/// `struct bintime`: seconds, and 2^-64 fractions of one.
fn bintime(seconds: i64, micros: i64) -> [u64; 2] {
    // 2^64 / 10^6, rounded down.
    const PER_MICRO: u64 = 18_446_744_073_709;
    let micros = micros.clamp(0, 999_999) as u64;
    [seconds as u64, micros * PER_MICRO]
}

fn credentials_to_guest(who: Identity, how: Credentials, guest: &mut Written) -> bool {
    const LEVEL: i32 = sock_level::SOL_SOCKET;
    let Identity { pid, uid, gid } = who;
    match how {
        Credentials::Sent => {
            let mut groups = [0; 16];
            groups[0] = gid;
            let cred = Cmsgcred {
                pid,
                uid,
                euid: uid,
                gid,
                ngroups: 1,
                pad: 0,
                groups,
            };
            guest.push_guest(LEVEL, scm_type::SCM_CREDS, cred.as_bytes())
        }
        Credentials::Once => {
            let cred = Sockcred {
                uid,
                euid: uid,
                gid,
                egid: gid,
                ngroups: 1,
                groups: [gid],
            };
            guest.push_guest(LEVEL, scm_type::SCM_CREDS, cred.as_bytes())
        }
        Credentials::Always => {
            let cred = Sockcred2 {
                version: 0,
                pid,
                uid,
                euid: uid,
                gid,
                egid: gid,
                ngroups: 1,
                groups: [gid],
            };
            guest.push_guest(LEVEL, scm_type::SCM_CREDS2, cred.as_bytes())
        }
    }
}

/// ip_savecontrol.
fn ip_to_guest(message: &Message, guest: &mut Written) -> bool {
    let data = message.data;
    let byte = data.get(..1).unwrap_or_default();
    match message.kind as u32 {
        // struct sockaddr_in: the destination behind family and port.
        raw::IP_ORIGDSTADDR => {
            let destination = data.get(4..8).unwrap_or_default();
            guest.push_guest(IPPROTO_IP, ip_option::IP_RECVDSTADDR, destination)
        }
        raw::IP_PKTINFO => {
            let index = data.get(..2).unwrap_or_default();
            let mut link = [0; SIZEOF_SOCKADDR_DL_HEAD];
            link[0] = SIZEOF_SOCKADDR_DL_HEAD as u8;
            link[1] = compat_tables::bsd::flags::domain::AF_LINK as u8;
            for (slot, byte) in link.iter_mut().skip(2).zip(index) {
                *slot = *byte;
            }
            guest.push_guest(IPPROTO_IP, ip_option::IP_RECVIF, &link)
        }
        raw::IP_TTL => guest.push_guest(IPPROTO_IP, ip_option::IP_RECVTTL, byte),
        raw::IP_TOS => guest.push_guest(IPPROTO_IP, ip_option::IP_RECVTOS, byte),
        raw::IP_RECVOPTS => guest.push_guest(IPPROTO_IP, ip_option::IP_RECVOPTS, data),
        raw::IP_RETOPTS => guest.push_guest(IPPROTO_IP, ip_option::IP_RECVRETOPTS, data),
        _ => true,
    }
}

/// ip6_savecontrol. The structures are RFC 3542's on both sides; only addresses within them differ.
fn ipv6_to_guest(message: &Message, guest: &mut Written) -> bool {
    const LEVEL: i32 = sock_level::IPPROTO_IPV6;
    let Some(kind) = IPV6_OPTION.to_guest(i64::from(message.kind)) else {
        return true;
    };
    let kind = kind as i32;
    if kind != ipv6_option::IPV6_PATHMTU {
        return guest.push_guest(LEVEL, kind, message.data);
    }
    // struct ip6_mtuinfo: an address, then the MTU.
    let mut info = [0; 32];
    for (slot, byte) in info.iter_mut().zip(message.data) {
        *slot = *byte;
    }
    if let Some(address) = message.data.get(..28).and_then(address::to_guest) {
        for (slot, byte) in info.iter_mut().zip(address.bytes()).take(28) {
            *slot = *byte;
        }
    }
    guest.push_guest(LEVEL, kind, &info)
}

#[cfg(test)]
mod tests;
