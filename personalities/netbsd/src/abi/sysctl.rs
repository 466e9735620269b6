//! `<sys/sysctl.h>`: what a query for the names below a node returns.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct sysctlnode`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sysctlnode {
    pub(crate) flags: u32,
    pub(crate) num: i32,
    pub(crate) name: [u8; 32],
    pub(crate) ver: u32,
    pub(crate) rsvd: u32,
    /// `sysctl_un`: how many children there is room for and how many there are, or a number.
    pub(crate) un: [u32; 4],
    pub(crate) size: u64,
    pub(crate) func: u64,
    pub(crate) parent: u64,
    pub(crate) desc: u64,
}

pub(crate) const SYSCTL_VERS_1: u32 = 0x0100_0000;
pub(crate) const SYSCTL_VERS_MASK: u32 = 0xff00_0000;

pub(crate) const CTLTYPE_NODE: u32 = 1;
pub(crate) const CTLTYPE_INT: u32 = 2;
pub(crate) const CTLTYPE_STRING: u32 = 3;
pub(crate) const CTLTYPE_QUAD: u32 = 4;
pub(crate) const CTLTYPE_STRUCT: u32 = 5;

pub(crate) const CTLFLAG_READWRITE: u32 = 0x70;
pub(crate) const CTLFLAG_PERMANENT: u32 = 0x200;

pub(crate) const CTL_QUERY: i32 = -2;
pub(crate) const CTL_DESCRIBE: i32 = -7;

/// `struct clockinfo`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Clockinfo {
    pub(crate) hz: i32,
    pub(crate) tick: i32,
    pub(crate) tickadj: i32,
    pub(crate) stathz: i32,
    pub(crate) profhz: i32,
}

const _: () = assert!(size_of::<Sysctlnode>() == 96 && offset_of!(Sysctlnode, size) == 64);
