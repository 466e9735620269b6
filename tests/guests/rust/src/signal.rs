//! Signals: FreeBSD's structures, and a handler that leaves no register as it was.

use core::arch::global_asm;
use core::mem::offset_of;

use crate::probe::State;
use crate::start::Shared;
use crate::sys;

/// `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Action {
    /// Handler, 0 for default, 1 for ignore.
    pub handler: u64,
    /// `SA_*`.
    pub flags: u32,
    /// Blocked meanwhile.
    pub mask: Set,
    /// Nothing.
    pub pad: u32,
}

/// `sigset_t`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Set(pub [u32; 4]);

impl Set {
    /// Nothing.
    pub const EMPTY: Self = Self([0; 4]);

    /// These signals.
    pub fn of(signals: &[u32]) -> Self {
        let mut set = Self::EMPTY;
        for signal in signals {
            set.0[(signal - 1) as usize / 32] |= 1 << ((signal - 1) % 32);
        }
        set
    }
}

/// `SA_*`.
pub const SA_ONSTACK: u32 = 1;
/// The same.
pub const SA_RESTART: u32 = 2;
/// The same.
pub const SA_RESETHAND: u32 = 4;
/// The same.
pub const SA_NODEFER: u32 = 0x10;
/// The same.
pub const SA_SIGINFO: u32 = 0x40;

/// Signal number.
pub const SIGILL: u32 = 4;
/// The same.
pub const SIGTRAP: u32 = 5;
/// The same.
pub const SIGFPE: u32 = 8;
/// The same.
pub const SIGBUS: u32 = 10;
/// The same.
pub const SIGSEGV: u32 = 11;
/// The same.
pub const SIGSYS: u32 = 12;
/// The same.
pub const SIGALRM: u32 = 14;
/// The same.
pub const SIGTERM: u32 = 15;
/// The same.
pub const SIGUSR1: u32 = 30;
/// The same.
pub const SIGUSR2: u32 = 31;

/// `SIG_BLOCK`.
pub const BLOCK: u64 = 1;
/// `SIG_UNBLOCK`.
pub const UNBLOCK: u64 = 2;
/// `SIG_SETMASK`.
pub const SETMASK: u64 = 3;

/// `siginfo_t`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Info {
    /// Signal.
    pub signo: i32,
    /// Error number.
    pub errno: i32,
    /// `SI_*`, `SEGV_*` and so on.
    pub code: i32,
    /// Sender.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Exit status or signal of a child.
    pub status: i32,
    /// Faulting address.
    pub addr: u64,
    /// `si_value`.
    pub value: u64,
    /// Trap number, or timer and overrun.
    pub reason: [i32; 10],
}

/// `mcontext_t`.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "registers are named as registers")]
pub struct Machine {
    pub onstack: u64,
    pub rdi: u64,
    pub rsi: u64,
    pub rdx: u64,
    pub rcx: u64,
    pub r8: u64,
    pub r9: u64,
    pub rax: u64,
    pub rbx: u64,
    pub rbp: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub trapno: u32,
    pub fs: u16,
    pub gs: u16,
    pub addr: u64,
    pub flags: u32,
    pub es: u16,
    pub ds: u16,
    pub err: u64,
    pub rip: u64,
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
    pub len: u64,
    pub fpformat: u64,
    pub ownedfp: u64,
    pub fpstate: [u8; 512],
    pub fsbase: u64,
    pub gsbase: u64,
    pub xfpustate: u64,
    pub xfpustate_len: u64,
    spare: [u64; 4],
}

/// `ucontext_t`.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct Context {
    /// The mask to return to.
    pub mask: Set,
    /// The registers to return to.
    pub machine: Machine,
    link: u64,
    /// The alternate stack.
    pub stack: Stack,
    flags: i32,
    spare: [i32; 4],
}

/// `stack_t`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Lowest address.
    pub sp: u64,
    /// Bytes.
    pub size: u64,
    /// `SS_*`.
    pub flags: i32,
    /// Nothing.
    pub pad: i32,
}

const _: () = {
    assert!(size_of::<Action>() == 32 && size_of::<Info>() == 80 && size_of::<Machine>() == 800);
    assert!(size_of::<Context>() == 880 && offset_of!(Context, machine) == 16);
    assert!(offset_of!(Machine, rip) == 160 && offset_of!(Machine, fpstate) == 224);
    assert!(offset_of!(Context, stack) == 824);
};

/// A handler with all its arguments.
pub type Handler = extern "C" fn(u32, &mut Info, &mut Context);

/// Installs `handler` (with SA_SIGINFO) for `signal`.
pub fn handle(signal: u32, handler: Handler, flags: u32, mask: Set) {
    action(signal, handler as usize as u64, flags | SA_SIGINFO, mask);
}

/// Sets the action of `signal`.
pub fn action(signal: u32, handler: u64, flags: u32, mask: Set) {
    let action = Action {
        handler,
        flags,
        mask,
        pad: 0,
    };
    sys::call(
        sys::SIGACTION,
        [u64::from(signal), (&raw const action) as u64, 0],
    )
    .expect("sigaction");
}

/// The action of `signal`.
pub fn current(signal: u32) -> Action {
    let mut found = Action::default();
    sys::call(
        sys::SIGACTION,
        [u64::from(signal), 0, (&raw mut found) as u64],
    )
    .expect("sigaction");
    found
}

/// Changes the mask; returns the one before.
pub fn mask(how: u64, set: Set) -> Set {
    let mut old = Set::EMPTY;
    let args = [how, (&raw const set) as u64, (&raw mut old) as u64];
    sys::call(sys::SIGPROCMASK, args).expect("sigprocmask");
    old
}

/// Sends the process a signal.
pub fn raise(signal: u32) {
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    sys::call(sys::KILL, [pid, u64::from(signal)]).expect("kill");
}

/// SIGALRM every `microseconds`, after as many; 0 ends it.
pub fn alarm_every(microseconds: u64) {
    let timer = [0, microseconds, 0, microseconds];
    sys::call(sys::SETITIMER, [0, timer.as_ptr() as u64, 0]).expect("setitimer");
}

/// SIGALRM once, `microseconds` from now.
pub fn alarm_once(microseconds: u64) {
    let timer = [0, 0, 0, microseconds];
    sys::call(sys::SETITIMER, [0, timer.as_ptr() as u64, 0]).expect("setitimer");
}

/// How often [`scramble`] ran.
pub static SCRAMBLED: Shared<u64> = Shared::new(0);
/// MXCSR at its last start.
pub static MXCSR: Shared<u32> = Shared::new(0);
/// x87 control word at its last start.
pub static CONTROL: Shared<u16> = Shared::new(0);
/// Flags at its last start.
pub static RFLAGS: Shared<u64> = Shared::new(0);
/// The vector state that it leaves behind, and the mask of its components.
pub static GARBAGE: Shared<State> = Shared::new(State::new());
static GARBAGE_MASK: Shared<u64> = Shared::new(0);

// A handler that notes the modes it starts with, steps over the instruction when that is `ud2`, and returns with every
// register but rsp changed: general, flags, vector, x87, MXCSR. sigreturn must undo it all.
global_asm!(
    "scramble:",
    "stmxcsr [rip + {mxcsr}]",
    "fnstcw [rip + {control}]",
    "pushfq",
    "pop [rip + {rflags}]",
    "lock inc qword ptr [rip + {count}]",
    "mov rcx, [rdx + 16 + 160]",
    "cmp edi, 4",
    "jne 2f",
    "add qword ptr [rdx + 16 + 160], 2",
    "2:",
    "cmp qword ptr [rip + {mask}], 0",
    "je 3f",
    "mov eax, [rip + {mask}]",
    "mov edx, [rip + {mask} + 4]",
    "lea rdi, [rip + {garbage}]",
    "xrstor64 [rdi + 256]",
    "3:",
    "mov rax, 0x1111111111111111",
    "mov qword ptr [rip + PROBE_FLAG], 0x77",
    "mov rbx, rax",
    "mov rcx, rax",
    "mov rdx, rax",
    "mov rsi, rax",
    "mov rdi, rax",
    "mov rbp, rax",
    "mov r8, rax",
    "mov r9, rax",
    "mov r10, rax",
    "mov r11, rax",
    "mov r12, rax",
    "mov r13, rax",
    "mov r14, rax",
    "mov r15, rax",
    "std",
    "stc",
    "ret",
    mxcsr = sym MXCSR,
    control = sym CONTROL,
    rflags = sym RFLAGS,
    count = sym SCRAMBLED,
    mask = sym GARBAGE_MASK,
    garbage = sym GARBAGE,
);

unsafe extern "C" {
    fn scramble();
}

/// Installs the handler that changes every register.
pub fn handle_by_scrambling(signal: u32, flags: u32) {
    let garbage = unsafe { &mut *GARBAGE.get() };
    garbage.fill(0x5ca1ab1e);
    GARBAGE_MASK.store(crate::probe::components());
    action(
        signal,
        scramble as *const () as u64,
        flags | SA_SIGINFO,
        Set::EMPTY,
    );
}
