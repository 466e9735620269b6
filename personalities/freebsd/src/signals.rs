//! FreeBSD's signals: numbers, defaults, faults and the frame a handler runs on (sendsig in exec_machdep.c).

use compat_bsd::fpu::push_rest;
use compat_tables::freebsd as tables;
use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::signal::{DefaultAction, Delivery};
use compat_translate::task;

use crate::abi::signal::{MC_HASFPXSTATE, Sigframe, Ucontext};
use crate::context::{mcontext_of, reset_fpu};
use crate::sigcode::SIGCODE;
use crate::tls;

pub(crate) use compat_bsd::signals::*;

/// The host's signal for one of ours.
pub(crate) fn signal_to_host(signal: u8) -> Option<u8> {
    tables::signal::to_host(signal)
}

/// Ours for one of the host's.
pub(crate) fn signal_from_host(signal: u8) -> Option<u8> {
    tables::signal::from_host(signal)
}

/// What a signal does when nobody handles it.
pub(crate) fn default_action(signal: u8) -> DefaultAction {
    action_of(tables::signal::default_action(signal))
}

/// Builds the frame of a handler; see [`compat_translate::Personality::deliver`].
pub(crate) fn deliver(delivery: &mut Delivery) -> bool {
    build(delivery).is_ok()
}

fn build(delivery: &mut Delivery) -> HostResult<()> {
    let trampoline = SIGCODE.address()?;
    let (mut sp, was_on) = frame_top(delivery);
    let frame = &mut *delivery.frame;
    let mut mcontext = mcontext_of(frame);
    mcontext.onstack = u64::from(was_on);
    if !delivery.fault {
        // The host shows what its last fault was.
        (mcontext.trapno, mcontext.addr, mcontext.err) = (0, 0, 0);
    }
    let rest;
    (sp, rest) = push_rest(frame, sp)?;
    if rest.1 > 0 {
        mcontext.flags |= MC_HASFPXSTATE;
        (mcontext.xfpustate, mcontext.xfpustate_len) = rest;
    }
    sp = sp.wrapping_sub(size_of::<Sigframe>() as u64) & !15;
    let fault = delivery
        .fault
        .then_some(Fault::new(frame.trapno, frame.regs.rip));
    let si = siginfo_to_guest(delivery.signal, delivery.info, fault);
    let uc = Ucontext {
        sigmask: delivery.old_mask.words(),
        mcontext,
        link: 0,
        stack: alternate_stack(delivery.thread, frame.regs.rsp),
        flags: 0,
        spare: [0; 4],
        pad: [0; 3],
    };
    guest::write(
        sp,
        &Sigframe {
            handler: delivery.handler,
            pad: 0,
            uc,
            si,
        },
    )?;
    reset_fpu(frame);
    if let Some(base) = tls::of(delivery.thread) {
        task::set_fs_base(base);
    }
    frame.regs.rdi = u64::from(delivery.signal);
    frame.regs.rsi = if delivery.action.info {
        sp + 896
    } else {
        i64::from(si.code) as u64
    };
    frame.regs.rdx = sp + 16;
    frame.regs.rcx = si.addr;
    frame.regs.rsp = sp;
    frame.regs.rip = trampoline;
    // A handler starts with the direction and trap flags clear.
    frame.regs.rflags &= !(0x400 | 0x100);
    Ok(())
}
