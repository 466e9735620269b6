//! `<net/route.h>`, `<net/if.h>`: routing messages. All are multiples of 8 bytes.

use core::mem::offset_of;

use compat_bsd::routing::{Counters, MessageStart};
use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(crate) const RTM_VERSION: u8 = 4;

/// `struct if_data`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfData {
    pub(crate) kind: u8,
    pub(crate) addrlen: u8,
    pub(crate) hdrlen: u8,
    pub(crate) pad: u8,
    pub(crate) link_state: u32,
    pub(crate) mtu: u64,
    pub(crate) metric: u64,
    pub(crate) baudrate: u64,
    pub(crate) counters: Counters,
    pub(crate) noproto: u64,
    pub(crate) lastchange: [i64; 2],
}

/// `struct if_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) data: IfData,
}

/// `struct ifa_msghdr` since 8.0.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfaMsghdr {
    pub(crate) msglen: u16,
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) index: u16,
    pub(crate) pad0: u16,
    pub(crate) flags: u32,
    pub(crate) addrs: u32,
    pub(crate) pid: i32,
    pub(crate) addrflags: i32,
    pub(crate) metric: i32,
    pub(crate) pad1: u32,
}

/// `struct ifa_msghdr` before 8.0.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfaMsghdr70 {
    pub(crate) msglen: u16,
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) addrs: u32,
    pub(crate) flags: u32,
    pub(crate) metric: i32,
    pub(crate) index: u16,
    pub(crate) pad: [u16; 3],
}

/// `struct rt_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct RtMsghdr {
    pub(crate) msglen: u16,
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) index: u16,
    pub(crate) pad0: u16,
    pub(crate) flags: u32,
    pub(crate) addrs: u32,
    pub(crate) pid: i32,
    pub(crate) seq: i32,
    pub(crate) errno: i32,
    pub(crate) used: i32,
    pub(crate) inits: i32,
    pub(crate) pad1: u32,
    pub(crate) locks: u64,
    pub(crate) mtu: u64,
    /// hopcount, recvpipe, sendpipe, ssthresh, rtt, rttvar.
    pub(crate) metrics: [u64; 6],
    pub(crate) expire: i64,
    pub(crate) pksent: i64,
}

const _: () = {
    assert!(size_of::<IfData>() == 136 && offset_of!(IfData, counters) == 32);
    assert!(size_of::<IfMsghdr>() == 152 && offset_of!(IfMsghdr, data) == 16);
    assert!(size_of::<IfaMsghdr>() == 32 && size_of::<IfaMsghdr70>() == 24);
    assert!(size_of::<RtMsghdr>() == 120 && offset_of!(RtMsghdr, locks) == 40);
};
