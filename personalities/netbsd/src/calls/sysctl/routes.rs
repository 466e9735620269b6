//! `net.route` (rtsock.c, sysctl_rtable; rtsock_70.c).

use alloc::vec::Vec;

use compat_bsd::routing::{self, About, InterfaceData, MessageStart, Messages, RouteData};
use compat_tables::bsd::flags::route_flags as family;
use compat_tables::netbsd::Errno;
use compat_tables::netbsd::flags::{ROUTE_FLAGS, route_flags, route_message, route_query};
use compat_translate::Cx;
use zerocopy::IntoBytes;

use crate::abi::route::{IfData, IfMsghdr, IfaMsghdr, IfaMsghdr70, RTM_VERSION, RtMsghdr};
use crate::error::Return;

/// `{protocol, family, query, argument}` behind `net.route`.
pub(super) fn compute(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    let &[_, family, query, argument] = more else {
        return Err(Errno::EINVAL.into());
    };
    let argument = argument as u32;
    match query {
        route_query::NET_RT_DUMP => routing::table(&Form::NEW, family, 0),
        route_query::NET_RT_FLAGS => {
            let wanted = ROUTE_FLAGS.to_host(u64::from(argument));
            routing::table(
                &Form::NEW,
                family,
                wanted.map_err(|_| Errno::EINVAL)? as u32,
            )
        }
        route_query::NET_RT_IFLIST => routing::interfaces(&Form::NEW, family, argument),
        route_query::NET_RT_OIFLIST => routing::interfaces(&Form::OF_7, family, argument),
        route_query::NET_RT_OOIFLIST | route_query::NET_RT_OOOIFLIST => {
            Err(cx.gap("net.route: interfaces as before 6.0", Errno::EINVAL.into()))
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// How a program reads what is said of an address.
#[derive(Clone, Copy)]
struct Form {
    of_7: bool,
}

impl Form {
    const NEW: Self = Self { of_7: false };
    const OF_7: Self = Self { of_7: true };
}

fn data_of(data: &InterfaceData) -> IfData {
    IfData {
        kind: data.kind,
        addrlen: data.addrlen,
        hdrlen: data.hdrlen,
        link_state: data.link_state.into(),
        mtu: u64::from(data.mtu),
        counters: data.counters,
        ..IfData::default()
    }
}

impl Messages for Form {
    fn interface(&self, about: About, data: &InterfaceData) -> Vec<u8> {
        let header = IfMsghdr {
            start: MessageStart::new(RTM_VERSION, route_message::RTM_IFINFO, about),
            data: data_of(data),
        };
        header.as_bytes().to_vec()
    }

    fn address(&self, about: About) -> Vec<u8> {
        let About {
            addrs,
            flags,
            index,
        } = about;
        let (version, index) = (RTM_VERSION, index as u16);
        if self.of_7 {
            let header = IfaMsghdr70 {
                version,
                kind: route_message::RTM_ONEWADDR as u8,
                addrs,
                flags,
                index,
                ..IfaMsghdr70::default()
            };
            return header.as_bytes().to_vec();
        }
        let header = IfaMsghdr {
            version,
            kind: route_message::RTM_NEWADDR as u8,
            index,
            flags,
            addrs,
            ..IfaMsghdr::default()
        };
        header.as_bytes().to_vec()
    }

    /// NetBSD has no such message, and no query for it.
    fn group(&self, _about: About) -> Vec<u8> {
        Vec::new()
    }

    fn route(&self, about: About, data: &RouteData) -> Vec<u8> {
        let known = about.flags & !family::RTF_PINNED;
        let mut flags = ROUTE_FLAGS.to_guest(u64::from(known)) as u32;
        if known & (family::RTF_GATEWAY | family::RTF_HOST) == 0 {
            // Its hosts are neighbours.
            flags |= route_flags::RTF_CONNECTED;
        }
        let header = RtMsghdr {
            version: RTM_VERSION,
            kind: route_message::RTM_GET as u8,
            index: about.index as u16,
            flags,
            addrs: about.addrs,
            mtu: data.mtu,
            expire: data.expire as i64,
            ..RtMsghdr::default()
        };
        header.as_bytes().to_vec()
    }
}
