//! What a guest operating system tells this crate about itself.

use core::sync::atomic::{AtomicPtr, Ordering};

use crate::cx::{Cx, Outcome};
use crate::signal::{DefaultAction, Delivery, Regs, SigInfo};

/// A guest operating system on one architecture.
pub struct Personality {
    /// Name for messages: `FreeBSD`.
    pub name: &'static str,
    /// Carries out the call that the frame asks for.
    pub dispatch: fn(&mut Cx) -> Outcome,
    /// Writes an outcome into the frame's registers, as the guest's kernel returns it.
    pub finish: fn(&mut Cx, Outcome),
    /// The guest's error number for "interrupted", which a restartable call never shows.
    pub interrupted: u16,
    /// The host signal that stands for a guest signal; `None` when the host has none to spare.
    pub signal_to_host: fn(u8) -> Option<u8>,
    /// The reverse.
    pub signal_from_host: fn(u8) -> Option<u8>,
    /// What a guest signal does when nobody handles it.
    pub default_action: fn(u8) -> DefaultAction,
    /// The guest signal for a fault of the guest's own code, from the host signal and its information. Used only for
    /// signals the CPU raised.
    pub fault_signal: fn(u8, &SigInfo, u64) -> u8,
    /// Builds the frame of a handler on the guest's stack and points the registers at it.
    ///
    /// Returns `false` when the stack cannot take it.
    pub deliver: fn(&mut Delivery) -> bool,
    /// Whether the call that these registers are for needs everything a trap saves: it replaces registers or copies the
    /// thread (`sigreturn`, `fork`, ...).
    pub needs_frame: fn(&Regs) -> bool,
    /// Tells, before the first site is patched, which calls may take the express way.
    pub express: fn(),
    /// Called in a new process right after `fork`, before the guest runs.
    pub after_fork: fn(&mut Cx),
}

static ATTACHED: AtomicPtr<Personality> = AtomicPtr::new(core::ptr::null_mut());

/// Makes `personality` the one of this process.
pub fn attach(personality: &'static Personality) {
    ATTACHED.store(
        core::ptr::from_ref(personality).cast_mut(),
        Ordering::Release,
    );
}

/// The personality of this process; `None` before [`attach`].
pub fn attached() -> Option<&'static Personality> {
    let pointer = ATTACHED.load(Ordering::Acquire);
    // SAFETY: only `attach` stores there, and only `'static` references.
    unsafe { pointer.cast_const().as_ref() }
}
