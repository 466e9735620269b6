//! From a trapped frame to a handler and back (syscall2 in amd64/trap.c).

use compat_bsd::dispatch::{self as family, WholeThread};
use compat_tables::dragonfly as tables;
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

/// What copies, replaces or saves the whole thread.
static WHOLE_THREAD: WholeThread = WholeThread::named(&["rfork", "sigreturn", "set_tls_area"]);

/// See [`compat_translate::Personality::needs_frame`].
pub(crate) fn needs_frame(regs: &Regs) -> bool {
    WHOLE_THREAD.has(regs, tables::call_named)
}

/// Named, so that the image can lay it out with what every process runs through (`image.ld`).
#[inline(never)]
fn call(cx: &mut Cx) -> Return<Outcome> {
    let args = cx.args;
    compat_tables::dragonfly_dispatch!(
        cx.number,
        cx,
        args,
        calls = calls,
        lower = lower,
        host = host
    )
}
