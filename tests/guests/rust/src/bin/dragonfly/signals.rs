//! Signals: FreeBSD's `siginfo_t` and actions, a context of DragonFly's own.

use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::bsd::signals::{self, Action, Interrupted, SIGUSR1, Signals, raise, steps_over};
use compat_guests::signal::{self, Info, Set};
use compat_guests::sys::{self, call};

use crate::DragonFly;

const SIGACTION: u64 = 342;

/// `ucontext_t`, as words: 8 for the mask, 160 of the machine, then link and stack.
#[repr(C)]
pub(crate) struct Context {
    mask: [u32; 16],
    machine: [u64; 160],
    link: u64,
    stack: [u64; 3],
}

/// Indices of `mcontext_t`.
const RAX: usize = 7;
const RBX: usize = 8;
const RIP: usize = 21;
const LEN: usize = 26;
/// The first byte of the vector state.
const FPREGS: usize = 256;

const _: () = {
    assert!(core::mem::offset_of!(Context, machine) == 64);
    assert!(core::mem::offset_of!(Context, link) == 1344);
};

impl Signals for DragonFly {
    const SIGPROCMASK: u64 = sys::SIGPROCMASK;
    const SIGPENDING: u64 = sys::SIGPENDING;
    const SIGSUSPEND: u64 = sys::SIGSUSPEND;
    const SIGTIMEDWAIT: u64 = sys::SIGTIMEDWAIT;
    const SIGALTSTACK: u64 = sys::SIGALTSTACK;
    const SETITIMER: u64 = sys::SETITIMER;
    const BEYOND: u64 = 129;
    const FPE_INTDIV: i32 = 2;
    type Siginfo = Info;
    type Context = Context;

    fn set(signal: u64, handler: u64, flags: u32) -> sys::Result {
        let action = signal::Action {
            handler,
            flags,
            mask: Set::EMPTY,
            pad: 0,
        };
        call(SIGACTION, [signal, (&raw const action) as u64, 0])
    }

    fn action(signal: u64) -> Action {
        let mut found = signal::Action::default();
        let args = [signal, 0, (&raw mut found) as u64];
        assert_eq!(call(SIGACTION, args), Ok(0));
        Action {
            handler: found.handler,
            flags: found.flags,
            mask: found.mask.0,
        }
    }

    fn info(told: &Info) -> Info {
        *told
    }

    fn thread() -> u64 {
        call(496, []).unwrap_or(0)
    }
}

impl Interrupted for Context {
    fn rip(&mut self) -> &mut u64 {
        &mut self.machine[RIP]
    }

    fn rax(&mut self) -> &mut u64 {
        &mut self.machine[RAX]
    }

    fn rbx(&mut self) -> &mut u64 {
        &mut self.machine[RBX]
    }

    fn xmm7(&mut self) -> &mut u64 {
        // Behind 32 bytes of control words and 8 registers of the x87.
        &mut self.machine[(FPREGS + 160 + 7 * 16) / 8]
    }

    fn mask(&mut self) -> &mut [u32] {
        &mut self.mask
    }
}

/// Without SA_SIGINFO the second argument is the code itself.
pub(crate) fn plain() {
    static CODE: AtomicU64 = AtomicU64::new(99);
    static SIGNAL: AtomicU64 = AtomicU64::new(0);
    extern "C" fn simple(signal: u32, code: u64) {
        SIGNAL.store(u64::from(signal), Ordering::SeqCst);
        CODE.store(code, Ordering::SeqCst);
    }
    let handler = simple as *const () as usize as u64;
    assert_eq!(DragonFly::set(SIGUSR1, handler, 0), Ok(0));
    raise(SIGUSR1);
    assert_eq!(SIGNAL.load(Ordering::SeqCst), SIGUSR1);
    assert!((CODE.load(Ordering::SeqCst) as i64) < 0x1_0001 + 1);
    // The checkpoint's signals are there.
    assert_eq!(DragonFly::set(33, 1, 0), Ok(0), "SIGCKPT");
}

extern "C" fn looks_at_the_length(signal: u32, info: &mut Info, context: &mut Context) {
    assert_eq!(context.machine[LEN] as u32, 1280, "mc_len");
    steps_over::<DragonFly>(signal, info, context);
}

pub(crate) fn faults() {
    signals::faults::<DragonFly>(looks_at_the_length);
}

pub(crate) fn masks() {
    signals::masks::<DragonFly>(&[SIGUSR1]);
}
