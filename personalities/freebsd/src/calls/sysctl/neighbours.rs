//! `net.routetable` with `RTF_LLINFO`: hardware addresses on the links (in_lltable_dump_entry, in6_lltable_dump_entry).

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_bsd::routing::{
    About, RouteData, append, expiry, flags_to_guest, hardware, inet_sockaddr, interface_kind,
    is_wanted, link_sockaddr,
};
use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{interface_flags, route_addresses as rta, route_flags};
use compat_translate::host;
use compat_translate::host::neighbours::{Neighbour, NeighbourState, neighbours};
use compat_translate::host::network::{Link, link_addresses, links};
use zerocopy::IntoBytes;

use super::routes::route_header;
use crate::error::Return;

/// The neighbours of `family` on every link, and the host's own addresses there.
pub(super) fn table(family: i32) -> Return<Vec<u8>> {
    let links = links()?;
    let mut all = neighbours()?;
    all.extend(own(&links)?);
    let mut out = Vec::new();
    for neighbour in all
        .iter()
        .filter(|neighbour| is_wanted(family, neighbour.address))
    {
        if let Some(link) = links.iter().find(|link| link.index == neighbour.index) {
            entry(&mut out, neighbour, link);
        }
    }
    Ok(out)
}

/// The neighbour on `link` whose address is the wanted one.
///
/// # Errors
/// `EINVAL` when there is none (nd6_ioctl).
pub(in crate::calls) fn find(link: &Link, wanted: impl Fn(IpAddr) -> bool) -> Return<Neighbour> {
    let own = own(core::slice::from_ref(link))?;
    let found = own
        .into_iter()
        .chain(neighbours()?)
        .find(|neighbour| neighbour.index == link.index && wanted(neighbour.address));
    Ok(found.ok_or(Errno::EINVAL)?)
}

/// FreeBSD keeps an interface's own addresses among its neighbours (arp_ifinit, nd6_add_ifa_lle).
fn own(links: &[Link]) -> Return<Vec<Neighbour>> {
    let found = link_addresses()?;
    let own = found.iter().filter_map(|address| {
        let link = links.iter().find(|link| link.index == address.index)?;
        let flags = flags_to_guest(link);
        let resolves = flags & (interface_flags::IFF_LOOPBACK | interface_flags::IFF_NOARP) == 0;
        (resolves && !hardware(link).is_empty()).then(|| Neighbour {
            index: link.index,
            address: address.local,
            hardware: hardware(link).to_vec(),
            state: NeighbourState::Permanent,
            router: false,
            age: 0,
        })
    });
    Ok(own.collect())
}

fn entry(out: &mut Vec<u8>, neighbour: &Neighbour, link: &Link) {
    const HOST_MONOTONIC: i32 = 1;
    let mut flags = route_flags::RTF_UP | route_flags::RTF_HOST | route_flags::RTF_LLINFO;
    if neighbour.state == NeighbourState::Permanent {
        flags |= route_flags::RTF_STATIC;
    }
    let now = host::vdso::clock_gettime(HOST_MONOTONIC).unwrap_or_default();
    // ndp(8) reads the scope only here; arp(8) nothing but the address.
    let addresses = [
        inet_sockaddr(neighbour.address, link.index),
        link_sockaddr(link.index, interface_kind(link), &[], &neighbour.hardware),
    ];
    let about = About {
        addrs: rta::RTA_DST | rta::RTA_GATEWAY,
        flags,
        index: link.index,
    };
    let data = RouteData {
        // ndp(8) compares with the time of day, arp(8) with the time since the start.
        expire: expiry(neighbour, clock(neighbour.address, now.sec)) as u64,
        ..RouteData::default()
    };
    let header = route_header(about, &data);
    append(out, header.as_bytes(), &addresses);
}

fn clock(address: IpAddr, uptime: i64) -> i64 {
    const HOST_REALTIME: i32 = 0;
    match address {
        IpAddr::V4(_) => uptime,
        IpAddr::V6(_) => host::vdso::clock_gettime(HOST_REALTIME).map_or(uptime, |time| time.sec),
    }
}
