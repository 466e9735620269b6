//! From a trapped frame to a handler and back (syscall in x86/syscall.c).

use compat_bsd::dispatch::{self as family, WholeThread};
use compat_tables::netbsd as tables;
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
    if matches!(outcome, Outcome::Value(_)) {
        // The second result is 0 where there is none (sy_invoke).
        cx.frame.regs.rdx = 0;
    }
}

/// What copies, replaces or saves the whole thread.
static WHOLE_THREAD: WholeThread =
    WholeThread::named(&["__clone", "posix_spawn", "getcontext", "setcontext"]);

/// See [`compat_translate::Personality::needs_frame`].
pub(crate) fn needs_frame(regs: &Regs) -> bool {
    WHOLE_THREAD.has(regs, tables::call_named)
}

/// Named, so that the image can lay it out with what every process runs through (`image.ld`).
#[inline(never)]
fn call(cx: &mut Cx) -> Return<Outcome> {
    let args = cx.args;
    compat_tables::netbsd_dispatch!(
        cx.number,
        cx,
        args,
        calls = calls,
        lower = lower,
        host = host
    )
}
