//! The signals of the BSDs: numbers, faults, and what a handler is told (sendsig, trap.c).

use compat_translate::signal::{DefaultAction, Delivery, SigInfo};
use compat_translate::task;

use crate::abi::signal::{SS_DISABLE, SS_ONSTACK, Siginfo, Stack};
use crate::system::personality;

/// Guest numbers used by name.
pub mod number {
    macro_rules! of_the_table {
        ($($name:ident)*) => {
            $(pub const $name: u8 = compat_tables::bsd::Signal::$name.number();)*
        };
    }
    of_the_table! { SIGILL SIGTRAP SIGABRT SIGFPE SIGKILL SIGBUS SIGSEGV SIGSYS SIGALRM SIGSTOP SIGCHLD }
    of_the_table! { SIGVTALRM SIGPROF }
}
use number::{SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};

/// The host's signal that carries the guest's; `None` when none does.
pub fn to_host(signal: u8) -> Option<u8> {
    (personality().signal_to_host)(signal)
}

/// The guest's signal for the host's; `None` for a number that is no signal.
pub fn from_host(signal: u8) -> Option<u8> {
    (personality().signal_from_host)(signal)
}

/// What the table says, in translate's terms.
pub fn action_of(action: compat_tables::DefaultAction) -> DefaultAction {
    match action {
        compat_tables::DefaultAction::Terminate => DefaultAction::Terminate,
        compat_tables::DefaultAction::Core => DefaultAction::Core,
        compat_tables::DefaultAction::Ignore => DefaultAction::Ignore,
        compat_tables::DefaultAction::Stop => DefaultAction::Stop,
        compat_tables::DefaultAction::Continue => DefaultAction::Continue,
    }
}

const TRAP_PROTECTION: u64 = 13;
const TRAP_STACK: u64 = 12;
pub const TRAP_PAGE: u64 = 14;
const SI_KERNEL_HOST: i32 = 0x80;
/// A message queue has a message for who asked to be told.
const SI_MESGQ_HOST: i32 = -3;

/// The signal FreeBSD raises for a fault that the host reports as `host` (trap.c).
pub fn fault_signal(host: u8, info: &SigInfo, trap: u64) -> u8 {
    // A general protection fault is SIGBUS on FreeBSD, SIGSEGV with SI_KERNEL on Linux.
    if host == 11 && info.code == SI_KERNEL_HOST && trap == TRAP_PROTECTION {
        return SIGBUS;
    }
    from_host(host).unwrap_or(SIGBUS)
}

/// FreeBSD's trap numbers (machine/trap.h) by hardware vector.
pub fn trap_number(vector: u64) -> u32 {
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
pub struct Fault {
    trap: u64,
    rip: u64,
}

impl Fault {
    /// The exception `trap` of the CPU at `rip`.
    pub fn new(trap: u64, rip: u64) -> Self {
        Self { trap, rip }
    }
}

/// The guest's `siginfo_t` for the host's.
pub fn siginfo_to_guest(signal: u8, info: &SigInfo, fault: Option<Fault>) -> Siginfo {
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
pub fn alternate_stack(thread: &task::Thread, rsp: u64) -> Stack {
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

/// Whether `rsp` lies on the stack of `size` bytes from `base`.
pub fn on_stack(base: u64, size: u64, rsp: u64) -> bool {
    rsp.wrapping_sub(base) < size
}

/// Where a handler's frame may begin, and whether the thread was on its alternate stack: on that stack if the action asks for
/// it and the thread is not there yet, else below the red zone of the current one (sendsig).
pub fn frame_top(delivery: &Delivery) -> (u64, bool) {
    const RED_ZONE: u64 = 128;
    let at = delivery.frame.regs.rsp;
    let (base, size, enabled) = delivery.thread.alternate.get();
    let was_on = enabled && on_stack(base, size, at);
    if delivery.action.on_stack && enabled && !was_on {
        (base.wrapping_add(size), was_on)
    } else {
        (at.wrapping_sub(RED_ZONE), was_on)
    }
}
