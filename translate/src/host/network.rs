//! The host's network: interfaces, their addresses and groups, and routes.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::netlink::{Message, dump, u32_at};
use super::{HostResult, read_file};

/// A network interface.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `ARPHRD_*`.
    pub kind: u16,
    /// `IFF_*`.
    pub flags: u32,
    /// Largest packet.
    pub mtu: u32,
    /// Hardware address.
    pub address: Vec<u8>,
    /// Hardware broadcast address.
    pub broadcast: Vec<u8>,
    /// `struct rtnl_link_stats64`: packets in and out, bytes in and out, errors in and out, drops in and out, multicast,
    /// collisions.
    pub counts: [u64; 10],
}

/// An address of an interface.
#[derive(Clone, Debug)]
pub struct LinkAddress {
    /// The interface.
    pub index: u32,
    /// The address itself.
    pub local: IpAddr,
    /// Bits of its network.
    pub prefix: u8,
    /// The other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// Broadcast address.
    pub broadcast: Option<IpAddr>,
}

/// What happens to packets that a route matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// They go out.
    Unicast,
    /// They are for this host.
    Local,
    /// They are dropped silently.
    Blackhole,
    /// They are dropped and the sender is told.
    Reject,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Where to; the unspecified address with prefix 0 is the default.
    pub destination: IpAddr,
    /// Bits of it.
    pub prefix: u8,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// The interface, 0 for none.
    pub index: u32,
    /// The address that packets leave with.
    pub source: Option<IpAddr>,
    /// What it does.
    pub kind: RouteKind,
    /// Whether the kernel made it by itself.
    pub automatic: bool,
}

/// A multicast group that an interface has joined.
#[derive(Clone, Debug)]
pub struct Group {
    /// The interface.
    pub index: u32,
    /// The group.
    pub address: IpAddr,
}

pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))),
        16 => Some(IpAddr::V6(Ipv6Addr::from(
            <[u8; 16]>::try_from(bytes).ok()?,
        ))),
        _ => None,
    }
}

/// All interfaces, by number.
///
/// # Errors
/// As a netlink socket.
pub fn links() -> HostResult<Vec<Link>> {
    const RTM_GETLINK: u16 = 18;
    let mut links = Vec::new();
    dump(RTM_GETLINK, 0, |message| links.push(link(message)))?;
    links.sort_by_key(|link| link.index);
    Ok(links)
}

/// What an `RTM_NEWLINK` says.
pub fn link(message: &Message) -> Link {
    const IFINFOMSG: usize = 16;
    let mut link = Link {
        kind: message.u16(2),
        index: message.u32(4),
        flags: message.u32(8),
        ..Link::default()
    };
    for (kind, value) in message.attributes(IFINFOMSG) {
        match kind {
            1 => link.address = value.to_vec(),
            2 => link.broadcast = value.to_vec(),
            3 => {
                let name = value.split(|&byte| byte == 0).next().unwrap_or_default();
                link.name = String::from_utf8_lossy(name).into_owned();
            }
            4 => link.mtu = u32_at(value, 0),
            23 => {
                for (slot, word) in link.counts.iter_mut().zip(value.chunks_exact(8)) {
                    *slot = word.try_into().map_or(0, u64::from_le_bytes);
                }
            }
            _ => {}
        }
    }
    link
}

/// All addresses of all interfaces, in the kernel's order.
///
/// # Errors
/// As a netlink socket.
pub fn link_addresses() -> HostResult<Vec<LinkAddress>> {
    const RTM_GETADDR: u16 = 22;
    let mut addresses = Vec::new();
    dump(RTM_GETADDR, 0, |message| {
        addresses.extend(link_address(message))
    })?;
    Ok(addresses)
}

fn link_address(message: &Message) -> Option<LinkAddress> {
    const IFADDRMSG: usize = 8;
    let (mut given, mut local, mut broadcast) = (None, None, None);
    for (kind, value) in message.attributes(IFADDRMSG) {
        match kind {
            1 => given = address(value),
            2 => local = address(value),
            4 => broadcast = address(value),
            _ => {}
        }
    }
    let own = local.or(given)?;
    Some(LinkAddress {
        index: message.u32(4),
        local: own,
        prefix: message.u8(1),
        peer: given.filter(|&given| given != own),
        broadcast,
    })
}

/// The routes of the main and local tables, in the kernel's order.
///
/// # Errors
/// As a netlink socket.
pub fn routes() -> HostResult<Vec<Route>> {
    const RTM_GETROUTE: u16 = 26;
    const RTM_NEWROUTE: u16 = 24;
    const RTM_F_CLONED: u32 = 0x200;
    let mut routes = Vec::new();
    for family in [2, 10] {
        dump(RTM_GETROUTE, family, |message| {
            let kept = message.kind == RTM_NEWROUTE && message.u32(8) & RTM_F_CLONED == 0;
            routes.extend(route(message).filter(|_| kept));
        })?;
    }
    Ok(routes)
}

/// What an `RTM_NEWROUTE` says, if it is of the main or the local table and of a kind that there is here.
pub fn route(message: &Message) -> Option<Route> {
    const RTMSG: usize = 12;
    const RTPROT_KERNEL: u8 = 2;
    const MAIN: u32 = 254;
    const LOCAL: u32 = 255;
    let unspecified = if message.u8(0) == 2 {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    };
    let kind = match message.u8(7) {
        1 => RouteKind::Unicast,
        2 => RouteKind::Local,
        6 => RouteKind::Blackhole,
        7 | 8 => RouteKind::Reject,
        _ => return None,
    };
    let mut table = u32::from(message.u8(4));
    let mut route = Route {
        destination: unspecified,
        prefix: message.u8(1),
        gateway: None,
        index: 0,
        source: None,
        kind,
        automatic: message.u8(5) == RTPROT_KERNEL,
    };
    for (kind, value) in message.attributes(RTMSG) {
        match kind {
            1 => route.destination = address(value).unwrap_or(unspecified),
            4 => route.index = u32_at(value, 0),
            5 => route.gateway = address(value),
            7 => route.source = address(value),
            15 => table = u32_at(value, 0),
            _ => {}
        }
    }
    matches!(table, MAIN | LOCAL).then_some(route)
}

/// The multicast groups that interfaces have joined.
pub fn groups() -> Vec<Group> {
    const WHOLE: usize = 1 << 20;
    let v4 = read_file(c"/proc/net/igmp", WHOLE).unwrap_or_default();
    let v6 = read_file(c"/proc/net/igmp6", WHOLE).unwrap_or_default();
    let mut groups = groups_v4(&String::from_utf8_lossy(&v4));
    groups.extend(groups_v6(&String::from_utf8_lossy(&v6)));
    groups
}

/// An interface's line starts with its number; its groups follow, indented, in hexadecimal as they lie in memory.
fn groups_v4(text: &str) -> Vec<Group> {
    let mut index = 0;
    let mut groups = Vec::new();
    for line in text.lines().skip(1) {
        let first = line.split_whitespace().next().unwrap_or_default();
        if line.starts_with(|first: char| first.is_ascii_digit()) {
            index = first.parse().unwrap_or(0);
        } else if let Ok(bits) = u32::from_str_radix(first, 16) {
            groups.push(Group {
                index,
                address: IpAddr::V4(Ipv4Addr::from(bits.to_le_bytes())),
            });
        }
    }
    groups
}

/// Number, name and group of one interface a line.
fn groups_v6(text: &str) -> Vec<Group> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(Group {
                index: words.next()?.parse().ok()?,
                address: IpAddr::V6(u128::from_str_radix(words.nth(1)?, 16).ok()?.into()),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_from_both_files() {
        let v4 = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n\
            1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\
            2\teth0      :     1      V3\n\t\t\t\tFB0000E0     1 0:00000000\t\t0\n";
        let found = groups_v4(v4);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].index, found[0].address),
            (1, IpAddr::from([224, 0, 0, 1]))
        );
        assert_eq!(
            (found[1].index, found[1].address),
            (2, IpAddr::from([224, 0, 0, 251]))
        );
        let v6 = "1    lo              ff020000000000000000000000000001     1 0000000C 0\n";
        let found = groups_v6(v6);
        assert_eq!(
            (found[0].index, found[0].address),
            (1, "ff02::1".parse().unwrap())
        );
    }

    #[test]
    fn every_host_has_a_loopback_interface() {
        let links = links().unwrap();
        let loopback = links.iter().find(|link| link.flags & 8 != 0).unwrap();
        assert!(loopback.mtu > 0 && loopback.kind == 772);
    }
}
