//! DragonFly/amd64 layouts, one file a header. Sizes and offsets are checked at compile time.

pub(crate) mod dirent;
pub(crate) mod event;
pub(crate) mod ipc;
pub(crate) mod mount;
pub(crate) mod process;
pub(crate) mod route;
pub(crate) mod signal;
pub(crate) mod stat;
pub(crate) mod unistd;
