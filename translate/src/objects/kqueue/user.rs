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

#[cfg(test)]
mod tests {
    use super::User;
    use crate::objects::kqueue::{Bits, Change, Flags, News, Wanted};

    fn change(operation: Bits, operand: u32, trigger: bool, flags: Flags) -> Change {
        Change {
            ident: 1,
            wanted: Wanted::User {
                operation,
                operand,
                trigger,
                value: 9,
            },
            flags,
            user_data: 0,
            extensions: [0; 4],
        }
    }

    #[test]
    fn bits_are_kept_combined_and_replaced() {
        let mut user = User::new(0, 0);
        user.change(&change(Bits::Copy, 0xff, false, Flags::NONE));
        user.change(&change(Bits::And, 0x0f, false, Flags::NONE));
        user.change(&change(Bits::Or, 0x100, false, Flags::NONE));
        assert!(user.look().is_none());
        user.change(&change(Bits::Keep, 0x7000, true, Flags::NONE));
        let found = user.look().expect("it was triggered");
        assert_eq!((found.news, found.data), (News::User(0x10f), 9));
    }

    #[test]
    fn a_change_with_clear_takes_the_trigger_back() {
        let mut user = User::new(0, 0);
        user.change(&change(Bits::Keep, 0, true, Flags::CLEAR));
        assert!(user.look().is_none());
    }
}
