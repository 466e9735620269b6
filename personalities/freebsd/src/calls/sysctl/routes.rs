//! `net.routetable` (rtsock.c, sysctl_rtsock): which question it is, and the structures of FreeBSD's answers.

use alloc::vec::Vec;

use compat_bsd::routing::{self, About, InterfaceData, MessageStart, Messages, RouteData};
use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{route_flags, route_message, route_query};
use compat_translate::Cx;
use zerocopy::{FromZeros, IntoBytes};

use super::neighbours;
use super::release::of_program;
use crate::abi::route::{
    IfData, IfData10, IfDataBytes, IfMsghdr, IfaMsghdr, LongMsghdr, RTM_VERSION, RtMsghdr,
};
use crate::error::Return;

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
    let argument = argument as u32;
    let old = (1..1_100_000).contains(&of_program(cx, 0));
    let form = Form { long: false, old };
    match query {
        route_query::NET_RT_IFLIST => routing::interfaces(&form, family, argument),
        route_query::NET_RT_IFLISTL => {
            routing::interfaces(&Form { long: true, old }, family, argument)
        }
        route_query::NET_RT_IFMALIST => routing::memberships(&form, family, argument),
        route_query::NET_RT_DUMP => routing::table(&form, family, 0),
        route_query::NET_RT_FLAGS if argument & route_flags::RTF_LLINFO != 0 => {
            neighbours::table(family)
        }
        route_query::NET_RT_FLAGS => routing::table(&form, family, argument),
        route_query::NET_RT_NHOP | route_query::NET_RT_NHGRP => {
            Err(cx.gap("net.routetable: next hops", Errno::EINVAL.into()))
        }
        _ => Err(Errno::EINVAL.into()),
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

fn start(kind: i32, about: About) -> MessageStart {
    MessageStart::new(RTM_VERSION, kind, about)
}

fn data_of(data: &InterfaceData) -> IfData {
    IfData {
        kind: data.kind,
        addrlen: data.addrlen,
        hdrlen: data.hdrlen,
        link_state: data.link_state,
        mtu: data.mtu,
        counters: data.counters,
        oqdrops: data.oqdrops,
        ..IfData::empty()
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

impl Messages for Form {
    fn interface(&self, about: About, data: &InterfaceData) -> Vec<u8> {
        let start = start(route_message::RTM_IFINFO, about);
        let data = self.data(&data_of(data));
        if self.long {
            long_header(start, data).as_bytes().to_vec()
        } else {
            IfMsghdr { start, data }.as_bytes().to_vec()
        }
    }

    fn address(&self, about: About) -> Vec<u8> {
        let start = start(route_message::RTM_NEWADDR, about);
        if self.long {
            let data = self.data(&IfData::empty());
            long_header(start, data).as_bytes().to_vec()
        } else {
            IfaMsghdr { start, metric: 0 }.as_bytes().to_vec()
        }
    }

    fn group(&self, about: About) -> Vec<u8> {
        start(route_message::RTM_NEWMADDR, about)
            .as_bytes()
            .to_vec()
    }

    fn route(&self, about: About, data: &RouteData) -> Vec<u8> {
        route_header(about, data).as_bytes().to_vec()
    }
}

pub(super) fn route_header(about: About, data: &RouteData) -> RtMsghdr {
    const MTU: usize = 1;
    const EXPIRE: usize = 3;
    const WEIGHT: usize = 10;
    let mut header = RtMsghdr {
        version: RTM_VERSION,
        kind: route_message::RTM_GET as u8,
        index: about.index as u16,
        flags: about.flags,
        addrs: about.addrs,
        ..RtMsghdr::new_zeroed()
    };
    for (at, value) in [
        (MTU, data.mtu),
        (EXPIRE, data.expire),
        (WEIGHT, data.weight),
    ] {
        if let Some(metric) = header.metrics.get_mut(at) {
            *metric = value;
        }
    }
    header
}
