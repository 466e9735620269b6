//! The facts about foreign ABIs, generated from the text tables beside this crate.
//!
//! `freebsd/*.tbl` are the source; `build.rs` turns them into [`freebsd`]: the calls, the errors, the signals, the
//! flag sets, the sysctl names, and the macro [`freebsd_dispatch`]. The types here are shared by all systems.

#![no_std]

pub mod bsd;
mod call;
pub mod coverage;
pub mod dragonfly;
pub mod freebsd;
pub mod netbsd;
mod pool;
mod set;
mod sysctl;
mod system;
pub mod trace;

pub use call::{Call, Kind, Param, Returns, Verdict, Way};
pub use pool::{FlagsOf, Params, Text, ValuesOf};
pub use set::{Flag, FlagSet, Shape, Value, ValueMap};
pub use sysctl::{Sysctl, SysctlValue};

include!(concat!(env!("OUT_DIR"), "/dragonfly_dispatch.rs"));
include!(concat!(env!("OUT_DIR"), "/freebsd_dispatch.rs"));
include!(concat!(env!("OUT_DIR"), "/netbsd_dispatch.rs"));

/// What a signal does to a process that has not asked for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultAction {
    /// The process ends.
    Terminate,
    /// The process ends with a core file.
    Core,
    /// Nothing happens.
    Ignore,
    /// The process stops.
    Stop,
    /// A stopped process goes on; otherwise nothing happens.
    Continue,
}
