//! `<sys/lwp.h>`, `<machine/tls.h>`, `<sys/utsname.h>`.

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

const _: () = assert!(size_of::<LwpParams>() == 40 && size_of::<TlsInfo>() == 16);
