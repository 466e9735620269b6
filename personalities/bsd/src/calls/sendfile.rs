//! `sendfile` (do_sendfile, vn_sendfile): a file, with buffers before and behind it, into a stream.

use compat_tables::bsd::Errno;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::socket::{self as host_socket, raw};
use compat_translate::host::{HostErrno, HostResult, nr};
use compat_translate::{Cx, Outcome};

use super::transfer::{HostMessage, never_connected, with_sigpipe_held};
use crate::abi::socket::SfHdtr;
use crate::error::{Error, Return};
use crate::lower::Fd;
use crate::system::errno_number;

#[expect(
    clippy::too_many_arguments,
    reason = "the call has that many, and its context"
)]
pub fn sendfile(
    cx: &mut Cx,
    fd: Fd,
    s: Fd,
    offset: i64,
    count: u64,
    hdtr: In<SfHdtr>,
    sbytes: Out<i64>,
    _flags: i32,
) -> Return<Outcome> {
    let around = hdtr.read_optional()?;
    send(cx, [fd, s], offset, count, around, sbytes)
}

/// Before FreeBSD 5 the number of bytes included the headers.
#[expect(
    clippy::too_many_arguments,
    reason = "the call has that many, and its context"
)]
pub fn freebsd4_sendfile(
    cx: &mut Cx,
    fd: Fd,
    s: Fd,
    offset: i64,
    count: u64,
    hdtr: In<SfHdtr>,
    sbytes: Out<i64>,
    _flags: i32,
) -> Return<Outcome> {
    let around = hdtr.read_optional()?;
    let headers = match around {
        Some(around) if around.headers != 0 => total(around.headers, iov_count(around.hdr_cnt)?)?,
        _ => 0,
    };
    let count = count.saturating_sub(headers);
    send(cx, [fd, s], offset, count, around, sbytes)
}

fn send(
    cx: &mut Cx,
    [fd, s]: [Fd; 2],
    offset: i64,
    count: u64,
    around: Option<SfHdtr>,
    sbytes: Out<i64>,
) -> Return<Outcome> {
    if offset < 0 {
        return Err(Errno::EINVAL.into());
    }
    let (fd, s) = (fd.checked(cx)?, s.checked(cx)?);
    // Interrupted, it says how far it came; it does not start again.
    cx.never_restart = true;
    check(fd, s)?;
    let mut sent = 0;
    let result = send_parts(cx, fd, s, (offset, count), around, &mut sent);
    sbytes.write_optional(&(sent as i64))?;
    match result {
        // What was sent must not be sent again, whoever interrupted.
        Err(error) if error == Errno::EINTR.into() && sent > 0 => {
            crate::dispatch::finish(cx, Outcome::Fail(errno_number(Errno::EINTR)));
            Ok(Outcome::Replaced)
        }
        Err(error) => Err(error),
        Ok(()) => Ok(Outcome::Value(0)),
    }
}

/// A file, and a connected stream.
fn check(fd: u64, s: u64) -> Return<()> {
    const S_IFMT: u32 = 0o170_000;
    const S_IFREG: u32 = 0o100_000;
    if super::socket::host_mode(fd)? & S_IFMT != S_IFREG {
        return Err(Errno::EINVAL.into());
    }
    if host_socket::kind(s)? != raw::SOCK_STREAM {
        return Err(Errno::EINVAL.into());
    }
    let unconnected = match host_socket::domain(s)? {
        raw::AF_UNIX => !super::socket::has_peer(s),
        _ => never_connected(s),
    };
    if unconnected || host_socket::option(s, raw::SOL_SOCKET, raw::SO_ACCEPTCONN)? != 0 {
        return Err(Errno::ENOTCONN.into());
    }
    Ok(())
}

fn send_parts(
    cx: &mut Cx,
    fd: u64,
    s: u64,
    (offset, count): (i64, u64),
    around: Option<SfHdtr>,
    sent: &mut u64,
) -> Return<()> {
    if let Some(around) = around.filter(|around| around.headers != 0) {
        send_buffers(cx, s, around.headers, around.hdr_cnt, true, sent)?;
    }
    with_sigpipe_held(cx, |cx| send_file(cx, fd, s, offset, count, sent))?;
    if let Some(around) = around.filter(|around| around.trailers != 0) {
        send_buffers(cx, s, around.trailers, around.trl_cnt, false, sent)?;
    }
    Ok(())
}

/// 0 bytes mean all there are.
fn send_file(
    cx: &mut Cx,
    fd: u64,
    s: u64,
    mut offset: i64,
    count: u64,
    sent: &mut u64,
) -> HostResult<()> {
    const AT_ONCE: u64 = 1 << 30;
    let mut left = if count == 0 { u64::MAX } else { count };
    while left > 0 {
        let offset_at = (&raw mut offset) as u64;
        // SAFETY: a valid offset of our own.
        let done = unsafe { cx.host(nr::sendfile, [s, fd, offset_at, left.min(AT_ONCE), 0, 0]) }?;
        if done == 0 {
            break;
        }
        *sent += done;
        left = left.saturating_sub(done);
    }
    Ok(())
}

fn iov_count(count: i32) -> Return<u64> {
    if (0..=1024).contains(&count) {
        Ok(count as u64)
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// How many bytes the buffers have.
fn total(iov: u64, count: u64) -> Return<u64> {
    let mut total = 0u64;
    for index in 0..count {
        let len = guest::load_u64(iov.wrapping_add(index * 16 + 8))?;
        total = total.saturating_add(len);
    }
    Ok(total)
}

fn send_buffers(
    cx: &mut Cx,
    s: u64,
    iov: u64,
    count: i32,
    more: bool,
    sent: &mut u64,
) -> Return<()> {
    let count = iov_count(count)?;
    let wanted = total(iov, count)?;
    let message = HostMessage::sending(None, iov, count, &[]);
    let more = if more { raw::MSG_MORE } else { 0 };
    let flags = u64::from(raw::MSG_NOSIGNAL | more);
    // SAFETY: a valid message of our own; the kernel checks the guest's buffers.
    let done = unsafe { cx.host(nr::sendmsg, [s, message.address(), flags, 0, 0, 0]) }?;
    *sent += done;
    if done < wanted {
        // A full socket that does not wait.
        return Err(Error::from(HostErrno::EAGAIN));
    }
    Ok(())
}
