//! Signals: trampolines of the program's own, `siginfo_t`, contexts that handlers change, masks of 128 bits.

use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::bsd::System;
use compat_guests::bsd::signals::{
    self, Action, Interrupted, SIGUSR1, Signals, counts, info, mask, raise, steps_over,
};
use compat_guests::signal;
use compat_guests::sys::{self, call};

use crate::NetBsd;
use crate::thread::{RAX, RBX, RIP, Ucontext};

const SIGACTION: u64 = 340;
const SIGPROCMASK: u64 = 293;
const SA_RESETHAND: u32 = 4;
const SA_NODEFER: u32 = 0x10;

/// `siginfo_t`: the code comes before the error number.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info {
    signo: i32,
    code: i32,
    errno: i32,
    pad: i32,
    first: u64,
    second: u64,
    rest: [u64; 12],
}

/// Where handlers return to: r15 is the context's address.
#[unsafe(naked)]
unsafe extern "C" fn trampoline() {
    naked_asm!("mov rdi, r15", "mov eax, 308", "syscall", "ud2")
}

/// `struct sigaction`.
#[repr(C)]
struct Sigaction {
    handler: u64,
    mask: [u32; 4],
    flags: u32,
}

impl Signals for NetBsd {
    const SIGPROCMASK: u64 = SIGPROCMASK;
    const SIGPENDING: u64 = 292;
    const SIGSUSPEND: u64 = 294;
    const SIGTIMEDWAIT: u64 = 431;
    const SIGALTSTACK: u64 = 281;
    const SETITIMER: u64 = 425;
    const BEYOND: u64 = 64;
    const FPE_INTDIV: i32 = 1;
    type Siginfo = Info;
    type Context = Ucontext;

    fn set(signal: u64, handler: u64, flags: u32) -> sys::Result {
        let action = Sigaction {
            handler,
            mask: [0; 4],
            flags,
        };
        let tramp = trampoline as *const () as u64;
        call(SIGACTION, [signal, (&raw const action) as u64, 0, tramp, 2])
    }

    fn action(signal: u64) -> Action {
        let mut found = Sigaction {
            handler: 9,
            mask: [9; 4],
            flags: 9,
        };
        let args = [signal, 0, (&raw mut found) as u64, 0, 0];
        assert_eq!(call(SIGACTION, args), Ok(0));
        let found = unsafe { (&raw const found).read_volatile() };
        Action {
            handler: found.handler,
            flags: found.flags,
            mask: found.mask,
        }
    }

    fn info(told: &Info) -> signal::Info {
        signal::Info {
            signo: told.signo,
            code: told.code,
            errno: told.errno,
            pid: told.first as i32,
            uid: (told.first >> 32) as u32,
            addr: told.first,
            status: told.second as i32,
            value: told.second,
            reason: [0; 10],
        }
    }

    fn thread() -> u64 {
        call(311, []).unwrap_or(0)
    }
}

impl Interrupted for Ucontext {
    fn rip(&mut self) -> &mut u64 {
        &mut self.gregs[RIP]
    }

    fn rax(&mut self) -> &mut u64 {
        &mut self.gregs[RAX]
    }

    fn rbx(&mut self) -> &mut u64 {
        &mut self.gregs[RBX]
    }

    fn xmm7(&mut self) -> &mut u64 {
        // Behind 32 bytes of control words and 8 registers of the x87.
        &mut self.fpregs[(160 + 7 * 16) / 8]
    }

    fn mask(&mut self) -> &mut [u32] {
        &mut self.mask
    }
}

pub(crate) fn siginfo() {
    signals::siginfo::<NetBsd>();
    raise(SIGUSR1);
    assert_eq!((info().signo, info().code), (30, 0), "SI_USER");
}

pub(crate) fn faults() {
    signals::faults::<NetBsd>(steps_over::<NetBsd>);
    let page = sys::call_of_seven(197, [0, 4096, 1, 0x1002, u64::MAX, 0], 0).expect("mmap");
    unsafe { asm!("mov [rcx], ecx", inlateout("rcx") page => _, out("rax") _) };
    assert_eq!((info().code, info().addr), (2, page), "SEGV_ACCERR");
}

pub(crate) fn masks() {
    signals::masks::<NetBsd>(&[SIGUSR1, 40]);
    // SIGKILL and SIGSTOP are never blocked.
    let all = [u32::MAX; 4];
    assert_eq!(call(SIGPROCMASK, [3, all.as_ptr() as u64, 0]), Ok(0));
    assert_eq!(mask::<NetBsd>()[0] & (1 << 8 | 1 << 16), 0);
}

pub(crate) fn suspending() {
    signals::suspending::<NetBsd>();
    assert_eq!(info().code, 0, "SI_USER");
}

pub(crate) fn queued() {
    NetBsd::count(40);
    let sent = Info {
        signo: 40,
        code: -1,
        errno: 0,
        pad: 0,
        first: 0,
        second: 0xfeed,
        rest: [0; 12],
    };
    let args = [sys::pid(), (&raw const sent) as u64];
    assert_eq!(call(245, args), Ok(0), "sigqueueinfo");
    let found = info();
    assert_eq!(
        (found.signo, found.code, found.value),
        (40, -1, 0xfeed),
        "SI_QUEUE"
    );
    // To a group, of which this is the only member from now on.
    let _ = call(82, [0, 0]);
    let group = call(81, []).expect("getpgrp");
    for (round, target) in [(2, 0), (3, group.wrapping_neg())] {
        assert_eq!(call(245, [target, (&raw const sent) as u64]), Ok(0));
        assert_eq!((signals::seen(), info().value), (round, 0xfeed));
    }
    let nobody = 4_000_000u64.wrapping_neg();
    assert_eq!(call(245, [nobody, args[1]]), Err(sys::ESRCH));
}

pub(crate) fn once() {
    NetBsd::handle(SIGUSR1, counts::<NetBsd>, SA_RESETHAND);
    raise(SIGUSR1);
    assert_eq!(NetBsd::action(SIGUSR1).handler, 0, "SIG_DFL");
    static DEPTH: AtomicU64 = AtomicU64::new(0);
    extern "C" fn again(_signal: u32, _info: &mut Info, _context: &mut Ucontext) {
        if DEPTH.fetch_add(1, Ordering::SeqCst) < 3 {
            raise(SIGUSR1);
        }
    }
    NetBsd::handle(SIGUSR1, again, SA_NODEFER);
    raise(SIGUSR1);
    assert_eq!(DEPTH.load(Ordering::SeqCst), 4, "within itself");
    NetBsd::ignore(SIGUSR1);
    raise(SIGUSR1);
}

/// What interval timers send says so.
pub(crate) fn timers() {
    const SIGALRM: u64 = 14;
    NetBsd::count(SIGALRM);
    let timer = [0u64, 0, 0, 1000];
    let args = [0, timer.as_ptr() as u64, 0];
    assert_eq!(call(NetBsd::SETITIMER, args), Ok(0), "setitimer");
    while signals::seen() == 0 {
        NetBsd::pause(100);
    }
    assert_eq!((info().signo, info().code), (14, -2), "SI_TIMER");
}
