//! `net.routetable`: interfaces, addresses, groups and routes as routing messages (rtsock.c, sysctl_rtsock).

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{
    self, interface_flags, interface_type, route_addresses as rta,
};
use compat_tables::freebsd::flags::{route_flags, route_message, route_query};
use compat_translate::Cx;
use compat_translate::host::network::{
    Link, LinkAddress, Route, RouteKind, groups, link_addresses, links, routes,
};
use zerocopy::{FromZeros, IntoBytes};

use super::neighbours;
use super::release::of_program;
use crate::abi::route::{
    IfData, IfData10, IfDataBytes, IfMsghdr, IfaMsghdr, LINK_STATE_DOWN, LINK_STATE_UP, LongMsghdr,
    MessageStart, RTM_VERSION, RtMsghdr, inet_sockaddr, link_sockaddr, netmask,
};
use crate::error::Return;

const AF_UNSPEC: i32 = 0;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 28;

/// `{protocol, family, query, argument[, table]}` behind `net.routetable`.
pub(super) fn compute(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    let (family, query, argument) = match *more {
        [_, family, query, argument] | [_, family, query, argument, _] => (family, query, argument),
        [_, _, _] | [_, _] | [_] | [] => return Err(Errno::EISDIR.into()),
        _ => return Err(Errno::ENOTDIR.into()),
    };
    if !(0..=255).contains(&family) {
        return Err(Errno::EINVAL.into());
    }
    match query {
        route_query::NET_RT_IFLIST => interfaces(cx, family, argument as u32, false),
        route_query::NET_RT_IFLISTL => interfaces(cx, family, argument as u32, true),
        route_query::NET_RT_IFMALIST => memberships(family, argument as u32),
        route_query::NET_RT_DUMP => table(family, 0),
        route_query::NET_RT_FLAGS if argument as u32 & route_flags::RTF_LLINFO != 0 => {
            neighbours::table(family)
        }
        route_query::NET_RT_FLAGS => table(family, argument as u32),
        route_query::NET_RT_NHOP | route_query::NET_RT_NHGRP => {
            Err(cx.gap("net.routetable: next hops", Errno::EINVAL.into()))
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

pub(super) fn is_wanted(family: i32, address: IpAddr) -> bool {
    match family {
        AF_UNSPEC => true,
        AF_INET => address.is_ipv4(),
        AF_INET6 => address.is_ipv6(),
        _ => false,
    }
}

/// A message: its header, then the addresses in the order of their bits, each filled up to a multiple of 8 bytes. The
/// first two bytes become the length.
pub(super) fn append(out: &mut Vec<u8>, header: &[u8], addresses: &[Vec<u8>]) {
    let start = out.len();
    out.extend_from_slice(header);
    for address in addresses {
        out.extend_from_slice(address);
        let filled = address.len().next_multiple_of(8) - address.len();
        out.resize(out.len() + filled, 0);
    }
    let length = (out.len() - start) as u16;
    for (slot, byte) in out.iter_mut().skip(start).zip(length.to_le_bytes()) {
        *slot = byte;
    }
}

pub(in crate::calls) fn interface_kind(link: &Link) -> u8 {
    flags::INTERFACE_TYPE
        .to_guest(i64::from(link.kind))
        .map_or(interface_type::IFT_OTHER as u8, |kind| kind as u8)
}

/// The interface itself as an address.
pub(in crate::calls) fn link_address(link: &Link) -> Vec<u8> {
    link_sockaddr(
        link.index,
        interface_kind(link),
        link.name.as_bytes(),
        hardware(link),
    )
}

/// The host gives the loopback interface an address of zeros; there it has none.
pub(in crate::calls) fn hardware(link: &Link) -> &[u8] {
    let address = link.address.as_slice();
    if address.iter().all(|&byte| byte == 0) {
        &[]
    } else {
        address
    }
}

pub(in crate::calls) fn flags_to_guest(link: &Link) -> u32 {
    let mut found = flags::INTERFACE_FLAGS.to_guest(u64::from(link.flags)) as u32;
    if found & interface_flags::IFF_BROADCAST != 0 {
        // Hears no broadcast of its own.
        found |= interface_flags::IFF_SIMPLEX;
    }
    found
}

fn data_of(link: &Link) -> IfData {
    const HOST_RUNNING: u32 = 0x40;
    let [
        ipackets,
        opackets,
        ibytes,
        obytes,
        ierrors,
        oerrors,
        iqdrops,
        oqdrops,
        imcasts,
        collisions,
    ] = link.counts;
    IfData {
        kind: interface_kind(link),
        addrlen: hardware(link).len() as u8,
        hdrlen: if link.kind == 1 { 14 } else { 0 },
        link_state: if link.flags & HOST_RUNNING == 0 {
            LINK_STATE_DOWN
        } else {
            LINK_STATE_UP
        },
        mtu: link.mtu,
        ipackets,
        ierrors,
        opackets,
        oerrors,
        collisions,
        ibytes,
        obytes,
        imcasts,
        iqdrops,
        oqdrops,
        ..IfData::empty()
    }
}

fn start(kind: i32, addrs: u32, flags: u32, index: u32) -> MessageStart {
    MessageStart {
        msglen: 0,
        version: RTM_VERSION,
        kind: kind as u8,
        addrs,
        flags,
        index: index as u16,
        spare1: 0,
    }
}

/// How a program reads what is said of an interface.
#[derive(Clone, Copy)]
struct Form {
    /// With the longer headers.
    long: bool,
    /// With the `struct if_data` of before FreeBSD 11.
    old: bool,
}

impl Form {
    fn data(self, data: &IfData) -> IfDataBytes {
        let mut bytes = [0; size_of::<IfData>()];
        match self.old {
            true => bytes.copy_from_slice(IfData10::from(data).as_bytes()),
            false => bytes.copy_from_slice(data.as_bytes()),
        }
        bytes
    }
}

/// sysctl_iflist: each interface, then its addresses.
fn interfaces(cx: &Cx, family: i32, only: u32, long: bool) -> Return<Vec<u8>> {
    let old = (1..1_100_000).contains(&of_program(cx, 0));
    let form = Form { long, old };
    let addresses = link_addresses()?;
    let mut out = Vec::new();
    for link in links()?
        .iter()
        .filter(|link| only == 0 || link.index == only)
    {
        interface(&mut out, link, form);
        for address in addresses
            .iter()
            .filter(|address| address.index == link.index && is_wanted(family, address.local))
        {
            interface_address(&mut out, link, address, form);
        }
    }
    Ok(out)
}

fn interface(out: &mut Vec<u8>, link: &Link, form: Form) {
    let start = start(
        route_message::RTM_IFINFO,
        rta::RTA_IFP,
        flags_to_guest(link),
        link.index,
    );
    let data = form.data(&data_of(link));
    let addresses = [link_address(link)];
    if form.long {
        append(out, long_header(start, data).as_bytes(), &addresses);
    } else {
        append(out, IfMsghdr { start, data }.as_bytes(), &addresses);
    }
}

fn long_header(start: MessageStart, data: IfDataBytes) -> LongMsghdr {
    LongMsghdr {
        start,
        len: size_of::<LongMsghdr>() as u16,
        data_off: core::mem::offset_of!(LongMsghdr, data) as u16,
        metric: 0,
        data,
    }
}

fn interface_address(out: &mut Vec<u8>, link: &Link, address: &LinkAddress, form: Form) {
    // Not the interface: libc's getifaddrs does not expect it among them.
    let mut addrs = rta::RTA_NETMASK | rta::RTA_IFA;
    let mut addresses = alloc::vec![
        inet_sockaddr(netmask(address.local, address.prefix), 0),
        inet_sockaddr(address.local, link.index),
    ];
    // ifa_dstaddr: the other end, or the broadcast address; an IPv4 loopback is its own other end.
    let loopback = link.flags & interface_flags::IFF_LOOPBACK != 0 && address.local.is_ipv4();
    let other = address
        .peer
        .or(address.broadcast)
        .or(loopback.then_some(address.local));
    if let Some(other) = other {
        addrs |= rta::RTA_BRD;
        addresses.push(inet_sockaddr(other, link.index));
    }
    // IFA_ROUTE, whose value is RTF_UP: there is a route for it.
    let start = start(
        route_message::RTM_NEWADDR,
        addrs,
        route_flags::RTF_UP,
        link.index,
    );
    if form.long {
        append(
            out,
            long_header(start, form.data(&IfData::empty())).as_bytes(),
            &addresses,
        );
    } else {
        append(out, IfaMsghdr { start, metric: 0 }.as_bytes(), &addresses);
    }
}

/// sysctl_ifmalist: the groups that interfaces have joined.
fn memberships(family: i32, only: u32) -> Return<Vec<u8>> {
    let links = links()?;
    let mut out = Vec::new();
    for group in groups() {
        let Some(link) = links.iter().find(|link| link.index == group.index) else {
            continue;
        };
        if only != 0 && link.index != only || !is_wanted(family, group.address) {
            continue;
        }
        let mut addrs = rta::RTA_IFP | rta::RTA_IFA;
        let mut addresses =
            alloc::vec![link_address(link), inet_sockaddr(group.address, link.index)];
        if let Some(hardware) = group_hardware(link, group.address) {
            addrs |= rta::RTA_GATEWAY;
            let kind = interface_kind(link);
            addresses.insert(0, link_sockaddr(link.index, kind, &[], &hardware));
        }
        let start = start(route_message::RTM_NEWMADDR, addrs, 0, link.index);
        append(&mut out, start.as_bytes(), &addresses);
    }
    Ok(out)
}

/// The Ethernet group that carries a group (ether_resolvemulti).
fn group_hardware(link: &Link, group: IpAddr) -> Option<[u8; 6]> {
    if i32::from(interface_kind(link)) != interface_type::IFT_ETHER {
        return None;
    }
    Some(match group {
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            [0x01, 0x00, 0x5e, b & 0x7f, c, d]
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            [0x33, 0x33, a, b, c, d]
        }
    })
}

/// sysctl_dumpentry for every route; `wanted` flags narrow it.
fn table(family: i32, wanted: u32) -> Return<Vec<u8>> {
    let links = links()?;
    let mut out = Vec::new();
    for route in routes()?
        .iter()
        .filter(|route| is_wanted(family, route.destination))
    {
        let flags = flags_of(route);
        if wanted != 0 && flags & wanted == 0 {
            continue;
        }
        let link = links.iter().find(|link| link.index == route.index);
        entry(&mut out, route, flags, link);
    }
    Ok(out)
}

fn flags_of(route: &Route) -> u32 {
    let mut flags = route_flags::RTF_UP;
    let bits = if route.destination.is_ipv4() { 32 } else { 128 };
    let conditions = [
        (route.gateway.is_some(), route_flags::RTF_GATEWAY),
        (route.prefix == bits, route_flags::RTF_HOST),
        (
            !route.automatic || route.kind == RouteKind::Local,
            route_flags::RTF_STATIC,
        ),
        (route.kind == RouteKind::Local, route_flags::RTF_LOCAL),
        (route.automatic, route_flags::RTF_PINNED),
        (
            route.kind == RouteKind::Blackhole,
            route_flags::RTF_BLACKHOLE,
        ),
        (route.kind == RouteKind::Reject, route_flags::RTF_REJECT),
    ];
    for (holds, flag) in conditions {
        if holds {
            flags |= flag;
        }
    }
    flags
}

fn entry(out: &mut Vec<u8>, route: &Route, flags: u32, link: Option<&Link>) {
    let mut addrs = rta::RTA_DST | rta::RTA_GATEWAY;
    // A network on a link has the interface itself as its next hop.
    let gateway = match (route.gateway, link) {
        (Some(gateway), _) => inet_sockaddr(gateway, route.index),
        (None, Some(link)) => link_sockaddr(link.index, interface_kind(link), &[], &[]),
        (None, None) => link_sockaddr(route.index, interface_type::IFT_OTHER as u8, &[], &[]),
    };
    let mut addresses = alloc::vec![inet_sockaddr(route.destination, route.index), gateway];
    if flags & route_flags::RTF_HOST == 0 {
        addrs |= rta::RTA_NETMASK;
        addresses.push(inet_sockaddr(netmask(route.destination, route.prefix), 0));
    }
    if let Some(link) = link {
        addrs |= rta::RTA_IFP;
        addresses.push(link_address(link));
    }
    if let Some(source) = route.source {
        addrs |= rta::RTA_IFA;
        addresses.push(inet_sockaddr(source, route.index));
    }
    let mut header = RtMsghdr {
        version: RTM_VERSION,
        kind: route_message::RTM_GET as u8,
        index: route.index as u16,
        flags,
        addrs,
        ..RtMsghdr::new_zeroed()
    };
    const MTU: usize = 1;
    const WEIGHT: usize = 10;
    if let Some(mtu) = header.metrics.get_mut(MTU) {
        *mtu = link.map_or(0, |link| u64::from(link.mtu));
    }
    if let Some(weight) = header.metrics.get_mut(WEIGHT) {
        *weight = 1;
    }
    append(out, header.as_bytes(), &addresses);
}
