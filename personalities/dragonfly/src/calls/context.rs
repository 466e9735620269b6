//! The end of a handler (sys_sigreturn).

use compat_bsd::calls::signal::go_on_at;
use compat_translate::guest::In;
use compat_translate::signal::SigSet;
use compat_translate::{Cx, Outcome};

use crate::abi::signal::Ucontext;
use crate::context;
use crate::error::Return;

pub(crate) fn sigreturn(cx: &mut Cx, context: In<Ucontext>) -> Return<Outcome> {
    let context = context.read()?;
    go_on_at(cx, SigSet::from_words(context.sigmask), |cx| {
        context::return_to(cx.frame, &context.mcontext)
    })
}
