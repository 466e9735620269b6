//! Socket options (kern_getsockopt, kern_setsockopt): one file a level.

mod ip;
mod ipv6;
mod local;
mod multicast;
mod netlink;
mod socket;
mod tcp;
mod tcp_info;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::sock_level;
use compat_translate::Cx;
use compat_translate::guest::{self, InOut};
use compat_translate::host::HostErrno;
use compat_translate::host::socket::{self as host_socket, raw};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::error::{Error, Return};
use crate::lower::Fd;
use crate::netlink::SOL_NETLINK;

/// Longest value that is passed on, in bytes: IPv6 extension headers are the longest there are.
const LONGEST: usize = 2048;

/// The value a program sets an option to.
#[derive(Clone, Copy)]
struct Given {
    at: u64,
    size: usize,
}

impl Given {
    /// A plain value; bytes beyond it are ignored (sooptcopyin).
    ///
    /// # Errors
    /// `EINVAL` when it is too short; `EFAULT`.
    fn read<T: FromBytes>(self) -> Return<T> {
        if self.size < size_of::<T>() {
            return Err(Errno::EINVAL.into());
        }
        Ok(guest::read(self.at)?)
    }

    fn int(self) -> Return<i32> {
        self.read()
    }

    /// All the bytes, in `room`.
    fn bytes(self, room: &mut [u8; LONGEST]) -> Return<&[u8]> {
        let bytes = room.get_mut(..self.size).ok_or(Errno::EINVAL)?;
        guest::read_bytes(self.at, bytes)?;
        Ok(bytes)
    }
}

/// The value of an option on its way to the program.
struct Answer {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Answer {
    fn int(value: i32) -> Self {
        Self::value(&value)
    }

    fn value<T: IntoBytes + Immutable>(value: &T) -> Self {
        Self::bytes(value.as_bytes())
    }

    fn bytes(bytes: &[u8]) -> Self {
        let mut room = [0; LONGEST];
        let len = bytes.len().min(LONGEST);
        for (slot, byte) in room.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Self { bytes: room, len }
    }

    /// What the host says, at most `room` bytes of it.
    fn of_host(fd: u64, level: u32, name: u32, room: usize) -> Return<Self> {
        let mut bytes = [0; LONGEST];
        let wanted = bytes.get_mut(..room.min(LONGEST)).unwrap_or_default();
        let len = host_socket::option_bytes(fd, level, name, wanted)?;
        Ok(Self { bytes, len })
    }

    /// What the host says, an `int`.
    fn of_host_int(fd: u64, level: u32, name: u32) -> Return<Self> {
        Ok(Self::int(host_socket::option(fd, level, name)?))
    }
}

/// Who is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Socket,
    Local,
    Ip,
    Ipv6,
    Tcp,
    Icmpv6,
    Netlink,
}

/// The level a number means on this socket: 0 is `SOL_LOCAL` and `IPPROTO_IP`. A protocol refuses what is not its own
/// (ip_ctloutput, ip6_ctloutput, uipc_ctloutput).
fn level_of(cx: &mut Cx, fd: u64, level: i32) -> Return<Level> {
    let found = match level {
        sock_level::SOL_SOCKET => return Ok(Level::Socket),
        sock_level::IPPROTO_TCP => return Ok(Level::Tcp),
        sock_level::SOL_LOCAL => match host_socket::domain(fd)? {
            raw::AF_UNIX => Some(Level::Local),
            raw::AF_INET => Some(Level::Ip),
            _ => None,
        },
        sock_level::IPPROTO_IPV6 => {
            (host_socket::domain(fd)? == raw::AF_INET6).then_some(Level::Ipv6)
        }
        sock_level::IPPROTO_ICMPV6 => {
            (host_socket::domain(fd)? == raw::AF_INET6).then_some(Level::Icmpv6)
        }
        SOL_NETLINK if crate::netlink::is_one(fd) => return Ok(Level::Netlink),
        sock_level::IPPROTO_UDP | sock_level::IPPROTO_SCTP | sock_level::IPPROTO_UDPLITE => {
            host_socket::kind(fd)?;
            return Err(cx.gap("sockopt: UDP or SCTP level", Errno::ENOPROTOOPT.into()));
        }
        _ => {
            host_socket::kind(fd)?;
            None
        }
    };
    found.ok_or(Errno::EINVAL.into())
}

pub fn setsockopt(cx: &mut Cx, s: Fd, level: i32, name: i32, at: u64, size: u32) -> Return<()> {
    if at == 0 && size != 0 {
        return Err(Errno::EFAULT.into());
    }
    let size = usize::try_from(size as i32).map_err(|_| Errno::EINVAL)?;
    let fd = s.checked(cx)?;
    let given = Given { at, size };
    match level_of(cx, fd, level)? {
        Level::Socket => socket::set(cx, fd, name, given),
        Level::Local => local::set(cx, fd, name, given),
        Level::Ip => ip::set(cx, fd, name, given),
        Level::Ipv6 => ipv6::set(cx, fd, name, given),
        Level::Tcp => tcp::set(cx, fd, name, given),
        Level::Icmpv6 => ipv6::set_filter(fd, name, given),
        Level::Netlink => netlink::set(cx, fd, name, given),
    }
}

pub fn getsockopt(
    cx: &mut Cx,
    s: Fd,
    level: i32,
    name: i32,
    at: u64,
    size_at: InOut<u32>,
) -> Return<()> {
    let size = if at == 0 { 0 } else { size_at.read()? };
    let size = usize::try_from(size as i32).map_err(|_| Errno::EINVAL)?;
    let fd = s.checked(cx)?;
    let answer = match level_of(cx, fd, level)? {
        Level::Socket => socket::get(fd, name),
        Level::Local => local::get(fd, name),
        Level::Ip => ip::get(cx, fd, name, size),
        Level::Ipv6 => ipv6::get(cx, fd, name, size),
        Level::Tcp => tcp::get(fd, name),
        Level::Icmpv6 => ipv6::get_filter(fd, name),
        Level::Netlink => netlink::get(fd, name, size),
    }?;
    let len = answer.len.min(size);
    guest::write_bytes(at, answer.bytes.get(..len).unwrap_or_default())?;
    size_at.write(&(len as u32))?;
    Ok(())
}

/// Hands a value to the host as it is.
fn pass_on(fd: u64, level: u32, name: u32, given: Given) -> Return<()> {
    let mut room = [0; LONGEST];
    let bytes = given.bytes(&mut room)?;
    Ok(host_socket::set_option_bytes(fd, level, name, bytes)?)
}

/// Hands an `int` to the host.
fn pass_int(fd: u64, level: u32, name: u32, given: Given) -> Return<()> {
    Ok(host_socket::set_option(fd, level, name, given.int()?)?)
}

/// An interface that is not there.
fn no_interface(error: Error) -> Error {
    if error == Error::from(HostErrno::ENODEV) {
        Errno::EADDRNOTAVAIL.into()
    } else {
        error
    }
}
