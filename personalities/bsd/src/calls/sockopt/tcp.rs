//! `IPPROTO_TCP` (tcp_default_ctloutput).

use core::mem::offset_of;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{TCP_OPTION, tcp_option};
use compat_translate::Cx;
use compat_translate::host::HostErrno;
use compat_translate::host::socket::{self as host_socket, raw};

use super::{Answer, Given, tcp_info};
use crate::error::{Error, Return};

const LEVEL: u32 = raw::SOL_TCP;

fn host_name(name: i32) -> Return<u32> {
    let host = TCP_OPTION.to_host(i64::from(name));
    host.map(|host| host as u32)
        .ok_or(Errno::ENOPROTOOPT.into())
}

fn option(fd: u64, name: u32) -> Return<i32> {
    host_socket::option(fd, LEVEL, name).map_err(|error| foreign(error, fd))
}

fn set_option(fd: u64, name: u32, value: i32) -> Return<()> {
    host_socket::set_option(fd, LEVEL, name, value).map_err(|error| foreign(error, fd))
}

/// Another protocol's socket refuses the level (`EINVAL`), not the option.
pub(super) fn foreign(error: HostErrno, fd: u64) -> Error {
    let refused = matches!(error, HostErrno::ENOPROTOOPT | HostErrno::EOPNOTSUPP);
    if refused && !is_tcp(fd) {
        Errno::EINVAL.into()
    } else {
        error.into()
    }
}

fn is_tcp(fd: u64) -> bool {
    let protocol = host_socket::option(fd, raw::SOL_SOCKET, raw::SO_PROTOCOL);
    protocol == Ok(raw::IPPROTO_TCP as i32)
}

/// Fails as FreeBSD does on what is no TCP socket.
fn check(fd: u64) -> Return<()> {
    host_socket::kind(fd)?;
    if is_tcp(fd) {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

pub(super) fn set(cx: &mut Cx, fd: u64, name: i32, given: Given) -> Return<()> {
    match name {
        tcp_option::TCP_NODELAY | tcp_option::TCP_NOPUSH => {
            set_option(fd, host_name(name)?, i32::from(given.int()? != 0))
        }
        tcp_option::TCP_KEEPIDLE | tcp_option::TCP_KEEPINTVL | tcp_option::TCP_KEEPCNT => {
            set_option(fd, host_name(name)?, given.int()?)
        }
        tcp_option::TCP_MAXSEG => set_option(fd, raw::TCP_MAXSEG, given.int()?),
        tcp_option::TCP_KEEPINIT => set_option(fd, raw::TCP_SYNCNT, tries(given.int()?)),
        tcp_option::TCP_MAXUNACKTIME => {
            let milliseconds = given.int()?.saturating_mul(1000);
            set_option(fd, raw::TCP_USER_TIMEOUT, milliseconds)
        }
        // A listener's queue of early data; anything to speak of will do.
        tcp_option::TCP_FASTOPEN => {
            let queue = if given.int()? != 0 { 128 } else { 0 };
            set_option(fd, raw::TCP_FASTOPEN, queue)
        }
        // Leaving options out of segments, and delayed acknowledgements: both ends work the same without.
        tcp_option::TCP_NOOPT | tcp_option::TCP_DELACK => given.int().and_then(|_| check(fd)),
        tcp_option::TCP_CONGESTION => set_congestion(fd, given),
        tcp_option::TCP_FUNCTION_BLK => set_stack(fd, given),
        tcp_option::TCP_MD5SIG => {
            check(fd)?;
            Err(cx.gap("setsockopt: TCP_MD5SIG", Errno::ENOPROTOOPT.into()))
        }
        _ => check(fd).and(Err(Errno::ENOPROTOOPT.into())),
    }
}

/// Flags FreeBSD keeps in `t_flags` and hands out as they are.
const TF_NODELAY: i32 = 0x4;
const TF_NOPUSH: i32 = 0x1000;

pub(super) fn get(fd: u64, name: i32) -> Return<Answer> {
    let value = match name {
        tcp_option::TCP_NODELAY => TF_NODELAY * i32::from(option(fd, raw::TCP_NODELAY)? != 0),
        tcp_option::TCP_NOPUSH => TF_NOPUSH * i32::from(option(fd, raw::TCP_CORK)? != 0),
        tcp_option::TCP_KEEPIDLE
        | tcp_option::TCP_KEEPINTVL
        | tcp_option::TCP_KEEPCNT
        | tcp_option::TCP_MAXSEG => option(fd, host_name(name)?)?,
        tcp_option::TCP_KEEPINIT => seconds(option(fd, raw::TCP_SYNCNT)?),
        tcp_option::TCP_MAXUNACKTIME => option(fd, raw::TCP_USER_TIMEOUT)? / 1000,
        tcp_option::TCP_FASTOPEN => i32::from(option(fd, raw::TCP_FASTOPEN)? != 0),
        tcp_option::TCP_NOOPT | tcp_option::TCP_DELACK => {
            check(fd)?;
            0
        }
        tcp_option::TCP_CONGESTION => return congestion(fd),
        tcp_option::TCP_FUNCTION_BLK => return check(fd).map(|()| Answer::bytes(&STACK)),
        tcp_option::TCP_INFO => return tcp_info::get(fd),
        _ => return check(fd).and(Err(Errno::ENOPROTOOPT.into())),
    };
    Ok(Answer::int(value))
}

/// How often the host sends a SYN again before `seconds` are over: it waits 1, 2, 4 ... seconds in between.
fn tries(seconds: i32) -> i32 {
    let seconds = seconds.clamp(1, 127) as u32;
    (seconds.ilog2() as i32).max(1)
}

/// The reverse.
fn seconds(tries: i32) -> i32 {
    (1i32 << (tries.clamp(0, 16) + 1)) - 1
}

/// Longest name of an algorithm, with its NUL (TCP_CA_NAME_MAX, the same on both sides).
const CA_NAME: usize = 16;

/// FreeBSD's name for Linux's `reno`.
const NEWRENO: &[u8] = b"newreno";
const RENO: &[u8] = b"reno";

fn set_congestion(fd: u64, given: Given) -> Return<()> {
    let mut room = [0; super::LONGEST];
    let name = given.bytes(&mut room)?;
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    if name.len() >= CA_NAME {
        return Err(Errno::EINVAL.into());
    }
    let name = if name == NEWRENO { RENO } else { name };
    host_socket::set_option_bytes(fd, LEVEL, raw::TCP_CONGESTION, name).map_err(|error| {
        match error {
            // An algorithm that is not loaded (tcp_set_cc_mod).
            HostErrno::ENOENT => Errno::ESRCH.into(),
            error => foreign(error, fd),
        }
    })
}

fn congestion(fd: u64) -> Return<Answer> {
    let mut host = [0u8; CA_NAME];
    host_socket::option_bytes(fd, LEVEL, raw::TCP_CONGESTION, &mut host)
        .map_err(|error| foreign(error, fd))?;
    let name = host.split(|&byte| byte == 0).next().unwrap_or_default();
    let name = if name == RENO { NEWRENO } else { name };
    let mut guest = [0u8; CA_NAME];
    for (slot, byte) in guest.iter_mut().zip(name) {
        *slot = *byte;
    }
    Ok(Answer::bytes(&guest))
}

/// `struct tcp_function_set`: the name of the TCP stack in use and how many connections have it.
const STACK: [u8; 36] = *b"freebsd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0";

fn set_stack(fd: u64, given: Given) -> Return<()> {
    let wanted: [u8; STACK.len()] = given.read()?;
    check(fd)?;
    let name = |stack: [u8; STACK.len()]| stack.into_iter().take_while(|&byte| byte != 0);
    if name(wanted).eq(name(STACK)) {
        Ok(())
    } else {
        Err(Errno::ENOENT.into())
    }
}

/// How many connections wait to be accepted, and how many may.
pub(super) fn listen_queue(fd: u64) -> Return<(i32, i32)> {
    if host_socket::option(fd, raw::SOL_SOCKET, raw::SO_ACCEPTCONN)? == 0 {
        return Ok((0, 0));
    }
    // For a listener the host keeps them in the fields for segments under way. A Unix socket's are not to be had.
    let host = tcp_info::host(fd).unwrap_or_default();
    Ok((
        host.u32(offset_of!(raw::tcp_info, tcpi_unacked)) as i32,
        host.u32(offset_of!(raw::tcp_info, tcpi_sacked)) as i32,
    ))
}
