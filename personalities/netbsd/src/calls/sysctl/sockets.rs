//! `net.*.pcblist`: all sockets (sysctl_inpcblist, sysctl_unpcblist).

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_bsd::sockets::listed::{address, path, pcb_address, state, vnode};
use compat_tables::bsd::flags::{sock_type, tcp_state};
use compat_tables::netbsd::Errno;
use compat_tables::netbsd::flags::domain;
use compat_translate::host::sockets::{InetSocket, UnixSocket};
use compat_translate::host::sockets::{inet_sockets, raw_sockets, unix_sockets};
use zerocopy::FromZeros;

use super::array::{Wish, array};
use crate::abi::socket::{
    ADDRESS, INP_ATTACHED, INP_BOUND, INP_CONNECTED, KinfoPcb, SS_ISCONNECTED,
};
use crate::error::Return;

/// Which list is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Tcp { v6: bool },
    Udp { v6: bool },
    Raw { v6: bool },
    Local(u32),
}

const IPPROTO_TCP: u8 = 6;
const IPPROTO_UDP: u8 = 17;

/// `{PCB_ALL, any process, size, count}` behind a list's name.
pub(super) fn list(list: List, more: &[i32], only_size: bool) -> Return<Vec<u8>> {
    const PCB_SLOP: usize = 20;
    let &[_, _, size, _count] = more else {
        return Err(Errno::EINVAL.into());
    };
    if !only_size && size as usize != size_of::<KinfoPcb>() {
        return Err(Errno::EINVAL.into());
    }
    let found: Vec<KinfoPcb> = match list {
        List::Tcp { v6 } => of_family(inet_sockets(IPPROTO_TCP)?, v6)
            .map(|socket| tcp(&socket))
            .collect(),
        List::Udp { v6 } => of_family(inet_sockets(IPPROTO_UDP)?, v6)
            .map(|socket| internet(&socket, IPPROTO_UDP, sock_type::SOCK_DGRAM))
            .collect(),
        List::Raw { v6 } => of_family(raw_sockets()?, v6).map(raw).collect(),
        List::Local(kind) => {
            let all = unix_sockets()?;
            all.iter()
                .filter(|socket| u32::from(socket.kind) == kind)
                .map(|socket| local(socket, &all))
                .collect()
        }
    };
    array(
        &found,
        Wish {
            size: size_of::<KinfoPcb>() as i32,
            slop: only_size.then_some(PCB_SLOP),
        },
    )
}

fn of_family(sockets: Vec<InetSocket>, v6: bool) -> impl Iterator<Item = InetSocket> {
    sockets.into_iter().filter(move |socket| socket.v6 == v6)
}

fn internet(socket: &InetSocket, protocol: u8, kind: u32) -> KinfoPcb {
    let connected = socket.remote.1 != 0;
    let family = if socket.v6 {
        domain::AF_INET6
    } else {
        domain::AF_INET
    };
    KinfoPcb {
        pcbaddr: pcb_address(socket.inode),
        ppcbaddr: pcb_address(socket.inode),
        sockaddr: address(socket.inode),
        family: family as u32,
        kind,
        protocol: protocol.into(),
        sostate: if connected { SS_ISCONNECTED } else { 0 },
        prstate: match (connected, socket.local.1) {
            (true, _) => INP_CONNECTED,
            (false, 0) => INP_ATTACHED,
            (false, _) => INP_BOUND,
        },
        rcvq: socket.receive.into(),
        sndq: socket.send.into(),
        src: end(socket.local),
        dst: if connected {
            end(socket.remote)
        } else {
            [0; ADDRESS]
        },
        ..KinfoPcb::new_zeroed()
    }
}

fn tcp(socket: &InetSocket) -> KinfoPcb {
    let tstate = state(socket);
    let mut pcb = internet(socket, IPPROTO_TCP, sock_type::SOCK_STREAM);
    if tstate == tcp_state::TCPS_LISTEN {
        // Connections that wait are no bytes.
        (pcb.rcvq, pcb.sndq) = (0, 0);
    }
    KinfoPcb { tstate, ..pcb }
}

/// A raw socket's local port is its protocol.
fn raw(mut socket: InetSocket) -> KinfoPcb {
    let protocol = socket.local.1 as u8;
    (socket.local.1, socket.remote.1) = (0, 0);
    internet(&socket, protocol, sock_type::SOCK_RAW)
}

/// `struct sockaddr_in` or `sockaddr_in6`.
fn end((address, port): (IpAddr, u16)) -> [u8; ADDRESS] {
    let port = port.to_be_bytes();
    match address {
        IpAddr::V4(address) => {
            let head = [16, domain::AF_INET as u8];
            filled(&[&head, &port, &address.octets()])
        }
        IpAddr::V6(address) => {
            let head = [28, domain::AF_INET6 as u8];
            filled(&[&head, &port, &[0; 4], &address.octets()])
        }
    }
}

fn local(socket: &UnixSocket, all: &[UnixSocket]) -> KinfoPcb {
    let peer = all
        .iter()
        .find(|other| socket.peer != 0 && other.inode == socket.peer);
    KinfoPcb {
        pcbaddr: pcb_address(socket.inode),
        sockaddr: address(socket.inode),
        family: domain::AF_LOCAL as u32,
        kind: socket.kind.into(),
        sostate: if socket.peer == 0 { 0 } else { SS_ISCONNECTED },
        rcvq: if socket.listening {
            0
        } else {
            socket.receive.into()
        },
        sndq: if socket.listening {
            0
        } else {
            socket.send.into()
        },
        src: name(socket),
        dst: peer.map_or([0; ADDRESS], name),
        inode: socket.inode.into(),
        vnode: vnode(socket),
        conn: pcb_address(socket.peer),
        ..KinfoPcb::new_zeroed()
    }
}

/// `struct sockaddr_un`, with nothing but its head for a socket without a path.
fn name(socket: &UnixSocket) -> [u8; ADDRESS] {
    let path = path(socket).unwrap_or_default();
    let length = u8::try_from(2 + path.len()).unwrap_or(u8::MAX);
    filled(&[&[length, domain::AF_LOCAL as u8], &path])
}

/// The pieces one behind the other, then zeros.
fn filled(pieces: &[&[u8]]) -> [u8; ADDRESS] {
    let mut made = [0; ADDRESS];
    let bytes = pieces.iter().copied().flatten();
    for (slot, &byte) in made.iter_mut().take(ADDRESS - 1).zip(bytes) {
        *slot = byte;
    }
    made
}
