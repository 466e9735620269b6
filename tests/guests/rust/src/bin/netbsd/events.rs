//! kqueue: filters counted from 0, flags of 32 bits, units of time in the filter's own flags.

use compat_guests::bsd::events::{self, ADD, Event, Filters, Kqueue, ONESHOT, event, one_timer};
use compat_guests::sys::call;

use crate::NetBsd;

/// `struct kevent`
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Kevent {
    ident: u64,
    filter: u32,
    flags: u32,
    fflags: u32,
    data: i64,
    udata: u64,
}

impl From<Event> for Kevent {
    fn from(event: Event) -> Self {
        Self {
            ident: event.ident,
            filter: event.filter as u32,
            flags: event.flags,
            fflags: event.fflags,
            data: event.data,
            udata: event.udata,
        }
    }
}

impl From<Kevent> for Event {
    fn from(event: Kevent) -> Self {
        Self {
            ident: event.ident,
            filter: event.filter as i32,
            flags: event.flags,
            fflags: event.fflags,
            data: event.data,
            udata: event.udata,
        }
    }
}

impl Kqueue for NetBsd {
    const KQUEUE: u64 = 344;
    const KEVENT: u64 = 435;
    const FILTERS: Filters = Filters {
        read: 0,
        write: 1,
        vnode: 3,
        process: 4,
        signal: 5,
        timer: 6,
        user: 8,
        none: 99,
    };
    type Kevent = Kevent;
}

pub(crate) fn timers() {
    events::timers::<NetBsd>();
    let queue = NetBsd::queue();
    let timer = NetBsd::FILTERS.timer;
    // Seconds, microseconds, nanoseconds, and a time of the clock.
    for (unit, time) in [(1, 0), (2, 2000), (3, 2_000_000)] {
        one_timer::<NetBsd>(queue, event(2, timer, ADD | ONESHOT, unit, time));
    }
    let long_ago = event(3, timer, ADD | ONESHOT, 0x10, 1000);
    one_timer::<NetBsd>(queue, long_ago);
}

pub(crate) fn errors() {
    events::errors::<NetBsd>();
    let other = call(455, [0x40_0000]).expect("kqueue1");
    assert_eq!(call(92, [other, 1, 0]), Ok(1), "FD_CLOEXEC");
}
