//! Sockets and their addresses, as FreeBSD numbers them.

use compat_guests::sys::{self, Result, call};

pub(crate) const AF_UNIX: u64 = 1;
pub(crate) const AF_INET: u64 = 2;
pub(crate) const AF_INET6: u64 = 28;
pub(crate) const STREAM: u64 = 1;
pub(crate) const DGRAM: u64 = 2;
pub(crate) const NONBLOCK: u64 = 0x2000_0000;
pub(crate) const SOL_SOCKET: u64 = 0xffff;

pub(crate) const ENOTSOCK: u64 = 38;
pub(crate) const EDESTADDRREQ: u64 = 39;
pub(crate) const EPROTOTYPE: u64 = 41;
pub(crate) const ENOPROTOOPT: u64 = 42;
pub(crate) const EPROTONOSUPPORT: u64 = 43;
pub(crate) const EAFNOSUPPORT: u64 = 47;
pub(crate) const EADDRINUSE: u64 = 48;
pub(crate) const EADDRNOTAVAIL: u64 = 49;
pub(crate) const EISCONN: u64 = 56;
pub(crate) const ENOTCONN: u64 = 57;
pub(crate) const EPIPE: u64 = 32;

pub(crate) fn socket(family: u64, kind: u64) -> u64 {
    call(97, [family, kind, 0]).expect("socket")
}

pub(crate) fn pair(kind: u64) -> (u64, u64) {
    let mut fds = [0u32; 2];
    call(135, [AF_UNIX, kind, 0, fds.as_mut_ptr() as u64]).expect("socketpair");
    let fds = unsafe { (&raw const fds).read_volatile() };
    (u64::from(fds[0]), u64::from(fds[1]))
}

/// An IPv4 address on the loopback interface.
pub(crate) fn local(port: u16) -> [u8; 16] {
    let [high, low] = port.to_be_bytes();
    [16, 2, high, low, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
}

pub(crate) fn bind(fd: u64, name: &[u8]) -> Result {
    call(104, [fd, name.as_ptr() as u64, name.len() as u64])
}

pub(crate) fn connect(fd: u64, name: &[u8]) -> Result {
    call(98, [fd, name.as_ptr() as u64, name.len() as u64])
}

/// `getsockname` (32) or `getpeername` (31) into `room`: the length it says.
pub(crate) fn name(number: u64, fd: u64, room: &mut [u8]) -> core::result::Result<usize, u64> {
    let mut len = room.len() as u32;
    let at = room.as_mut_ptr() as u64;
    call(number, [fd, at, (&raw mut len) as u64])?;
    Ok(unsafe { (&raw const len).read_volatile() } as usize)
}

/// The port a socket is bound to.
pub(crate) fn port(fd: u64) -> u16 {
    let mut address = [0u8; 28];
    name(32, fd, &mut address).expect("getsockname");
    u16::from_be_bytes([address[2], address[3]])
}

/// A listener on the loopback interface, a connection to it, and its other end.
pub(crate) fn connected() -> (u64, u64, u64) {
    let listener = socket(AF_INET, STREAM);
    bind(listener, &local(0)).expect("bind");
    call(106, [listener, 5]).expect("listen");
    let client = socket(AF_INET, STREAM);
    connect(client, &local(port(listener))).expect("connect");
    let server = call(30, [listener, 0, 0]).expect("accept");
    (listener, client, server)
}

pub(crate) fn set(fd: u64, level: u64, option: u64, value: i32) -> Result {
    let value = [value];
    call(105, [fd, level, option, value.as_ptr() as u64, 4])
}

pub(crate) fn get(fd: u64, level: u64, option: u64) -> core::result::Result<i32, u64> {
    let (mut value, mut len) = (0i32, 4u32);
    let at = (&raw mut value) as u64;
    call(118, [fd, level, option, at, (&raw mut len) as u64])?;
    assert_eq!(len, 4, "an int");
    Ok(unsafe { (&raw const value).read_volatile() })
}

pub(crate) fn close(fd: u64) {
    call(sys::CLOSE, [fd]).expect("close");
}
