//! `<sys/event.h>`: the 32-byte event of FreeBSD before 12, with other filter numbers.

use compat_bsd::abi::event::{Kevent, KeventFreebsd11};
use compat_tables::bsd::flags::evfilt;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct kevent`.
#[repr(transparent)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KeventDragonFly(KeventFreebsd11);

/// Filters that have another number in the family; the rest is the same.
const FILTERS: [(i16, i32); 2] = [(-9, evfilt::EVFILT_USER), (-10, evfilt::EVFILT_FS)];
/// EVFILT_EXCEPT: out-of-band data.
const EXCEPT: i16 = -8;
/// A number that nobody's filter has.
const NOTHING: i16 = i16::MIN;

impl From<KeventDragonFly> for Kevent {
    fn from(event: KeventDragonFly) -> Self {
        let event = Kevent::from(event.0);
        let own = FILTERS.iter().find(|(own, _)| *own == event.filter);
        let filter = match own {
            Some((_, family)) => *family as i16,
            // These are the family's numbers for something else.
            None if matches!(event.filter, EXCEPT | -11..=-11) => NOTHING,
            None => event.filter,
        };
        Kevent { filter, ..event }
    }
}

impl From<Kevent> for KeventDragonFly {
    fn from(event: Kevent) -> Self {
        let own = FILTERS
            .iter()
            .find(|(_, family)| *family == i32::from(event.filter));
        let filter = own.map_or(event.filter, |(own, _)| *own);
        Self(Kevent { filter, ..event }.into())
    }
}
