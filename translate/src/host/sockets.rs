//! All sockets of the host's network namespace (`linux/sock_diag.h`, `linux/inet_diag.h`, `linux/unix_diag.h`).

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::netlink::{Message, dump_of, u32_at};
use super::{HostErrno, HostResult, read_file};

const NETLINK_SOCK_DIAG: u64 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const ALL_STATES: u32 = u32::MAX;

/// The host's `AF_` numbers of the families that can be listed.
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// A TCP, UDP or raw socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InetSocket {
    /// Whether it was made for IPv6.
    pub v6: bool,
    /// An IPv6 socket that takes no IPv4 packets.
    pub v6_only: bool,
    /// The host's number of a TCP connection's state: 1 established ... 10 listening.
    pub state: u8,
    /// Own address and port; a raw socket has its protocol for a port.
    pub local: (IpAddr, u16),
    /// The other side's; zeros without one.
    pub remote: (IpAddr, u16),
    /// Bytes to be read; of a listening socket, connections to be accepted.
    pub receive: u32,
    /// Bytes not acknowledged yet; of a listening socket, how many connections may wait.
    pub send: u32,
    /// Who made it.
    pub uid: u32,
    /// What `/proc/PID/fd` calls it; 0 when no process has it any more.
    pub inode: u32,
}

/// A socket of the local family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixSocket {
    /// 1 stream, 2 datagrams, 5 packets in sequence.
    pub kind: u8,
    /// Whether it accepts connections.
    pub listening: bool,
    /// The path it is bound to; one that starts with a NUL is no path; empty without a name.
    pub name: Vec<u8>,
    /// The inode of the socket at the other end; 0 for none.
    pub peer: u32,
    /// As of [`InetSocket`].
    pub receive: u32,
    /// As of [`InetSocket`].
    pub send: u32,
    /// Who made it.
    pub uid: u32,
    /// What `/proc/PID/fd` calls it.
    pub inode: u32,
}

/// All sockets of `IPPROTO_TCP` (6) or `IPPROTO_UDP` (17), IPv4 first.
///
/// # Errors
/// As a netlink socket; `ENOENT` from a kernel without `INET_DIAG`.
pub fn inet_sockets(protocol: u8) -> HostResult<Vec<InetSocket>> {
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        // `struct inet_diag_req_v2`.
        let mut question = alloc::vec![family, protocol, 0, 0];
        question.extend(ALL_STATES.to_le_bytes());
        question.resize(56, 0);
        dump_of(
            NETLINK_SOCK_DIAG,
            SOCK_DIAG_BY_FAMILY,
            &question,
            |message| found.extend(inet(message)),
        )?;
    }
    Ok(found)
}

/// `struct inet_diag_msg`.
fn inet(message: &Message) -> Option<InetSocket> {
    const LENGTH: usize = 72;
    const INET_DIAG_SKV6ONLY: u16 = 11;
    let v6 = message.u8(0) == AF_INET6;
    let end = |address: usize, port: usize| {
        let bytes = message.body.get(address..address + 16)?;
        let address = match v6 {
            true => IpAddr::V6(<[u8; 16]>::try_from(bytes).ok()?.into()),
            false => IpAddr::V4((*bytes.first_chunk::<4>()?).into()),
        };
        Some((address, message.u16(port).swap_bytes()))
    };
    Some(InetSocket {
        v6,
        v6_only: message
            .attributes(LENGTH)
            .any(|(kind, value)| kind == INET_DIAG_SKV6ONLY && value == [1]),
        state: message.u8(1),
        local: end(8, 4)?,
        remote: end(24, 6)?,
        receive: message.u32(56),
        send: message.u32(60),
        uid: message.u32(64),
        inode: message.u32(68),
    })
}

/// All sockets of the local family.
///
/// # Errors
/// As a netlink socket; `ENOENT` from a kernel without `UNIX_DIAG`.
pub fn unix_sockets() -> HostResult<Vec<UnixSocket>> {
    /// Name, peer, queue lengths and owner.
    const SHOW: u32 = 0x1 | 0x4 | 0x10 | 0x40;
    // `struct unix_diag_req`.
    let mut question = alloc::vec![AF_UNIX, 0, 0, 0];
    question.extend(ALL_STATES.to_le_bytes());
    question.extend([0; 4]);
    question.extend(SHOW.to_le_bytes());
    question.extend([0; 8]);
    let mut found = Vec::new();
    dump_of(
        NETLINK_SOCK_DIAG,
        SOCK_DIAG_BY_FAMILY,
        &question,
        |message| found.push(unix(message)),
    )?;
    Ok(found)
}

/// `struct unix_diag_msg`.
fn unix(message: &Message) -> UnixSocket {
    const LENGTH: usize = 16;
    const LISTENING: u8 = 10;
    let mut socket = UnixSocket {
        kind: message.u8(1),
        listening: message.u8(2) == LISTENING,
        name: Vec::new(),
        peer: 0,
        receive: 0,
        send: 0,
        uid: 0,
        inode: message.u32(4),
    };
    for (kind, value) in message.attributes(LENGTH) {
        match kind {
            0 => socket.name = value.strip_suffix(&[0]).unwrap_or(value).to_vec(),
            2 => socket.peer = u32_at(value, 0),
            4 => (socket.receive, socket.send) = (u32_at(value, 0), u32_at(value, 4)),
            7 => socket.uid = u32_at(value, 0),
            _ => {}
        }
    }
    socket
}

/// All raw sockets, IPv4 first: of them many kernels tell nothing but in `/proc`.
///
/// # Errors
/// As `open`.
pub fn raw_sockets() -> HostResult<Vec<InetSocket>> {
    let mut found = lines_of(c"/proc/net/raw")?;
    match lines_of(c"/proc/net/raw6") {
        Ok(more) => found.extend(more),
        // No IPv6.
        Err(HostErrno::ENOENT) => {}
        Err(error) => return Err(error),
    }
    Ok(found)
}

fn lines_of(path: &CStr) -> HostResult<Vec<InetSocket>> {
    const WHOLE: usize = 4 << 20;
    let text = read_file(path, WHOLE)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().skip(1).filter_map(line).collect())
}

/// Number, both ends, state, queues, timer, retransmissions, owner, timeout, inode.
fn line(line: &str) -> Option<InetSocket> {
    let mut words = line.split_whitespace().skip(1);
    let hex = |word: &str| u32::from_str_radix(word, 16).ok();
    let (local, remote) = (end(words.next()?)?, end(words.next()?)?);
    let state = hex(words.next()?)? as u8;
    let (send, receive) = words.next()?.split_once(':')?;
    Some(InetSocket {
        v6: local.0.is_ipv6(),
        v6_only: true,
        state,
        local,
        remote,
        receive: hex(receive)?,
        send: hex(send)?,
        uid: words.nth(2)?.parse().ok()?,
        inode: words.nth(1)?.parse().ok()?,
    })
}

/// `0100007F:0006`: words of four bytes as they lie in memory, then the port.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok();
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?.to_le_bytes())),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let mut bytes = [0; 16];
            for (slot, byte) in bytes
                .iter_mut()
                .zip(words.iter().flat_map(|word| word.to_le_bytes()))
            {
                *slot = byte;
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::net::{TcpListener, UdpSocket};
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn a_listener_and_its_peers_are_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let udp = UdpSocket::bind("[::1]:0").ok();
        let found = inet_sockets(6).unwrap();
        let own = found.iter().find(|socket| socket.local.1 == port).unwrap();
        assert_eq!((own.state, own.local.0), (10, IpAddr::from([127, 0, 0, 1])));
        assert!(own.inode != 0 && !own.v6);
        if let Some(udp) = udp {
            let port = udp.local_addr().unwrap().port();
            let found = inet_sockets(17).unwrap();
            assert!(
                found
                    .iter()
                    .any(|socket| socket.v6 && socket.local.1 == port)
            );
        }
    }

    #[test]
    fn both_ends_of_a_pair_know_each_other() {
        let (one, other) = UnixDatagram::pair().unwrap();
        let inode = |socket: &UnixDatagram| {
            let stat = std::os::fd::AsRawFd::as_raw_fd(socket);
            let name = std::fs::read_link(alloc::format!("/proc/self/fd/{stat}")).unwrap();
            let name = name.to_string_lossy().into_owned();
            let number = name.trim_start_matches("socket:[").trim_end_matches(']');
            number.parse::<u32>().unwrap()
        };
        let (one, other) = (inode(&one), inode(&other));
        let found = unix_sockets().unwrap();
        let first = found.iter().find(|socket| socket.inode == one).unwrap();
        assert_eq!((first.peer, first.kind), (other, 2));
    }

    #[test]
    fn a_line_about_a_raw_socket() {
        let text = "   1: 0100007F:0001 00000000:0000 07 00000000:00000A00 00:00000000 00000000  1000        0 4711 2 0 0";
        let socket = line(text).unwrap();
        assert_eq!(socket.local, (IpAddr::from([127, 0, 0, 1]), 1));
        assert_eq!(
            (socket.receive, socket.uid, socket.inode),
            (2560, 1000, 4711)
        );
        let (address, port) = end("000080FE000000000000000001000000:003A").unwrap();
        assert_eq!((address, port), ("fe80::1".parse().unwrap(), 58));
    }
}
