//! `<sys/iostat.h>`.

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// Bytes of a name.
pub(crate) const IOSTATNAMELEN: usize = 16;

/// `struct io_sysctl`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct IoSysctl {
    pub(crate) name: [u8; IOSTATNAMELEN],
    pub(crate) busy: i32,
    pub(crate) kind: i32,
    pub(crate) xfer: u64,
    pub(crate) seek: u64,
    pub(crate) bytes: u64,
    /// Each seconds and microseconds.
    pub(crate) attach_time: [u32; 2],
    pub(crate) timestamp: [u32; 2],
    pub(crate) time: [u32; 2],
    pub(crate) rxfer: u64,
    pub(crate) rbytes: u64,
    pub(crate) wxfer: u64,
    pub(crate) wbytes: u64,
}

const _: () = assert!(size_of::<IoSysctl>() == 104);

/// A disk, as opposed to a tape or a file system.
pub(crate) const IOSTAT_DISK: i32 = 0;
