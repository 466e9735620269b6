//! FreeBSD/amd64 layouts, one file a header. Sizes and offsets are checked at compile time.

pub(crate) mod signal;
pub(crate) mod time;
