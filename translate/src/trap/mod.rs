//! Ways into the stub, and the one place they lead to.
//!
//! # The contract of a way in
//!
//! **What it produces.** For every `syscall` that a thread makes outside the stub's image, a [`UContext`] of the thread as
//! it was at that instruction: `rip` just behind it, `rax` the number, every other register and the whole vector state
//! the guest's, the host's mask as it was; on the thread's stub stack. Then [`enter`], and when that returns, the thread is
//! resumed from the same context. All ways do so by a SIGSYS whose `si_code` the handler knows ([`is_call`]), and all
//! share that handler; a patched site ([`fast`]) makes the context itself. After [`enter`] nothing knows which way was
//! used.
//!
//! **What it leaves alone.** Calls of the stub's own image. Those of the vDSO on our behalf may come through; they are
//! carried out as they stand. Programs of the host that the guest starts run as if nobody had ever attached anything.
//!
//! **When it is armed.** [`attach`] chooses it, before the guest is mapped, because [`map`] and [`reaches`] answer for it
//! from then on. [`arm`] makes it work for the calling thread, before any guest instruction: in the first thread, in
//! every new one, in every forked child, and after every `execve` of the stub. A way that is inherited has nothing to do
//! there; after an `execve`, [`probe`] finds it.
//!
//! **What it may not do.** Interrupt a call, lose or reorder signals that others send, be seen by the guest (no child, no
//! descriptor, no signal, no mapping), or let a call of the guest's through to the host when it cannot do its work: then
//! the process ends.
//!
//! | way | kept by a new thread, a fork | kept by `execve` | needs |
//! |---|---|---|---|
//! | [`sud`] | no | no | Linux 5.11 |
//! | [`seccomp`] | yes | yes, for good, in programs of the host too | guest code in a window of addresses |
//! | [`ptrace`] | yes | yes, in the stub | a hidden process per `compat run` |

mod brief;
mod express;
mod family;
mod fast;
mod known;
mod patch;
mod ptrace;
mod refusal;
mod registers;
mod rewrite;
mod seccomp;
mod site;
mod sud;
mod tracer;
mod trampoline;
mod way;

use core::sync::atomic::Ordering;

use crate::cx::{Cx, Outcome};
use crate::host;
use crate::personality::attached;
use crate::signal::UContext;
use crate::task::{counts, current};

pub use express::{
    Cleared, Express, Prepare, Prepared, Quick, UNSERVED, forbid_express, set_cleared, set_express,
    set_express_again,
};
pub use known::expect as expect_sites;
pub use patch::{forget_text, patched, register_text};
pub use refusal::{Refusal, RefusedSite, refused};
pub use way::{Refused, Way, arm, attach, attach_again, map, reaches, set_entry_point, way};

pub(crate) use family::{Family, after_fork, before_fork};
pub(crate) use fast::{
    ENTERED, Leaving, TRAPPING_FLAGS, at_gate, leave, leave_as_well, leave_by_gate, leaving,
};
pub(crate) use patch::{being_written, lock, tell_sites};
pub(crate) use rewrite::can_tell_others;
pub(crate) use trampoline::{in_trampoline, original, overlaps_trampoline};

/// Whether a SIGSYS with this `si_code` is a call of the guest's. Nobody can send another process such a one.
pub(crate) fn is_call(code: i32) -> bool {
    const SYS_SECCOMP: i32 = 1;
    const SYS_USER_DISPATCH: i32 = 2;
    matches!(code, SYS_SECCOMP | SYS_USER_DISPATCH)
}

/// Notes one more trap at a site, which may be made faster. Returns whether the call may change the whole thread, for all that
/// is known: which calls do is not worked out for a program that makes few.
pub(crate) fn trapped(frame: &UContext) -> bool {
    let thread = current();
    counts::one_more(&thread.counts.trapped);
    family::tell(thread, frame);
    let settings = &thread.process().settings;
    let hot = patch::is_hot(frame);
    if !hot && !settings.stats {
        return true;
    }
    let whole = attached().is_none_or(|personality| (personality.needs_frame)(&frame.regs));
    if whole {
        counts::one_more(&thread.counts.whole);
    } else if hot && !settings.no_patch {
        patch::consider(frame);
    }
    whole
}

/// Carries out the system call that `frame` asks for and leaves its results there.
///
/// Here and in what it calls little is a function of its own: after a host call the processor has forgotten where
/// functions return to, and every return costs as much as a whole call within the stub.
#[inline(always)]
pub(crate) fn enter(frame: &mut UContext) {
    let Some(personality) = attached() else {
        return;
    };
    let thread = current();
    let number = frame.regs.rax;
    let made = thread
        .express_made
        .take()
        .then(|| host::result(thread.express_result.get()));
    if made.is_none() {
        thread.presence.runs();
        thread.disturbed.store(false, Ordering::Relaxed);
    }
    let mut cx = Cx::of(thread, frame);
    cx.number = number;
    cx.made = made;
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
