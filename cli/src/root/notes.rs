//! What an `add` could not keep, said once at the end instead of once an entry.

use std::collections::BTreeMap;

use super::entry::Place;

/// How many names a note shows.
const EXAMPLES: usize = 3;

/// Kinds of loss, in the order they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loss {
    Special,
    SetId,
    Flags,
    Owner,
    Unreadable,
    Itself,
}

impl Loss {
    fn text(self) -> &'static str {
        match self {
            Loss::Special => "devices, FIFOs and sockets are not made",
            Loss::SetId => "set-user-ID and set-group-ID bits are not kept",
            Loss::Flags => "file flags are not kept: the file system has no user attributes here",
            Loss::Owner => "owners are not kept: this user may not set them",
            Loss::Unreadable => "files that this user cannot read are not copied",
            Loss::Itself => "the directory of roots is not copied into itself",
        }
    }
}

/// What has been lost so far.
#[derive(Debug, Default)]
pub(crate) struct Notes(BTreeMap<Loss, (u64, Vec<String>)>);

impl Notes {
    pub(crate) fn add(&mut self, loss: Loss, place: &Place) {
        let (count, examples) = self.0.entry(loss).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(place.shown());
        }
    }

    /// `devices, FIFOs and sockets are not made (2: dev/null, dev/zero)`.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(loss, (count, examples))| {
            let more = if *count > examples.len() as u64 {
                ", ..."
            } else {
                ""
            };
            format!("{} ({count}: {}{more})", loss.text(), examples.join(", "))
        })
    }
}
