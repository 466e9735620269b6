//! `<sys/event.h>`.

use compat_bsd::abi::event as family;
use compat_tables::bsd::flags::{evfilt, note_timer as units};
use compat_tables::netbsd::flags::{EVFILT, note_timer};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct kevent` of 10.x, and of 11 for those who know it as `struct kevent100`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Kevent100 {
    pub(crate) ident: u64,
    pub(crate) filter: u32,
    pub(crate) flags: u32,
    pub(crate) fflags: u32,
    pub(crate) pad: u32,
    pub(crate) data: i64,
    pub(crate) udata: u64,
}

/// `struct kevent` since 11.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Kevent {
    pub(crate) start: Kevent100,
    pub(crate) ext: [u64; 4],
}

/// A filter that nobody knows.
const NO_FILTER: i16 = i16::MIN;
/// The flags that a program may set and those that tell it something.
const FLAGS: u32 = 0xf0ff;
/// The units of a timer's time: a number.
const UNIT: u32 = 0xf;

impl From<Kevent100> for family::Kevent {
    fn from(own: Kevent100) -> Self {
        let filter = EVFILT.to_host(i64::from(own.filter));
        let filter = filter.map_or(NO_FILTER, |filter| filter as i16);
        let mut fflags = own.fflags;
        if i32::from(filter) == evfilt::EVFILT_TIMER {
            fflags = timer_notes(fflags);
        }
        Self {
            ident: own.ident,
            filter,
            flags: (own.flags & FLAGS) as u16,
            fflags,
            data: own.data,
            udata: own.udata,
            ext: [0; 4],
        }
    }
}

/// The units are values here and bits in the family.
fn timer_notes(notes: u32) -> u32 {
    let unit = match notes & UNIT {
        note_timer::NOTE_MSECONDS => units::NOTE_MSECONDS,
        note_timer::NOTE_SECONDS => units::NOTE_SECONDS,
        note_timer::NOTE_USECONDS => units::NOTE_USECONDS,
        note_timer::NOTE_NSECONDS => units::NOTE_NSECONDS,
        // Two bits at once: refused.
        _ => units::NOTE_SECONDS | units::NOTE_MSECONDS,
    };
    notes & !UNIT | unit
}

impl From<family::Kevent> for Kevent100 {
    fn from(event: family::Kevent) -> Self {
        Self {
            ident: event.ident,
            filter: EVFILT.to_guest(i64::from(event.filter)).unwrap_or(-1) as u32,
            flags: u32::from(event.flags) & FLAGS,
            fflags: event.fflags,
            pad: 0,
            data: event.data,
            udata: event.udata,
        }
    }
}

impl From<Kevent> for family::Kevent {
    fn from(own: Kevent) -> Self {
        Self {
            ext: own.ext,
            ..own.start.into()
        }
    }
}

impl From<family::Kevent> for Kevent {
    fn from(event: family::Kevent) -> Self {
        Self {
            ext: event.ext,
            start: event.into(),
        }
    }
}

const _: () = assert!(size_of::<Kevent100>() == 40 && size_of::<Kevent>() == 72);
