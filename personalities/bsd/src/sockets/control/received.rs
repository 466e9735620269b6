//! Control messages that arrived.

use compat_tables::bsd::flags::{IPV6_OPTION, ip_option, ipv6_option, scm_type, sock_level};
use compat_translate::host::Timespec;
use compat_translate::host::socket::raw;
use zerocopy::{FromBytes, IntoBytes};

use super::{HOST_HEADER, IPPROTO_IP, Identity, Message, Written};
use crate::abi::socket::{CMSG_ALIGN, Cmsgcred, SIZEOF_SOCKADDR_DL_HEAD, Sockcred, Sockcred2};
use crate::sockets::address;

/// Bytes for what the host hands back: 253 descriptors are its most, then some small ones.
pub const RECEIVE_ROOM: usize = 2048;

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

/// What conversion asks of whoever receives.
pub trait Receiver {
    /// How the socket wants credentials; asked when some arrived.
    fn credentials(&mut self) -> Credentials;
    /// By how many nanoseconds the host's real-time clock is ahead of its monotonic one.
    fn realtime_ahead(&mut self) -> i64;
    /// Whether a descriptor that arrived is what [`super::add_mark`] sends.
    fn is_mark(&mut self, fd: i32) -> bool;
    /// Closes a descriptor that arrived and that the guest will not see.
    fn dispose(&mut self, fd: i32);
}

/// The host's messages, without the mark.
struct Arrived<'a> {
    rest: &'a [u8],
    /// Whether there was one.
    marked: bool,
}

impl<'a> Arrived<'a> {
    fn new(host: &'a [u8], receiver: &mut dyn Receiver) -> Self {
        let mut rest = host;
        let mut marked = false;
        while let Some(message) = take_host(&mut rest) {
            // The host makes one message of all descriptors.
            if let Some(last) = rights(&message).last()
                && receiver.is_mark(last)
            {
                receiver.dispose(last);
                marked = true;
            }
        }
        Self { rest: host, marked }
    }
}

impl<'a> Iterator for Arrived<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        loop {
            let mut message = take_host(&mut self.rest)?;
            if !self.marked || rights(&message).next().is_none() {
                return Some(message);
            }
            let length = message.data.len().saturating_sub(4);
            message.data = message.data.get(..length).unwrap_or_default();
            if length != 0 {
                return Some(message);
            }
        }
    }
}

/// The guest's messages for the host's; whether some were dropped. A message fits with its padding or not at all; from
/// the first that does not, everything is dropped (kern_recvit).
pub fn to_guest(host: &[u8], receiver: &mut dyn Receiver, guest: &mut Written) -> bool {
    let arrived = Arrived::new(host, receiver);
    let named = arrived.marked;
    let mut truncated = false;
    for message in arrived {
        let fits = !truncated && converted(&message, named, receiver, guest);
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
    let mut len = 0;
    for message in Arrived::new(host, receiver) {
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

/// Appends one message for the guest; `false` when it does not fit. What FreeBSD has no name for is left out, and who sends when
/// that was neither `named` nor asked for.
fn converted(
    message: &Message,
    named: bool,
    receiver: &mut dyn Receiver,
    guest: &mut Written,
) -> bool {
    match message.level as u32 {
        raw::SOL_SOCKET => socket_to_guest(message, named, receiver, guest),
        raw::SOL_IPV6 => ipv6_to_guest(message, guest),
        level if level == raw::IPPROTO_IP as u32 => ip_to_guest(message, guest),
        _ => true,
    }
}

fn socket_to_guest(
    message: &Message,
    named: bool,
    receiver: &mut dyn Receiver,
    guest: &mut Written,
) -> bool {
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
                match receiver.credentials() {
                    Credentials::Sent if !named => true,
                    how => credentials_to_guest(who, how, guest),
                }
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
