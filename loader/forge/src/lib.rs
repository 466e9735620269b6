//! Small ELF images, written field by field.
//!
//! Tests of the loader need programs of every system, whole and broken, and none may be committed.
//! [`Program`] describes one by what a linker would be told; [`Layout`] is the same as raw tables,
//! every field of which a test may falsify before [`Layout::bytes`] writes it. [`seeds`] is one of each.
//! The code shares nothing with the loader, so neither hides the other's mistakes.

mod go;
mod layout;
mod program;
mod seeds;
mod writer;

pub use go::Go;
pub use layout::{Layout, SectionHeader, SegmentHeader};
pub use program::{Note, Program};
pub use seeds::{Seed, seeds};
