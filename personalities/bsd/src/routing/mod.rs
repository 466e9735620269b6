//! Interfaces, addresses, groups and routes as routing messages (rtsock.c, sysctl_rtsock). What the messages say is the same
//! everywhere; a system brings the structures they begin with ([`Messages`]).

mod address;
mod message;

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_tables::bsd::flags::{
    self, interface_flags, interface_type, route_addresses as rta, route_flags,
};
use compat_translate::host::neighbours::{Neighbour, NeighbourState};
use compat_translate::host::network::{
    Link, LinkAddress, Route, RouteKind, groups, link_addresses, links, routes,
};

pub use address::{inet_sockaddr, link_sockaddr, netmask};
pub use message::{Counters, LINK_STATE_DOWN, LINK_STATE_UP, MessageStart};

use crate::error::Return;

/// What a message is about.
#[derive(Clone, Copy)]
pub struct About {
    /// `RTA_*`: which addresses follow.
    pub addrs: u32,
    /// `IFF_*` of an interface, `RTF_*` of a route.
    pub flags: u32,
    /// The interface's number.
    pub index: u32,
}

/// When a neighbour is forgotten, by the clock that stands at `now`; 0 for never.
pub fn expiry(neighbour: &Neighbour, now: i64) -> i64 {
    /// net.link.ether.inet.max_age: how many seconds an answer is believed.
    const MAX_AGE: i64 = 20 * 60;
    match neighbour.state {
        NeighbourState::Permanent => 0,
        _ => now
            .saturating_add(MAX_AGE)
            .saturating_sub(i64::from(neighbour.age)),
    }
}

/// What a system's kernel knows of an interface (`struct if_data`).
#[derive(Clone, Copy, Default)]
pub struct InterfaceData {
    /// `IFT_*`
    pub kind: u8,
    /// Length of its hardware address.
    pub addrlen: u8,
    /// Length of its header.
    pub hdrlen: u8,
    /// [`LINK_STATE_UP`] or [`LINK_STATE_DOWN`].
    pub link_state: u8,
    /// Its MTU.
    pub mtu: u32,
    /// What went through it.
    pub counters: Counters,
    /// Packets to be sent that were dropped, which not every system counts.
    pub oqdrops: u64,
}

/// What a system's kernel knows of a route beyond its addresses (`struct rt_metrics`).
#[derive(Clone, Copy, Default)]
pub struct RouteData {
    /// The MTU of its interface.
    pub mtu: u64,
    /// How much of the traffic goes this way.
    pub weight: u64,
    /// When it ends, 0 for never.
    pub expire: u64,
}

/// The structures that messages begin with. The first two bytes of each are the message's length, which is filled in later.
pub trait Messages {
    /// `RTM_IFINFO`
    fn interface(&self, about: About, data: &InterfaceData) -> Vec<u8>;
    /// `RTM_NEWADDR`
    fn address(&self, about: About) -> Vec<u8>;
    /// `RTM_NEWMADDR`, where there is such a message.
    fn group(&self, about: About) -> Vec<u8>;
    /// `RTM_GET`
    fn route(&self, about: About, data: &RouteData) -> Vec<u8>;
}

const AF_UNSPEC: i32 = 0;
const AF_INET: i32 = 2;

/// Whether somebody who asks for addresses of `family` wants this one.
pub fn is_wanted(family: i32, address: IpAddr) -> bool {
    match family {
        AF_UNSPEC => true,
        AF_INET => address.is_ipv4(),
        _ if family == i32::from(crate::system().inet6) => address.is_ipv6(),
        _ => false,
    }
}

/// A message: its header, then the addresses in the order of their bits, each filled up to a multiple of 8 bytes. The
/// first two bytes become the length.
pub fn append(out: &mut Vec<u8>, header: &[u8], addresses: &[Vec<u8>]) {
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

/// Its `IFT_*`.
pub fn interface_kind(link: &Link) -> u8 {
    flags::INTERFACE_TYPE
        .to_guest(i64::from(link.kind))
        .map_or(interface_type::IFT_OTHER as u8, |kind| kind as u8)
}

/// The interface itself as an address.
pub fn link_address(link: &Link) -> Vec<u8> {
    link_sockaddr(
        link.index,
        interface_kind(link),
        link.name.as_bytes(),
        hardware(link),
    )
}

/// The host gives the loopback interface an address of zeros; there it has none.
pub fn hardware(link: &Link) -> &[u8] {
    let address = link.address.as_slice();
    if address.iter().all(|&byte| byte == 0) {
        &[]
    } else {
        address
    }
}

/// Its `IFF_*`.
pub fn flags_to_guest(link: &Link) -> u32 {
    let mut found = flags::INTERFACE_FLAGS.to_guest(u64::from(link.flags)) as u32;
    if found & interface_flags::IFF_BROADCAST != 0 {
        // Hears no broadcast of its own.
        found |= interface_flags::IFF_SIMPLEX;
    }
    found
}

fn data_of(link: &Link) -> InterfaceData {
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
    InterfaceData {
        kind: interface_kind(link),
        addrlen: hardware(link).len() as u8,
        hdrlen: if link.kind == 1 { 14 } else { 0 },
        link_state: if link.flags & HOST_RUNNING != 0 {
            LINK_STATE_UP
        } else {
            LINK_STATE_DOWN
        },
        mtu: link.mtu,
        counters: Counters {
            ipackets,
            ierrors,
            opackets,
            oerrors,
            collisions,
            ibytes,
            obytes,
            imcasts,
            omcasts: 0,
            iqdrops,
        },
        oqdrops,
    }
}

/// sysctl_iflist: each interface, then its addresses; `only` one interface, if that is not 0.
///
/// # Errors
/// The host's.
pub fn interfaces(messages: &impl Messages, family: i32, only: u32) -> Return<Vec<u8>> {
    let addresses = link_addresses()?;
    let mut out = Vec::new();
    for link in links()?
        .iter()
        .filter(|link| only == 0 || link.index == only)
    {
        let about = About {
            addrs: rta::RTA_IFP,
            flags: flags_to_guest(link),
            index: link.index,
        };
        let header = messages.interface(about, &data_of(link));
        append(&mut out, &header, &[link_address(link)]);
        for address in addresses
            .iter()
            .filter(|address| address.index == link.index && is_wanted(family, address.local))
        {
            interface_address(&mut out, link, address, messages);
        }
    }
    Ok(out)
}

fn interface_address(
    out: &mut Vec<u8>,
    link: &Link,
    address: &LinkAddress,
    messages: &impl Messages,
) {
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
    let about = About {
        addrs,
        // IFA_ROUTE, whose value is RTF_UP: there is a route for it.
        flags: route_flags::RTF_UP,
        index: link.index,
    };
    append(out, &messages.address(about), &addresses);
}

/// sysctl_ifmalist: the groups that interfaces have joined.
///
/// # Errors
/// The host's.
pub fn memberships(messages: &impl Messages, family: i32, only: u32) -> Return<Vec<u8>> {
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
        let about = About {
            addrs,
            flags: 0,
            index: link.index,
        };
        append(&mut out, &messages.group(about), &addresses);
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
///
/// # Errors
/// The host's.
pub fn table(messages: &impl Messages, family: i32, wanted: u32) -> Return<Vec<u8>> {
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
        entry(&mut out, route, flags, link, messages);
    }
    Ok(out)
}

/// Its `RTF_*`.
pub fn flags_of(route: &Route) -> u32 {
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

fn entry(
    out: &mut Vec<u8>,
    route: &Route,
    flags: u32,
    link: Option<&Link>,
    messages: &impl Messages,
) {
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
    let about = About {
        addrs,
        flags,
        index: route.index,
    };
    let data = RouteData {
        mtu: link.map_or(0, |link| u64::from(link.mtu)),
        weight: 1,
        expire: 0,
    };
    append(out, &messages.route(about, &data), &addresses);
}
