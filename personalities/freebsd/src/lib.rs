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
mod express;
pub mod image;
mod sigcode;
mod signals;
mod tls;

use compat_bsd::{System, error, lower};
use compat_tables::freebsd as tables;
use compat_translate::Personality;

/// FreeBSD/amd64, as a 13.x-14.x kernel presents it.
pub static FREEBSD_AMD64: System = System {
    personality: Personality {
        name: "FreeBSD",
        dispatch: dispatch::dispatch,
        finish: dispatch::finish,
        interrupted: tables::Errno::EINTR as u16,
        signal_to_host: signals::signal_to_host,
        signal_from_host: signals::signal_from_host,
        default_action: signals::default_action,
        fault_signal: signals::fault_signal,
        deliver: signals::deliver,
        needs_frame: dispatch::needs_frame,
        express: express::prepare,
        after_fork: calls::after_fork,
    },
    start: image::start,
    at_fdcwd: -100,
    inet6: tables::flags::domain::AF_INET6 as u8,
    sockaddr_dl: 54,
    errno_number: tables::errno_number,
    no_such_call: tables::Errno::ENOSYS,
    limits: image::limits,
    thread_ends: calls::umtx_thread_exit,
    image_ends: calls::umtx_exec,
};
