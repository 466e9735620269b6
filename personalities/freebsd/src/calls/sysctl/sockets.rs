//! `net.inet.*.pcblist` and `net.local.*.pcblist`: all sockets (tcp_pcblist, udp_pcblist, rip_pcblist, unp_pcblist).
//!
//! Until FreeBSD 11 these lists were copies of the kernel's own structures, so a program's release decides which it
//! gets. Kernel addresses are made of the host's inodes: programs compare them with each other and with `kern.file`.

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_bsd::sockets::listed::{self, address, pcb_address, plain, state, vnode};
use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::host::sockets::{InetSocket, UnixSocket};
use compat_translate::host::sockets::{inet_sockets, raw_sockets, unix_sockets};
use zerocopy::{FromZeros, Immutable, IntoBytes};

use super::release::of_program;
use super::xsocket::About;
use crate::abi::pcb::{INP_IPV4, INP_IPV6, InConninfo, Xgen, XgenLong, Xinpcb, Xtcpcb, Xunpcb};
use crate::abi::pcb10;
use crate::abi::socket::SIZEOF_SOCKADDR_UN;
use crate::error::Return;

pub(super) const IPPROTO_TCP: u8 = 6;
pub(super) const IPPROTO_UDP: u8 = 17;

pub(super) const SOCK_STREAM: u8 = 1;
pub(super) const SOCK_DGRAM: u8 = 2;
const SOCK_RAW: u8 = 3;
pub(super) const SOCK_SEQPACKET: u8 = 5;

/// Whose structures a program reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Ten,
    Twelve,
}

impl Layout {
    /// # Errors
    /// A gap for programs of other releases.
    pub(super) fn of_caller(cx: &mut Cx) -> Return<Self> {
        match of_program(cx, 0) {
            1_000_000..1_100_000 => Ok(Self::Ten),
            0 | 1_200_000.. => Ok(Self::Twelve),
            _ => Err(cx.gap(
                "net.*.pcblist, kern.file: as before FreeBSD 10 or in 11",
                Errno::ENOENT.into(),
            )),
        }
    }
}

/// TCP or UDP sockets.
pub(super) fn internet(cx: &mut Cx, protocol: u8) -> Return<Vec<u8>> {
    let layout = Layout::of_caller(cx)?;
    let found = inet_sockets(protocol)?;
    Ok(match (layout, protocol) {
        (Layout::Ten, IPPROTO_TCP) => list_10(&found, tcp_10),
        (Layout::Ten, _) => list_10(&found, |socket| datagrams_10(socket, protocol, SOCK_DGRAM)),
        (Layout::Twelve, IPPROTO_TCP) => list(&found, tcp),
        (Layout::Twelve, _) => list(&found, |socket| internet_pcb(socket, protocol, SOCK_DGRAM)),
    })
}

/// Raw sockets, whose local port is their protocol.
pub(super) fn raw(cx: &mut Cx) -> Return<Vec<u8>> {
    let layout = Layout::of_caller(cx)?;
    let mut found = raw_sockets()?;
    let protocols: Vec<u8> = found.iter().map(|socket| socket.local.1 as u8).collect();
    for socket in &mut found {
        (socket.local.1, socket.remote.1) = (0, 0);
    }
    let found: Vec<_> = found.into_iter().zip(protocols).collect();
    Ok(match layout {
        Layout::Ten => list_10(&found, |(socket, protocol)| {
            datagrams_10(socket, *protocol, SOCK_RAW)
        }),
        Layout::Twelve => list(&found, |(socket, protocol)| {
            internet_pcb(socket, *protocol, SOCK_RAW)
        }),
    })
}

/// Sockets of the local family and of one kind.
pub(super) fn local(cx: &mut Cx, kind: u8) -> Return<Vec<u8>> {
    let layout = Layout::of_caller(cx)?;
    let all = unix_sockets()?;
    let found: Vec<&UnixSocket> = all.iter().filter(|socket| socket.kind == kind).collect();
    Ok(match layout {
        Layout::Ten => list_10(&found, |socket| local_10(socket, &all)),
        // `struct xunpgen` has not grown.
        Layout::Twelve => list_10(&found, |socket| local_pcb(socket, &all)),
    })
}

/// The entries between two `struct xinpgen`.
fn list<S, P: IntoBytes + Immutable>(found: &[S], entry: impl Fn(&S) -> P) -> Vec<u8> {
    let end = XgenLong {
        start: generation(found.len(), size_of::<XgenLong>()),
        spare: [0; 4],
    };
    between(end.as_bytes(), found, entry)
}

/// The same with the shorter `struct xinpgen` of FreeBSD 10, which is also `struct xunpgen`.
fn list_10<S, P: IntoBytes + Immutable>(found: &[S], entry: impl Fn(&S) -> P) -> Vec<u8> {
    let end = generation(found.len(), size_of::<Xgen>());
    between(end.as_bytes(), found, entry)
}

fn generation(count: usize, len: usize) -> Xgen {
    Xgen {
        len: len as u64,
        count: count as u32,
        pad: 0,
        generation: 1,
        socket_generation: 1,
    }
}

fn between<S, P: IntoBytes + Immutable>(
    end: &[u8],
    found: &[S],
    entry: impl Fn(&S) -> P,
) -> Vec<u8> {
    let mut out = end.to_vec();
    for socket in found {
        out.extend_from_slice(entry(socket).as_bytes());
    }
    out.extend_from_slice(end);
    out
}

/// Both ends, and `inp_vflag`: the families of packets it takes.
fn ends(socket: &InetSocket) -> (InConninfo, u8) {
    const INC_ISIPV6: u8 = 1;
    let (local, remote) = (plain(socket.local.0), plain(socket.remote.0));
    let v6 = local.is_ipv6();
    let vflag = match v6 {
        true if !socket.v6_only && local.is_unspecified() => INP_IPV4 | INP_IPV6,
        true => INP_IPV6,
        false => INP_IPV4,
    };
    let ends = InConninfo {
        flags: if v6 { INC_ISIPV6 } else { 0 },
        len: 0,
        fibnum: 0,
        fport: socket.remote.1.to_be_bytes(),
        lport: socket.local.1.to_be_bytes(),
        faddr: field(remote),
        laddr: field(local),
    };
    (ends, vflag)
}

/// The union of an IPv6 address and, in its last four bytes, an IPv4 address.
fn field(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            if let Some(last) = bytes.last_chunk_mut() {
                *last = address.octets();
            }
            bytes
        }
    }
}

fn internet_pcb(socket: &InetSocket, protocol: u8, kind: u8) -> Xinpcb {
    let (inc, vflag) = ends(socket);
    Xinpcb {
        len: size_of::<Xinpcb>() as u64,
        socket: About::internet(socket, protocol, kind).shown(),
        inc,
        ppcb: pcb_address(socket.inode),
        vflag,
        ip_ttl: 64,
        ip_p: protocol,
        ..Xinpcb::new_zeroed()
    }
}

fn tcp(socket: &InetSocket) -> Xtcpcb {
    Xtcpcb {
        len: size_of::<Xtcpcb>() as u64,
        inp: internet_pcb(socket, IPPROTO_TCP, SOCK_STREAM),
        state: state(socket),
        ..Xtcpcb::new_zeroed()
    }
}

fn inpcb_10(socket: &InetSocket, protocol: u8) -> pcb10::Inpcb {
    let (inc, vflag) = ends(socket);
    pcb10::Inpcb {
        ppcb: pcb_address(socket.inode),
        socket: address(socket.inode),
        vflag,
        ip_ttl: 64,
        ip_p: protocol,
        inc,
        ..pcb10::Inpcb::new_zeroed()
    }
}

fn datagrams_10(socket: &InetSocket, protocol: u8, kind: u8) -> pcb10::Xinpcb {
    pcb10::Xinpcb {
        len: size_of::<pcb10::Xinpcb>() as u64,
        inp: inpcb_10(socket, protocol),
        socket: About::internet(socket, protocol, kind).shown_10(),
        alignment: 0,
    }
}

fn tcp_10(socket: &InetSocket) -> pcb10::Xtcpcb {
    pcb10::Xtcpcb {
        len: size_of::<pcb10::Xtcpcb>() as u64,
        inp: inpcb_10(socket, IPPROTO_TCP),
        state: state(socket),
        socket: About::internet(socket, IPPROTO_TCP, SOCK_STREAM).shown_10(),
        ..pcb10::Xtcpcb::new_zeroed()
    }
}

/// `struct sockaddr_un`; zeros for a socket without a path.
fn path(socket: &UnixSocket) -> [u8; 256] {
    const AF_LOCAL: u8 = 1;
    let mut made = [0; 256];
    let Some(name) = listed::path(socket) else {
        return made;
    };
    let head = [(2 + name.len()).min(SIZEOF_SOCKADDR_UN) as u8, AF_LOCAL];
    let bytes = head.iter().chain(&name).take(SIZEOF_SOCKADDR_UN);
    for (slot, &byte) in made.iter_mut().zip(bytes) {
        *slot = byte;
    }
    made
}

fn peer_path(socket: &UnixSocket, all: &[UnixSocket]) -> [u8; 256] {
    all.iter()
        .find(|other| socket.peer != 0 && other.inode == socket.peer)
        .map_or([0; 256], path)
}

fn local_pcb(socket: &UnixSocket, all: &[UnixSocket]) -> Xunpcb {
    Xunpcb {
        len: size_of::<Xunpcb>() as u64,
        unpp: pcb_address(socket.inode),
        vnode: vnode(socket),
        conn: pcb_address(socket.peer),
        addr: path(socket),
        caddr: peer_path(socket, all),
        socket: About::local(socket).shown(),
        ..Xunpcb::new_zeroed()
    }
}

fn local_10(socket: &UnixSocket, all: &[UnixSocket]) -> pcb10::Xunpcb {
    let addr = path(socket);
    pcb10::Xunpcb {
        len: size_of::<pcb10::Xunpcb>() as u64,
        unpp: pcb_address(socket.inode),
        unp_socket: address(socket.inode),
        vnode: vnode(socket),
        conn: pcb_address(socket.peer),
        // Programs look whether there is an address.
        unp_addr: if addr[0] == 0 {
            0
        } else {
            pcb_address(socket.inode) | 0x20
        },
        addr,
        caddr: peer_path(socket, all),
        socket: About::local(socket).shown_10(),
        ..pcb10::Xunpcb::new_zeroed()
    }
}
