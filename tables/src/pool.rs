//! What the tables of all systems share.
//!
//! A table of `&str` and `&[T]` would cost a position-independent program one relocation each at every start, and
//! a private copy of each page that holds one. So names, parameter lists and sets lie in common pools, and rows
//! hold places in them.

use crate::{FlagSet, Param, ValueMap};
use core::fmt;
use core::ops::Deref;

include!(concat!(env!("OUT_DIR"), "/pool.rs"));

/// A name or note in the tables; derefs to `str`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text {
    at: u32,
    len: u16,
}

impl Text {
    /// For generated code only.
    pub(crate) const fn at(at: u32, len: u16) -> Text {
        Text { at, len }
    }

    /// The text itself.
    pub fn as_str(self) -> &'static str {
        let at = self.at as usize;
        TEXT.get(at..at + usize::from(self.len)).unwrap_or("")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

/// The parameters of a call; derefs to `[Param]`.
#[derive(Clone, Copy)]
pub struct Params {
    at: u16,
    len: u8,
}

impl Params {
    /// For generated code only.
    pub(crate) const fn at(at: u16, len: u8) -> Params {
        Params { at, len }
    }

    /// The parameters themselves.
    pub fn as_slice(self) -> &'static [Param] {
        let at = usize::from(self.at);
        PARAMS
            .get(at..at + usize::from(self.len))
            .unwrap_or_default()
    }
}

impl Deref for Params {
    type Target = [Param];

    fn deref(&self) -> &[Param] {
        self.as_slice()
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), out)
    }
}

/// The flag set of a parameter; derefs to [`FlagSet`].
#[derive(Debug, Clone, Copy)]
pub struct FlagsOf(pub(crate) u8);

impl Deref for FlagsOf {
    type Target = FlagSet;

    fn deref(&self) -> &'static FlagSet {
        static NONE: FlagSet = FlagSet {
            name: Text::at(0, 0),
            refusal: 0,
            drops_unknown: false,
            flags: &[],
        };
        FLAG_SETS.get(usize::from(self.0)).copied().unwrap_or(&NONE)
    }
}

/// The value map of a parameter; derefs to [`ValueMap`].
#[derive(Debug, Clone, Copy)]
pub struct ValuesOf(pub(crate) u8);

impl Deref for ValuesOf {
    type Target = ValueMap;

    fn deref(&self) -> &'static ValueMap {
        static NONE: ValueMap = ValueMap {
            name: Text::at(0, 0),
            refusal: 0,
            values: &[],
        };
        VALUE_MAPS
            .get(usize::from(self.0))
            .copied()
            .unwrap_or(&NONE)
    }
}
