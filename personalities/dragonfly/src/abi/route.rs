//! `<net/route.h>`, `<net/if.h>`: routing messages.

use core::mem::offset_of;

use compat_bsd::routing::Counters;
use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(crate) const RTM_VERSION: u8 = 7;

/// What all messages begin with. Since DragonFly 5.8 the interface comes first in those of interfaces and of addresses too,
/// where all other systems have it last.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct MessageStart {
    /// Filled in when all of it is there.
    pub(crate) msglen: u16,
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) index: u16,
    pub(crate) pad: u16,
    pub(crate) flags: u32,
    pub(crate) addrs: u32,
}

/// `struct if_data`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfData {
    pub(crate) kind: u8,
    pub(crate) physical: u8,
    pub(crate) addrlen: u8,
    pub(crate) hdrlen: u8,
    pub(crate) recvquota: u8,
    pub(crate) xmitquota: u8,
    pub(crate) pad: u16,
    pub(crate) mtu: u64,
    pub(crate) metric: u64,
    pub(crate) link_state: u64,
    pub(crate) baudrate: u64,
    pub(crate) counters: Counters,
    pub(crate) noproto: u64,
    pub(crate) hwassist: u64,
    pub(crate) oqdrops: u64,
    pub(crate) lastchange: [i64; 2],
}

/// `struct if_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) data: IfData,
}

/// `struct ifa_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfaMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) addrflags: i32,
    pub(crate) metric: i32,
}

/// `struct rt_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct RtMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) pid: i32,
    pub(crate) seq: i32,
    pub(crate) errno: i32,
    pub(crate) used: i32,
    pub(crate) inits: u64,
    pub(crate) locks: u64,
    pub(crate) mtu: u64,
    pub(crate) pksent: u64,
    pub(crate) expire: u64,
    /// From `rmx_sendpipe` to `rmx_iwcapsegs`.
    pub(crate) metrics: [u64; 10],
}

const _: () = {
    assert!(size_of::<MessageStart>() == 16);
    assert!(size_of::<IfData>() == 160 && offset_of!(IfData, counters) == 40);
    assert!(size_of::<IfMsghdr>() == 176 && size_of::<IfaMsghdr>() == 24);
    assert!(size_of::<RtMsghdr>() == 152 && offset_of!(RtMsghdr, locks) == 40);
};
