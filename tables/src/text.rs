//! Names without relocations.

use core::fmt;
use core::ops::Deref;

/// Every name and note of every table, end to end.
static POOL: &str = include!(concat!(env!("OUT_DIR"), "/text.rs"));

/// A name or note in the tables; derefs to `str`.
///
/// It is a place in one common string, because a `&str` in a table costs a position-independent program one
/// relocation each at every start.
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
        POOL.get(at..at + usize::from(self.len)).unwrap_or("")
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
