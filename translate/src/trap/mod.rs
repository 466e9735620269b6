//! Ways into the stub, and the one place they lead to.
//!
//! A way in produces a [`UContext`] of the thread at its `syscall` instruction (`rip` just behind it, `rax` the number)
//! and calls [`enter`]; when that returns, the thread is resumed from the same context. After [`enter`] nothing knows
//! which way was used.

mod fast;
mod patch;
mod site;
mod sud;

use core::sync::atomic::Ordering;

use crate::cx::{Cx, Outcome, Progress};
use crate::personality::attached;
use crate::signal::UContext;
use crate::task::current;

pub use patch::{forget_text, patched, register_text};
pub use sud::arm;

pub(crate) use fast::{Leaving, TRAPPING_FLAGS, leave_by_gate, leaving};
pub(crate) use patch::{in_trampoline, lock, original, overlaps_trampoline};

/// Notes one more trap at a site, which may be made faster.
pub(crate) fn trapped(frame: &UContext) {
    patch::consider(frame);
}

/// Carries out the system call that `frame` asks for and leaves its results there.
pub(crate) fn enter(frame: &mut UContext) {
    let Some(personality) = attached() else {
        return;
    };
    let thread = current();
    let number = frame.regs.rax;
    thread.disturbed.store(false, Ordering::Relaxed);
    let mut cx = Cx {
        thread,
        frame,
        number,
        args: [0; 8],
        never_restart: false,
        always_restart: false,
        progress: Progress::None,
        roused: false,
    };
    let outcome = (personality.dispatch)(&mut cx);
    if outcome == Outcome::Fail(personality.interrupted) && cx.starts_over() {
        // Back onto the two-byte instruction: the call starts over once the handler, if any, has returned.
        if let Some(mask) = thread.saved_mask.take() {
            thread.mask.set(mask);
        }
        cx.frame.regs.rip = cx.frame.regs.rip.wrapping_sub(2);
        cx.frame.regs.rax = number;
        return;
    }
    (personality.finish)(&mut cx, outcome);
}
