//! The handlers that `tables/freebsd/calls.tbl` names, one file a family.

mod clock;
mod cpuset;
mod ids;
mod limits;
mod memory;
mod process;
mod signal;
mod sysctl;
mod thread;
mod umtx;

use compat_translate::Cx;

pub(crate) use clock::*;
pub(crate) use cpuset::*;
pub(crate) use ids::*;
pub(crate) use limits::*;
pub(crate) use memory::*;
pub(crate) use process::*;
pub(crate) use signal::*;
pub(crate) use sysctl::*;
pub(crate) use thread::*;
pub(crate) use umtx::*;

/// See [`compat_translate::Personality::after_fork`].
pub(crate) fn after_fork(_cx: &mut Cx) {}
