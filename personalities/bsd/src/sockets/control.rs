//! Control messages, sent and received. A message's header differs (12 and 16 bytes), where its data starts and how it
//! is aligned do not. Most kinds differ in number, some in what their data is.
//!
//! Nothing here is believed: a length that is too short or too long ends the conversion.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{IPV6_OPTION, ip_option, ipv6_option, scm_type, sock_level};
use compat_translate::host::socket::raw;
use zerocopy::{FromBytes, IntoBytes};

use super::address;
use crate::abi::socket::{CMSG_ALIGN, CMSG_DATA, Cmsghdr};

mod received;
pub use received::{
    BINTIME_MARK, Credentials, MONOTONIC_MARK, RECEIVE_ROOM, Receiver, rights_only, to_guest,
};

/// The host's `struct cmsghdr`: the length with itself, level, type.
const HOST_HEADER: usize = 16;
/// Bytes that conversion can need for `MCLBYTES` of messages: each takes at most twice its room, and then there is the mark.
pub const HOST_ROOM: usize = 4096 + 24;

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

/// The host's messages for the guest's. `own` is the sender; `passable` says whether a descriptor may be passed on. Returns
/// whether the sender says who it is: then [`add_mark`] is to follow.
///
/// # Errors
/// As FreeBSD's protocols: `EINVAL` for what is malformed or out of place, `ENOPROTOOPT`; what `passable` says.
pub fn to_host(
    guest: &[u8],
    socket: Kind,
    own: Identity,
    passable: &mut dyn FnMut(i32) -> Result<(), Errno>,
    host: &mut Written,
) -> Result<bool, Errno> {
    let mut rest = guest;
    let mut named = false;
    if rest.len() < size_of::<Cmsghdr>() {
        return Err(Errno::EINVAL);
    }
    // What is shorter than a header behind the last message is padding.
    while rest.len() >= size_of::<Cmsghdr>() {
        let message = take_guest(&mut rest)?;
        match socket {
            Kind::Unix => {
                unix_to_host(&message, own, passable, host)?;
                named |=
                    (message.level, message.kind) == (sock_level::SOL_SOCKET, scm_type::SCM_CREDS);
            }
            Kind::Datagram => internet_to_host(&message, host)?,
            Kind::Stream => return Err(Errno::EINVAL),
        }
    }
    Ok(named)
}

/// Appends the descriptor that tells credentials sent explicitly from those that the host adds by itself to what is sent before
/// the other end is accepted. It goes last, where [`to_guest`] takes it away.
///
/// # Errors
/// `EINVAL` when there is no room.
pub fn add_mark(mark: i32, host: &mut Written) -> Result<(), Errno> {
    host.push_host(raw::SOL_SOCKET, raw::SCM_RIGHTS, &mark.to_ne_bytes())
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

#[cfg(test)]
mod tests;
