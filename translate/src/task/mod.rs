//! Threads and processes of the guest.

pub mod clone;
pub mod gaps;
mod process;
mod thread;

pub use process::Process;
pub use thread::{STACK_SIZE, Start, Thread, current, new_thread, with_all_threads};
