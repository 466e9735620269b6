//! What sockets tell about network interfaces (ifioctl, in_control, in6_control, nd6_ioctl). Nothing is changed: that is
//! for the host's administrator.

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_bsd::calls::interface::{
    self as family, BEHIND_NAME, SOCKADDR, Widths, is_of_interfaces, list, named, of_socket,
};
use compat_bsd::routing::{flags_to_guest, hardware, inet_sockaddr, interface_kind, netmask};
use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{
    IOCTL_CMD, interface_flags as iff, interface_type, ioctl_cmd as command,
};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host;
use compat_translate::host::neighbours::NeighbourState;
use compat_translate::host::network::{Link, link_addresses, links};

use super::ids;
use super::sysctl;
use crate::abi::net_if::{
    IFM_ACTIVE, IFM_AVALID, IFM_ETHER, IFNAMSIZ, Ifgroupreq, Ifmediareq, In6Addrlifetime,
    In6Nbrinfo, In6Ndireq, ND6_IFF_AUTO_LINKLOCAL, ND6_IFF_PERFORMNUD, ND6_INFINITE_LIFETIME,
    ND6_LLINFO_DELAY, ND6_LLINFO_INCOMPLETE, ND6_LLINFO_PROBE, ND6_LLINFO_REACHABLE,
    ND6_LLINFO_STALE,
};
use crate::error::{Error, Return};

const WIDTHS: Widths = Widths { flags: 4, index: 2 };

/// Commands of group `i`; `None` for any other command.
pub(super) fn interface_command(cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    if !is_of_interfaces(com) {
        return None;
    }
    if let Err(error) = of_socket(fd) {
        return Some(Err(error));
    }
    const IOC_OUT: u32 = 0x4000_0000;
    Some(match com {
        command::SIOCGIFCONF => list(data),
        command::SIOCIFGCLONERS => cloners(data),
        command::SIOCGIFGMEMB => members(data),
        command::SIOCIFCREATE | command::SIOCIFCREATE2 => Err(refused(cx, com)),
        _ if com & IOC_OUT == 0 => Err(refused(cx, com)),
        _ => named(data).and_then(|link| about(&link, com, data)),
    })
}

/// Changing something: EPERM, as for everybody but root on FreeBSD, and a gap for root.
fn refused(cx: &mut Cx, com: u32) -> Error {
    if ids::require_root().is_err() {
        return Errno::EPERM.into();
    }
    let name = IOCTL_CMD
        .name(i64::from(com))
        .unwrap_or("ioctl: changing an interface");
    cx.gap(name, Errno::EPERM.into())
}

fn about(link: &Link, com: u32, data: u64) -> Return<()> {
    let behind = data.wrapping_add(BEHIND_NAME);
    let answer = |number: u32| Ok(guest::write(behind, &number)?);
    if let Some(done) = family::about(link, com, data, WIDTHS) {
        return done;
    }
    match com {
        command::SIOCGIFFIB | command::SIOCGIFPHYS => answer(0),
        // None to ask for, none switched on.
        command::SIOCGIFCAP => Ok(guest::write(behind, &[0_u32; 2])?),
        command::SIOCGHWADDR => hardware_address(link, behind),
        command::SIOCGIFDESCR => Err(Errno::ENOMSG.into()),
        command::SIOCGIFMEDIA | command::SIOCGIFXMEDIA => media(link, data),
        command::SIOCGIFGROUP => groups(link, data),
        command::SIOCGIFINFO_IN6 => neighbours(link, data),
        command::SIOCGNBRINFO_IN6 => neighbour(link, data),
        // No interface is the one for addresses of unknown scope.
        command::SIOCGDEFIFACE_IN6 => Ok(guest::write(behind, &0_u64)?),
        command::SIOCGIFAFLAG_IN6 => {
            of_interface(link, behind)?;
            answer(0)
        }
        command::SIOCGIFALIFETIME_IN6 => {
            of_interface(link, behind)?;
            let for_ever = In6Addrlifetime {
                expire: 0,
                preferred: 0,
                vltime: ND6_INFINITE_LIFETIME,
                pltime: ND6_INFINITE_LIFETIME,
            };
            Ok(guest::write(behind, &for_ever)?)
        }
        command::SIOCGIFALIAS => alias(link, behind),
        // What is left is for drivers of special interfaces. Others answer so (ether_ioctl, loioctl).
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Succeeds when the IPv6 address at `place` is one of the interface's.
fn of_interface(link: &Link, place: u64) -> Return<()> {
    let start: [u8; 24] = guest::read(place)?;
    let [_, _, _, _, _, _, _, _, address @ ..] = start;
    let known = link_addresses()?
        .iter()
        .any(|other| other.index == link.index && is_same(other.local, &address));
    if known {
        Ok(())
    } else {
        Err(Errno::EADDRNOTAVAIL.into())
    }
}

/// Whether the guest means `address` by these bytes. FreeBSD's own programs keep a link-local address's interface in its
/// second word.
fn is_same(address: IpAddr, bytes: &[u8; 16]) -> bool {
    match address {
        IpAddr::V6(other) if bytes.first_chunk() == Some(&[0xfe, 0x80]) => {
            other.is_unicast_link_local()
                && other.octets().last_chunk::<12>() == bytes.last_chunk::<12>()
        }
        other => other == IpAddr::from(*bytes),
    }
}

fn hardware_address(link: &Link, place: u64) -> Return<()> {
    const AF_LINK: u8 = 18;
    let bytes = hardware(link);
    let mut address = [0_u8; SOCKADDR];
    address[0] = bytes.len() as u8;
    address[1] = AF_LINK;
    for (slot, byte) in address.iter_mut().skip(2).zip(bytes) {
        *slot = *byte;
    }
    Ok(guest::write(place, &address)?)
}

/// An Ethernet interface that chooses its medium by itself; no other has media.
fn media(link: &Link, data: u64) -> Return<()> {
    if i32::from(interface_kind(link)) != interface_type::IFT_ETHER {
        return Err(Errno::EINVAL.into());
    }
    let mut request: Ifmediareq = guest::read(data)?;
    if request.count < 0 {
        return Err(Errno::EINVAL.into());
    }
    if request.ulist != 0 && request.count > 0 {
        guest::write(request.ulist, &IFM_ETHER)?;
    }
    let running = flags_to_guest(link) & iff::IFF_DRV_RUNNING != 0;
    request.current = IFM_ETHER;
    request.active = IFM_ETHER;
    request.mask = 0;
    request.status = IFM_AVALID | if running { IFM_ACTIVE } else { 0 };
    request.count = 1;
    Ok(guest::write(data, &request)?)
}

/// The groups of an interface: `all`, and for the loopback interface its kind.
fn groups(link: &Link, data: u64) -> Return<()> {
    let mut request: Ifgroupreq = guest::read(data)?;
    let mut names = alloc::vec![&b"all"[..]];
    if flags_to_guest(link) & iff::IFF_LOOPBACK != 0 {
        names.push(b"lo");
    }
    if request.len != 0 {
        let mut text = Vec::new();
        for name in &names {
            let start = text.len();
            text.extend_from_slice(name);
            text.resize(start + IFNAMSIZ, 0);
        }
        if (request.len as usize) < text.len() {
            return Err(Errno::EINVAL.into());
        }
        guest::write_bytes(request.groups, &text)?;
    }
    request.len = (names.len() * IFNAMSIZ) as u32;
    Ok(guest::write(data, &request)?)
}

/// SIOCGIFALIAS: of one of the interface's addresses, its broadcast address or other end, and its mask
/// (`struct in_aliasreq`).
fn alias(link: &Link, place: u64) -> Return<()> {
    let [broadcast, mask] = [1, 2].map(|field| place.wrapping_add(field * SOCKADDR as u64));
    let [_, _, _, _, a, b, c, d]: [u8; 8] = guest::read(place)?;
    let wanted = IpAddr::from([a, b, c, d]);
    let all = link_addresses()?;
    let found = all
        .iter()
        .find(|address| address.index == link.index && address.local == wanted)
        .ok_or(Errno::EADDRNOTAVAIL)?;
    let other = found
        .peer
        .or(found.broadcast)
        .unwrap_or(IpAddr::from([0; 4]));
    guest::write_bytes(broadcast, &inet_sockaddr(other, 0))?;
    let netmask = inet_sockaddr(netmask(found.local, found.prefix), 0);
    Ok(guest::write_bytes(mask, &netmask)?)
}

/// SIOCIFGCLONERS: which kinds of interfaces can be made: `lo`, as in a kernel without modules (if_clone_list).
fn cloners(data: u64) -> Return<()> {
    /// `struct if_clonereq`: how many there are, how many there is room for, and where.
    const KINDS: i32 = 1;
    let [_, room]: [i32; 2] = guest::read(data)?;
    let to = guest::load_u64(data.wrapping_add(8))?;
    guest::write(data, &KINDS)?;
    if to == 0 {
        return Ok(());
    }
    if room < 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut name = [0_u8; IFNAMSIZ];
    (name[0], name[1]) = (b'l', b'o');
    if room > 0 {
        guest::write(to, &name)?;
    }
    Ok(())
}

/// SIOCGIFGMEMB: the interfaces of a group (if_getgroupmembers).
fn members(data: u64) -> Return<()> {
    let mut request: Ifgroupreq = guest::read(data)?;
    let group = request.name.split(|&byte| byte == 0).next();
    let loopback = match group.unwrap_or_default() {
        b"all" => false,
        b"lo" => true,
        _ => return Err(Errno::ENOENT.into()),
    };
    let mut text = Vec::new();
    for link in links()? {
        if loopback && flags_to_guest(&link) & iff::IFF_LOOPBACK == 0 {
            continue;
        }
        let end = text.len() + IFNAMSIZ;
        text.extend(link.name.bytes().take(IFNAMSIZ - 1));
        text.resize(end, 0);
    }
    if request.len != 0 {
        if (request.len as usize) < text.len() {
            return Err(Errno::EINVAL.into());
        }
        guest::write_bytes(request.groups, &text)?;
    }
    request.len = text.len() as u32;
    Ok(guest::write(data, &request)?)
}

/// Neighbour discovery, with the values that both systems start from.
fn neighbours(link: &Link, data: u64) -> Return<()> {
    Ok(guest::write(
        data,
        &In6Ndireq {
            name: guest::read(data)?,
            linkmtu: link.mtu,
            maxmtu: link.mtu,
            basereachable: 30_000,
            reachable: 30_000,
            retrans: 1000,
            flags: ND6_IFF_PERFORMNUD | ND6_IFF_AUTO_LINKLOCAL,
            recalctm: 0,
            chlim: 64,
            initialized: 1,
            random: [0; 24],
            pad: 0,
        },
    )?)
}

/// SIOCGNBRINFO_IN6: how certain a neighbour's hardware address is.
fn neighbour(link: &Link, data: u64) -> Return<()> {
    const HOST_REALTIME: i32 = 0;
    let mut about: In6Nbrinfo = guest::read(data)?;
    let found = sysctl::neighbours::find(link, |address| is_same(address, &about.addr))?;
    let now = host::vdso::clock_gettime(HOST_REALTIME).unwrap_or_default();
    about.asked = 0;
    about.isrouter = i32::from(found.router);
    about.state = match found.state {
        NeighbourState::Unknown => ND6_LLINFO_INCOMPLETE,
        NeighbourState::Reachable | NeighbourState::Permanent => ND6_LLINFO_REACHABLE,
        NeighbourState::Stale => ND6_LLINFO_STALE,
        NeighbourState::Delay => ND6_LLINFO_DELAY,
        NeighbourState::Probe => ND6_LLINFO_PROBE,
    };
    about.expire = compat_bsd::routing::expiry(&found, now.sec) as i32;
    Ok(guest::write(data, &about)?)
}
