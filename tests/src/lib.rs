//! What the suites share: where test inputs lie, how a guest is started, and how results are read.
//!
//! Nothing here knows how compat works. The suites see what a user sees: a command, its output and
//! its exit code.

pub mod attach;
pub mod background;
pub mod c;
pub mod compat;
pub mod go;
pub mod inputs;
pub mod known;
pub mod pascal;
pub mod process;
pub mod pty;
pub mod root;
pub mod stage;
pub mod words;
