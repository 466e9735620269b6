//! `<sys/umtx.h>`, `<sys/_umtx.h>`: what the kernel and the thread library share.
//!
//! These live in guest memory that other threads change: a handler reads and writes one word at a time, at the offsets
//! below, and never copies a whole structure.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::time::GuestTimespec;

/// `struct umutex`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Umutex {
    pub(crate) m_owner: u32,
    pub(crate) m_flags: u32,
    pub(crate) m_ceilings: [u32; 2],
    /// Address of the next mutex in a robust list.
    pub(crate) m_rb_lnk: u64,
    pub(crate) m_spare: [u32; 2],
}

/// `struct ucond`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ucond {
    pub(crate) c_has_waiters: u32,
    pub(crate) c_flags: u32,
    pub(crate) c_clockid: u32,
    pub(crate) c_spare: [u32; 1],
}

/// `struct urwlock`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Urwlock {
    pub(crate) rw_state: u32,
    pub(crate) rw_flags: u32,
    pub(crate) rw_blocked_readers: u32,
    pub(crate) rw_blocked_writers: u32,
    pub(crate) rw_spare: [u32; 4],
}

/// `struct _usem2`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Usem2 {
    pub(crate) _count: u32,
    pub(crate) _flags: u32,
}

/// `struct _usem`, until FreeBSD 10.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Usem {
    pub(crate) _has_waiters: u32,
    pub(crate) _count: u32,
    pub(crate) _flags: u32,
}

/// `struct _umtx_time`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct UmtxTime {
    pub(crate) _timeout: GuestTimespec,
    pub(crate) _flags: u32,
    pub(crate) _clockid: u32,
}

/// `struct umtx_robust_lists_params`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct UmtxRobustListsParams {
    pub(crate) robust_list_offset: u64,
    pub(crate) robust_priv_list_offset: u64,
    pub(crate) robust_inact_offset: u64,
}

const _: () = {
    assert!(size_of::<Umutex>() == 32 && offset_of!(Umutex, m_rb_lnk) == 16);
    assert!(size_of::<Ucond>() == 16 && offset_of!(Ucond, c_spare) == 12);
    assert!(size_of::<Urwlock>() == 32 && offset_of!(Urwlock, rw_blocked_writers) == 12);
    assert!(size_of::<Usem2>() == 8 && size_of::<Usem>() == 12);
    assert!(size_of::<UmtxTime>() == 24 && offset_of!(UmtxTime, _flags) == 16);
    assert!(size_of::<UmtxRobustListsParams>() == 24);
};
