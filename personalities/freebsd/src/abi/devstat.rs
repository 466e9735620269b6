//! `<sys/devicestat.h>`: what a disk has done.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// `DEVSTAT_VERSION`.
pub(crate) const DEVSTAT_VERSION: i64 = 6;
/// `DEVSTAT_TYPE_DIRECT | DEVSTAT_TYPE_IF_OTHER`.
pub(crate) const DISK: u32 = 0x30;
/// `DEVSTAT_PRIORITY_DISK`.
pub(crate) const DEVSTAT_PRIORITY_DISK: u32 = 0x110;

/// `struct bintime`: seconds, and parts of 2^64 of one.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Bintime {
    pub(crate) sec: i64,
    pub(crate) frac: u64,
}

impl Bintime {
    /// From milliseconds.
    pub(crate) fn of_millis(millis: u64) -> Self {
        /// A thousandth of 2^64.
        const MILLI: u64 = u64::MAX / 1000;
        Self {
            sec: (millis / 1000) as i64,
            frac: millis % 1000 * MILLI,
        }
    }
}

/// `struct devstat`. Arrays of four: without data, read, write, free.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Devstat {
    pub(crate) sequence0: u32,
    pub(crate) allocated: i32,
    pub(crate) start_count: u32,
    pub(crate) end_count: u32,
    pub(crate) busy_from: Bintime,
    pub(crate) link: u64,
    pub(crate) device_number: u32,
    pub(crate) device_name: [u8; 16],
    pub(crate) unit_number: i32,
    pub(crate) bytes: [u64; 4],
    pub(crate) operations: [u64; 4],
    pub(crate) duration: [Bintime; 4],
    pub(crate) busy_time: Bintime,
    pub(crate) creation_time: Bintime,
    pub(crate) block_size: u32,
    pub(crate) pad1: u32,
    pub(crate) tag_types: [u64; 3],
    pub(crate) flags: u32,
    pub(crate) device_type: u32,
    pub(crate) priority: u32,
    pub(crate) pad2: u32,
    pub(crate) id: u64,
    pub(crate) sequence1: u32,
    pub(crate) pad3: u32,
}

const _: () = {
    assert!(size_of::<Devstat>() == 288 && offset_of!(Devstat, device_name) == 44);
    assert!(offset_of!(Devstat, bytes) == 64 && offset_of!(Devstat, busy_time) == 192);
    assert!(offset_of!(Devstat, flags) == 256 && offset_of!(Devstat, sequence1) == 280);
};
