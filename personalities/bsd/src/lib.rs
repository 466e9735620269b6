//! What the BSDs on amd64 share.
//!
//! [`calls`] has the handlers, one file a family; [`abi`] the layouts that several systems have; [`lower`] the way from
//! registers to a handler's parameters and back. Handlers know errors by name and flags by the bits of
//! `tables/bsd/flags.tbl`: a system's own numbers are turned into these before, and back after. What a handler must know of
//! the system it works for is in [`System`].
#![no_std]
#![deny(missing_docs)]

extern crate alloc;

#[allow(
    missing_docs,
    reason = "structures and members are named as in the headers"
)]
pub mod abi;
#[allow(
    missing_docs,
    reason = "handlers are named for their calls, and the man pages say what those do"
)]
pub mod calls;
pub mod dispatch;
pub mod error;
pub mod express;
pub mod fpu;
pub mod image;
pub mod kevent;
#[allow(
    missing_docs,
    reason = "named for the types of the tables, which explain them"
)]
pub mod lower;
pub mod machine;
pub mod netlink;
pub mod prepared;
pub mod processes;
pub mod routing;
pub mod sigcode;
#[allow(missing_docs, reason = "signals have their usual names")]
pub mod signals;
#[allow(missing_docs, reason = "named as in the headers")]
pub mod sockets;
pub mod statistics;
pub mod sysctl;
mod system;
pub mod threads;
pub mod trace;

pub use error::{Error, Return};
pub use system::{System, attach, errno_number, personality, system};
