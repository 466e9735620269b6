//! Asynchronous input and output (vfs_aio.c), done at once.
//!
//! A request for a file is carried out when it is made and finished from then on, which is one of the orders of events
//! that FreeBSD allows. One for a socket that is not ready waits, and is tried again whenever somebody asks about
//! requests. Nothing happens to it behind the program's back, so it cannot give notice of its end: a request for such a
//! notice is refused like one for a pipe (EOPNOTSUPP), and counted.

pub mod file;
mod finish;
pub mod job;
mod list;
pub mod notice;
mod submit;

pub use finish::*;
pub use list::*;
pub use submit::*;

/// A forked child has no requests.
pub fn after_fork() {
    job::forget_all();
}
