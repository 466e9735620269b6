//! Layouts that several systems have, one file a header. Sizes and offsets are checked at compile time.

pub mod acl;
pub mod aio;
pub mod dirent;
pub mod event;
pub mod fcntl;
pub mod ipc;
pub mod resource;
pub mod signal;
pub mod socket;
pub mod stat;
pub mod statfs;
pub mod termios;
pub mod time;
