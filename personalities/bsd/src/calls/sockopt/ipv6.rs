//! `IPPROTO_IPV6` and `IPPROTO_ICMPV6` (ip6_ctloutput, ip6_setmoptions, icmp6_ctloutput).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{IPV6_OPTION, ipv6_option};
use compat_translate::Cx;
use compat_translate::host::socket::{self as host_socket, raw};

use super::{Answer, Given, ip, multicast, no_interface, pass_int, pass_on};
use crate::error::Return;
use crate::sockets::address;

const LEVEL: u32 = raw::SOL_IPV6;

fn host_name(name: i32) -> Return<u32> {
    let host = IPV6_OPTION.to_host(i64::from(name));
    host.map(|host| host as u32)
        .ok_or(Errno::ENOPROTOOPT.into())
}

/// Options whose value is an `int` on both sides.
fn is_int(name: i32) -> bool {
    matches!(
        name,
        ipv6_option::IPV6_UNICAST_HOPS
            | ipv6_option::IPV6_MULTICAST_HOPS
            | ipv6_option::IPV6_MULTICAST_LOOP
            | ipv6_option::IPV6_MULTICAST_IF
            | ipv6_option::IPV6_CHECKSUM
            | ipv6_option::IPV6_V6ONLY
            | ipv6_option::IPV6_RTHDRDSTOPTS
            | ipv6_option::IPV6_RECVPKTINFO
            | ipv6_option::IPV6_RECVHOPLIMIT
            | ipv6_option::IPV6_RECVRTHDR
            | ipv6_option::IPV6_RECVHOPOPTS
            | ipv6_option::IPV6_RECVDSTOPTS
            | ipv6_option::IPV6_RECVPATHMTU
            | ipv6_option::IPV6_RECVTCLASS
            | ipv6_option::IPV6_AUTOFLOWLABEL
            | ipv6_option::IPV6_TCLASS
            | ipv6_option::IPV6_DONTFRAG
    )
}

pub(super) fn set(_cx: &mut Cx, fd: u64, name: i32, given: Given) -> Return<()> {
    match name {
        _ if is_int(name) => pass_int(fd, LEVEL, host_name(name)?, given).map_err(no_interface),
        ipv6_option::IPV6_BINDANY => pass_int(fd, LEVEL, raw::IPV6_TRANSPARENT, given),
        ipv6_option::IPV6_PORTRANGE => ip::set_port_range(fd, given.int()?),
        // Fragments of the smallest size that every path carries: larger ones arrive as well.
        ipv6_option::IPV6_USE_MIN_MTU => match given.int()? {
            -1..=1 => Ok(()),
            _ => Err(Errno::EINVAL.into()),
        },
        ipv6_option::IPV6_JOIN_GROUP | ipv6_option::IPV6_LEAVE_GROUP => {
            pass_on(fd, LEVEL, host_name(name)?, given).map_err(no_interface)
        }
        ipv6_option::MCAST_JOIN_GROUP..=ipv6_option::MCAST_UNBLOCK_SOURCE => {
            multicast::set_group(fd, LEVEL, host_name(name)?, given)
        }
        ipv6_option::IPV6_NEXTHOP => {
            let mut room = [0; super::LONGEST];
            let hop = address::to_host(given.bytes(&mut room)?)?;
            Ok(host_socket::set_option_bytes(
                fd,
                LEVEL,
                raw::IPV6_NEXTHOP,
                hop.bytes(),
            )?)
        }
        // RFC 3542's structures.
        _ => pass_on(fd, LEVEL, host_name(name)?, given),
    }
}

pub(super) fn get(_cx: &mut Cx, fd: u64, name: i32, room: usize) -> Return<Answer> {
    match name {
        _ if is_int(name) => Answer::of_host_int(fd, LEVEL, host_name(name)?),
        ipv6_option::IPV6_BINDANY => Answer::of_host_int(fd, LEVEL, raw::IPV6_TRANSPARENT),
        ipv6_option::IPV6_PORTRANGE => ip::port_range(fd).map(Answer::int),
        ipv6_option::IPV6_USE_MIN_MTU => Ok(Answer::int(-1)),
        ipv6_option::IPV6_PATHMTU => path_mtu(fd),
        ipv6_option::IPV6_JOIN_GROUP
        | ipv6_option::IPV6_LEAVE_GROUP
        | ipv6_option::MCAST_JOIN_GROUP..=ipv6_option::MCAST_UNBLOCK_SOURCE => {
            Err(Errno::ENOPROTOOPT.into())
        }
        _ => Answer::of_host(fd, LEVEL, host_name(name)?, room),
    }
}

/// `struct ip6_mtuinfo`: an address, then the MTU.
fn path_mtu(fd: u64) -> Return<Answer> {
    const ADDRESS: usize = 28;
    let mut answer = Answer::of_host(fd, LEVEL, raw::IPV6_PATHMTU, 32)?;
    if let Some(address) = answer.bytes.get(..ADDRESS).and_then(address::to_guest) {
        for (slot, byte) in answer.bytes.iter_mut().zip(address.bytes()).take(ADDRESS) {
            *slot = *byte;
        }
    }
    Ok(answer)
}

/// `ICMP6_FILTER` of both systems: 256 bits, set for what passes on FreeBSD and for what does not on Linux.
const ICMP6_FILTER: i32 = 18;
const HOST_ICMP6_FILTER: u32 = 1;

pub(super) fn set_filter(fd: u64, name: i32, given: Given) -> Return<()> {
    if name != ICMP6_FILTER {
        return Err(Errno::ENOPROTOOPT.into());
    }
    let passes: [u8; 32] = given.read()?;
    let blocks = passes.map(|bits| !bits);
    Ok(host_socket::set_option_bytes(
        fd,
        raw::IPPROTO_ICMPV6,
        HOST_ICMP6_FILTER,
        &blocks,
    )?)
}

pub(super) fn get_filter(fd: u64, name: i32) -> Return<Answer> {
    if name != ICMP6_FILTER {
        return Err(Errno::ENOPROTOOPT.into());
    }
    let mut blocks = [0u8; 32];
    host_socket::option_bytes(fd, raw::IPPROTO_ICMPV6, HOST_ICMP6_FILTER, &mut blocks)?;
    Ok(Answer::bytes(&blocks.map(|bits| !bits)))
}
