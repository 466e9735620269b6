//! Signals, whose actions, `siginfo_t` and contexts differ.

use core::arch::asm;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU64, Ordering};

use super::system::Waits;
use super::{System, map, pipe};
use crate::probe::{self, Body, State};
use crate::signal::{Info, SA_ONSTACK, SA_RESTART, SA_SIGINFO};
use crate::start::Shared;
use crate::sys::{self, call};

/// Signal number.
pub const SIGUSR1: u64 = 30;
const SIGALRM: u64 = 14;
const SIGCHLD: u64 = 20;

/// A context's part that handlers here change.
#[expect(missing_docs, reason = "registers are named as registers")]
pub trait Interrupted {
    fn rip(&mut self) -> &mut u64;
    fn rax(&mut self) -> &mut u64;
    fn rbx(&mut self) -> &mut u64;
    /// The lower half.
    fn xmm7(&mut self) -> &mut u64;
    /// The mask to return to, 32 signals a word.
    fn mask(&mut self) -> &mut [u32];
}

/// A handler with all its arguments.
pub type Handler<S> =
    extern "C" fn(u32, &mut <S as Signals>::Siginfo, &mut <S as Signals>::Context);

/// `struct sigaction`, in no system's layout.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the structure's")]
pub struct Action {
    pub handler: u64,
    pub flags: u32,
    pub mask: [u32; 4],
}

/// A system's signals.
pub trait Signals: System {
    /// Call number.
    const SIGPROCMASK: u64;
    /// Call number.
    const SIGPENDING: u64;
    /// Call number.
    const SIGSUSPEND: u64;
    /// Call number.
    const SIGTIMEDWAIT: u64;
    /// Call number.
    const SIGALTSTACK: u64;
    /// Call number.
    const SETITIMER: u64;
    /// The lowest number that is no signal's.
    const BEYOND: u64;
    /// Code of SIGFPE after a division by zero.
    const FPE_INTDIV: i32;
    /// `siginfo_t`
    type Siginfo: Copy;
    /// `ucontext_t`
    type Context: Interrupted;

    /// `sigaction` with an empty mask.
    fn set(signal: u64, handler: u64, flags: u32) -> sys::Result;
    /// What `sigaction` tells.
    fn action(signal: u64) -> Action;
    /// The fields of a `siginfo_t` in FreeBSD's places.
    fn info(told: &Self::Siginfo) -> Info;
    /// The calling thread's number.
    fn thread() -> u64;

    /// Installs `handler`.
    fn handle(signal: u64, handler: Handler<Self>, flags: u32) {
        let handler = handler as usize as u64;
        assert_eq!(Self::set(signal, handler, flags | SA_SIGINFO), Ok(0));
    }

    /// Counts that signal.
    fn count(signal: u64) {
        Self::handle(signal, counts::<Self>, 0);
    }

    /// Ignores that signal.
    fn ignore(signal: u64) {
        assert_eq!(Self::set(signal, 1, 0), Ok(0));
    }
}

static SEEN: AtomicU64 = AtomicU64::new(0);
static SEEN_BY: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);
static INFO: Shared<Option<Info>> = Shared::new(None);

/// Notes who saw what.
pub extern "C" fn counts<S: Signals>(
    signal: u32,
    told: &mut S::Siginfo,
    _context: &mut S::Context,
) {
    INFO.store(Some(S::info(told)));
    LAST.store(u64::from(signal), Ordering::SeqCst);
    SEEN_BY.store(S::thread(), Ordering::SeqCst);
    SEEN.fetch_add(1, Ordering::SeqCst);
}

/// Which thread saw the last one.
pub fn seen_by() -> u64 {
    SEEN_BY.load(Ordering::SeqCst)
}

/// How many were seen.
pub fn seen() -> u64 {
    SEEN.load(Ordering::SeqCst)
}

/// One more is seen; how many were before.
fn see() -> u64 {
    SEEN.fetch_add(1, Ordering::SeqCst)
}

/// Which one was last.
fn last() -> u64 {
    LAST.load(Ordering::SeqCst)
}

/// What was told of the last one.
pub fn info() -> Info {
    INFO.load().expect("a handler ran")
}

/// Sends the process a signal.
pub fn raise(signal: u64) {
    assert_eq!(call(sys::KILL, [sys::pid(), signal]), Ok(0));
}

/// What handlers are told of a sender and of a child, and what is told of the handler.
pub fn siginfo<S: Signals>() {
    let handler: Handler<S> = counts::<S>;
    S::handle(SIGUSR1, handler, 0);
    raise(SIGUSR1);
    let found = info();
    assert_eq!((seen(), found.signo, found.errno), (1, 30, 0));
    assert_eq!(found.pid as u64, sys::pid());
    assert_eq!(u64::from(found.uid), call(sys::GETUID, []).unwrap_or(9));
    let expected = Action {
        handler: handler as usize as u64,
        flags: SA_SIGINFO,
        mask: [0; 4],
    };
    assert_eq!(S::action(SIGUSR1), expected);
    assert_eq!(S::set(9, 1, 0), Err(sys::EINVAL), "SIGKILL");
    assert_eq!(S::set(S::BEYOND, 1, 0), Err(sys::EINVAL));
    S::count(SIGCHLD);
    assert_eq!(sys::in_child(|| sys::exit(7)), 7 << 8);
    S::until(&SEEN, 2);
    let found = info();
    assert_eq!(
        (found.signo, found.code, found.status),
        (20, 1, 7),
        "CLD_EXITED"
    );
}

/// Steps over an instruction of two bytes.
pub extern "C" fn steps_over<S: Signals>(
    signal: u32,
    told: &mut S::Siginfo,
    context: &mut S::Context,
) {
    INFO.store(Some(S::info(told)));
    LAST.store(u64::from(signal), Ordering::SeqCst);
    *context.rip() += 2;
    *context.rax() = 0x77;
}

/// Instructions that `handler`, which ends as [`steps_over`], steps over.
pub fn faults<S: Signals>(handler: Handler<S>) {
    for signal in [4, 5, 8, 10, 11] {
        S::handle(signal, handler, 0);
    }
    let value: u64;
    unsafe { asm!("ud2", inlateout("rax") 1u64 => value) };
    assert_eq!((value, last()), (0x77, 4), "SIGILL");
    unsafe { asm!("mov ecx, [rcx]", inlateout("rcx") 0x10u64 => _, out("rax") _) };
    let found = info();
    assert_eq!(
        (last(), found.code, found.addr),
        (11, 1, 0x10),
        "SEGV_MAPERR"
    );
    unsafe {
        asm!("div ecx", inlateout("rax") 1u64 => _, inlateout("rdx") 0u64 => _, in("rcx") 0u64)
    };
    assert_eq!((last(), info().code), (8, S::FPE_INTDIV), "FPE_INTDIV");
}

extern "C" fn changes<S: Signals>(_: u32, _: &mut S::Siginfo, context: &mut S::Context) {
    *context.rbx() = 0xb0b;
    *context.xmm7() = 0x1234_5678;
    context.mask()[0] = 1 << 30;
}

/// What a handler writes into the context is there behind it.
pub fn changed<S: Signals>() {
    S::handle(SIGUSR1, changes::<S>, 0);
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
    assert_eq!(mask::<S>(), [1 << 30, 0, 0, 0], "the mask of the context");
}

/// The thread's mask.
pub fn mask<S: Signals>() -> [u32; 4] {
    let mut mask = [9u32; 4];
    assert_eq!(
        call(S::SIGPROCMASK, [1, 0, mask.as_mut_ptr() as u64]),
        Ok(0)
    );
    unsafe { (&raw const mask).read_volatile() }
}

static STACK: AtomicU64 = AtomicU64::new(0);

extern "C" fn looks_where<S: Signals>(_: u32, _: &mut S::Siginfo, context: &mut S::Context) {
    STACK.store(&raw const context as u64, Ordering::SeqCst);
}

/// A stack for handlers that ask for it.
pub fn alternate<S: Signals>() {
    const SIZE: u64 = 40960;
    let base = map(SIZE);
    let give = |stack: [u64; 3]| call(S::SIGALTSTACK, [stack.as_ptr() as u64, 0]);
    assert_eq!(give([base, SIZE, 0]), Ok(0), "sigaltstack");
    let there = || (base..base + SIZE).contains(&STACK.load(Ordering::SeqCst));
    S::handle(SIGUSR1, looks_where::<S>, SA_ONSTACK);
    raise(SIGUSR1);
    assert!(there());
    S::handle(SIGUSR1, looks_where::<S>, 0);
    raise(SIGUSR1);
    assert!(!there());
    let mut found = [0u64; 3];
    assert_eq!(call(S::SIGALTSTACK, [0, found.as_mut_ptr() as u64]), Ok(0));
    assert_eq!((found[0], found[1], found[2] as u32), (base, SIZE, 0));
    assert_eq!(give([base, 100, 0]), Err(sys::ENOMEM));
    assert_eq!(give([0, 0, 4]), Ok(0), "SS_DISABLE");
}

/// Blocks these signals, sends them, and lets them through.
pub fn masks<S: Signals>(signals: &[u64]) {
    let mut set = [0u32; 4];
    for &signal in signals {
        S::count(signal);
        set[(signal - 1) as usize / 32] |= 1 << ((signal - 1) % 32);
    }
    let at = set.as_ptr() as u64;
    let mut old = [9u32; 4];
    let args = [1, at, old.as_mut_ptr() as u64];
    assert_eq!(call(S::SIGPROCMASK, args), Ok(0), "SIG_BLOCK");
    assert_eq!(old, [0; 4]);
    signals.iter().for_each(|&signal| raise(signal));
    assert_eq!(seen(), 0);
    let mut pending = [0u32; 4];
    let args = [pending.as_mut_ptr() as u64];
    assert_eq!(call(S::SIGPENDING, args), Ok(0), "sigpending");
    assert_eq!(pending, set);
    assert_eq!(call(S::SIGPROCMASK, [2, at, 0]), Ok(0), "SIG_UNBLOCK");
    assert_eq!(seen(), signals.len() as u64);
    assert_eq!(call(S::SIGPROCMASK, [4, at, 0]), Err(sys::EINVAL));
}

/// Waiting for a signal with a handler and without.
pub fn suspending<S: Signals>() {
    S::count(SIGUSR1);
    let set = [1u32 << 29, 0, 0, 0];
    let at = set.as_ptr() as u64;
    assert_eq!(call(S::SIGPROCMASK, [1, at, 0]), Ok(0));
    raise(SIGUSR1);
    assert_eq!(
        call(S::SIGSUSPEND, [[0u32; 4].as_ptr() as u64]),
        Err(sys::EINTR),
        "sigsuspend"
    );
    assert_eq!(seen(), 1);
    assert_eq!(mask::<S>(), set, "the mask from before");
    raise(SIGUSR1);
    let mut told = MaybeUninit::<S::Siginfo>::zeroed();
    let time = [5u64, 0];
    let args = [at, told.as_mut_ptr() as u64, time.as_ptr() as u64];
    assert_eq!(call(S::SIGTIMEDWAIT, args), Ok(SIGUSR1), "sigtimedwait");
    INFO.store(Some(S::info(&unsafe { told.as_ptr().read_volatile() })));
    assert_eq!(info().signo, 30);
    assert_eq!(seen(), 1, "nobody handles what was waited for");
    let none = [0u64, 0];
    assert_eq!(
        call(S::SIGTIMEDWAIT, [at, 0, none.as_ptr() as u64]),
        Err(sys::EAGAIN)
    );
}

/// Who waits for a signal gets it, blocked or not, be it one that ends processes; and only then.
pub fn awaited<S: Signals + Waits>() {
    let set = [1u32 << (SIGALRM - 1), 0, 0, 0];
    let none = [0u64, 0];
    let wait = |time: &[u64; 2]| {
        let args = [set.as_ptr() as u64, 0, time.as_ptr() as u64];
        call(S::SIGTIMEDWAIT, args)
    };
    assert_eq!(wait(&none), Err(sys::EAGAIN));
    alarms::<S>(2000);
    assert_eq!(wait(&[60, 0]), Ok(SIGALRM));
    let args = [set.as_ptr() as u64, 0, 0];
    assert_eq!(call(S::SIGTIMEDWAIT, args), Ok(SIGALRM));
    let stop = [0u64; 4];
    // It comes again before it can be stopped, unless it is blocked.
    assert_eq!(
        call(S::SIGPROCMASK, [1, set.as_ptr() as u64, 0]),
        Ok(0),
        "SIG_BLOCK"
    );
    let args = [0, stop.as_ptr() as u64, 0];
    assert_eq!(call(S::SETITIMER, args), Ok(0), "setitimer");
    let _ = wait(&none);
    assert_eq!(call(S::SIGPROCMASK, [2, set.as_ptr() as u64, 0]), Ok(0));
    assert_eq!(wait(&none), Err(sys::EAGAIN));
    assert_eq!(mask::<S>(), [0; 4], "as before");
    let status = S::status_of(|| {
        let _ = wait(&none);
        raise(SIGALRM);
    });
    assert_eq!(status, SIGALRM as u32, "nobody waits");
}

/// SIGALRM soon, and again and again.
fn alarms<S: Signals>(microseconds: u64) {
    let timer = [0u64, microseconds, 0, microseconds];
    let args = [0, timer.as_ptr() as u64, 0];
    assert_eq!(call(S::SETITIMER, args), Ok(0), "setitimer");
}

static END: AtomicU64 = AtomicU64::new(0);

extern "C" fn writes<S: Signals>(_: u32, _: &mut S::Siginfo, _: &mut S::Context) {
    if see() == 2 {
        let end = END.load(Ordering::SeqCst);
        let _ = call(sys::WRITE, [end, b"x".as_ptr() as u64, 1]);
    }
}

/// What a signal interrupts and what starts over.
pub fn restart<S: Signals>() {
    let (from, into) = pipe();
    END.store(into, Ordering::SeqCst);
    let mut byte = 0u8;
    let args = [from, (&raw mut byte) as u64, 1];
    S::count(SIGALRM);
    alarms::<S>(5000);
    assert_eq!(call(sys::READ, args), Err(sys::EINTR));
    alarms::<S>(0);
    SEEN.store(0, Ordering::SeqCst);
    S::handle(SIGALRM, writes::<S>, SA_RESTART);
    alarms::<S>(5000);
    assert_eq!(call(sys::READ, args), Ok(1), "starts over");
    assert!(seen() >= 3);
    let long = [30u64, 0];
    assert_eq!(
        call(S::NANOSLEEP, [long.as_ptr() as u64, 0]),
        Err(sys::EINTR),
        "a time does not"
    );
    alarms::<S>(0);
}

static GARBAGE: Shared<State> = Shared::new(State::new());
static SET: Shared<State> = Shared::new(State::new());
static GOT: Shared<State> = Shared::new(State::new());

extern "C" fn clobbers<S: Signals>(_: u32, _: &mut S::Siginfo, context: &mut S::Context) {
    see();
    *context.rip() += 2;
    probe::clobber(unsafe { &*GARBAGE.get() });
}

/// Whatever registers the processor has come back, whether the context has room for them or not.
pub fn vectors<S: Signals>() {
    let (garbage, set, get) = unsafe { (&mut *GARBAGE.get(), &mut *SET.get(), &mut *GOT.get()) };
    garbage.fill(0x5ca1_ab1e);
    S::handle(4, clobbers::<S>, 0);
    for seed in 1..=20 {
        set.fill(seed);
        probe::run(Body::Undefined, set, get);
        assert_eq!(seen(), seed);
        get.must_be(set, &[], "an instruction stepped over");
    }
}
