//! Threads and processes of the guest.

mod answers;
pub mod clone;
pub mod counts;
pub(crate) mod errand;
mod everywhere;
pub mod exec;
pub mod follow;
pub mod gaps;
mod gate;
mod hold;
mod presence;
mod process;
mod rouse;
mod segment;
mod thread;

pub use answers::Answer;
pub use errand::Work;
pub use everywhere::call_everywhere;
pub use presence::Presence;
pub use process::{Process, ProgramBreak};
pub use segment::{fs_base, overlaps_stub, set_fs_base, use_fsgsbase};
pub use thread::{
    BLOCK, MAPPING as STACK_MAPPING, Start, Thread, current, new_thread, with_all_threads,
};

pub(crate) use everywhere::{CODE as EVERYWHERE, obey};
pub(crate) use hold::CODE as HOLD;
pub(crate) use rouse::{CODE as ROUSE, is_tick};
pub(crate) use segment::has_fsgsbase;
pub(crate) use thread::is_alone;
