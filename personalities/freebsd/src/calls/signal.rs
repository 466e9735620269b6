//! Signals as only FreeBSD has them: its machine contexts, and threads by number (kern_sig.c, kern_context.c).

use core::mem::offset_of;

use compat_bsd::calls::signal::{self as family, go_on_at, send_to_thread, sigaction};
use compat_tables::bsd::Errno;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::{self, nr};
use compat_translate::signal::SigSet;
use compat_translate::{Cx, Outcome};
use zerocopy::{FromZeros, IntoBytes};

use crate::abi::signal::{MC_HASTLSBASE, SS_ONSTACK, Sigaction, Ucontext};
use crate::context;
use crate::error::Return;
use crate::signals;
use crate::tls;

/// The same structure and meaning as today; only the trampoline that binaries from before FreeBSD 5 expect differs.
pub(crate) fn freebsd4_sigaction(
    cx: &mut Cx,
    signal: i32,
    new: In<Sigaction>,
    old: Out<Sigaction>,
) -> Return<()> {
    sigaction(cx, signal, new, old)
}

pub(crate) fn sigreturn(cx: &mut Cx, context: In<Ucontext>) -> Return<Outcome> {
    let context = context.read()?;
    go_on_at(cx, SigSet::from_words(context.sigmask), |cx| {
        context::return_to(cx.frame, &context.mcontext)
    })
}

pub(crate) fn getcontext(cx: &mut Cx, context: Out<Ucontext>) -> Return<()> {
    if context.is_null() {
        return Err(Errno::EINVAL.into());
    }
    save_context(cx, context)
}

/// Where a context ends for the kernel (UC_COPY_SIZE): what follows belongs to libc.
const CONTEXT_SIZE: usize = offset_of!(Ucontext, link);

fn save_context(cx: &Cx, context: Out<Ucontext>) -> Return<()> {
    let saved = saved_context(cx);
    let bytes = saved.as_bytes().get(..CONTEXT_SIZE).unwrap_or_default();
    guest::write_bytes(context.address(), bytes)?;
    Ok(())
}

fn saved_context(cx: &Cx) -> Ucontext {
    let mut mcontext = context::mcontext_of(cx.frame);
    // The saved copy returns success: rax and rdx 0, carry clear (get_mcontext with GET_MC_CLEAR_RET).
    mcontext.rax = 0;
    mcontext.rdx = 0;
    mcontext.rflags &= !1;
    mcontext.tlsbase = tls::of(cx.thread).unwrap_or(0);
    let stack = signals::alternate_stack(cx.thread, cx.frame.regs.rsp);
    mcontext.onstack = u64::from(stack.flags & SS_ONSTACK != 0);
    Ucontext {
        sigmask: cx.thread.mask.get().words(),
        mcontext,
        link: 0,
        stack,
        flags: 0,
        spare: [0; 4],
        pad: [0; 3],
    }
}

pub(crate) fn setcontext(cx: &mut Cx, context: In<Ucontext>) -> Return<Outcome> {
    if context.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let mut wanted = Ucontext::new_zeroed();
    let bytes = wanted.as_mut_bytes().get_mut(..CONTEXT_SIZE);
    guest::read_bytes(context.address(), bytes.unwrap_or_default())?;
    go_on_at(cx, SigSet::from_words(wanted.sigmask), |cx| {
        context::set_mcontext(cx.frame, &wanted.mcontext)?;
        if wanted.mcontext.flags & MC_HASTLSBASE != 0 {
            tls::set(cx.thread, wanted.mcontext.tlsbase);
        }
        Ok(())
    })
}

pub(crate) fn swapcontext(cx: &mut Cx, old: Out<Ucontext>, new: In<Ucontext>) -> Return<Outcome> {
    if old.is_null() || new.is_null() {
        return Err(Errno::EINVAL.into());
    }
    save_context(cx, old)?;
    setcontext(cx, new)
}

pub(crate) fn thr_kill(cx: &mut Cx, id: i64, signal: i32) -> Return<()> {
    // SAFETY: no arguments.
    let pid = unsafe { host::call_n(nr::getpid, []) }?;
    send_to_thread(cx, pid as i32, id, signal)
}

/// With the upper bit of the signal's number, `id` is that of a thread of the caller's (kern_sigqueue, since FreeBSD 14).
pub(crate) fn sigqueue(cx: &mut Cx, id: i32, signal: i32, value: u64) -> Return<()> {
    const SIGQUEUE_TID: u32 = 0x8000_0000;
    let number = (signal as u32 & !SIGQUEUE_TID) as i32;
    family::queue(cx, id, number, value, signal as u32 & SIGQUEUE_TID != 0)
}

pub(crate) fn thr_kill2(cx: &mut Cx, pid: i32, id: i64, signal: i32) -> Return<()> {
    send_to_thread(cx, pid, id, signal)
}
