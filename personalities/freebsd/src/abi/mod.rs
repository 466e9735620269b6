//! FreeBSD/amd64 layouts, one file a header. Sizes and offsets are checked at compile time.

pub(crate) mod acl;
pub(crate) mod aio;
pub(crate) mod dirent;

pub(crate) mod event;
pub(crate) mod fcntl;
pub(crate) mod filedesc;
pub(crate) mod ipc;
pub(crate) mod net_if;
pub(crate) mod procctl;
pub(crate) mod resource;
pub(crate) mod route;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod stat;
pub(crate) mod statfs;
pub(crate) mod termios;
pub(crate) mod time;
pub(crate) mod umtx;
pub(crate) mod user;
pub(crate) mod vfs;
