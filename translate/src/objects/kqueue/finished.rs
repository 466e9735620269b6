//! Things that are over already when their knote is made: the answer to a request.

use super::event::{Change, Wanted};
use super::note::Found;

/// What such a knote has of its own.
#[derive(Debug)]
pub(super) struct Finished {
    value: i64,
    eof: bool,
    /// Its state was reset after a report (EV_CLEAR): there will be no more news.
    silent: bool,
}

impl Finished {
    pub(super) fn new(value: i64, eof: bool) -> Self {
        Self {
            value,
            eof,
            silent: false,
        }
    }

    /// Another request under the same number is over.
    pub(super) fn change(&mut self, change: &Change) {
        if let Wanted::Finished { value, eof, .. } = change.wanted {
            *self = Self::new(value, eof);
        }
    }

    pub(super) fn look(&self) -> Option<Found> {
        (!self.silent).then_some(Found {
            eof: self.eof,
            ..Found::plain(self.value)
        })
    }

    pub(super) fn clear(&mut self) {
        self.silent = true;
    }
}
