//! `getcontext` and `setcontext` (sys_getcontext, setucontext in kern_lwp.c), the latter also the way back from a handler.

use compat_translate::guest::{In, Out};
use compat_translate::signal::SigSet;
use compat_translate::{Cx, Outcome};

use crate::abi::signal::Stack;
use crate::abi::ucontext::{UC_SIGMASK, UC_STACK, Ucontext};
use crate::context::{PARTS, link, mcontext_of, set_link, set_mcontext};
use crate::error::Return;
use compat_bsd::abi::signal::SS_ONSTACK;
use compat_bsd::calls::signal::go_on_at;
use compat_bsd::signals::alternate_stack;

pub(crate) fn getcontext(cx: &mut Cx, ucp: Out<Ucontext>) -> Return<()> {
    let alternate = alternate_stack(cx.thread, cx.frame.regs.rsp);
    let stack = if alternate.flags & SS_ONSTACK != 0 {
        alternate
    } else {
        Stack::default()
    };
    Ok(ucp.write(&Ucontext {
        flags: UC_SIGMASK | UC_STACK | PARTS,
        pad: 0,
        link: link(cx.thread),
        sigmask: cx.thread.mask.get().words(),
        stack,
        mcontext: mcontext_of(cx.frame, (0, 0)),
    })?)
}

pub(crate) fn setcontext(cx: &mut Cx, ucp: In<Ucontext>) -> Return<Outcome> {
    if ucp.is_null() {
        // There was nothing to go back to.
        super::exit(cx, 0)?;
    }
    let context = ucp.read()?;
    let mask = if context.flags & UC_SIGMASK != 0 {
        SigSet::from_words(context.sigmask)
    } else {
        cx.thread.mask.get()
    };
    go_on_at(cx, mask, |cx| {
        set_mcontext(cx.frame, &context.mcontext, context.flags)?;
        set_link(cx.thread, context.link);
        Ok(())
    })
}
