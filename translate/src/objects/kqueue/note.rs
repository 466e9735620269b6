//! Knotes: one thing waited for.

use super::event::{Bits, Change, Event, Flags, Kind, News, Wanted};

/// What all knotes have.
#[derive(Debug)]
pub(super) struct Note {
    /// Properties; no switches.
    pub(super) flags: Flags,
    pub(super) enabled: bool,
    /// It stands in the queue of what is looked at without epoll's doing.
    pub(super) queued: bool,
    user_data: u64,
    extensions: [u64; 4],
}

impl Note {
    pub(super) fn new(change: &Change) -> Self {
        Self {
            flags: change.flags.kept(),
            enabled: !change.flags.has(Flags::DISABLE),
            queued: false,
            user_data: change.user_data,
            extensions: change.extensions,
        }
    }

    /// A change to a knote that exists: its properties stay as they were made (kqueue_register).
    pub(super) fn change(&mut self, change: &Change) {
        if change.flags.has(Flags::FORCE_ONCE) {
            self.flags = self.flags.with(Flags::ONCE);
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

    pub(super) fn event(&self, ident: u64, kind: Kind, found: Found) -> Event {
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

/// A user event.
#[derive(Debug)]
pub(super) struct User {
    pub(super) note: Note,
    triggered: bool,
    bits: u32,
    value: i64,
}

impl User {
    pub(super) fn new(change: &Change) -> Self {
        let mut user = Self {
            note: Note::new(change),
            triggered: false,
            bits: 0,
            value: 0,
        };
        if let Wanted::User { operand, value, .. } = change.wanted {
            // The change that makes it neither combines bits nor triggers (filt_userattach).
            user.bits = operand;
            user.value = value;
        }
        user
    }

    /// See filt_usertouch.
    pub(super) fn change(&mut self, change: &Change) {
        self.note.change(change);
        let Wanted::User {
            operation,
            operand,
            trigger,
            value,
        } = change.wanted
        else {
            return;
        };
        self.triggered |= trigger;
        match operation {
            Bits::Keep => {}
            Bits::And => self.bits &= operand,
            Bits::Or => self.bits |= operand,
            Bits::Copy => self.bits = operand,
        }
        self.value = value;
        if change.flags.has(Flags::CLEAR) {
            self.triggered = false;
        }
    }

    pub(super) fn look(&self) -> Option<Found> {
        self.triggered.then_some(Found {
            news: News::User(self.bits),
            ..Found::plain(self.value)
        })
    }

    pub(super) fn reported(&mut self) -> bool {
        if self.note.flags.has(Flags::CLEAR) {
            self.triggered = false;
        }
        self.note.reported()
    }
}
