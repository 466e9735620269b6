//! What has been made of a source.

use std::collections::BTreeMap;

use super::entry::{Attributes, Place};

/// What a run has made at a place.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) kind: MadeKind,
    pub(crate) attributes: Attributes,
    /// The layer that made it last; 0 unless there are several.
    pub(crate) layer: u32,
}

/// What a run has made, as far as it can be checked later.
#[derive(Clone, Debug)]
pub(crate) enum MadeKind {
    Directory,
    File {
        size: u64,
        sha256: [u8; 32],
        inode: u64,
    },
    Symlink(Vec<u8>),
}

/// All that a run has made.
pub(crate) type Contents = BTreeMap<Place, Made>;

/// What lies below a place: in the order of names that is one range.
pub(crate) fn below<'a>(
    made: &'a Contents,
    place: &'a Place,
) -> impl Iterator<Item = (&'a Place, &'a Made)> {
    made.range(place.first_below()..)
        .take_while(|(other, _)| place.holds(other))
}

/// Whether nothing lies below a place.
pub(crate) fn below_is_empty(made: &Contents, place: &Place) -> bool {
    below(made, place).next().is_none()
}

/// A directory that only the names of its contents imply.
pub(crate) fn implied(layer: u32) -> Made {
    Made {
        kind: MadeKind::Directory,
        attributes: Attributes {
            mode: 0o755,
            ..Attributes::default()
        },
        layer,
    }
}
