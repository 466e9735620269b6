//! The handlers that `tables/freebsd/calls.tbl` names, one file a family.

mod at;
mod bsd43;
mod clock;
mod cpuset;
mod descriptor;
mod directory;
mod discipline;
mod fcntl;
mod ids;
mod ioctl;
mod kqueue;
mod limits;
mod login;
mod memory;
mod message;
mod node;
mod open;
mod path;
mod place;
mod procctl;
mod procdesc;
mod process;
mod reaper;
mod rfork;
mod schedule;
mod signal;
mod socket;
mod sockopt;
mod stat;
mod sysctl;
mod system;
mod sysv;
mod thread;
mod timer;
mod transfer;
mod umtx;
mod wait;

use compat_translate::Cx;

pub(crate) use bsd43::*;
pub(crate) use clock::*;
pub(crate) use cpuset::*;
pub(crate) use descriptor::*;
pub(crate) use directory::*;
pub(crate) use discipline::*;
pub(crate) use fcntl::*;
pub(crate) use ids::*;
pub(crate) use ioctl::*;
pub(crate) use kqueue::*;
pub(crate) use limits::*;
pub(crate) use login::*;
pub(crate) use memory::*;
pub(crate) use message::*;
pub(crate) use node::*;
pub(crate) use open::*;
pub(crate) use path::*;
pub(crate) use procctl::*;
pub(crate) use procdesc::*;
pub(crate) use process::*;
pub(crate) use rfork::*;
pub(crate) use schedule::*;
pub(crate) use signal::*;
pub(crate) use socket::*;
pub(crate) use sockopt::*;
pub(crate) use stat::*;
pub(crate) use sysctl::*;
pub(crate) use system::*;
pub(crate) use sysv::*;
pub(crate) use thread::*;
pub(crate) use timer::*;
pub(crate) use umtx::*;
pub(crate) use wait::*;

/// See [`compat_translate::Personality::after_fork`].
pub(crate) fn after_fork(_cx: &mut Cx) {}
