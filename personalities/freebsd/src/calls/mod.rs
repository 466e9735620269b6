//! The handlers that `tables/freebsd/calls.tbl` names, one file a family.

mod memory;
mod process;
mod signal;
mod thread;
mod umtx;

use compat_translate::Cx;

pub(crate) use memory::*;
pub(crate) use process::*;
pub(crate) use signal::*;
pub(crate) use thread::*;
pub(crate) use umtx::*;

/// See [`compat_translate::Personality::after_fork`].
pub(crate) fn after_fork(_cx: &mut Cx) {}
