//! The calls of 4.3BSD and the first FreeBSD releases that nothing made this century uses, except run-time libraries
//! that never moved on.
//!
//! FreeBSD/amd64 itself is built without COMPAT_43 and refuses most of these; they cost little and break nothing.

mod memory;
mod names;
mod signal;

pub(crate) use memory::*;
pub(crate) use names::*;
pub(crate) use signal::*;
