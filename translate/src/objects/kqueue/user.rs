//! User events.

use super::event::{Bits, Change, Flags, News, Wanted};
use super::note::Found;

/// What a user event has beside its knote.
#[derive(Debug)]
pub(super) struct User {
    triggered: bool,
    bits: u32,
    value: i64,
}

impl User {
    /// The change that makes it neither combines bits nor triggers (filt_userattach).
    pub(super) fn new(operand: u32, value: i64) -> Self {
        Self {
            triggered: false,
            bits: operand,
            value,
        }
    }

    /// See filt_usertouch.
    pub(super) fn change(&mut self, change: &Change) {
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

    pub(super) fn clear(&mut self) {
        self.triggered = false;
    }
}
