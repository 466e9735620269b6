//! What is this file, and how would its own kernel start it?
//!
//! Pure functions over bytes: nothing here makes a system call, so the stub (no std, in the guest's
//! process) and the `compat` command share them. Every input is hostile until proven otherwise: all
//! arithmetic on file values is checked, every read and allocation has a fixed bound, and whatever is
//! wrong with a file comes back as one [`Refusal`], never as a panic.
//!
//! - [`identify`] names the operating system, machine and kind of a file from its first page and a few
//!   bounded reads.
//! - [`plan`] turns an ELF image into the list of mappings FreeBSD's `imgact_elf` would make.
//! - [`runnable`] joins both with what compat can run today.
//! - [`describe`] collects what only a person wants to know: libraries, Go build information.

#![no_std]

extern crate alloc;

mod brand;
mod bytes;
mod describe;
mod dynamic;
mod fault;
mod format;
mod gobuild;
mod identify;
mod load;
mod machine;
mod notes;
mod os;
mod plan;
mod refusal;
mod script;
mod sections;
mod segments;
mod source;
mod support;
mod traces;

pub use brand::Evidence;
pub use describe::{Details, describe};
pub use fault::Fault;
pub use format::Format;
pub use gobuild::GoBuild;
pub use identify::{Class, Endian, Identity, Image, ObjectType, identify};
pub use machine::Machine;
pub use notes::KernelVersion;
pub use os::Os;
pub use plan::{FilePages, ImagePlan, Placement, Protection, Segment, StackPlan, ZeroPages, plan};
pub use refusal::Refusal;
pub use script::Script;
pub use source::{ReadAt, ReadError};
pub use support::{runnable, supported};

/// The page size of every system compat runs programs of.
pub const PAGE_SIZE: u64 = 4096;
