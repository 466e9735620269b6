//! `<net/if.h>`, `<net/if_media.h>`, `<netinet6/in6_var.h>`, `<netinet6/nd6.h>`: what network interfaces are asked.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(crate) const IFNAMSIZ: usize = 16;

/// `struct ifmediareq`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ifmediareq {
    pub(crate) name: [u8; IFNAMSIZ],
    pub(crate) current: u32,
    pub(crate) mask: u32,
    pub(crate) status: u32,
    pub(crate) active: u32,
    pub(crate) count: i32,
    pub(crate) pad: u32,
    /// Where `count` words go; 0 to ask how many there are.
    pub(crate) ulist: u64,
}

pub(crate) const IFM_ETHER: u32 = 0x20;
pub(crate) const IFM_AVALID: u32 = 0x1;
pub(crate) const IFM_ACTIVE: u32 = 0x2;

/// `struct ifgroupreq`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ifgroupreq {
    pub(crate) name: [u8; IFNAMSIZ],
    /// Bytes at `groups`; 0 to ask how many there are.
    pub(crate) len: u32,
    pub(crate) pad: u32,
    pub(crate) groups: u64,
    pub(crate) rest: u64,
}

/// `struct in6_ndireq`, with the `struct nd_ifinfo` in it.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct In6Ndireq {
    pub(crate) name: [u8; IFNAMSIZ],
    pub(crate) linkmtu: u32,
    pub(crate) maxmtu: u32,
    pub(crate) basereachable: u32,
    pub(crate) reachable: u32,
    pub(crate) retrans: u32,
    pub(crate) flags: u32,
    pub(crate) recalctm: i32,
    pub(crate) chlim: u8,
    pub(crate) initialized: u8,
    pub(crate) random: [u8; 24],
    pub(crate) pad: u16,
}

pub(crate) const ND6_IFF_PERFORMNUD: u32 = 0x1;
pub(crate) const ND6_IFF_AUTO_LINKLOCAL: u32 = 0x20;

/// `struct in6_nbrinfo`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct In6Nbrinfo {
    pub(crate) ifname: [u8; IFNAMSIZ],
    pub(crate) addr: [u8; 16],
    /// How often it has been asked for.
    pub(crate) asked: i64,
    pub(crate) isrouter: i32,
    pub(crate) state: i32,
    /// Seconds of the day's time; 0 for never.
    pub(crate) expire: i32,
    pub(crate) pad: u32,
}

/// `ND6_LLINFO_`, what a neighbour's `state` can be.
pub(crate) const ND6_LLINFO_INCOMPLETE: i32 = 0;
pub(crate) const ND6_LLINFO_REACHABLE: i32 = 1;
pub(crate) const ND6_LLINFO_STALE: i32 = 2;
pub(crate) const ND6_LLINFO_DELAY: i32 = 3;
pub(crate) const ND6_LLINFO_PROBE: i32 = 4;

/// `struct in6_addrlifetime`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct In6Addrlifetime {
    pub(crate) expire: i64,
    pub(crate) preferred: i64,
    pub(crate) vltime: u32,
    pub(crate) pltime: u32,
}

/// ND6_INFINITE_LIFETIME.
pub(crate) const ND6_INFINITE_LIFETIME: u32 = u32::MAX;

const _: () = {
    assert!(size_of::<Ifmediareq>() == 48 && offset_of!(Ifmediareq, ulist) == 40);
    assert!(size_of::<Ifgroupreq>() == 40 && offset_of!(Ifgroupreq, groups) == 24);
    assert!(size_of::<In6Ndireq>() == 72 && offset_of!(In6Ndireq, chlim) == 44);
    assert!(size_of::<In6Addrlifetime>() == 24);
    assert!(size_of::<In6Nbrinfo>() == 56 && offset_of!(In6Nbrinfo, isrouter) == 40);
};
