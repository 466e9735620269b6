//! FreeBSD's signals: numbers, defaults, faults and the frame a handler runs on (sendsig in exec_machdep.c).

use compat_tables::freebsd as tables;
use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::signal::{DefaultAction, Delivery, SigInfo};
use compat_translate::task;

use crate::abi::signal::{
    MC_HASFPXSTATE, SS_DISABLE, SS_ONSTACK, Sigframe, Siginfo, Stack, Ucontext,
};
use crate::context::{mcontext_of, reset_fpu, xsave_of};
use crate::sigcode;

/// Guest numbers used by name.
pub(crate) mod number {
    macro_rules! of_the_table {
        ($($name:ident)*) => {
            $(pub(crate) const $name: u8 = compat_tables::freebsd::Signal::$name.number();)*
        };
    }
    of_the_table! { SIGILL SIGTRAP SIGABRT SIGFPE SIGKILL SIGBUS SIGSEGV SIGSYS SIGSTOP SIGCHLD }
}
use number::{SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};

pub(crate) fn to_host(signal: u8) -> Option<u8> {
    tables::signal::to_host(signal)
}

pub(crate) fn from_host(signal: u8) -> Option<u8> {
    tables::signal::from_host(signal)
}

pub(crate) fn default_action(signal: u8) -> DefaultAction {
    match tables::signal::default_action(signal) {
        compat_tables::DefaultAction::Terminate => DefaultAction::Terminate,
        compat_tables::DefaultAction::Core => DefaultAction::Core,
        compat_tables::DefaultAction::Ignore => DefaultAction::Ignore,
        compat_tables::DefaultAction::Stop => DefaultAction::Stop,
        compat_tables::DefaultAction::Continue => DefaultAction::Continue,
    }
}

const TRAP_PROTECTION: u64 = 13;
const TRAP_STACK: u64 = 12;
pub(crate) const TRAP_PAGE: u64 = 14;
const SI_KERNEL_HOST: i32 = 0x80;
/// A message queue has a message for who asked to be told.
const SI_MESGQ_HOST: i32 = -3;

/// The signal FreeBSD raises for a fault that the host reports as `host` (trap.c).
pub(crate) fn fault_signal(host: u8, info: &SigInfo, trap: u64) -> u8 {
    // A general protection fault is SIGBUS on FreeBSD, SIGSEGV with SI_KERNEL on Linux.
    if host == 11 && info.code == SI_KERNEL_HOST && trap == TRAP_PROTECTION {
        return SIGBUS;
    }
    from_host(host).unwrap_or(SIGBUS)
}

/// FreeBSD's trap numbers (machine/trap.h) by hardware vector.
pub(crate) fn trap_number(vector: u64) -> u32 {
    match vector {
        0 => 18,
        1 => 10,
        3 => 3,
        4 => 20,
        5 => 21,
        6 => 1,
        7 => 22,
        10 => 25,
        11 => 26,
        12 => 27,
        13 => 9,
        14 => 12,
        16 => 6,
        17 => 14,
        19 => 29,
        _ => 0,
    }
}

/// `si_code` of a fault (trap in amd64/trap.c, vm_fault_trap).
fn fault_code(signal: u8, code: i32, trap: u64) -> i32 {
    match (signal, code) {
        // Linux and FreeBSD swap integer divide and overflow.
        (SIGFPE, 1) => 2,
        (SIGFPE, 2) => 1,
        // SEGV_PKUERR.
        (SIGSEGV, 4) => 100,
        // An undefined instruction is ILL_PRVOPC.
        (SIGILL, _) => 5,
        // A segment that is not there, or the stack beyond canonical addresses: BUS_ADRERR.
        (SIGBUS, _) if matches!(trap, 11 | TRAP_STACK) => 2,
        // A page beyond the end of its object, and a general protection fault: BUS_OBJERR.
        (SIGBUS, 2 | SI_KERNEL_HOST) => 3,
        (SIGTRAP, SI_KERNEL_HOST) => 1,
        (_, code) => code,
    }
}

fn code_to_guest(signal: u8, code: i32, fault: Option<Fault>) -> i32 {
    if let Some(fault) = fault {
        return fault_code(signal, code, fault.trap);
    }
    match code {
        0 => 0x10001,
        -1 => 0x10002,
        -2 => 0x10003,
        SI_MESGQ_HOST => 0x10005,
        -4 => 0x10004,
        -6 => 0x10007,
        SI_KERNEL_HOST => 0x10006,
        code => code,
    }
}

/// A signal that the CPU raised: by which exception, and where.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    trap: u64,
    rip: u64,
}

/// The guest's `siginfo_t` for the host's.
pub(crate) fn siginfo_to_guest(signal: u8, info: &SigInfo, fault: Option<Fault>) -> Siginfo {
    let mut guest = Siginfo {
        signo: i32::from(signal),
        errno: info.errno,
        code: code_to_guest(signal, info.code, fault),
        ..Siginfo::default()
    };
    if let Some(Fault { trap, rip }) = fault {
        guest.addr = if trap == TRAP_PAGE {
            info.address()
        } else {
            rip
        };
        guest.reason = core::array::from_fn(|index| {
            if index == 0 {
                trap_number(trap) as i32
            } else {
                0
            }
        });
        return guest;
    }
    if info.code == -2 {
        guest.value = info.value();
        guest.reason = core::array::from_fn(|index| match index {
            0 => info.pid(),
            1 => info.uid() as i32,
            _ => 0,
        });
        return guest;
    }
    guest.pid = info.pid();
    guest.uid = info.uid();
    if signal == SIGCHLD && info.code > 0 {
        // CLD_EXITED carries an exit code, everything else a signal.
        guest.status = match info.code {
            1 => info.status(),
            _ => from_host(info.status() as u8).map_or(info.status(), i32::from),
        };
    } else {
        guest.value = info.value();
    }
    if info.code == SI_MESGQ_HOST {
        // si_mqd: see `Notice` of the kernel objects.
        guest.reason = core::array::from_fn(|index| match index {
            0 => info.fields.get(2).map_or(0, |queue| *queue as i32),
            _ => 0,
        });
    }
    guest
}

/// The alternate stack as `sigaltstack` and `uc_stack` show it.
pub(crate) fn alternate_stack(thread: &task::Thread, rsp: u64) -> Stack {
    let (sp, size, enabled) = thread.alternate.get();
    let flags = if !enabled {
        SS_DISABLE
    } else if on_stack(sp, size, rsp) {
        SS_ONSTACK
    } else {
        0
    };
    Stack {
        sp,
        size,
        flags,
        pad: 0,
    }
}

fn on_stack(base: u64, size: u64, rsp: u64) -> bool {
    rsp.wrapping_sub(base) < size
}

/// Builds the frame of a handler; see [`compat_translate::Personality::deliver`].
pub(crate) fn deliver(delivery: &mut Delivery) -> bool {
    build(delivery).is_ok()
}

const RED_ZONE: u64 = 128;

fn build(delivery: &mut Delivery) -> HostResult<()> {
    let trampoline = sigcode::address()?;
    let frame = &mut *delivery.frame;
    let (base, size, enabled) = delivery.thread.alternate.get();
    let was_on = enabled && on_stack(base, size, frame.regs.rsp);
    let mut sp = if delivery.action.on_stack && enabled && !was_on {
        base.wrapping_add(size)
    } else {
        frame.regs.rsp.wrapping_sub(RED_ZONE)
    };
    let mut mcontext = mcontext_of(frame);
    mcontext.onstack = u64::from(was_on);
    if !delivery.fault {
        // The host shows what its last fault was.
        (mcontext.trapno, mcontext.addr, mcontext.err) = (0, 0, 0);
    }
    if let Some((image, extended)) = xsave_of(frame).filter(|&(_, extended)| extended > 0) {
        sp = sp.wrapping_sub(extended as u64) & !63;
        // SAFETY: the image extends that far.
        let rest = unsafe { core::slice::from_raw_parts((image + 512) as *const u8, extended) };
        guest::write_bytes(sp, rest)?;
        mcontext.flags |= MC_HASFPXSTATE;
        mcontext.xfpustate = sp;
        mcontext.xfpustate_len = extended as u64;
    }
    sp = sp.wrapping_sub(size_of::<Sigframe>() as u64) & !15;
    let fault = delivery.fault.then_some(Fault {
        trap: frame.trapno,
        rip: frame.regs.rip,
    });
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
