//! `<sys/time.h>`. The microseconds are 32 bits wide, and what lies behind them is the program's rubbish.

use compat_bsd::abi::time as family;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct timeval`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Timeval {
    pub(crate) sec: i64,
    pub(crate) usec: i32,
    pub(crate) pad: u32,
}

impl From<Timeval> for family::Timeval {
    fn from(own: Timeval) -> Self {
        [own.sec, i64::from(own.usec)]
    }
}

/// `struct timespec` of before 5.0: the seconds have 32 bits.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Timespec50 {
    pub(crate) sec: i32,
    pub(crate) pad: u32,
    pub(crate) nsec: i64,
}

/// `struct timeval` of before 5.0.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Timeval50 {
    pub(crate) sec: i32,
    pub(crate) usec: i32,
}

const _: () = assert!(
    size_of::<Timeval>() == 16 && size_of::<Timespec50>() == 16 && size_of::<Timeval50>() == 8
);
