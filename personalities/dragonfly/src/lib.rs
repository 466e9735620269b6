//! DragonFly on amd64.
//!
//! [`DRAGONFLY_AMD64`] is the personality: `calls/` holds the handlers that the rows of `tables/dragonfly/calls.tbl` name and
//! that the family does not have, `abi/` the layouts, [`image`] the process a program starts in.
#![no_std]
#![deny(missing_docs)]

extern crate alloc;

mod abi;
mod calls;
mod context;
mod dispatch;
mod express;
pub mod image;
mod signals;

use compat_bsd::{System, error, lower};
use compat_tables::dragonfly as tables;
use compat_translate::Personality;

/// `AT_FDCWD` here (fcntl.h).
const AT_FDCWD: i32 = 0xfffa_fdcd_u32 as i32;

/// DragonFly/amd64, as a 6.4 kernel presents it.
pub static DRAGONFLY_AMD64: System = System {
    personality: Personality {
        name: "DragonFly",
        dispatch: dispatch::dispatch,
        finish: compat_bsd::dispatch::finish,
        interrupted: tables::Errno::EINTR as u16,
        signal_to_host: tables::signal::to_host,
        signal_from_host: tables::signal::from_host,
        default_action: signals::default_action,
        fault_signal: compat_bsd::signals::fault_signal,
        deliver: signals::deliver,
        needs_frame: dispatch::needs_frame,
        express: express::prepare,
        after_fork: |_| {},
    },
    start: image::start,
    at_fdcwd: AT_FDCWD,
    inet6: tables::flags::domain::AF_INET6 as u8,
    sockaddr_dl: 54,
    errno_number: tables::errno_number,
    no_such_call: tables::Errno::EINVAL,
    limits: |_| 12,
    thread_ends: |_| {},
    image_ends: |_| {},
};
