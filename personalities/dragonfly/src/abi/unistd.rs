//! `<sys/lwp.h>`, `<machine/tls.h>`, `<sys/utsname.h>`, `<sys/procctl.h>`, `<sys/cpumask.h>`.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct lwp_params`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes)]
pub(crate) struct LwpParams {
    pub(crate) func: u64,
    pub(crate) arg: u64,
    pub(crate) stack: u64,
    /// Where two copies of the new thread's number go, or null.
    pub(crate) tids: [u64; 2],
}

/// `struct tls_info`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct TlsInfo {
    pub(crate) base: u64,
    pub(crate) size: i32,
    pub(crate) pad: u32,
}

/// `struct utsname`.
pub(crate) type Utsname = [[u8; 32]; 5];

/// `struct reaper_status`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct ReaperStatus {
    pub(crate) flags: u32,
    /// Processes that it would inherit.
    pub(crate) refs: u32,
    pub(crate) reserved: [i64; 15],
    /// Its first child, or -1.
    pub(crate) head: i32,
    pub(crate) reserved2: [i32; 15],
}

/// `cpumask_t`: 256 CPUs.
pub(crate) type Cpumask = [u64; 4];

const _: () = assert!(size_of::<ReaperStatus>() == 192);
const _: () = assert!(size_of::<LwpParams>() == 40 && size_of::<TlsInfo>() == 16);
