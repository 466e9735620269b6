//! The frame a handler runs on (sendsig in cpu_regs.c).

use compat_bsd::abi::signal::Siginfo;
use compat_bsd::fpu;
use compat_bsd::sigcode::Sigcode;
use compat_bsd::signals::{Fault, action_of, alternate_stack, frame_top, siginfo_to_guest};
use compat_tables::dragonfly as tables;
use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::signal::{DefaultAction, Delivery};

use crate::abi::signal::{Sigframe, Ucontext};
use crate::context::mcontext_of;

/// What a signal does when nobody handles it.
pub(crate) fn default_action(signal: u8) -> DefaultAction {
    action_of(tables::signal::default_action(signal))
}

/// DragonFly's sigcode: call the handler the frame names, then sigreturn(&frame.uc).
///
/// ```text
/// ff 14 24                call  [rsp]              ; sigframe.sf_ahu
/// 48 8d 7c 24 40          lea   rdi, [rsp + 64]    ; &sigframe.sf_uc
/// 6a 00                   push  0                  ; where a libc stub's return address would be
/// 48 c7 c0 58 01 00 00    mov   rax, 344           ; sigreturn
/// 0f 05                   syscall
/// f4                      hlt
/// eb fd                   jmp   back to hlt
/// ```
static SIGCODE: Sigcode = Sigcode::new(&[
    0xff, 0x14, 0x24, 0x48, 0x8d, 0x7c, 0x24, 0x40, 0x6a, 0x00, 0x48, 0xc7, 0xc0, 0x58, 0x01, 0x00,
    0x00, 0x0f, 0x05, 0xf4, 0xeb, 0xfd,
]);

/// Builds the frame of a handler; see [`compat_translate::Personality::deliver`].
pub(crate) fn deliver(delivery: &mut Delivery) -> bool {
    build(delivery).is_ok()
}

/// Who sent it is all that is kept of a signal (ps_frominfo), whichever way it was sent.
pub(crate) fn as_sent(mut info: Siginfo) -> Siginfo {
    /// In the family's codes of these ways.
    const SENT: i32 = 0x10000;
    if info.code & SENT != 0 {
        (info.code, info.value) = (0, 0);
    }
    info
}

fn build(delivery: &mut Delivery) -> HostResult<()> {
    let trampoline = SIGCODE.address()?;
    let (top, was_on) = frame_top(delivery);
    let frame = &mut *delivery.frame;
    let (top, rest) = fpu::push_rest(frame, top)?;
    let sp = top.wrapping_sub(size_of::<Sigframe>() as u64) & !15;
    let mut mcontext = mcontext_of(frame, rest);
    mcontext.onstack = u64::from(was_on);
    if !delivery.fault {
        // The host shows what its last fault was.
        (mcontext.trapno, mcontext.addr, mcontext.err) = (0, 0, 0);
    }
    let fault = delivery
        .fault
        .then_some(Fault::new(frame.trapno, frame.regs.rip));
    let si = as_sent(siginfo_to_guest(delivery.signal, delivery.info, fault));
    let uc = Ucontext {
        sigmask: delivery.old_mask.words(),
        pad: [0; 6],
        mcontext,
        link: 0,
        stack: alternate_stack(delivery.thread, frame.regs.rsp),
        cofunc: 0,
        arg: 0,
        spare: [0; 4],
    };
    let whole = Sigframe {
        handler: delivery.handler,
        pad: [0; 7],
        uc,
        si,
        rest: [0; 6],
    };
    guest::write(sp, &whole)?;
    fpu::reset(frame);
    frame.regs.rdi = u64::from(delivery.signal);
    frame.regs.rsi = if delivery.action.info {
        sp + size_of::<[u64; 8]>() as u64 + size_of::<Ucontext>() as u64
    } else {
        i64::from(si.code) as u64
    };
    frame.regs.rdx = sp + size_of::<[u64; 8]>() as u64;
    frame.regs.rcx = si.addr;
    frame.regs.rsp = sp;
    frame.regs.rip = trampoline;
    // A handler starts with the direction and trap flags clear.
    frame.regs.rflags &= !(0x400 | 0x100);
    Ok(())
}
