//! `<sys/resource.h>`.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct rusage`, which is the host's too.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Rusage {
    pub utime: [i64; 2],
    pub stime: [i64; 2],
    /// From `ru_maxrss` to `ru_nivcsw`.
    pub counts: [i64; 14],
}

impl Rusage {
    /// Nothing used.
    pub const ZERO: Self = Self {
        utime: [0; 2],
        stime: [0; 2],
        counts: [0; 14],
    };
}

/// `struct __wrusage`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Wrusage {
    pub own: Rusage,
    pub children: Rusage,
}

const _: () = {
    assert!(size_of::<Rusage>() == 144);
    assert!(size_of::<Wrusage>() == 288);
};
