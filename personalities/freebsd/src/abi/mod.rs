//! FreeBSD/amd64 layouts, one file a header. Sizes and offsets are checked at compile time.

pub(crate) mod devstat;
pub(crate) mod dirent;
pub(crate) mod filedesc;
pub(crate) mod ipc;
pub(crate) mod ipc7;
pub(crate) mod net_if;
pub(crate) mod pcb;
pub(crate) mod pcb10;
pub(crate) mod procctl;
pub(crate) mod route;
pub(crate) mod signal;
pub(crate) mod stat;
pub(crate) mod statfs;
pub(crate) mod umtx;
pub(crate) mod user;
pub(crate) mod vfs;

pub(crate) use compat_bsd::abi::{resource, socket, time};
