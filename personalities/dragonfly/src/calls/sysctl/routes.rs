//! `net.routetable` (rtsock.c, sysctl_rtsock).

use alloc::vec::Vec;

use compat_bsd::routing::{self, About, InterfaceData, Messages, RouteData};
use compat_tables::dragonfly::Errno;
use compat_tables::dragonfly::flags::{route_message, route_query};
use zerocopy::IntoBytes;

use crate::abi::route::{IfData, IfMsghdr, IfaMsghdr, MessageStart, RTM_VERSION, RtMsghdr};
use crate::error::Return;

/// `{protocol, family, query, argument[, cpu]}` behind `net.routetable`. Every CPU has the same routes.
pub(super) fn compute(more: &[i32]) -> Return<Vec<u8>> {
    let (family, query, argument) = match *more {
        [_, family, query, argument] | [_, family, query, argument, _] => (family, query, argument),
        _ => return Err(Errno::EINVAL.into()),
    };
    let family = family & 0xff;
    match query {
        route_query::NET_RT_DUMP => routing::table(&Form, family, 0),
        route_query::NET_RT_FLAGS => routing::table(&Form, family, argument as u32),
        route_query::NET_RT_IFLIST => routing::interfaces(&Form, family, argument as u32),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// The one form there is.
struct Form;

fn start(kind: i32, about: About) -> MessageStart {
    MessageStart {
        msglen: 0,
        version: RTM_VERSION,
        kind: kind as u8,
        index: about.index as u16,
        pad: 0,
        flags: about.flags,
        addrs: about.addrs,
    }
}

fn data_of(data: &InterfaceData) -> IfData {
    IfData {
        kind: data.kind,
        addrlen: data.addrlen,
        hdrlen: data.hdrlen,
        link_state: data.link_state.into(),
        mtu: u64::from(data.mtu),
        counters: data.counters,
        oqdrops: data.oqdrops,
        ..IfData::default()
    }
}

impl Messages for Form {
    fn interface(&self, about: About, data: &InterfaceData) -> Vec<u8> {
        let header = IfMsghdr {
            start: start(route_message::RTM_IFINFO, about),
            data: data_of(data),
        };
        header.as_bytes().to_vec()
    }

    fn address(&self, about: About) -> Vec<u8> {
        let header = IfaMsghdr {
            start: start(route_message::RTM_NEWADDR, about),
            ..IfaMsghdr::default()
        };
        header.as_bytes().to_vec()
    }

    /// There is no query for groups.
    fn group(&self, about: About) -> Vec<u8> {
        start(route_message::RTM_NEWMADDR, about)
            .as_bytes()
            .to_vec()
    }

    fn route(&self, about: About, data: &RouteData) -> Vec<u8> {
        let header = RtMsghdr {
            start: start(route_message::RTM_GET, about),
            mtu: data.mtu,
            expire: data.expire,
            ..RtMsghdr::default()
        };
        header.as_bytes().to_vec()
    }
}
