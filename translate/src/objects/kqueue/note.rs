//! Knotes: one thing waited for.

use super::event::{Change, Event, Flags, Kind, News};
use crate::host::HostResult;

/// What all knotes have.
#[derive(Debug)]
pub(super) struct Note {
    /// Properties; no switches.
    pub(super) flags: Flags,
    pub(super) enabled: bool,
    /// It stands in the queue of what is looked at without epoll's doing.
    pub(super) queued: bool,
    /// It is to report whatever is found.
    forced: bool,
    /// The scan that reported it last.
    told: u32,
    user_data: u64,
    extensions: [u64; 4],
}

impl Note {
    pub(super) fn new(change: &Change) -> Self {
        Self {
            flags: change.flags.kept(),
            enabled: !change.flags.has(Flags::DISABLE),
            queued: false,
            forced: false,
            told: 0,
            user_data: change.user_data,
            extensions: change.extensions,
        }
    }

    /// Another one of the same properties, made by ourselves; `once` for a single report.
    pub(super) fn like(&self, once: bool) -> Self {
        let once = if once { Flags::ONCE } else { Flags::NONE };
        Self {
            flags: self.flags.with(once),
            enabled: true,
            queued: false,
            forced: false,
            told: 0,
            user_data: self.user_data,
            extensions: [0; 4],
        }
    }

    /// A change to a knote that exists: its properties stay as they were made (kqueue_register).
    pub(super) fn change(&mut self, change: &Change) {
        if change.flags.has(Flags::FORCE_ONCE) {
            self.flags = self.flags.with(Flags::ONCE);
            self.forced = true;
        }
        if change.flags.has(Flags::ENABLE) {
            self.enabled = true;
        } else if change.flags.has(Flags::DISABLE) {
            self.enabled = false;
        }
        if !change.flags.has(Flags::KEEP_USER_DATA) {
            self.user_data = change.user_data;
        }
    }

    /// What is to be reported, given what was found.
    pub(super) fn judge(&self, found: Option<Found>) -> Option<Found> {
        if self.enabled {
            found.or(self.forced.then_some(Found::plain(0)))
        } else {
            None
        }
    }

    fn event(&self, ident: u64, kind: Kind, found: Found) -> Event {
        Event {
            ident,
            kind,
            flags: if found.eof {
                self.flags.with(Flags::EOF)
            } else {
                self.flags
            },
            news: found.news,
            data: found.data,
            user_data: self.user_data,
            extensions: self.extensions,
        }
    }

    /// Whether a report disables or removes it.
    pub(super) fn changes_by_report(&self) -> bool {
        self.flags.any(Flags::ONCE.with(Flags::DISPATCH))
    }

    /// Its properties after a report; `false` when it is to go.
    pub(super) fn reported(&mut self) -> bool {
        if self.flags.has(Flags::DISPATCH) {
            self.enabled = false;
        }
        !self.flags.has(Flags::ONCE)
    }
}

/// What was found when a knote was looked at and is to be reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub(super) data: i64,
    pub(super) eof: bool,
    pub(super) news: News,
}

impl Found {
    pub(super) const fn plain(data: i64) -> Self {
        Self {
            data,
            eof: false,
            news: News::Plain,
        }
    }
}

/// One pass over what is ready: a knote is reported in it once at most (kqueue_scan).
pub(super) struct Scan<'a> {
    /// Tells it from others.
    pub(super) number: u32,
    /// How many events may still be reported.
    pub(super) room: usize,
    /// How many were.
    pub(super) count: usize,
    /// Takes the events.
    pub(super) report: &'a mut dyn FnMut(&Event) -> HostResult<()>,
    /// What that failed with, if it did.
    pub(super) failed: HostResult<()>,
}

impl Scan<'_> {
    /// Whether `note` has to wait for the next scan.
    pub(super) fn passes_over(&self, note: &Note) -> bool {
        self.room == 0 || note.told == self.number
    }

    pub(super) fn tell(&mut self, note: &mut Note, ident: u64, kind: Kind, found: Found) {
        self.room = self.room.saturating_sub(1);
        self.count += 1;
        note.told = self.number;
        if let Err(error) = (self.report)(&note.event(ident, kind, found)) {
            self.failed = Err(error);
        }
    }
}
