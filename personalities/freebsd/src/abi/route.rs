//! `<net/route.h>`, `<net/if.h>`, `<net/if_dl.h>`: routing messages and the addresses behind them.

use core::mem::offset_of;

use compat_bsd::routing::{Counters, MessageStart};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

pub(crate) const RTM_VERSION: u8 = 5;

/// `struct if_data`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfData {
    pub(crate) kind: u8,
    pub(crate) physical: u8,
    pub(crate) addrlen: u8,
    pub(crate) hdrlen: u8,
    pub(crate) link_state: u8,
    pub(crate) vhid: u8,
    pub(crate) datalen: u16,
    pub(crate) mtu: u32,
    pub(crate) metric: u32,
    pub(crate) baudrate: u64,
    pub(crate) counters: Counters,
    pub(crate) oqdrops: u64,
    pub(crate) noproto: u64,
    pub(crate) hwassist: u64,
    pub(crate) epoch: i64,
    pub(crate) lastchange: [i64; 2],
}

impl IfData {
    /// Nothing counted.
    pub(crate) fn empty() -> Self {
        Self {
            datalen: size_of::<Self>() as u16,
            ..Self::new_zeroed()
        }
    }
}

/// `struct if_data` before FreeBSD 11, of the same length.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfData10 {
    pub(crate) kind: u8,
    pub(crate) physical: u8,
    pub(crate) addrlen: u8,
    pub(crate) hdrlen: u8,
    pub(crate) link_state: u8,
    pub(crate) vhid: u8,
    pub(crate) baudrate_pf: u8,
    pub(crate) datalen: u8,
    pub(crate) mtu: u64,
    pub(crate) metric: u64,
    pub(crate) baudrate: u64,
    pub(crate) counters: Counters,
    pub(crate) noproto: u64,
    pub(crate) hwassist: u64,
    pub(crate) epoch: i64,
    pub(crate) lastchange: [i64; 2],
}

impl From<&IfData> for IfData10 {
    fn from(new: &IfData) -> Self {
        Self {
            kind: new.kind,
            physical: new.physical,
            addrlen: new.addrlen,
            hdrlen: new.hdrlen,
            link_state: new.link_state,
            vhid: new.vhid,
            baudrate_pf: 0,
            datalen: size_of::<Self>() as u8,
            mtu: u64::from(new.mtu),
            metric: u64::from(new.metric),
            baudrate: new.baudrate,
            counters: new.counters,
            noproto: new.noproto,
            hwassist: new.hwassist,
            epoch: new.epoch,
            lastchange: new.lastchange,
        }
    }
}

/// Either of them.
pub(crate) type IfDataBytes = [u8; size_of::<IfData>()];

/// `struct if_msghdr`; with `NET_RT_IFMALIST` its first 16 bytes are `struct ifma_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) data: IfDataBytes,
}

/// `struct if_msghdrl` and `struct ifa_msghdrl`: the longer forms, which say where their parts are.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct LongMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) len: u16,
    pub(crate) data_off: u16,
    /// `ifam_metric` of an address.
    pub(crate) metric: i32,
    pub(crate) data: IfDataBytes,
}

/// `struct ifa_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct IfaMsghdr {
    pub(crate) start: MessageStart,
    pub(crate) metric: i32,
}

/// `struct rt_msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct RtMsghdr {
    pub(crate) msglen: u16,
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) index: u16,
    pub(crate) spare1: u16,
    pub(crate) flags: u32,
    pub(crate) addrs: u32,
    pub(crate) pid: i32,
    pub(crate) seq: i32,
    pub(crate) errno: i32,
    pub(crate) fmask: i32,
    pub(crate) inits: u64,
    /// `struct rt_metrics`: locks, mtu, hopcount, expire, recvpipe, sendpipe, ssthresh, rtt, rttvar, pksent, weight,
    /// nhidx, filler.
    pub(crate) metrics: [u64; 14],
}

const _: () = {
    assert!(size_of::<IfData10>() == 152 && offset_of!(IfData10, noproto) == 112);
    assert!(size_of::<IfData>() == 152 && offset_of!(IfData, baudrate) == 16);
    assert!(offset_of!(IfData, counters) == 24 && offset_of!(IfData, lastchange) == 136);
    assert!(size_of::<IfMsghdr>() == 168);
    assert!(size_of::<LongMsghdr>() == 176 && offset_of!(LongMsghdr, data) == 24);
    assert!(size_of::<IfaMsghdr>() == 20);
    assert!(size_of::<RtMsghdr>() == 152 && offset_of!(RtMsghdr, metrics) == 40);
};
