//! `IPPROTO_IP` (ip_ctloutput, inp_setmoptions).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{IP_OPTION, ip_option};
use compat_translate::Cx;
use compat_translate::host::HostErrno;
use compat_translate::host::socket::{self as host_socket, raw};

use super::{Answer, Given, multicast, no_interface, pass_int, pass_on};
use crate::error::Return;

const LEVEL: u32 = raw::IPPROTO_IP as u32;

fn host_name(name: i32) -> Return<u32> {
    let host = IP_OPTION.to_host(i64::from(name));
    host.map(|host| host as u32)
        .ok_or(Errno::ENOPROTOOPT.into())
}

pub(super) fn set(cx: &mut Cx, fd: u64, name: i32, given: Given) -> Return<()> {
    match name {
        ip_option::IP_HDRINCL
        | ip_option::IP_TOS
        | ip_option::IP_TTL
        | ip_option::IP_MINTTL
        | ip_option::IP_RECVOPTS
        | ip_option::IP_RECVRETOPTS
        | ip_option::IP_RECVTTL
        | ip_option::IP_RECVTOS => pass_int(fd, LEVEL, host_name(name)?, given),
        // The host tells the destination as the header has it, and separately the interface.
        ip_option::IP_RECVDSTADDR => pass_int(fd, LEVEL, raw::IP_RECVORIGDSTADDR, given),
        ip_option::IP_RECVIF => pass_int(fd, LEVEL, raw::IP_PKTINFO, given),
        ip_option::IP_BINDANY => pass_int(fd, LEVEL, raw::IP_TRANSPARENT, given),
        ip_option::IP_DONTFRAG => {
            let how = if given.int()? != 0 {
                raw::IP_PMTUDISC_DO
            } else {
                raw::IP_PMTUDISC_DONT
            };
            Ok(host_socket::set_option(
                fd,
                LEVEL,
                raw::IP_MTU_DISCOVER,
                how as i32,
            )?)
        }
        ip_option::IP_PORTRANGE => set_port_range(fd, given.int()?),
        // One byte or an int, on both sides.
        ip_option::IP_OPTIONS
        | ip_option::IP_RETOPTS
        | ip_option::IP_MULTICAST_TTL
        | ip_option::IP_MULTICAST_LOOP => pass_on(fd, LEVEL, host_name(name)?, given),
        ip_option::IP_MULTICAST_IF
        | ip_option::IP_ADD_MEMBERSHIP
        | ip_option::IP_DROP_MEMBERSHIP => {
            pass_on(fd, LEVEL, host_name(name)?, given).map_err(no_interface)
        }
        ip_option::IP_ADD_SOURCE_MEMBERSHIP
        | ip_option::IP_DROP_SOURCE_MEMBERSHIP
        | ip_option::IP_BLOCK_SOURCE
        | ip_option::IP_UNBLOCK_SOURCE => multicast::set_source(fd, LEVEL, host_name(name)?, given),
        ip_option::MCAST_JOIN_GROUP..=ip_option::MCAST_UNBLOCK_SOURCE => {
            multicast::set_group(fd, LEVEL, host_name(name)?, given)
        }
        ip_option::IP_ORIGDSTADDR => {
            Err(cx.gap("setsockopt: IP_ORIGDSTADDR", Errno::ENOPROTOOPT.into()))
        }
        ip_option::IP_MSFILTER => Err(cx.gap("setsockopt: IP_MSFILTER", Errno::ENOPROTOOPT.into())),
        _ => Err(Errno::ENOPROTOOPT.into()),
    }
}

pub(super) fn get(cx: &mut Cx, fd: u64, name: i32, room: usize) -> Return<Answer> {
    match name {
        ip_option::IP_HDRINCL
        | ip_option::IP_TOS
        | ip_option::IP_TTL
        | ip_option::IP_MINTTL
        | ip_option::IP_RECVOPTS
        | ip_option::IP_RECVRETOPTS
        | ip_option::IP_RECVTTL
        | ip_option::IP_RECVTOS
        | ip_option::IP_MULTICAST_TTL
        | ip_option::IP_MULTICAST_LOOP => Answer::of_host_int(fd, LEVEL, host_name(name)?),
        ip_option::IP_RECVDSTADDR => Answer::of_host_int(fd, LEVEL, raw::IP_RECVORIGDSTADDR),
        ip_option::IP_RECVIF => Answer::of_host_int(fd, LEVEL, raw::IP_PKTINFO),
        ip_option::IP_BINDANY => Answer::of_host_int(fd, LEVEL, raw::IP_TRANSPARENT),
        ip_option::IP_DONTFRAG => {
            let how = host_socket::option(fd, LEVEL, raw::IP_MTU_DISCOVER)?;
            Ok(Answer::int(i32::from(how == raw::IP_PMTUDISC_DO as i32)))
        }
        ip_option::IP_PORTRANGE => port_range(fd).map(Answer::int),
        ip_option::IP_OPTIONS | ip_option::IP_RETOPTS => {
            Answer::of_host(fd, LEVEL, host_name(name)?, room)
        }
        ip_option::IP_MULTICAST_IF => {
            // The address alone, or within a struct ip_mreqn.
            let address = Answer::of_host(fd, LEVEL, raw::IP_MULTICAST_IF, 4)?;
            if room < multicast::SIZEOF_IP_MREQN {
                return Ok(address);
            }
            let mut mreqn = [0; multicast::SIZEOF_IP_MREQN];
            for (slot, byte) in mreqn.iter_mut().skip(4).zip(address.bytes).take(4) {
                *slot = byte;
            }
            Ok(Answer::bytes(&mreqn))
        }
        ip_option::IP_MSFILTER => Err(cx.gap("getsockopt: IP_MSFILTER", Errno::ENOPROTOOPT.into())),
        _ => Err(Errno::ENOPROTOOPT.into()),
    }
}

/// `IP_PORTRANGE_*` and the ports the kernel then chooses from, as the host packs them: the upper end above the lower
/// (net.inet.ip.portrange).
const RANGES: [(i32, u32); 3] = [(0, 0), (1, 65_535 << 16 | 49_152), (2, 1023 << 16 | 600)];

pub(super) fn set_port_range(fd: u64, which: i32) -> Return<()> {
    let (_, range) = RANGES
        .iter()
        .find(|(known, _)| *known == which)
        .ok_or(Errno::EINVAL)?;
    match host_socket::set_option(fd, LEVEL, raw::IP_LOCAL_PORT_RANGE, *range as i32) {
        // Hosts before 6.3 choose from one range.
        Ok(()) | Err(HostErrno::ENOPROTOOPT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn port_range(fd: u64) -> Return<i32> {
    let range = host_socket::option(fd, LEVEL, raw::IP_LOCAL_PORT_RANGE).unwrap_or_default();
    let known = RANGES.iter().find(|(_, known)| *known == range as u32);
    Ok(known.map_or(0, |(which, _)| *which))
}
