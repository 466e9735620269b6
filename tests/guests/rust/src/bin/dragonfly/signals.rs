//! Signals: FreeBSD's `siginfo_t` and actions, a context of DragonFly's own.

use core::arch::asm;
use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::probe::{self, Body, State};
use compat_guests::signal::{Action, Info, Set};
use compat_guests::start::Shared;
use compat_guests::sys::{self, call};

use crate::lwp::{map, pause};

const SIGACTION: u64 = 342;
const SIGUSR1: u64 = 30;
const SA_ONSTACK: u32 = 1;
const SA_RESTART: u32 = 2;
const SA_SIGINFO: u32 = 0x40;

/// `ucontext_t`, as words: 8 for the mask, 160 of the machine, then link and stack.
#[repr(C)]
struct Context {
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

type Handler = extern "C" fn(u32, &mut Info, &mut Context);

fn set(signal: u64, handler: u64, flags: u32) -> sys::Result {
    let action = Action {
        handler,
        flags,
        mask: Set::EMPTY,
        pad: 0,
    };
    call(SIGACTION, [signal, (&raw const action) as u64, 0])
}

fn handle(signal: u64, handler: Handler, flags: u32) {
    assert_eq!(
        set(signal, handler as usize as u64, flags | SA_SIGINFO),
        Ok(0)
    );
}

static SEEN: AtomicU64 = AtomicU64::new(0);
static SEEN_BY: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);
static INFO: Shared<Option<Info>> = Shared::new(None);

extern "C" fn counts(signal: u32, info: &mut Info, _context: &mut Context) {
    INFO.store(Some(*info));
    LAST.store(u64::from(signal), Ordering::SeqCst);
    SEEN_BY.store(call(496, []).unwrap_or(0), Ordering::SeqCst);
    SEEN.fetch_add(1, Ordering::SeqCst);
}

/// Counts that signal.
pub(crate) fn count(signal: u64) {
    handle(signal, counts, 0);
}

/// Ignores that signal.
pub(crate) fn ignore(signal: u64) {
    assert_eq!(set(signal, 1, 0), Ok(0));
}

/// Which thread saw the last one.
pub(crate) fn seen_by() -> u64 {
    SEEN_BY.load(Ordering::SeqCst)
}

/// How many were seen.
pub(crate) fn seen() -> u64 {
    SEEN.load(Ordering::SeqCst)
}

fn info() -> Info {
    INFO.load().expect("a handler ran")
}

fn raise(signal: u64) {
    assert_eq!(call(sys::KILL, [sys::pid(), signal]), Ok(0));
}

pub(crate) fn siginfo() {
    count(SIGUSR1);
    raise(SIGUSR1);
    let found = info();
    assert_eq!((seen(), found.signo, found.errno), (1, 30, 0));
    assert_eq!(found.pid as u64, sys::pid());
    assert_eq!(u64::from(found.uid), call(sys::GETUID, []).unwrap_or(9));
    let mut action = Action::default();
    assert_eq!(
        call(SIGACTION, [SIGUSR1, 0, (&raw mut action) as u64]),
        Ok(0)
    );
    assert_eq!(
        (action.handler, action.flags),
        (counts as *const () as usize as u64, SA_SIGINFO)
    );
    assert_eq!(set(9, 1, 0), Err(sys::EINVAL), "SIGKILL");
    assert_eq!(set(129, 1, 0), Err(sys::EINVAL));
    count(20);
    assert_eq!(sys::in_child(|| sys::exit(7)), 7 << 8);
    while seen() < 2 {
        pause(1000);
    }
    let found = info();
    assert_eq!(
        (found.signo, found.code, found.status),
        (20, 1, 7),
        "CLD_EXITED"
    );
}

/// Without SA_SIGINFO the second argument is the code itself.
pub(crate) fn plain() {
    static CODE: AtomicU64 = AtomicU64::new(99);
    extern "C" fn simple(signal: u32, code: u64) {
        LAST.store(u64::from(signal), Ordering::SeqCst);
        CODE.store(code, Ordering::SeqCst);
    }
    assert_eq!(set(SIGUSR1, simple as *const () as usize as u64, 0), Ok(0));
    raise(SIGUSR1);
    assert_eq!(LAST.load(Ordering::SeqCst), SIGUSR1);
    assert!((CODE.load(Ordering::SeqCst) as i64) < 0x1_0001 + 1);
    // The checkpoint's signals are there.
    assert_eq!(set(33, 1, 0), Ok(0), "SIGCKPT");
}

extern "C" fn steps_over(signal: u32, info: &mut Info, context: &mut Context) {
    INFO.store(Some(*info));
    LAST.store(u64::from(signal), Ordering::SeqCst);
    assert_eq!(context.machine[LEN] as u32, 1280, "mc_len");
    // Every instruction below has two bytes.
    context.machine[RIP] += 2;
    context.machine[RAX] = 0x77;
}

pub(crate) fn faults() {
    for signal in [4, 11, 8, 10] {
        handle(signal, steps_over, 0);
    }
    let last = || LAST.load(Ordering::SeqCst);
    let value: u64;
    unsafe { asm!("ud2", inlateout("rax") 1u64 => value) };
    assert_eq!((value, last()), (0x77, 4), "SIGILL");
    unsafe { asm!("mov ecx, [rcx]", inlateout("rcx") 0x10u64 => _, out("rax") _) };
    assert_eq!((last(), info().addr), (11, 0x10));
    unsafe {
        asm!("div ecx", inlateout("rax") 1u64 => _, inlateout("rdx") 0u64 => _, in("rcx") 0u64);
    }
    assert_eq!((last(), info().code), (8, 2), "FPE_INTDIV");
}

extern "C" fn changes(_signal: u32, _info: &mut Info, context: &mut Context) {
    context.machine[RBX] = 0xb0b;
    context.mask[0] = 1 << 30;
    // xmm7, behind 32 bytes of control words and 8 registers of the x87.
    context.machine[(FPREGS - 64 + 64 + 160 + 7 * 16) / 8] = 0x1234_5678;
}

pub(crate) fn changed() {
    handle(SIGUSR1, changes, 0);
    let (rbx, xmm): (u64, u64);
    let pid = sys::pid();
    unsafe {
        asm!(
            "xchg rbx, {rbx}", "syscall", "xchg rbx, {rbx}", "movq {xmm}, xmm7",
            rbx = inout(reg) 1u64 => rbx, xmm = lateout(reg) xmm,
            inlateout("rax") sys::KILL => _, in("rdi") pid, in("rsi") SIGUSR1,
            lateout("rcx") _, lateout("r11") _, lateout("rdx") _,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, out("xmm7") _,
        );
    }
    assert_eq!((rbx, xmm), (0xb0b, 0x1234_5678));
    let mut mask = [0u32; 4];
    assert_eq!(call(340, [1, 0, mask.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(mask, [1 << 30, 0, 0, 0], "the mask of the context");
}

static STACK: AtomicU64 = AtomicU64::new(0);

extern "C" fn looks_where(_signal: u32, _info: &mut Info, context: &mut Context) {
    STACK.store(&raw const *context as u64, Ordering::SeqCst);
}

pub(crate) fn alternate() {
    const SIZE: u64 = 40960;
    let base = map(SIZE);
    let stack = [base, SIZE, 0];
    assert_eq!(
        call(sys::SIGALTSTACK, [stack.as_ptr() as u64, 0]),
        Ok(0),
        "sigaltstack"
    );
    let here = || (base..base + SIZE).contains(&STACK.load(Ordering::SeqCst));
    handle(SIGUSR1, looks_where, SA_ONSTACK);
    raise(SIGUSR1);
    assert!(here());
    handle(SIGUSR1, looks_where, 0);
    raise(SIGUSR1);
    assert!(!here());
    let mut found = [0u64; 3];
    assert_eq!(
        call(sys::SIGALTSTACK, [0, found.as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!((found[0], found[1], found[2] as u32), (base, SIZE, 0));
    let small = [base, 100, 0];
    assert_eq!(
        call(sys::SIGALTSTACK, [small.as_ptr() as u64, 0]),
        Err(sys::ENOMEM)
    );
}

pub(crate) fn masks() {
    count(SIGUSR1);
    let set = [1u32 << 29, 0, 0, 0];
    let mut old = [9u32; 4];
    assert_eq!(
        call(340, [1, set.as_ptr() as u64, old.as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!(old, [0; 4]);
    raise(SIGUSR1);
    assert_eq!(seen(), 0);
    let mut pending = [0u32; 4];
    assert_eq!(
        call(343, [pending.as_mut_ptr() as u64]),
        Ok(0),
        "sigpending"
    );
    assert_eq!(pending, set);
    assert_eq!(call(340, [2, set.as_ptr() as u64, 0]), Ok(0), "SIG_UNBLOCK");
    assert_eq!(seen(), 1);
    assert_eq!(call(340, [4, set.as_ptr() as u64, 0]), Err(sys::EINVAL));
}

pub(crate) fn suspending() {
    count(SIGUSR1);
    let set = [1u32 << 29, 0, 0, 0];
    assert_eq!(call(340, [1, set.as_ptr() as u64, 0]), Ok(0));
    raise(SIGUSR1);
    assert_eq!(
        call(341, [[0u32; 4].as_ptr() as u64]),
        Err(sys::EINTR),
        "sigsuspend"
    );
    assert_eq!(seen(), 1);
    raise(SIGUSR1);
    let time = [5u64, 0];
    assert_eq!(
        call(345, [set.as_ptr() as u64, 0, time.as_ptr() as u64]),
        Ok(SIGUSR1)
    );
    assert_eq!(seen(), 1, "nobody handles what was waited for");
    let none = [0u64, 0];
    assert_eq!(
        call(345, [set.as_ptr() as u64, 0, none.as_ptr() as u64]),
        Err(sys::EAGAIN)
    );
}

fn alarms(microseconds: u64) {
    let timer = [0u64, microseconds, 0, microseconds];
    assert_eq!(call(sys::SETITIMER, [0, timer.as_ptr() as u64, 0]), Ok(0));
}

static END: AtomicU64 = AtomicU64::new(0);

extern "C" fn writes(_signal: u32, _info: &mut Info, _context: &mut Context) {
    if SEEN.fetch_add(1, Ordering::SeqCst) == 2 {
        let _ = call(
            sys::WRITE,
            [END.load(Ordering::SeqCst), b"x".as_ptr() as u64, 1],
        );
    }
}

pub(crate) fn restart() {
    let back = sys::raw(42, [0; 6]);
    END.store(back.rdx, Ordering::SeqCst);
    let mut byte = 0u8;
    handle(14, counts, 0);
    alarms(5000);
    assert_eq!(
        call(sys::READ, [back.rax, (&raw mut byte) as u64, 1]),
        Err(sys::EINTR)
    );
    alarms(0);
    SEEN.store(0, Ordering::SeqCst);
    handle(14, writes, SA_RESTART);
    alarms(5000);
    assert_eq!(
        call(sys::READ, [back.rax, (&raw mut byte) as u64, 1]),
        Ok(1),
        "starts over"
    );
    assert!(seen() >= 3);
    let long = [30u64, 0];
    assert_eq!(
        call(240, [long.as_ptr() as u64, 0]),
        Err(sys::EINTR),
        "a time does not"
    );
    alarms(0);
}

static GARBAGE: Shared<State> = Shared::new(State::new());
static SET: Shared<State> = Shared::new(State::new());
static GOT: Shared<State> = Shared::new(State::new());

extern "C" fn clobbers(_signal: u32, _info: &mut Info, context: &mut Context) {
    SEEN.fetch_add(1, Ordering::SeqCst);
    context.machine[RIP] += 2;
    probe::clobber(unsafe { &*GARBAGE.get() });
}

/// The context has room for AVX's registers and no more; a program uses what the processor has.
pub(crate) fn vectors() {
    let (garbage, set, get) = unsafe { (&mut *GARBAGE.get(), &mut *SET.get(), &mut *GOT.get()) };
    garbage.fill(0x5ca1_ab1e);
    handle(4, clobbers, 0);
    for seed in 1..=20 {
        set.fill(seed);
        probe::run(Body::Undefined, set, get);
        assert_eq!(seen(), seed);
        get.must_be(set, &[], "an instruction stepped over");
    }
}
