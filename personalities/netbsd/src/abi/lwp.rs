//! `<sys/lwpctl.h>`.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `lwpctl_t`: what the kernel tells a thread without being asked.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Lwpctl {
    /// The CPU it runs on.
    pub(crate) curcpu: i32,
    /// How often it was preempted.
    pub(crate) pctr: i32,
}

pub(crate) const LWPCTL_FEATURE_CURCPU: i32 = 0x1;
pub(crate) const LWPCTL_FEATURE_PCTR: i32 = 0x2;
/// It runs on none.
pub(crate) const LWPCTL_CPU_NONE: i32 = -1;
