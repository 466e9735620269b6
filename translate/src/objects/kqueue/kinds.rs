//! Sets of kinds of knotes.

use super::event::Kind;

/// Some of a descriptor's kinds of knotes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Kinds(u8);

impl Kinds {
    const ALL: [Kind; 4] = [Kind::Read, Kind::Write, Kind::ProcessDescriptor, Kind::File];

    pub(super) fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Kind> {
        Self::ALL
            .into_iter()
            .filter(move |&kind| self.0 & 1 << kind as u8 != 0)
    }
}
