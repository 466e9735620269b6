//! From a trapped frame to a handler and back (amd64_syscall).

use compat_bsd::dispatch::{self as family, WholeThread};
use compat_tables::freebsd as tables;
use compat_translate::host::nr as host;
use compat_translate::signal::Regs;
use compat_translate::{Cx, Outcome};

use crate::error::Return;
use crate::{calls, lower};

/// See [`compat_translate::Personality::dispatch`].
pub(crate) fn dispatch(cx: &mut Cx) -> Outcome {
    family::dispatch(
        cx,
        tables::argument_count,
        tables::call,
        tables::errno_number,
        &tables::TRACER,
        call,
    )
}

/// See [`compat_translate::Personality::finish`].
pub(crate) fn finish(cx: &mut Cx, outcome: Outcome) {
    family::finish(cx, outcome);
    if outcome != Outcome::Replaced {
        // What fast_syscall_common leaves on its way out, lest it were kernel data.
        let regs = &mut cx.frame.regs;
        (regs.r8, regs.r9, regs.r10) = (0, 0, 0);
    }
}

/// What replaces or saves the whole thread, or copies it beside its memory. A new thread has vector state of its own.
static WHOLE_THREAD: WholeThread = WholeThread::named(&[
    "rfork",
    "pdrfork",
    "sigreturn",
    "freebsd4_sigreturn",
    "osigreturn",
    "getcontext",
    "setcontext",
    "swapcontext",
    "sysarch",
]);

/// See [`compat_translate::Personality::needs_frame`].
pub(crate) fn needs_frame(regs: &Regs) -> bool {
    WHOLE_THREAD.has(regs, tables::call_named)
}

/// Named, so that the image can lay it out with what every process runs through (`image.ld`).
#[inline(never)]
fn call(cx: &mut Cx) -> Return<Outcome> {
    let args = cx.args;
    compat_tables::freebsd_dispatch!(
        cx.number,
        cx,
        args,
        calls = calls,
        lower = lower,
        host = host
    )
}
