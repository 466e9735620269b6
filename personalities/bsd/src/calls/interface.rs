//! What sockets tell about network interfaces, as far as all BSDs tell it (ifioctl, in_control). Commands have the family's
//! numbers.

use alloc::vec::Vec;
use core::net::IpAddr;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{interface_flags as iff, ioctl_cmd as command};
use compat_translate::guest;
use compat_translate::host::HostErrno;
use compat_translate::host::network::{Link, LinkAddress, link_addresses, links};
use compat_translate::host::socket::{self as host_socket, raw};

use crate::error::Return;
use crate::routing::{flags_to_guest, inet_sockaddr, link_address, netmask};

/// IFNAMSIZ: bytes of a name.
pub const IFNAMSIZ: usize = 16;
/// Behind the name in `struct ifreq` and `struct in6_ifreq`: an address, a number, or a pointer.
pub const BEHIND_NAME: u64 = IFNAMSIZ as u64;
/// `sizeof(struct sockaddr)`.
pub const SOCKADDR: usize = 16;

/// Bytes that some numbers have in a system's `struct ifreq`.
#[derive(Clone, Copy)]
pub struct Widths {
    /// The flags; the upper half is behind the lower one, where there is one.
    pub flags: usize,
    /// The interface's number.
    pub index: usize,
}

/// Whether a command is of the group that interfaces' are of, which only sockets have.
pub fn is_of_interfaces(com: u32) -> bool {
    const GROUP: u32 = (b'i' as u32) << 8;
    com & 0xff00 == GROUP
}

/// Carries out a command that asks about interfaces; `None` for one that not all systems have.
pub fn command(fd: u64, com: u32, data: u64, widths: Widths) -> Option<Return<()>> {
    if !is_known(com) {
        return None;
    }
    if let Err(error) = of_socket(fd) {
        return Some(Err(error));
    }
    if com == command::SIOCGIFCONF {
        return Some(list(data));
    }
    match named(data) {
        Ok(link) => about(&link, com, data, widths),
        Err(error) => Some(Err(error)),
    }
}

fn is_known(com: u32) -> bool {
    matches!(
        com,
        command::SIOCGIFCONF
            | command::SIOCGIFFLAGS
            | command::SIOCGIFMTU
            | command::SIOCGIFMETRIC
            | command::SIOCGIFINDEX
            | command::SIOCGIFADDR
            | command::SIOCGIFNETMASK
            | command::SIOCGIFBRDADDR
            | command::SIOCGIFDSTADDR
    )
}

/// Fails for what is no socket.
///
/// # Errors
/// `ENOTTY`; `EBADF`.
pub fn of_socket(fd: u64) -> Return<()> {
    match host_socket::option(fd, raw::SOL_SOCKET, raw::SO_TYPE) {
        Ok(_) => Ok(()),
        Err(HostErrno::ENOTSOCK) => Err(Errno::ENOTTY.into()),
        Err(error) => Err(error.into()),
    }
}

/// The interface whose name `data` starts with.
///
/// # Errors
/// `ENXIO`.
pub fn named(data: u64) -> Return<Link> {
    let name: [u8; IFNAMSIZ] = guest::read(data)?;
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let link = links()?
        .into_iter()
        .find(|link| link.name.as_bytes() == name);
    Ok(link.ok_or(Errno::ENXIO)?)
}

/// Answers the question `com` about an interface; `None` for one that not all systems have.
pub fn about(link: &Link, com: u32, data: u64, widths: Widths) -> Option<Return<()>> {
    let behind = data.wrapping_add(BEHIND_NAME);
    let answer = |number: u32, width: usize| {
        let bytes = number.to_le_bytes();
        Ok(guest::write_bytes(
            behind,
            bytes.get(..width).unwrap_or(&bytes),
        )?)
    };
    Some(match com {
        command::SIOCGIFFLAGS => answer(flags_to_guest(link), widths.flags),
        command::SIOCGIFMTU => answer(link.mtu, 4),
        command::SIOCGIFMETRIC => answer(0, 4),
        command::SIOCGIFINDEX => answer(link.index, widths.index),
        command::SIOCGIFADDR
        | command::SIOCGIFNETMASK
        | command::SIOCGIFBRDADDR
        | command::SIOCGIFDSTADDR => internet(link, com, behind),
        _ => return None,
    })
}

/// An IPv4 address of the interface: the one that is asked about, else the first (in_control).
fn internet(link: &Link, com: u32, place: u64) -> Return<()> {
    const AF_INET: u8 = 2;
    let [_, family, _, _, a, b, c, d]: [u8; 8] = guest::read(place)?;
    let all: Vec<LinkAddress> = link_addresses()?
        .into_iter()
        .filter(|address| address.index == link.index && address.local.is_ipv4())
        .collect();
    let wanted = IpAddr::from([a, b, c, d]);
    let address = all
        .iter()
        .find(|address| family == AF_INET && address.local == wanted)
        .or(all.first())
        .ok_or(Errno::EADDRNOTAVAIL)?;
    let flags = flags_to_guest(link);
    let found = match com {
        command::SIOCGIFADDR => address.local,
        command::SIOCGIFNETMASK => netmask(address.local, address.prefix),
        command::SIOCGIFBRDADDR if flags & iff::IFF_BROADCAST != 0 => {
            address.broadcast.unwrap_or(IpAddr::from([0; 4]))
        }
        command::SIOCGIFDSTADDR if flags & iff::IFF_POINTOPOINT != 0 => {
            address.peer.unwrap_or(address.local)
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    Ok(guest::write_bytes(place, &inet_sockaddr(found, 0))?)
}

/// SIOCGIFCONF: each interface's addresses, as many as there is room for (ifconf).
///
/// # Errors
/// `EINVAL` for no room.
pub fn list(data: u64) -> Return<()> {
    let room: i32 = guest::read(data)?;
    let to = guest::load_u64(data.wrapping_add(8))?;
    let room = usize::try_from(room)
        .ok()
        .filter(|&room| room > 0)
        .ok_or(Errno::EINVAL)?;
    let addresses = link_addresses()?;
    let mut out = Vec::new();
    'all: for link in links()? {
        let mut own = alloc::vec![link_address(&link)];
        own.extend(
            addresses
                .iter()
                .filter(|address| address.index == link.index)
                .map(|address| inet_sockaddr(address.local, link.index)),
        );
        for address in own {
            let entry = IFNAMSIZ + address.len().max(SOCKADDR);
            if out.len() + entry > room {
                break 'all;
            }
            let end = out.len() + entry;
            let mut name = [0_u8; IFNAMSIZ];
            for (slot, byte) in name.iter_mut().zip(link.name.bytes().take(IFNAMSIZ - 1)) {
                *slot = byte;
            }
            out.extend_from_slice(&name);
            out.extend_from_slice(&address);
            out.resize(end, 0);
        }
    }
    guest::write_bytes(to, &out)?;
    Ok(guest::write(data, &(out.len() as i32))?)
}
