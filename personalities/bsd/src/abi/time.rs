//! `<sys/time.h>`, `<sys/timex.h>`, `<sys/signal.h>` (`struct sigevent`).

use core::mem::offset_of;

use compat_translate::host::Timespec;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct timespec`, which is the host's too.
pub type GuestTimespec = [i64; 2];

/// The host's form, unchecked.
pub fn timespec([sec, nsec]: GuestTimespec) -> Timespec {
    Timespec { sec, nsec }
}

/// Whether the nanoseconds are a part of a second.
pub fn is_proper([_, nsec]: GuestTimespec) -> bool {
    (0..1_000_000_000).contains(&nsec)
}

/// `struct timeval`: seconds and microseconds.
pub type Timeval = [i64; 2];

/// `struct itimerval`: interval, value.
pub type Itimerval = [Timeval; 2];

/// `struct sigevent`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Sigevent {
    pub notify: i32,
    pub signo: i32,
    pub value: u64,
    /// `sigev_notify_thread_id`, the first member of the union.
    pub thread_id: i32,
    pub kevent_flags: u32,
    pub rest: [u64; 7],
}

/// `struct timex`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Timex {
    pub modes: u32,
    pub pad0: u32,
    pub offset: i64,
    pub freq: i64,
    pub maxerror: i64,
    pub esterror: i64,
    pub status: i32,
    pub pad1: u32,
    pub constant: i64,
    pub precision: i64,
    pub tolerance: i64,
    pub ppsfreq: i64,
    pub jitter: i64,
    pub shift: i32,
    pub pad2: u32,
    pub stabil: i64,
    pub jitcnt: i64,
    pub calcnt: i64,
    pub errcnt: i64,
    pub stbcnt: i64,
}

/// `struct ntptimeval`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Ntptimeval {
    pub time: GuestTimespec,
    pub maxerror: i64,
    pub esterror: i64,
    pub tai: i64,
    pub time_state: i32,
    pub pad: u32,
}

const _: () = {
    assert!(size_of::<Sigevent>() == 80 && offset_of!(Sigevent, thread_id) == 16);
    assert!(size_of::<Timex>() == 136 && offset_of!(Timex, ppsfreq) == 72);
    assert!(offset_of!(Timex, stabil) == 96 && offset_of!(Timex, stbcnt) == 128);
    assert!(size_of::<Ntptimeval>() == 48 && offset_of!(Ntptimeval, time_state) == 40);
};
