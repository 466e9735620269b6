//! Answers and news, in FreeBSD's words (netlink/route: dump_iface, dump_iface_addr, dump_lle, dump_px).

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_tables::bsd::Errno;
use compat_translate::host::HostErrno;
use compat_translate::host::neighbours::{self, NeighbourState};
use compat_translate::host::netlink::{Message, NLMSG_DONE, NLMSG_ERROR, u32_at};
use compat_translate::host::network::{self, RouteKind};
use compat_translate::host::socket::raw;
use compat_translate::host::vdso;

use super::{NETLINK_ROUTE, Writer, messages};
use crate::error::Error;
use crate::{routing, system};

/// The guest's messages for the host's; those that FreeBSD would not send are left out.
pub(super) fn to_guest(protocol: i32, said: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (header, body) in messages(said) {
        let kind = Message {
            kind: 0,
            body: header,
        }
        .u16(4);
        let message = Message { kind, body };
        let length = block.len();
        let mut writer = Writer::begin(block, header);
        let fits = match kind {
            NLMSG_ERROR | NLMSG_DONE => ended(&mut writer, &message),
            // RTM_NEW* and RTM_DEL*
            16 | 17 if protocol == NETLINK_ROUTE => interface(&mut writer, &message),
            20 | 21 if protocol == NETLINK_ROUTE => address(&mut writer, &message),
            24 | 25 if protocol == NETLINK_ROUTE => route(&mut writer, &message),
            28 | 29 if protocol == NETLINK_ROUTE => neighbour(&mut writer, &message),
            _ => {
                writer.raw(body);
                (protocol != NETLINK_ROUTE).then_some(())
            }
        };
        block = writer.end();
        if fits.is_none() {
            block.truncate(length);
        }
    }
    block
}

const RTM_GETROUTE: u16 = 26;

/// The host's errors are negative.
fn ended(writer: &mut Writer, message: &Message) -> Option<()> {
    let host = message.u32(0) as i32;
    let error = if host < 0 {
        let Error(mut error) = HostErrno(host.unsigned_abs() as u16).into();
        // The header of the request comes behind the error.
        if message.u16(8) == RTM_GETROUTE
            && matches!(error, Errno::ENETUNREACH | Errno::EHOSTUNREACH)
        {
            error = Errno::ESRCH;
        }
        u32::from((system().errno_number)(error))
    } else {
        0
    };
    writer.raw(&error.to_le_bytes());
    writer.raw(message.body.get(4..).unwrap_or_default());
    Some(())
}

/// The family of addresses, if both have it.
fn family(host: u8) -> Option<u8> {
    match u32::from(host) {
        raw::AF_INET => Some(host),
        raw::AF_INET6 => Some(system().inet6),
        _ => None,
    }
}

fn interface(writer: &mut Writer, message: &Message) -> Option<()> {
    const IFINFOMSG: usize = 16;
    const IFLA_ADDRESS: u16 = 1;
    const IFLA_BROADCAST: u16 = 2;
    const IFLA_IFNAME: u16 = 3;
    const IFLA_STATS64: u16 = 23;
    /// IFLA_MTU, IFLA_OPERSTATE, IFLA_LINKMODE, IFLA_IFALIAS, IFLA_GROUP, IFLA_PROMISCUITY, IFLA_CARRIER.
    const ALIKE: [u16; 7] = [4, 16, 17, 20, 27, 30, 33];
    /// Of `struct rtnl_link_stats64`: the host's has one number more.
    const STATS64: usize = 192;
    /// IFF_LOWER_UP, the host's and FreeBSD's.
    const CARRIER: [u32; 2] = [0x1_0000, 0x100_0000];
    // A bridge's news of its ports have a family.
    if message.u8(0) != 0 {
        return None;
    }
    let link = network::link(message);
    let [host, guest] = CARRIER;
    let carrier = if link.flags & host != 0 { guest } else { 0 };
    let flags = routing::flags_to_guest(&link) | carrier;
    let kind = u16::from(routing::interface_kind(&link));
    writer.raw(&[0, 0]).raw(&kind.to_le_bytes());
    writer.raw(&link.index.to_le_bytes());
    writer.raw(&flags.to_le_bytes()).raw(&[0; 4]);
    for (attribute, value) in message.attributes(IFINFOMSG) {
        match attribute {
            IFLA_ADDRESS | IFLA_BROADCAST if routing::hardware(&link).is_empty() => {}
            IFLA_STATS64 => {
                writer.attribute(attribute, value.get(..STATS64).unwrap_or(value));
            }
            IFLA_ADDRESS | IFLA_BROADCAST | IFLA_IFNAME => {
                writer.attribute(attribute, value);
            }
            _ if ALIKE.contains(&attribute) => {
                writer.attribute(attribute, value);
            }
            _ => {}
        }
    }
    Some(())
}

fn address(writer: &mut Writer, message: &Message) -> Option<()> {
    const IFADDRMSG: usize = 8;
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    const IFA_FLAGS: u16 = 8;
    const IFA_FREEBSD: u16 = 11;
    const IFAF_FLAGS: u16 = 2;
    /// IFA_LABEL, IFA_BROADCAST, IFA_CACHEINFO.
    const ALIKE: [u16; 3] = [3, 4, 6];
    let family = family(message.u8(0))?;
    writer.raw(&[family, message.u8(1), 0, message.u8(3)]);
    writer.raw(&message.u32(4).to_le_bytes());
    let (mut given, mut local, mut flags) = (None, None, 0);
    for (attribute, value) in message.attributes(IFADDRMSG) {
        match attribute {
            IFA_ADDRESS => given = Some(value),
            IFA_LOCAL => local = Some(value),
            IFA_FLAGS => {
                flags = u32_at(value, 0);
                writer.attribute(attribute, value);
            }
            _ if ALIKE.contains(&attribute) => {
                writer.attribute(attribute, value);
            }
            _ => {}
        }
    }
    // Each of them leaves one out where they are the same, but not the same one.
    let local = local.or(given)?;
    let given = given.unwrap_or(local);
    writer.attribute(IFA_ADDRESS, given);
    if given != local || u32::from(message.u8(0)) == raw::AF_INET {
        writer.attribute(IFA_LOCAL, local);
    }
    if u32::from(message.u8(0)) == raw::AF_INET6 {
        let mut nested = Writer::begin(Vec::new(), &[]);
        nested.attribute(IFAF_FLAGS, &flags6(flags).to_le_bytes());
        writer.attribute(IFA_FREEBSD, &nested.bytes);
    }
    Some(())
}

/// `IN6_IFF_*` for the host's `IFA_F_*`.
fn flags6(host: u32) -> u32 {
    /// Temporary, duplicated, deprecated, tentative.
    const PAIRS: [(u32, u32); 4] = [(0x01, 0x80), (0x08, 0x04), (0x20, 0x10), (0x40, 0x02)];
    let set = PAIRS.iter().filter(|(from, _)| host & from != 0);
    set.fold(0, |flags, (_, to)| flags | to)
}

fn route(writer: &mut Writer, message: &Message) -> Option<()> {
    const RTN_UNICAST: u8 = 1;
    const RTN_BLACKHOLE: u8 = 6;
    const RTN_PROHIBIT: u8 = 8;
    const RTA_DST: u16 = 1;
    const RTA_OIF: u16 = 4;
    const RTA_GATEWAY: u16 = 5;
    const RTA_RTFLAGS: u16 = 14;
    const RTA_TABLE: u16 = 15;
    let family = family(message.u8(0))?;
    let route = network::route(message)?;
    let kind = match route.kind {
        RouteKind::Unicast | RouteKind::Local => RTN_UNICAST,
        RouteKind::Blackhole => RTN_BLACKHOLE,
        RouteKind::Reject => RTN_PROHIBIT,
    };
    // struct rtmsg: no source, no service, the only table, the protocol, everywhere.
    writer.raw(&[family, route.prefix, 0, 0, 0, message.u8(5), 0, kind]);
    writer.raw(&[0; 4]);
    writer.attribute(RTA_TABLE, &[0; 4]);
    with_octets(route.destination, |octets| {
        writer.attribute(RTA_DST, octets);
    });
    if let Some(gateway) = route.gateway {
        with_octets(gateway, |octets| {
            writer.attribute(RTA_GATEWAY, octets);
        });
    }
    writer.attribute(RTA_RTFLAGS, &routing::flags_of(&route).to_le_bytes());
    writer.attribute(RTA_OIF, &route.index.to_le_bytes());
    Some(())
}

fn with_octets(address: IpAddr, give: impl FnOnce(&[u8])) {
    match address {
        IpAddr::V4(address) => give(&address.octets()),
        IpAddr::V6(address) => give(&address.octets()),
    }
}

fn neighbour(writer: &mut Writer, message: &Message) -> Option<()> {
    const NTF_ROUTER: u8 = 0x80;
    const RTN_UNICAST: u8 = 1;
    const NDA_DST: u16 = 1;
    const NDA_LLADDR: u16 = 2;
    const NDA_FREEBSD: u16 = 18;
    /// Nested, and in it the second, since the start, at which the state will be another: NLA_F_NESTED is not set there.
    const NDAF_NEXT_STATE_TS: u16 = 1;
    let family = family(message.u8(0))?;
    let found = neighbours::neighbour(message)?;
    let state: u16 = match found.state {
        NeighbourState::Unknown => 0x01,
        NeighbourState::Reachable => 0x02,
        NeighbourState::Stale => 0x04,
        NeighbourState::Delay => 0x08,
        NeighbourState::Probe => 0x10,
        NeighbourState::Permanent => 0x80,
    };
    let flags = if found.router { NTF_ROUTER } else { 0 };
    writer.raw(&[family, 0, 0, 0]);
    writer.raw(&found.index.to_le_bytes());
    writer.raw(&state.to_le_bytes()).raw(&[flags, RTN_UNICAST]);
    with_octets(found.address, |octets| {
        writer.attribute(NDA_DST, octets);
    });
    if !found.hardware.is_empty() {
        writer.attribute(NDA_LLADDR, &found.hardware);
    }
    if found.state != NeighbourState::Permanent {
        const HOST_MONOTONIC: i32 = 1;
        let now = vdso::clock_gettime(HOST_MONOTONIC).unwrap_or_default();
        let until = routing::expiry(&found, now.sec).max(1) as u32;
        let mut nested = Writer::begin(Vec::new(), &[]);
        nested.attribute(NDAF_NEXT_STATE_TS, &until.to_le_bytes());
        writer.attribute(NDA_FREEBSD, &nested.bytes);
    }
    Some(())
}
