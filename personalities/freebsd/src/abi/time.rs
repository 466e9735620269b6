//! `<sys/time.h>`, `<sys/timex.h>`, `<sys/signal.h>` (`struct sigevent`).

use core::mem::offset_of;

use compat_translate::host::Timespec;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct timespec`, which is the host's too.
pub(crate) type GuestTimespec = [i64; 2];

/// The host's form, unchecked.
pub(crate) fn timespec([sec, nsec]: GuestTimespec) -> Timespec {
    Timespec { sec, nsec }
}

/// Whether the nanoseconds are a part of a second.
pub(crate) fn is_proper([_, nsec]: GuestTimespec) -> bool {
    (0..1_000_000_000).contains(&nsec)
}

/// `struct timeval`: seconds and microseconds.
pub(crate) type Timeval = [i64; 2];

/// `struct itimerval`: interval, value.
pub(crate) type Itimerval = [Timeval; 2];

/// `struct sigevent`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigevent {
    pub(crate) notify: i32,
    pub(crate) signo: i32,
    pub(crate) value: u64,
    /// `sigev_notify_thread_id`, the first member of the union.
    pub(crate) thread_id: i32,
    pub(crate) kevent_flags: u32,
    pub(crate) rest: [u64; 7],
}

/// `struct timex`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Timex {
    pub(crate) modes: u32,
    pub(crate) pad0: u32,
    pub(crate) offset: i64,
    pub(crate) freq: i64,
    pub(crate) maxerror: i64,
    pub(crate) esterror: i64,
    pub(crate) status: i32,
    pub(crate) pad1: u32,
    pub(crate) constant: i64,
    pub(crate) precision: i64,
    pub(crate) tolerance: i64,
    pub(crate) ppsfreq: i64,
    pub(crate) jitter: i64,
    pub(crate) shift: i32,
    pub(crate) pad2: u32,
    pub(crate) stabil: i64,
    pub(crate) jitcnt: i64,
    pub(crate) calcnt: i64,
    pub(crate) errcnt: i64,
    pub(crate) stbcnt: i64,
}

/// `struct ntptimeval`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ntptimeval {
    pub(crate) time: GuestTimespec,
    pub(crate) maxerror: i64,
    pub(crate) esterror: i64,
    pub(crate) tai: i64,
    pub(crate) time_state: i32,
    pub(crate) pad: u32,
}

const _: () = {
    assert!(size_of::<Sigevent>() == 80 && offset_of!(Sigevent, thread_id) == 16);
    assert!(size_of::<Timex>() == 136 && offset_of!(Timex, ppsfreq) == 72);
    assert!(offset_of!(Timex, stabil) == 96 && offset_of!(Timex, stbcnt) == 128);
    assert!(size_of::<Ntptimeval>() == 48 && offset_of!(Ntptimeval, time_state) == 40);
};
