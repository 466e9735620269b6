//! kqueue, in the layout of FreeBSD before 12, with filters of its own from -8 on.

use compat_guests::bsd::events::{Event, Filters, Kqueue};

use crate::DragonFly;

/// `struct kevent`
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Kevent {
    ident: u64,
    filter: i16,
    flags: u16,
    fflags: u32,
    data: i64,
    udata: u64,
}

impl From<Event> for Kevent {
    fn from(event: Event) -> Self {
        Self {
            ident: event.ident,
            filter: event.filter as i16,
            flags: event.flags as u16,
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
            filter: event.filter.into(),
            flags: event.flags.into(),
            fflags: event.fflags,
            data: event.data,
            udata: event.udata,
        }
    }
}

impl Kqueue for DragonFly {
    const KQUEUE: u64 = 362;
    const KEVENT: u64 = 363;
    const FILTERS: Filters = Filters {
        read: -1,
        write: -2,
        vnode: -4,
        process: -5,
        signal: -6,
        timer: -7,
        user: -9,
        none: -99,
    };
    type Kevent = Kevent;
}
