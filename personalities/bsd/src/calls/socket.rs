//! Sockets: making, binding, connecting and closing down (uipc_syscalls.c, uipc_socket.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{
    ACCEPT_FLAGS, DOMAIN, SHUTDOWN_HOW, SOCK_TYPE, STATUS_FLAGS, accept_flags, domain, sock_type,
    status_flags,
};
use compat_translate::Cx;
use compat_translate::guest::InOut;
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::host::{self, HostErrno, HostResult, nr};
use compat_translate::paths;

use super::socket_name::{WantedName, host_name};
use super::transfer::{NOSIGPIPE_MARK, PERSISTENT_MARK};
use crate::error::{Error, Return};
use crate::lower::{AtFd, Fd, flags};
use crate::netlink;
use crate::sockets::address::{self, HostAddress};
use crate::system;

pub fn socket(cx: &mut Cx, family: i32, kind: i32, protocol: i32) -> Return<Fd> {
    let family = family_to_host(cx, family)?;
    let kind = kind_to_host(family, kind, protocol)?;
    if family == raw::AF_NETLINK && !netlink::has_protocol(protocol) {
        return Err(cx.gap(
            "socket: another protocol of AF_NETLINK",
            no_protocol(protocol).into(),
        ));
    }
    // SAFETY: no pointers.
    let fd = unsafe { host::call_n(nr::socket, [u64::from(family), kind, protocol as u64]) }
        .map_err(|error| unsupported(error, protocol))?;
    if family == raw::AF_INET6 {
        // FreeBSD starts with net.inet6.ip6.v6only = 1. Where the host cannot, there is nothing to separate.
        let _ = host_socket::set_option(fd, raw::SOL_IPV6, raw::IPV6_V6ONLY, 1);
    }
    Ok(Fd(fd as i32))
}

/// The families a program can have here. The others FreeBSD has are gaps; what it has not is `EAFNOSUPPORT` there, too.
fn family_to_host(cx: &mut Cx, family: i32) -> Return<u32> {
    let what = match family {
        domain::AF_NETLINK if system().personality.name == "FreeBSD" => {
            return Ok(raw::AF_NETLINK);
        }
        domain::AF_LOCAL | domain::AF_INET | domain::AF_INET6 => {
            let host = DOMAIN.to_host(i64::from(family));
            return host
                .map(|host| host as u32)
                .ok_or(Errno::EAFNOSUPPORT.into());
        }
        domain::AF_ROUTE => "socket: AF_ROUTE",
        domain::AF_KEY => "socket: AF_KEY",
        domain::AF_NETGRAPH => "socket: AF_NETGRAPH",
        domain::AF_BLUETOOTH => "socket: AF_BLUETOOTH",
        domain::AF_INET_SDP => "socket: AF_INET_SDP",
        domain::AF_HYPERV => "socket: AF_HYPERV",
        domain::AF_DIVERT => "socket: AF_DIVERT",
        _ => return Err(Errno::EAFNOSUPPORT.into()),
    };
    Err(cx.gap(what, Errno::EAFNOSUPPORT.into()))
}

/// The host's type and flags. FreeBSD looks family, type and protocol up together (pffindproto): a combination that it
/// has not is refused even where the host would make something of it.
fn kind_to_host(family: u32, kind: i32, protocol: i32) -> Return<u64> {
    const TYPE: u32 = 0xf;
    let bits = kind as u32;
    let known = match bits & TYPE {
        sock_type::SOCK_STREAM | sock_type::SOCK_DGRAM | sock_type::SOCK_SEQPACKET => {
            family != raw::AF_UNIX || protocol == 0
        }
        sock_type::SOCK_RAW => family != raw::AF_UNIX,
        _ => false,
    };
    let ping = family != raw::AF_UNIX
        && bits & TYPE == sock_type::SOCK_DGRAM
        && [raw::IPPROTO_ICMP as i32, raw::IPPROTO_ICMPV6 as i32].contains(&protocol);
    if !known || ping {
        return Err(no_protocol(protocol).into());
    }
    SOCK_TYPE
        .to_host(u64::from(bits))
        .map_err(|_| no_protocol(protocol).into())
}

fn no_protocol(protocol: i32) -> Errno {
    if protocol == 0 {
        Errno::EPROTOTYPE
    } else {
        Errno::EPROTONOSUPPORT
    }
}

fn unsupported(error: HostErrno, protocol: i32) -> Error {
    let error = Error::from(error);
    if error.0 == Errno::ESOCKTNOSUPPORT {
        no_protocol(protocol).into()
    } else {
        error
    }
}

pub fn socketpair(cx: &mut Cx, family: i32, kind: i32, protocol: i32, pair: u64) -> Return<()> {
    let family = family_to_host(cx, family)?;
    let kind = kind_to_host(family, kind, protocol)?;
    // SAFETY: the kernel checks the guest's address of the two ints.
    unsafe {
        host::call_n(
            nr::socketpair,
            [u64::from(family), kind, protocol as u64, pair],
        )
    }
    .map_err(|error| unsupported(error, protocol))?;
    Ok(())
}

/// The address a call names.
pub fn address_argument(fd: u64, at: u64, len: u32) -> Return<HostAddress> {
    raw_address(fd, at, len)?.placed(paths::current())
}

/// The same with a path as the guest gave it. FreeBSD looks at the descriptor before it looks at what the address says.
fn raw_address(fd: u64, at: u64, len: u32) -> Return<HostAddress> {
    let copy = address::read(at, len)?;
    match address::to_host(copy.as_ref()) {
        Ok(address) => Ok(address),
        Err(error) => {
            host_socket::kind(fd)?;
            Err(error.into())
        }
    }
}

/// A call with an address behind the descriptor.
fn with_address(number: u64, fd: u64, address: &HostAddress) -> HostResult {
    let bytes = address.bytes();
    // SAFETY: a valid address and its length.
    unsafe { host::call_n(number, [fd, bytes.as_ptr() as u64, bytes.len() as u64]) }
}

pub fn bind(cx: &mut Cx, s: Fd, name: u64, len: u32) -> Return<()> {
    let fd = s.checked(cx)?;
    let address = address_argument(fd, name, len)?;
    with_address(nr::bind, fd, &address).map_err(|error| misnamed(error, fd, &address))?;
    Ok(())
}

/// FreeBSD's error for an address of another family than the socket's is `EAFNOSUPPORT`, Linux's mostly `EINVAL`.
pub fn misnamed(error: HostErrno, fd: u64, address: &HostAddress) -> Error {
    let other = || host_socket::domain(fd).is_ok_and(|domain| domain != address.family());
    if error == HostErrno::EINVAL && other() {
        Errno::EAFNOSUPPORT.into()
    } else {
        error.into()
    }
}

/// A Unix address relative to a directory; no other protocol has a `bindat` or `connectat`.
fn address_at(cx: &mut Cx, at: AtFd, fd: u64, name: u64, len: u32) -> Return<HostAddress> {
    const AT_FDCWD: i32 = -100;
    const S_IFMT: u32 = 0o170_000;
    const S_IFDIR: u32 = 0o040_000;
    if at.0 == AT_FDCWD {
        return address_argument(fd, name, len);
    }
    let address = raw_address(fd, name, len)?;
    if host_socket::domain(fd)? != raw::AF_UNIX || address.family() != raw::AF_UNIX {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let directory = at.checked(cx)?;
    if address.path().is_some_and(|path| path.starts_with(b"/")) {
        return address.placed(paths::current());
    }
    if host_mode(directory)? & S_IFMT != S_IFDIR {
        return Err(Errno::ENOTDIR.into());
    }
    Ok(address.seen_from(directory)?)
}

pub fn bindat(cx: &mut Cx, at: AtFd, s: Fd, name: u64, len: u32) -> Return<()> {
    let fd = s.checked(cx)?;
    let address = address_at(cx, at, fd, name, len)?;
    with_address(nr::bind, fd, &address).map_err(|error| misnamed(error, fd, &address))?;
    Ok(())
}

pub fn connectat(cx: &mut Cx, at: AtFd, s: Fd, name: u64, len: u32) -> Return<()> {
    let fd = s.checked(cx)?;
    let address = address_at(cx, at, fd, name, len)?;
    connect_to(cx, fd, &address)
}

pub fn connect(cx: &mut Cx, s: Fd, name: u64, len: u32) -> Return<()> {
    let fd = s.checked(cx)?;
    let address = address_argument(fd, name, len)?;
    connect_to(cx, fd, &address)
}

pub fn connect_to(cx: &mut Cx, fd: u64, address: &HostAddress) -> Return<()> {
    // The connection goes on being made in the background: a second attempt would say EALREADY (kern_connectat).
    cx.never_restart = true;
    if address.family() == raw::AF_UNSPEC {
        return disconnect(fd, address);
    }
    if address.port() == Some(0) && host_socket::kind(fd)? != raw::SOCK_RAW {
        return Err(Errno::EADDRNOTAVAIL.into());
    }
    let bytes = address.bytes();
    let args = [fd, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0];
    // SAFETY: a valid address and its length.
    match unsafe { cx.host(nr::connect, args) } {
        Ok(_) if was_connecting(fd, address) => Err(Errno::EISCONN.into()),
        Ok(_) => Ok(()),
        Err(error) if address.family() == raw::AF_UNIX => Err(unix_refusal(error, fd, address)),
        Err(error) => Err(misnamed(error, fd, address)),
    }
}

/// Whether a successful connect only found an earlier one finished: it never succeeds at once on a non-blocking stream.
/// Linux says so with 0 the first time, FreeBSD with `EISCONN`.
fn was_connecting(fd: u64, address: &HostAddress) -> bool {
    address.port().is_some()
        && host_socket::kind(fd) == Ok(raw::SOCK_STREAM)
        && guest_status(fd).is_ok_and(|status| status & status_flags::O_NONBLOCK != 0)
}

/// `connect` to no family: dissolves a datagram socket's association, which Linux calls success and FreeBSD, having
/// done it, `EAFNOSUPPORT` (soconnectat, udp_connect). A stream is left alone.
fn disconnect(fd: u64, address: &HostAddress) -> Return<()> {
    match host_socket::kind(fd)? {
        raw::SOCK_DGRAM | raw::SOCK_RAW => {
            with_address(nr::connect, fd, address)?;
            Err(Errno::EAFNOSUPPORT.into())
        }
        _ if has_peer(fd) => Err(Errno::EISCONN.into()),
        _ => Err(Errno::EAFNOSUPPORT.into()),
    }
}

pub fn has_peer(fd: u64) -> bool {
    let mut room = [0u8; 128];
    host_name(nr::getpeername, fd, &mut room).is_ok()
}

/// What FreeBSD says about a Unix socket that cannot be reached (unp_connectat).
fn unix_refusal(error: HostErrno, fd: u64, address: &HostAddress) -> Error {
    match error {
        // The listener's queue is full.
        HostErrno::EAGAIN => Errno::ECONNREFUSED.into(),
        HostErrno::ECONNREFUSED if !is_socket(address.path().unwrap_or_default()) => {
            Errno::ENOTSOCK.into()
        }
        _ => misnamed(error, fd, address),
    }
}

pub fn is_socket(path: &[u8]) -> bool {
    const AT_FDCWD: u64 = -100i64 as u64;
    const S_IFMT: u32 = 0o170_000;
    const S_IFSOCK: u32 = 0o140_000;
    mode_at(AT_FDCWD, path, 0).is_ok_and(|mode| mode & S_IFMT == S_IFSOCK)
}

/// `st_mode` of an open file, as the host has it.
pub fn host_mode(fd: u64) -> HostResult<u32> {
    const AT_EMPTY_PATH: u64 = 0x1000;
    mode_at(fd, b"\0", AT_EMPTY_PATH)
}

fn mode_at(at: u64, path: &[u8], flags: u64) -> HostResult<u32> {
    const MODE_AT: usize = 24;
    let mut status = [0u8; 144];
    let (path, to) = (path.as_ptr() as u64, status.as_mut_ptr() as u64);
    // SAFETY: the path ends with NUL; `struct stat` has 144 bytes.
    unsafe { host::call_n(nr::newfstatat, [at, path, to, flags]) }?;
    let mode = status.get(MODE_AT..MODE_AT + 4);
    let mode = mode.and_then(|mode| mode.try_into().ok());
    Ok(mode.map_or(0, u32::from_ne_bytes))
}

pub fn listen(cx: &mut Cx, s: Fd, backlog: i32) -> Return<()> {
    let fd = s.checked(cx)?;
    // SAFETY: no pointers.
    match unsafe { host::call_n(nr::listen, [fd, backlog as u64]) } {
        Ok(_) => Ok(()),
        // A Unix socket without a name has nothing to be found by (uipc_listen).
        Err(HostErrno::EINVAL)
            if host_socket::domain(fd) == Ok(raw::AF_UNIX)
                && host_name(nr::getsockname, fd, &mut [0; 128]) == Ok(2) =>
        {
            Err(Errno::EDESTADDRREQ.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// `O_*` of FreeBSD.
fn guest_status(fd: u64) -> HostResult<u32> {
    const F_GETFL: u64 = 3;
    // SAFETY: no pointers.
    let host = unsafe { host::call_n(nr::fcntl, [fd, F_GETFL]) }?;
    Ok(STATUS_FLAGS.to_guest(host) as u32)
}

pub fn accept(cx: &mut Cx, s: Fd, name: u64, len: InOut<u32>) -> Return<Fd> {
    let at = name;
    accept_inheriting(
        cx,
        s,
        WantedName {
            at,
            len,
            old: false,
        },
    )
}

pub fn oaccept(cx: &mut Cx, s: Fd, name: u64, len: InOut<u32>) -> Return<Fd> {
    let at = name;
    accept_inheriting(cx, s, WantedName { at, len, old: true })
}

/// The old call hands the listener's O_NONBLOCK and O_ASYNC on, Linux's does not.
fn accept_inheriting(cx: &mut Cx, s: Fd, name: WantedName) -> Return<Fd> {
    const F_SETFL: u64 = 4;
    let status = guest_status(s.checked(cx)?)?;
    let asked = if status & status_flags::O_NONBLOCK != 0 {
        accept_flags::SOCK_NONBLOCK
    } else {
        0
    };
    let host_flags = flags(cx, &ACCEPT_FLAGS, u64::from(asked))?;
    let fd = accept_as(cx, s, name, host_flags)?;
    if status & status_flags::O_ASYNC != 0 {
        let inherited = status & (status_flags::O_ASYNC | status_flags::O_NONBLOCK);
        let inherited = STATUS_FLAGS
            .to_host(u64::from(inherited))
            .unwrap_or_default();
        // SAFETY: no pointers.
        unsafe { host::call_n(nr::fcntl, [fd.0 as u64, F_SETFL, inherited]) }?;
    }
    Ok(fd)
}

pub fn accept4(cx: &mut Cx, s: Fd, name: u64, len: InOut<u32>, how: u32) -> Return<Fd> {
    let host_flags = flags(cx, &ACCEPT_FLAGS, u64::from(how))?;
    let at = name;
    accept_as(
        cx,
        s,
        WantedName {
            at,
            len,
            old: false,
        },
        host_flags,
    )
}

fn accept_as(cx: &mut Cx, s: Fd, name: WantedName, host_flags: u64) -> Return<Fd> {
    let fd = s.checked(cx)?;
    let room = name.room()?;
    let mut host = [0u8; 128];
    let mut host_len = host.len() as u32;
    let args = [
        fd,
        host.as_mut_ptr() as u64,
        (&raw mut host_len) as u64,
        host_flags,
        0,
        0,
    ];
    // SAFETY: valid room for an address and its length.
    let accepted = unsafe { cx.host(nr::accept4, args) }.map_err(|error| match error {
        // Not a listener, whatever else it is (kern_accept4).
        HostErrno::EOPNOTSUPP => Errno::EINVAL.into(),
        error => Error::from(error),
    })?;
    let host = host.get(..host_len as usize).unwrap_or(&host);
    if host.starts_with(&(raw::AF_UNIX as u16).to_ne_bytes()) {
        inherit_marks(fd, accepted);
    }
    let written = room.map_or(Ok(()), |room| name.write(host, room));
    if let Err(error) = written {
        // SAFETY: the descriptor was made above.
        let _ = unsafe { host::call_n(nr::close, [accepted]) };
        return Err(error);
    }
    Ok(Fd(accepted as i32))
}

/// Options that stand for FreeBSD's and that the host hands from a listener to its connections for TCP only (sonewconn).
fn inherit_marks(listener: u64, accepted: u64) {
    for mark in [NOSIGPIPE_MARK, PERSISTENT_MARK] {
        if host_socket::option(listener, raw::SOL_SOCKET, mark) == Ok(1) {
            let _ = host_socket::set_option(accepted, raw::SOL_SOCKET, mark, 1);
        }
    }
}

pub fn shutdown(cx: &mut Cx, s: Fd, how: i32) -> Return<()> {
    let fd = s.checked(cx)?;
    let host_how = SHUTDOWN_HOW.to_host(i64::from(how)).ok_or(Errno::EINVAL)?;
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::shutdown, [fd, host_how as u64]) }?;
    // FreeBSD does as it is told and still reports that nobody was connected (soshutdown); Linux knows better only for
    // internet sockets that do not listen.
    let unconnected = match host_socket::domain(fd)? {
        raw::AF_UNIX => !has_peer(fd),
        _ => host_socket::option(fd, raw::SOL_SOCKET, raw::SO_ACCEPTCONN)? != 0,
    };
    if unconnected {
        return Err(Errno::ENOTCONN.into());
    }
    Ok(())
}
