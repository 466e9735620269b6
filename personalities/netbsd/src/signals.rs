//! NetBSD's signals: what a fault is, and the frame a handler runs on (sendsig_siginfo, trap).

use core::sync::atomic::{AtomicU64, Ordering};

use compat_bsd::fpu;
use compat_bsd::signals::{Fault, frame_top, number, siginfo_to_guest};
use compat_tables::netbsd as tables;
use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::signal::{DefaultAction, Delivery, SigInfo};
use zerocopy::{Immutable, IntoBytes};

use crate::abi::signal::{Reason, Siginfo, Stack};
use crate::abi::ucontext::{UC_CLRSTACK, UC_SETSTACK, UC_SIGMASK, Ucontext};
use crate::context::{PARTS, link, mcontext_of};

/// What a signal does when nobody handles it.
pub(crate) fn default_action(signal: u8) -> DefaultAction {
    compat_bsd::signals::action_of(tables::signal::default_action(signal))
}

/// The signal NetBSD raises for a fault that the host reports as `host`; they are the same.
pub(crate) fn fault_signal(host: u8, _info: &SigInfo, _trap: u64) -> u8 {
    tables::signal::from_host(host).unwrap_or(number::SIGBUS)
}

/// NetBSD's trap numbers (x86/trap.h) by hardware vector.
pub(crate) fn trap_number(vector: u64) -> u32 {
    const T_RESERVED: u32 = 20;
    const BY_VECTOR: [u32; 20] = [
        8, 5, 9, 1, 10, 11, 0, 12, 13, 14, 15, 16, 17, 4, 6, T_RESERVED, 2, 7, 18, 19,
    ];
    usize::try_from(vector)
        .ok()
        .and_then(|vector| BY_VECTOR.get(vector).copied())
        .unwrap_or(T_RESERVED)
}

const TRAP_PAGE: u64 = 14;
const SI_KERNEL_HOST: i32 = 0x80;

/// What the family says of a signal that the kernel sent on its own account.
const SI_KERNEL: i32 = 0x10006;
const SI_TIMER: i32 = -2;

/// Whether interval timers send the signal, and the kernel for nothing else.
fn is_timers(signal: i32) -> bool {
    [number::SIGALRM, number::SIGVTALRM, number::SIGPROF].contains(&(signal as u8))
}

/// `si_code` of a fault (trap).
fn fault_code(signal: u8, code: i32) -> i32 {
    match (signal, code) {
        // An undefined instruction is ILL_PRVOPC.
        (number::SIGILL, _) => 5,
        // A general protection fault: SEGV_ACCERR.
        (number::SIGSEGV, SI_KERNEL_HOST) => 2,
        // A segment that is not there, or the stack beyond canonical addresses: BUS_ADRERR.
        (number::SIGBUS, SI_KERNEL_HOST) => 2,
        // A breakpoint: TRAP_BRKPT.
        (number::SIGTRAP, SI_KERNEL_HOST) => 1,
        (_, code) => code,
    }
}

/// The guest's `siginfo_t` of a fault.
fn fault_info(signal: u8, info: &SigInfo, trap: u64, rip: u64) -> Siginfo {
    let address = if trap == TRAP_PAGE {
        info.address()
    } else {
        rip
    };
    Siginfo {
        signo: i32::from(signal),
        code: fault_code(signal, info.code),
        reason: Reason::fault(address, trap_number(trap)),
        ..Siginfo::default()
    }
}

/// The guest's `siginfo_t` for the family's.
pub(crate) fn siginfo(family: &compat_bsd::abi::signal::Siginfo) -> Siginfo {
    let child = family.signo == i32::from(number::SIGCHLD) && family.status != 0
        || (1..=6).contains(&family.code);
    Siginfo {
        signo: family.signo,
        // Interval timers say so (itimer_fire); the family's kernel says no more than that it was the kernel.
        code: match family.code {
            SI_KERNEL if is_timers(family.signo) => SI_TIMER,
            code => tables::flags::SI_CODE
                .to_guest(i64::from(code))
                .map_or(code, |code| code as i32),
        },
        errno: family.errno,
        pad: 0,
        reason: Reason::sent(
            family.pid,
            family.uid,
            if child {
                u64::from(family.status as u32)
            } else {
                family.value
            },
        ),
        rest: [0; 9],
    }
}

/// The trampolines that handlers return to, by signal (`__sigaction_sigtramp`).
static TRAMPOLINES: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];

/// Notes where the handler of `signal` returns to.
pub(crate) fn set_trampoline(signal: u8, address: u64) {
    if let Some(slot) = TRAMPOLINES.get(usize::from(signal)) {
        slot.store(address, Ordering::Relaxed);
    }
}

fn trampoline(signal: u8) -> u64 {
    TRAMPOLINES
        .get(usize::from(signal))
        .map_or(0, |slot| slot.load(Ordering::Relaxed))
}

/// `struct sigframe_siginfo`.
#[repr(C)]
#[derive(Clone, Copy, IntoBytes, Immutable)]
struct Sigframe {
    /// Where the handler returns to.
    ra: u64,
    si: Siginfo,
    uc: Ucontext,
}

const SI_AT: u64 = 8;
const UC_AT: u64 = SI_AT + size_of::<Siginfo>() as u64;

/// Builds the frame of a handler; see [`compat_translate::Personality::deliver`].
pub(crate) fn deliver(delivery: &mut Delivery) -> bool {
    build(delivery).is_ok()
}

fn build(delivery: &mut Delivery) -> HostResult<()> {
    let (mut sp, was_on) = frame_top(delivery);
    let frame = &mut *delivery.frame;
    let rest;
    (sp, rest) = fpu::push_rest(frame, sp)?;
    let mut mcontext = mcontext_of(frame, rest);
    let si = if delivery.fault {
        fault_info(delivery.signal, delivery.info, frame.trapno, frame.regs.rip)
    } else {
        // The host shows what its last fault was.
        (mcontext.gregs.trapno, mcontext.gregs.err) = (0, 0);
        siginfo(&siginfo_to_guest(
            delivery.signal,
            delivery.info,
            None::<Fault>,
        ))
    };
    let uc = Ucontext {
        flags: UC_SIGMASK | PARTS | if was_on { UC_SETSTACK } else { UC_CLRSTACK },
        pad: 0,
        link: link(delivery.thread),
        sigmask: delivery.old_mask.words(),
        stack: Stack::default(),
        mcontext,
    };
    // The frame is where a call would have left the return address: 8 below a multiple of 16.
    sp = (sp.wrapping_sub(size_of::<Sigframe>() as u64) & !15).wrapping_sub(8);
    let ra = trampoline(delivery.signal);
    guest::write(sp, &Sigframe { ra, si, uc })?;
    fpu::reset(frame);
    frame.regs.rdi = u64::from(delivery.signal);
    frame.regs.rsi = sp + SI_AT;
    frame.regs.rdx = sp + UC_AT;
    frame.regs.r15 = sp + UC_AT;
    frame.regs.rsp = sp;
    frame.regs.rip = delivery.handler;
    // A handler starts with the direction, trap and alignment flags clear (PSL_CLEARSIG).
    frame.regs.rflags &= !(0x400 | 0x100 | 0x4_0000);
    Ok(())
}
