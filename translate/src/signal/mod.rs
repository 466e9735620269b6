//! Signals: the guest's dispositions and masks on top of the host's.
//!
//! The kernel keeps pending and blocked signals for us: the guest's mask maps onto the host's. A host handler never
//! runs guest code. A signal that finds the guest's code running builds the guest's own frame at once ([`deliver`]).
//! One that finds the stub running is noted in the thread's block, with every further signal blocked, and is delivered
//! when the call at hand is done ([`handler`]).

mod actions;
mod back;
mod carried;
mod context;
mod deliver;
mod handler;
mod held;
mod images;
mod mask;
mod set;
mod stop;

pub use actions::{
    Action, Actions, DefaultAction, Disposition, SignalWatch, current_action, set_action, watch,
};
pub use back::{retire, signal_self};
pub use carried::send_to_thread;
pub(crate) use context::XsaveMark;
pub use context::{AltStack, Regs, SigInfo, UContext};
pub use deliver::{Delivery, die_by};
pub use handler::{ImageRange, attach_stack, interrupted_restarts, is_ours, resume, set_image};
pub use held::{held, release_held, take_held};
pub use images::{begin_anew, inherit};
pub(crate) use mask::put_mask_unless_waiting;
pub use mask::{block_all, host_mask, install_guest_mask, restore_mask, while_blocked};
pub use set::SigSet;

pub(crate) use carried::message;
pub(crate) use handler::{settle, stub_range};
pub(crate) use held::Held;
pub(crate) use images::{hand_over, retake};

/// The host's signals that our own code raises when it touches guest memory, the one that carries system calls, and the
/// one that carries our own threads' messages ([`carried`]); none of them may ever be blocked while our code runs.
pub(crate) const NEVER_BLOCKED: u64 = bit(host_signal::SIGBUS)
    | bit(host_signal::SIGSEGV)
    | bit(host_signal::SIGSYS)
    | bit(host_signal::SIGSTKFLT);

/// Host signal numbers used by name here.
pub(crate) mod host_signal {
    pub(crate) const SIGILL: u8 = 4;
    pub(crate) const SIGTRAP: u8 = 5;
    pub(crate) const SIGBUS: u8 = 7;
    pub(crate) const SIGFPE: u8 = 8;
    pub(crate) const SIGKILL: u8 = 9;
    pub(crate) const SIGSEGV: u8 = 11;
    pub(crate) const SIGSTKFLT: u8 = 16;
    pub(crate) const SIGSTOP: u8 = 19;
    pub(crate) const SIGSYS: u8 = 31;
}

/// The bit of host signal `signal` in a host mask.
pub(crate) const fn bit(signal: u8) -> u64 {
    1 << (signal - 1)
}
