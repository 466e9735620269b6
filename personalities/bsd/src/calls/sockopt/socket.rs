//! `SOL_SOCKET` (sosetopt, sogetopt).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{DOMAIN, SO_OPTION, so_option, so_ts_clock};
use compat_translate::Cx;
use compat_translate::host::HostErrno;
use compat_translate::host::socket::{self as host_socket, raw};

use zerocopy::IntoBytes;

use super::{Answer, Given, pass_int, pass_on};
use crate::calls::transfer::NOSIGPIPE_MARK;
use crate::error::Return;
use crate::sockets::control::{BINTIME_MARK, MONOTONIC_MARK};
use crate::system::errno_number;

/// Largest buffer: `kern.ipc.maxsockbuf` of 2 MiB, less what its clusters cost (sb_max_adj).
const LARGEST_BUFFER: i32 = 1_864_135;

fn option(fd: u64, name: u32) -> Return<i32> {
    Ok(host_socket::option(fd, raw::SOL_SOCKET, name)?)
}

fn set_option(fd: u64, name: u32, value: i32) -> Return<()> {
    Ok(host_socket::set_option(fd, raw::SOL_SOCKET, name, value)?)
}

fn host_name(name: i32) -> Return<u32> {
    let host = SO_OPTION.to_host(i64::from(name));
    host.map(|host| host as u32)
        .ok_or(Errno::ENOPROTOOPT.into())
}

pub(super) fn set(cx: &mut Cx, fd: u64, name: i32, given: Given) -> Return<()> {
    match name {
        so_option::SO_KEEPALIVE
        | so_option::SO_DONTROUTE
        | so_option::SO_BROADCAST
        | so_option::SO_OOBINLINE
        | so_option::SO_REUSEADDR => pass_int(fd, raw::SOL_SOCKET, host_name(name)?, given),
        so_option::SO_REUSEPORT | so_option::SO_REUSEPORT_LB => set_reuseport(fd, given.int()?),
        so_option::SO_LINGER => set_linger(fd, given),
        so_option::SO_SNDBUF | so_option::SO_RCVBUF => set_buffer(fd, name, given.int()?),
        so_option::SO_RCVLOWAT => {
            let bytes = at_least_one(given.int()?)?;
            set_option(fd, raw::SO_RCVLOWAT, bytes)
        }
        // The host wakes writers by a rule of its own.
        so_option::SO_SNDLOWAT => at_least_one(given.int()?).map(drop),
        so_option::SO_SNDTIMEO | so_option::SO_RCVTIMEO => set_timeout(fd, name, given),
        so_option::SO_NOSIGPIPE => {
            crate::calls::write::nosigpipe_is_used();
            set_option(fd, NOSIGPIPE_MARK, given.int()?)
        }
        so_option::SO_TIMESTAMP => set_timestamp(fd, given.int()? != 0),
        so_option::SO_BINTIME => match (given.int()?, clock(fd)?) {
            (0, Some(so_ts_clock::SO_TS_BINTIME)) => set_clock(fd, None),
            (0, _) => Ok(()),
            _ => set_clock(fd, Some(so_ts_clock::SO_TS_BINTIME)),
        },
        so_option::SO_TS_CLOCK => match given.int()? {
            wanted @ so_ts_clock::SO_TS_REALTIME_MICRO..=so_ts_clock::SO_TS_MONOTONIC => {
                set_clock(fd, Some(wanted))
            }
            _ => Err(Errno::EINVAL.into()),
        },
        so_option::SO_SETFIB => match given.int()? {
            0 => check(fd),
            _ => Err(Errno::EINVAL.into()),
        },
        // Hints to hardware and firewalls, and what Linux lets privileged programs do only.
        so_option::SO_DEBUG
        | so_option::SO_USELOOPBACK
        | so_option::SO_NO_DDP
        | so_option::SO_NO_OFFLOAD
        | so_option::SO_RERROR
        | so_option::SO_USER_COOKIE => given.int().and_then(|_| check(fd)),
        so_option::SO_ACCEPTFILTER => set_accept_filter(cx, fd, given),
        so_option::SO_MAX_PACING_RATE => {
            pass_on(fd, raw::SOL_SOCKET, raw::SO_MAX_PACING_RATE, given)
        }
        so_option::SO_LABEL => check(fd).and(Err(Errno::EOPNOTSUPP.into())),
        _ => check(fd).and(Err(Errno::ENOPROTOOPT.into())),
    }
}

/// Whether there is a socket at all.
fn check(fd: u64) -> Return<()> {
    option(fd, raw::SO_TYPE).map(drop)
}

fn at_least_one(value: i32) -> Return<i32> {
    if value < 1 {
        Err(Errno::EINVAL.into())
    } else {
        Ok(value)
    }
}

fn set_reuseport(fd: u64, on: i32) -> Return<()> {
    match host_socket::set_option(fd, raw::SOL_SOCKET, raw::SO_REUSEPORT, on) {
        // Newer hosts know no such thing as a Unix socket's port.
        Ok(()) | Err(HostErrno::EOPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Most seconds to linger: FreeBSD keeps them in 16 bits.
const LONGEST_LINGER: i32 = 65_535;

fn set_linger(fd: u64, given: Given) -> Return<()> {
    let [on, seconds]: [i32; 2] = given.read()?;
    if !(0..=LONGEST_LINGER).contains(&seconds) {
        return Err(Errno::EDOM.into());
    }
    let host = [i32::from(on != 0), seconds];
    let bytes = host.as_bytes();
    Ok(host_socket::set_option_bytes(
        fd,
        raw::SOL_SOCKET,
        raw::SO_LINGER,
        bytes,
    )?)
}

/// The host doubles what it is asked for, and says so; a guest's size is half of the host's.
fn set_buffer(fd: u64, name: i32, size: i32) -> Return<()> {
    if at_least_one(size)? > LARGEST_BUFFER {
        return Err(Errno::ENOBUFS.into());
    }
    let host = host_name(name)?;
    set_option(fd, host, size)?;
    if option(fd, host)? / 2 < size {
        // The host's limit for ordinary users is lower than FreeBSD's; who may go beyond it does.
        let force = if host == raw::SO_SNDBUF {
            raw::SO_SNDBUFFORCE
        } else {
            raw::SO_RCVBUFFORCE
        };
        let _ = set_option(fd, force, size);
    }
    Ok(())
}

fn set_timeout(fd: u64, name: i32, given: Given) -> Return<()> {
    let time: [i64; 2] = given.read()?;
    if time[0] < 0 || !(0..1_000_000).contains(&time[1]) {
        return Err(Errno::EDOM.into());
    }
    let bytes = time.as_bytes();
    Ok(host_socket::set_option_bytes(
        fd,
        raw::SOL_SOCKET,
        host_name(name)?,
        bytes,
    )?)
}

/// The host's options for FreeBSD's clocks. It has one timestamp with two variants of two structures; the variants that
/// 64-bit programs of its own do not need stand for the clocks it lacks.
const CLOCKS: [(i32, u32); 4] = [
    (so_ts_clock::SO_TS_MONOTONIC, MONOTONIC_MARK),
    (so_ts_clock::SO_TS_BINTIME, BINTIME_MARK),
    (so_ts_clock::SO_TS_REALTIME, raw::SO_TIMESTAMPNS_OLD),
    (so_ts_clock::SO_TS_REALTIME_MICRO, raw::SO_TIMESTAMP_OLD),
];

/// The clock of the timestamps, when there are any.
fn clock(fd: u64) -> Return<Option<i32>> {
    for (clock, host) in CLOCKS {
        if option(fd, host)? != 0 {
            return Ok(Some(clock));
        }
    }
    Ok(None)
}

fn set_clock(fd: u64, wanted: Option<i32>) -> Return<()> {
    set_option(fd, raw::SO_TIMESTAMP_OLD, 0)?;
    match CLOCKS.iter().find(|(clock, _)| Some(*clock) == wanted) {
        Some((_, host)) => set_option(fd, *host, 1),
        None => Ok(()),
    }
}

fn set_timestamp(fd: u64, on: bool) -> Return<()> {
    match (on, clock(fd)?) {
        // The clock was chosen first.
        (true, Some(_)) => Ok(()),
        (true, None) => set_clock(fd, Some(so_ts_clock::SO_TS_REALTIME_MICRO)),
        (false, _) => set_clock(fd, None),
    }
}

/// Accept filters are kernel modules; none is loaded (accept_filt_setopt).
fn set_accept_filter(cx: &mut Cx, fd: u64, given: Given) -> Return<()> {
    if option(fd, raw::SO_ACCEPTCONN)? == 0 {
        return Err(Errno::EINVAL.into());
    }
    if given.at == 0 {
        return Ok(());
    }
    Err(cx.gap("setsockopt: SO_ACCEPTFILTER", Errno::ENOENT.into()))
}

pub(super) fn get(fd: u64, name: i32) -> Return<Answer> {
    let value = match name {
        // The option's own bit, not 1 (sogetopt).
        so_option::SO_KEEPALIVE
        | so_option::SO_DONTROUTE
        | so_option::SO_BROADCAST
        | so_option::SO_OOBINLINE
        | so_option::SO_REUSEADDR
        | so_option::SO_ACCEPTCONN
        | so_option::SO_DEBUG => bit(name, option(fd, host_name(name)?)? != 0),
        so_option::SO_REUSEPORT => bit(name, option(fd, raw::SO_REUSEPORT)? != 0),
        so_option::SO_NOSIGPIPE => bit(name, option(fd, NOSIGPIPE_MARK)? != 0),
        so_option::SO_TIMESTAMP => bit(name, clock(fd)?.is_some()),
        so_option::SO_BINTIME => bit(name, clock(fd)? == Some(so_ts_clock::SO_TS_BINTIME)),
        so_option::SO_USELOOPBACK
        | so_option::SO_NO_DDP
        | so_option::SO_NO_OFFLOAD
        | so_option::SO_RERROR
        | so_option::SO_REUSEPORT_LB => {
            check(fd)?;
            0
        }
        so_option::SO_TS_CLOCK => clock(fd)?.unwrap_or(so_ts_clock::SO_TS_REALTIME_MICRO),
        so_option::SO_LINGER => return linger(fd),
        so_option::SO_SNDTIMEO | so_option::SO_RCVTIMEO => {
            return Answer::of_host(fd, raw::SOL_SOCKET, host_name(name)?, 16);
        }
        so_option::SO_ERROR => match option(fd, raw::SO_ERROR)? {
            0 => 0,
            error => i32::from(errno_number(Errno::from_host(error as u16))),
        },
        so_option::SO_DOMAIN => {
            let host = option(fd, raw::SO_DOMAIN)?;
            DOMAIN.to_guest(i64::from(host)).unwrap_or_default() as i32
        }
        so_option::SO_TYPE | so_option::SO_PROTOCOL | so_option::SO_RCVLOWAT => {
            option(fd, host_name(name)?)?
        }
        so_option::SO_SNDBUF | so_option::SO_RCVBUF => option(fd, host_name(name)?)? / 2,
        // What FreeBSD gives a new stream (soreserve).
        so_option::SO_SNDLOWAT => {
            check(fd)?;
            2048
        }
        so_option::SO_SETFIB => 0,
        so_option::SO_MAX_PACING_RATE => {
            return Answer::of_host(fd, raw::SOL_SOCKET, raw::SO_MAX_PACING_RATE, 4);
        }
        so_option::SO_LISTENQLIMIT => super::tcp::listen_queue(fd)?.1,
        so_option::SO_LISTENQLEN => super::tcp::listen_queue(fd)?.0,
        so_option::SO_LISTENINCQLEN => {
            check(fd)?;
            0
        }
        so_option::SO_ACCEPTFILTER => return check(fd).and(Err(Errno::EINVAL.into())),
        so_option::SO_LABEL | so_option::SO_PEERLABEL => {
            return check(fd).and(Err(Errno::EOPNOTSUPP.into()));
        }
        _ => return check(fd).and(Err(Errno::ENOPROTOOPT.into())),
    };
    Ok(Answer::int(value))
}

fn bit(name: i32, on: bool) -> i32 {
    if on { name } else { 0 }
}

fn linger(fd: u64) -> Return<Answer> {
    let mut value = [0i32; 2];
    let bytes = value.as_mut_bytes();
    host_socket::option_bytes(fd, raw::SOL_SOCKET, raw::SO_LINGER, bytes)?;
    let [on, seconds] = value;
    Ok(Answer::value(&[
        bit(so_option::SO_LINGER, on != 0),
        seconds,
    ]))
}
