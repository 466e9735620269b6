//! Socket options and what else of sockets NetBSD numbers its own way.

use compat_bsd::abi::time::Timeval as GuestTimeval;
use compat_bsd::calls::{socket, sockopt};
use compat_tables::ValueMap;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{so_option, sock_level};
use compat_tables::netbsd::flags::{IP_OPTION, LOCAL_OPTION, SO_OPTION, TCP_OPTION};
use compat_translate::Cx;
use compat_translate::guest::{In, InOut};
use compat_translate::host::socket as host_socket;
use compat_translate::signal::SigSet;

use super::quiet;
use crate::abi::time::Timeval;
use crate::error::{Error, Return};
use crate::lower::Fd;

/// The option's number as the family has it.
fn family_name(cx: &mut Cx, s: Fd, level: i32, name: i32) -> Return<i32> {
    let map: &ValueMap = match level {
        sock_level::SOL_SOCKET => &SO_OPTION,
        sock_level::IPPROTO_TCP => &TCP_OPTION,
        sock_level::IPPROTO_IP => {
            let fd = s.checked(cx)?;
            if host_socket::domain(fd)? == host_socket::raw::AF_UNIX {
                &LOCAL_OPTION
            } else {
                &IP_OPTION
            }
        }
        // The others' are the family's.
        _ => return Ok(name),
    };
    map.to_host(i64::from(name))
        .map(|name| name as i32)
        .ok_or(Error(Errno::ENOPROTOOPT))
}

pub(crate) fn setsockopt(
    cx: &mut Cx,
    s: Fd,
    level: i32,
    name: i32,
    at: u64,
    size: u32,
) -> Return<()> {
    let name = family_name(cx, s, level, name)?;
    let limits_time = matches!(name, so_option::SO_SNDTIMEO | so_option::SO_RCVTIMEO);
    if level == sock_level::SOL_SOCKET && limits_time && size as usize >= size_of::<Timeval>() {
        let clean: GuestTimeval = In::<Timeval>::new(at).read()?.into();
        let at = clean.as_ptr() as u64;
        return sockopt::setsockopt(cx, s, level, name, at, size_of_val(&clean) as u32);
    }
    sockopt::setsockopt(cx, s, level, name, at, size)
}

pub(crate) fn getsockopt(
    cx: &mut Cx,
    s: Fd,
    level: i32,
    name: i32,
    at: u64,
    size_at: InOut<u32>,
) -> Return<()> {
    let name = family_name(cx, s, level, name)?;
    sockopt::getsockopt(cx, s, level, name, at, size_at)
}

/// `accept` with flags, and a mask while it sleeps.
pub(crate) fn paccept(
    cx: &mut Cx,
    s: Fd,
    name: u64,
    len: InOut<u32>,
    mask: In<[u32; 4]>,
    flags: u32,
) -> Return<Fd> {
    if let Some(words) = mask.read_optional()? {
        // The same mask as now changes nothing; another would have to be in force only while the call sleeps.
        if SigSet::from_words(words) != cx.thread.mask.get() {
            return Err(cx.gap("paccept: a signal mask", Errno::EINVAL.into()));
        }
    }
    let fd = socket::accept4(cx, s, name, len, flags)?;
    quiet::accepted(cx, fd)
}
