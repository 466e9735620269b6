//! Sending and receiving (kern_sendit, kern_recvit).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::msg_flags;
use compat_translate::Cx;
use compat_translate::guest::InOut;
use compat_translate::host::nr;

use super::socket::address_argument;
use super::transfer::{self, HostMessage, Received, Wanted};
use crate::abi::socket::{Cmsghdr, MCLBYTES, Msghdr, Omsghdr};
use crate::error::Return;
use crate::lower::Fd;
use crate::netlink::{self, Pieces};
use crate::sockets::address::{self, HostAddress};

/// `UIO_MAXIOV`.
const IOV_MAX: i32 = 1024;

pub fn sendto(
    cx: &mut Cx,
    s: Fd,
    buf: u64,
    len: u64,
    flags: i32,
    to: u64,
    to_len: u32,
) -> Return<u64> {
    let fd = s.checked(cx)?;
    let to = destination(fd, to, to_len)?;
    if netlink::is_one(fd) {
        return tell_netlink(cx, fd, Pieces::One(buf, len), flags, to.as_ref());
    }
    transfer::send(cx, fd, flags, to.as_ref(), |cx, flags| {
        let (at, len_of) = to.as_ref().map_or((0, 0), |to| {
            (to.bytes().as_ptr() as u64, to.bytes().len() as u64)
        });
        // SAFETY: a valid address or none; the kernel checks the guest's buffer.
        unsafe { cx.host(nr::sendto, [fd, buf, len, flags, at, len_of]) }
    })
}

/// See [`netlink::send`].
fn tell_netlink(
    cx: &mut Cx,
    fd: u64,
    from: Pieces,
    flags: i32,
    to: Option<&HostAddress>,
) -> Return<u64> {
    let flags = transfer::send_flags(flags as u32)?;
    let to = to.map(HostAddress::bytes).unwrap_or_default();
    netlink::send(cx, fd, from, flags, to)
}

fn destination(fd: u64, to: u64, len: u32) -> Return<Option<HostAddress>> {
    if to == 0 {
        Ok(None)
    } else {
        address_argument(fd, to, len).map(Some)
    }
}

pub fn osend(cx: &mut Cx, s: Fd, buf: u64, len: i32, flags: i32) -> Return<u64> {
    sendto(cx, s, buf, i64::from(len) as u64, flags, 0, 0)
}

pub fn sendmsg(cx: &mut Cx, s: Fd, msg: InOut<Msghdr>, flags: i32) -> Return<u64> {
    let msg = msg.read()?;
    if msg.control != 0 && (msg.controllen as usize) < size_of::<Cmsghdr>() {
        return Err(Errno::EINVAL.into());
    }
    let control = (msg.control, msg.controllen);
    send_message(cx, s, &msg, flags, |cx, fd, host| {
        transfer::copy_control(cx, fd, control.0, control.1, host)
    })
}

/// 4.3BSD's `sendmsg`: descriptors stand where control messages do today.
pub fn osendmsg(cx: &mut Cx, s: Fd, msg: InOut<Omsghdr>, flags: i32) -> Return<u64> {
    let old = msg.read()?;
    let msg = Msghdr {
        name: old.name,
        namelen: old.namelen,
        pad0: 0,
        iov: old.iov,
        iovlen: old.iovlen,
        pad1: 0,
        control: old.accrights,
        controllen: old.accrightslen,
        flags: 0,
    };
    send_message(cx, s, &msg, flags, |cx, fd, host| {
        transfer::wrap_rights(cx, fd, old.accrights, old.accrightslen, host)
    })
}

fn send_message(
    cx: &mut Cx,
    s: Fd,
    msg: &Msghdr,
    flags: i32,
    control: impl FnOnce(&mut Cx, u64, &mut transfer::Control) -> Return<()>,
) -> Return<u64> {
    let fd = s.checked(cx)?;
    let iovlen = iov_count(msg.iovlen)?;
    let to = destination(fd, msg.name, msg.namelen)?;
    let mut messages = transfer::Control::none();
    if msg.control != 0 {
        if msg.controllen as usize > MCLBYTES {
            return Err(Errno::EINVAL.into());
        }
        control(cx, fd, &mut messages)?;
    }
    if netlink::is_one(fd) {
        return tell_netlink(cx, fd, Pieces::Many(msg.iov, iovlen), flags, to.as_ref());
    }
    transfer::send(cx, fd, flags, to.as_ref(), |cx, flags| {
        let header = HostMessage::sending(to.as_ref(), msg.iov, iovlen, messages.bytes());
        // SAFETY: a valid message of our own; the kernel checks the guest's buffers.
        unsafe { cx.host(nr::sendmsg, [fd, header.address(), flags, 0, 0, 0]) }
    })
}

/// copyiniov.
fn iov_count(count: i32) -> Return<u64> {
    if (0..=IOV_MAX).contains(&count) {
        Ok(count as u64)
    } else {
        Err(Errno::EMSGSIZE.into())
    }
}

pub fn recvfrom(
    cx: &mut Cx,
    s: Fd,
    buf: u64,
    len: u64,
    flags: i32,
    from: u64,
    from_len: InOut<u32>,
) -> Return<u64> {
    receive_from(cx, s, buf, len, flags, from, from_len, false)
}

pub fn orecvfrom(
    cx: &mut Cx,
    s: Fd,
    buf: u64,
    len: u64,
    flags: i32,
    from: u64,
    from_len: InOut<u32>,
) -> Return<u64> {
    receive_from(cx, s, buf, len, flags, from, from_len, true)
}

pub fn orecv(cx: &mut Cx, s: Fd, buf: u64, len: i32, flags: i32) -> Return<u64> {
    let len = i64::from(len) as u64;
    recvfrom(cx, s, buf, len, flags, 0, InOut::new(0))
}

#[expect(
    clippy::too_many_arguments,
    reason = "recvfrom has that many, and one says whose"
)]
fn receive_from(
    cx: &mut Cx,
    s: Fd,
    buf: u64,
    len: u64,
    flags: i32,
    from: u64,
    from_len: InOut<u32>,
    old: bool,
) -> Return<u64> {
    let fd = s.checked(cx)?;
    let room = if from_len.is_null() {
        0
    } else {
        from_len.read()?
    };
    let host_flags = transfer::receive_flags(fd, flags)?;
    let mut name = [0u8; 128];
    let mut name_len = name.len() as u32;
    let wanted = from != 0 && room as i32 > 0;
    let (at, len_at) = if wanted {
        (name.as_mut_ptr() as u64, (&raw mut name_len) as u64)
    } else {
        (0, 0)
    };
    let size = if netlink::is_one(fd) {
        let came = netlink::receive(cx, fd, Pieces::One(buf, len), host_flags, &mut name)?;
        name_len = came.name_len;
        came.size
    } else {
        // SAFETY: valid room for an address or none; the kernel checks the guest's buffer.
        unsafe { cx.host(nr::recvfrom, [fd, buf, len, host_flags, at, len_at]) }
            .map_err(|error| transfer::unreceived(error, fd))?
    };
    let mut stored = room;
    if from != 0 {
        let found = name.get(..name_len as usize).filter(|_| wanted);
        stored = store_name(fd, found.unwrap_or_default(), from, room, old)?;
    }
    if !from_len.is_null() {
        from_len.write(&stored)?;
    }
    Ok(size)
}

/// Stores the sender's address; how many bytes of it.
fn store_name(fd: u64, host: &[u8], at: u64, room: u32, old: bool) -> Return<u32> {
    match address::to_guest(host) {
        Some(name) if !transfer::is_unix_stream(fd, &name) => {
            let name = if old { name.old() } else { name };
            name.write(at, room)
        }
        _ => Ok(0),
    }
}

pub fn recvmsg(cx: &mut Cx, s: Fd, at: InOut<Msghdr>, flags: i32) -> Return<u64> {
    let mut msg = at.read()?;
    let Received {
        size,
        name_len,
        control_len,
        flags,
    } = receive_message(cx, s, &msg, flags, false)?;
    msg.flags = flags;
    if msg.name != 0 {
        msg.namelen = name_len;
    }
    if msg.control != 0 {
        msg.controllen = control_len;
    }
    at.write(&msg)?;
    Ok(size)
}

/// 4.3BSD's `recvmsg`: descriptors, without a header, stand where control messages do today.
pub fn orecvmsg(cx: &mut Cx, s: Fd, at: InOut<Omsghdr>, flags: i32) -> Return<u64> {
    let mut old = at.read()?;
    let msg = Msghdr {
        name: old.name,
        namelen: old.namelen,
        pad0: 0,
        iov: old.iov,
        iovlen: old.iovlen,
        pad1: 0,
        control: old.accrights,
        controllen: old.accrightslen,
        flags: 0,
    };
    let received = receive_message(cx, s, &msg, flags, true)?;
    if old.name != 0 {
        old.namelen = received.name_len;
    }
    if received.control_len != 0 {
        old.accrightslen = received.control_len;
    }
    at.write(&old)?;
    Ok(received.size)
}

/// See [`netlink::receive`].
fn hear_netlink(
    cx: &mut Cx,
    fd: u64,
    flags: i32,
    wanted: &Wanted,
    name: &mut [u8; 128],
) -> Return<(Received, usize)> {
    let host_flags = transfer::receive_flags(fd, flags)?;
    let into = Pieces::Many(wanted.iov, wanted.iovlen);
    let came = netlink::receive(cx, fd, into, host_flags, name)?;
    let truncated = if came.truncated {
        msg_flags::MSG_TRUNC
    } else {
        0
    };
    let received = Received {
        size: came.size,
        name_len: 0,
        control_len: 0,
        flags: flags | truncated as i32,
    };
    Ok((received, came.name_len as usize))
}

fn receive_message(cx: &mut Cx, s: Fd, msg: &Msghdr, flags: i32, old: bool) -> Return<Received> {
    let fd = s.checked(cx)?;
    let wanted = Wanted {
        iov: msg.iov,
        iovlen: iov_count(msg.iovlen)?,
        name: msg.name != 0 && msg.namelen as i32 > 0,
        control: (msg.control, msg.controllen),
        old,
    };
    let mut name = [0u8; 128];
    let (mut received, found) = if netlink::is_one(fd) {
        hear_netlink(cx, fd, flags, &wanted, &mut name)?
    } else {
        transfer::receive(cx, fd, flags, &wanted, &mut name)?
    };
    if msg.name != 0 {
        let found = name.get(..found).unwrap_or_default();
        received.name_len = store_name(fd, found, msg.name, msg.namelen, old)?;
    }
    Ok(received)
}
