//! The parts of routing messages that all systems lay out alike (`<net/route.h>`, `<net/if.h>`).

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::About;

/// LINK_STATE_DOWN
pub const LINK_STATE_DOWN: u8 = 1;
/// LINK_STATE_UP
pub const LINK_STATE_UP: u8 = 2;

/// What the messages of interfaces, and mostly those of addresses, begin with: the first 16 bytes of `struct if_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub struct MessageStart {
    /// Filled in by [`super::append`].
    pub msglen: u16,
    /// RTM_VERSION
    pub version: u8,
    /// `RTM_*`
    pub kind: u8,
    /// `RTA_*`: which addresses follow.
    pub addrs: u32,
    /// `IFF_*` or `RTF_*`.
    pub flags: u32,
    /// The interface's number.
    pub index: u16,
    /// Not used.
    pub spare: u16,
}

impl MessageStart {
    /// That of a message of this kind, in a system's version.
    pub fn new(version: u8, kind: i32, about: About) -> Self {
        Self {
            msglen: 0,
            version,
            kind: kind as u8,
            addrs: about.addrs,
            flags: about.flags,
            index: about.index as u16,
            spare: 0,
        }
    }
}

/// What `struct if_data` counts, from `ifi_ipackets` to `ifi_iqdrops`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub struct Counters {
    /// Packets received.
    pub ipackets: u64,
    /// Errors in receiving.
    pub ierrors: u64,
    /// Packets sent.
    pub opackets: u64,
    /// Errors in sending.
    pub oerrors: u64,
    /// Collisions on the wire.
    pub collisions: u64,
    /// Bytes received.
    pub ibytes: u64,
    /// Bytes sent.
    pub obytes: u64,
    /// Multicast packets received.
    pub imcasts: u64,
    /// Multicast packets sent.
    pub omcasts: u64,
    /// Received packets that were dropped.
    pub iqdrops: u64,
}

const _: () = assert!(size_of::<MessageStart>() == 16 && size_of::<Counters>() == 80);
