//! `<sys/lwpctl.h>`. `lwpctl_t` is two words: the CPU that a thread runs on, and how often it left one.

pub(crate) const LWPCTL_FEATURE_CURCPU: i32 = 0x1;
pub(crate) const LWPCTL_FEATURE_PCTR: i32 = 0x2;
/// It runs on none.
pub(crate) const LWPCTL_CPU_NONE: i32 = -1;
/// It runs no more.
pub(crate) const LWPCTL_CPU_EXITED: i32 = -2;
