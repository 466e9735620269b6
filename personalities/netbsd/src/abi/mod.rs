//! The layouts that only NetBSD has, one file a header.

pub(crate) mod aio;
pub(crate) mod dirent;
pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod iostat;
pub(crate) mod ipc;
pub(crate) mod ipc_old;
pub(crate) mod lwp;
pub(crate) mod process;
pub(crate) mod route;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod spawn;
pub(crate) mod stat;
pub(crate) mod statvfs;
pub(crate) mod sysctl;
pub(crate) mod sysvipc;
pub(crate) mod terminal;
pub(crate) mod time;
pub(crate) mod ucontext;
pub(crate) mod vmentry;
