//! The host's neighbours on its links: whose hardware address belongs to which internet address.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::HostResult;
use super::netlink::{Message, dump, u32_at};
use super::network::address;

/// An internet address on a link.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The interface.
    pub index: u32,
    /// The address.
    pub address: IpAddr,
    /// The hardware address, empty while nobody has answered.
    pub hardware: Vec<u8>,
    /// How certain that is.
    pub state: NeighbourState,
    /// Whether it has said that it is a router.
    pub router: bool,
    /// Seconds since it was last heard of.
    pub age: u32,
}

/// How certain a neighbour's hardware address is (`NUD_`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourState {
    /// It has been asked for, and nobody has answered yet, or any more.
    Unknown,
    /// It was confirmed lately.
    Reachable,
    /// It was confirmed long ago.
    Stale,
    /// It was used though stale, and will be asked for.
    Delay,
    /// It is being asked for.
    Probe,
    /// Somebody has said so.
    Permanent,
}

/// All neighbours, without the addresses of groups.
///
/// # Errors
/// As a netlink socket.
pub fn neighbours() -> HostResult<Vec<Neighbour>> {
    const RTM_GETNEIGH: u16 = 30;
    let mut found = Vec::new();
    for family in [2, 10] {
        dump(RTM_GETNEIGH, family, |message| {
            found.extend(neighbour(message));
        })?;
    }
    Ok(found)
}

/// What an `RTM_NEWNEIGH` says, if it is of anybody that had to be asked for.
pub fn neighbour(message: &Message) -> Option<Neighbour> {
    const NDMSG: usize = 12;
    const NTF_ROUTER: u8 = 0x80;
    let state = match message.u16(8) {
        0x01 | 0x20 => NeighbourState::Unknown,
        0x02 => NeighbourState::Reachable,
        0x04 => NeighbourState::Stale,
        0x08 => NeighbourState::Delay,
        0x10 => NeighbourState::Probe,
        0x80 => NeighbourState::Permanent,
        // NUD_NONE, and NUD_NOARP: what needs no asking.
        _ => return None,
    };
    let (mut at, mut hardware, mut age) = (None, Vec::new(), 0);
    for (kind, value) in message.attributes(NDMSG) {
        match kind {
            1 => at = address(value),
            2 => hardware = value.to_vec(),
            // `struct nda_cacheinfo`, in ticks of a hundredth: confirmed, used, updated.
            3 => age = u32_at(value, 0).min(u32_at(value, 8)) / 100,
            _ => {}
        }
    }
    if state == NeighbourState::Unknown {
        hardware.clear();
    }
    Some(Neighbour {
        index: message.u32(4),
        address: at.filter(|at| !at.is_multicast())?,
        hardware,
        state,
        router: message.u8(10) & NTF_ROUTER != 0,
        age,
    })
}
