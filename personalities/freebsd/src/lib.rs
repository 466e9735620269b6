//! FreeBSD on amd64.
//!
//! [`FREEBSD_AMD64`] is the personality: `calls/` holds the handlers that the rows of `tables/freebsd/calls.tbl` name,
//! `abi/` the layouts, [`image`] the process a program starts in.
#![no_std]
#![deny(missing_docs)]

extern crate alloc;

mod abi;
mod calls;
mod context;
mod dispatch;
mod error;
pub mod image;
mod kevent;
mod lower;
mod sigcode;
mod signals;
mod sockets;
mod trace;

pub use error::{Error, Return};

use compat_translate::Personality;

/// FreeBSD/amd64, as a 13.x-14.x kernel presents it.
pub static FREEBSD_AMD64: Personality = Personality {
    name: "FreeBSD",
    dispatch: dispatch::dispatch,
    finish: dispatch::finish,
    interrupted: compat_tables::freebsd::Errno::EINTR as u16,
    signal_to_host: signals::to_host,
    signal_from_host: signals::from_host,
    default_action: signals::default_action,
    fault_signal: signals::fault_signal,
    deliver: signals::deliver,
    needs_frame: dispatch::needs_frame,
    after_fork: calls::after_fork,
};
