//! Everything that happens after a trap and that no guest operating system owns.
//!
//! This crate knows Linux: its system calls ([`host`]), how a foreign program's memory is touched safely
//! ([`guest`]), how a system call reaches us ([`trap`]), signals ([`signal`]), threads and processes ([`task`])
//! and the kernel objects Linux lacks ([`objects`]). It knows no guest number and no guest layout: those belong to
//! the personality, which tells this crate about itself with one [`Personality`] value.
#![no_std]
#![deny(missing_docs)]

extern crate alloc;

mod cx;
pub mod guest;
pub mod heap;
pub mod host;
pub mod objects;
pub mod paths;
mod personality;
pub mod settings;
pub mod signal;
pub mod sync;
pub mod task;
pub mod trap;

pub use cx::{Cx, Outcome, Progress};
pub use personality::{Personality, attach, attached};
