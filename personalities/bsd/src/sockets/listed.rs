//! What lists of sockets say in any layout. Kernel addresses are made of the host's inodes: programs compare them with each
//! other and with those in lists of open files.

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_tables::bsd::flags::{TCP_STATE, tcp_state};
use compat_translate::host::sockets::{InetSocket, UnixSocket};

use crate::calls::path::known_name;

/// Of the control block of the socket with this inode; 0 for none.
pub fn pcb_address(inode: u32) -> u64 {
    match inode {
        0 => 0,
        inode => 0xffff_f800_0000_0080 | u64::from(inode) << 8,
    }
}

/// Of the socket itself.
pub fn address(inode: u32) -> u64 {
    pcb_address(inode) & !0x80
}

/// Of the file that a socket is bound to; 0 when it is not.
pub fn vnode(socket: &UnixSocket) -> u64 {
    match socket.name.first() {
        Some(0) | None => 0,
        Some(_) => pcb_address(socket.inode) | 0x40,
    }
}

/// A TCP connection's state.
pub fn state(socket: &InetSocket) -> i32 {
    TCP_STATE
        .to_guest(i64::from(socket.state))
        .map_or(tcp_state::TCPS_SYN_RECEIVED, |state| state as i32)
}

/// An IPv6 socket's IPv4 connection is an IPv4 connection.
pub fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The path that a socket is bound to, as the guest knows it.
pub fn path(socket: &UnixSocket) -> Option<Vec<u8>> {
    match socket.name.first()? {
        0 => None,
        // Where it is not absolute, nobody can tell from where.
        b'/' => Some(known_name(&socket.name).unwrap_or_default()),
        _ => Some(socket.name.clone()),
    }
}
