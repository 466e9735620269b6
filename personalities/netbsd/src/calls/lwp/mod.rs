//! Threads (sys_lwp.c). Their ids are the host's: like NetBSD's since 10 they come out of the same numbers as processes'.

mod control;
mod joining;
mod park;
mod suspending;

use compat_bsd::threads::{own_id, with_thread};

use compat_bsd::calls::signal::{blockable, host_signal_or_probe};
use compat_bsd::signals::from_host;
use compat_tables::bsd::Errno;
use compat_tables::netbsd::flags::lwp_flags::{LWP_DETACHED, LWP_SUSPENDED};
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};
use compat_translate::signal::{self, SigSet, host_mask};
use compat_translate::task::{self, Start, clone};
use compat_translate::{Cx, Outcome};

use crate::abi::ucontext::{UC_CPU, UC_SIGMASK, UC_TLSBASE, Ucontext};
use crate::context::{check, registers};
use crate::error::Return;

pub(crate) use control::*;
pub(crate) use joining::{_lwp_detach, _lwp_wait};
pub(crate) use park::*;
pub(crate) use suspending::{_lwp_continue, _lwp_suspend};

pub(crate) fn after_fork() {
    joining::forget();
}

/// See [`compat_bsd::System::thread_ends`].
pub(crate) fn thread_ends(cx: &Cx) {
    cx.thread.presence.ends();
}

/// Does something with the thread `target`. One that has said that it ends is there no more (lwp_find).
fn with_lwp(cx: &Cx, target: i32, act: impl FnOnce(&task::Thread)) -> Return<()> {
    let mut ended = target <= 0;
    if !ended {
        with_thread(cx, target, |thread| {
            ended = thread.presence.has_ended();
            if !ended {
                act(thread);
            }
        })?;
    }
    match ended {
        false => Ok(()),
        true => Err(Errno::ESRCH.into()),
    }
}

pub(crate) fn _lwp_create(
    cx: &mut Cx,
    ucp: In<Ucontext>,
    flags: u32,
    new_lwp: Out<i32>,
) -> Return<()> {
    let wanted = ucp.read()?;
    if wanted.flags & UC_CPU == 0 {
        return Err(Errno::EINVAL.into());
    }
    check(cx.frame, &wanted.mcontext)?;
    let own = cx.thread.mask.get();
    let mask = if wanted.flags & UC_SIGMASK != 0 {
        blockable(SigSet::from_words(wanted.sigmask))
    } else {
        own
    };
    let mut context = *cx.frame;
    context.regs = registers(&wanted.mcontext.gregs);
    context.sigmask = host_mask(mask);
    // The vector state is the initial one.
    context.fpstate = 0;
    context.flags &= !1;
    let start = Start {
        context,
        fs_base: (wanted.flags & UC_TLSBASE != 0).then_some(wanted.mcontext.tlsbase),
    };
    let joinable = flags & LWP_DETACHED == 0;
    // The new thread takes its mask from this one's.
    cx.thread.mask.set(mask);
    let made = clone::spawn(cx, start, |id| {
        new_lwp.write(&id)?;
        if joinable {
            joining::born(id);
        }
        if flags & LWP_SUSPENDED != 0 {
            suspending::begin_suspended(id);
        }
        Ok(())
    });
    cx.thread.mask.set(own);
    made.map(drop)
}

pub(crate) fn _lwp_exit(cx: &mut Cx) -> Return<Outcome> {
    cx.thread.presence.ends();
    signal::retire(cx.thread);
    joining::ends(own_id(cx));
    clone::exit_unless_last(cx.thread);
    // With the last thread the process ends (lwp_exit).
    super::exit(cx, 0)
}

pub(crate) fn _lwp_self(cx: &mut Cx) -> Return<i32> {
    Ok(own_id(cx))
}

pub(crate) fn _lwp_setprivate(_cx: &mut Cx, address: u64) -> Return<()> {
    const USER_SPACE: u64 = 1 << 47;
    if address >= USER_SPACE {
        return Err(Errno::EINVAL.into());
    }
    task::set_fs_base(address);
    Ok(())
}

pub(crate) fn _lwp_getprivate(_cx: &mut Cx) -> Return<u64> {
    Ok(task::fs_base())
}

pub(crate) fn _lwp_kill(cx: &mut Cx, target: i32, signal: i32) -> Return<()> {
    let signal = host_signal_or_probe(cx, signal)?;
    debug_assert!(signal == 0 || from_host(signal as u8).is_some());
    if target <= 0 {
        return Err(Errno::ESRCH.into());
    }
    // SAFETY: no arguments.
    let pid = unsafe { host::call_n(nr::getpid, []) }?;
    signal::send_to_thread(pid as i32, target, signal)?;
    Ok(())
}
