//! The end of a handler (sys_sigreturn).

use compat_bsd::calls::signal::blockable;
use compat_translate::guest::In;
use compat_translate::signal::{SigSet, install_guest_mask};
use compat_translate::{Cx, Outcome};

use crate::abi::signal::Ucontext;
use crate::context;
use crate::error::Return;

pub(crate) fn sigreturn(cx: &mut Cx, context: In<Ucontext>) -> Return<Outcome> {
    let context = context.read()?;
    context::return_to(cx.frame, &context.mcontext)?;
    let mask = blockable(SigSet::from_words(context.sigmask));
    install_guest_mask(cx.thread, cx.frame, mask);
    Ok(Outcome::Replaced)
}
