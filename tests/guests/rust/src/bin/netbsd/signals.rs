//! Signals: trampolines of the program's own, `siginfo_t`, contexts that handlers change, masks of 128 bits.

use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::probe::{self, Body, State};
use compat_guests::start::Shared;
use compat_guests::sys::{self, call};

use crate::thread::{RAX, RIP, Ucontext, pause};

const SIGACTION: u64 = 340;
const SIGPROCMASK: u64 = 293;
const SIGUSR1: u64 = 30;
pub(crate) const SA_ONSTACK: u32 = 1;
pub(crate) const SA_RESTART: u32 = 2;
const SA_RESETHAND: u32 = 4;
const SA_NODEFER: u32 = 0x10;
const SA_SIGINFO: u32 = 0x40;

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

type Handler = extern "C" fn(u32, &mut Info, &mut Ucontext);

/// Where handlers return to: r15 is the context's address.
#[unsafe(naked)]
unsafe extern "C" fn trampoline() {
    naked_asm!("mov rdi, r15", "mov eax, 308", "syscall", "ud2")
}

/// `struct sigaction`.
#[repr(C)]
struct Action {
    handler: u64,
    mask: [u32; 4],
    flags: u32,
}

pub(crate) fn set(signal: u64, handler: u64, flags: u32, mask: [u32; 4]) -> sys::Result {
    let action = Action {
        handler,
        mask,
        flags: flags | SA_SIGINFO,
    };
    let tramp = trampoline as *const () as u64;
    call(SIGACTION, [signal, (&raw const action) as u64, 0, tramp, 2])
}

pub(crate) fn handle(signal: u64, handler: Handler, flags: u32) {
    assert_eq!(set(signal, handler as usize as u64, flags, [0; 4]), Ok(0));
}

static SEEN: AtomicU64 = AtomicU64::new(0);
static SEEN_BY: AtomicU64 = AtomicU64::new(0);
static INFO: Shared<Info> = Shared::new(Info {
    signo: 0,
    code: 0,
    errno: 0,
    pad: 0,
    first: 0,
    second: 0,
    rest: [0; 12],
});

extern "C" fn counts(_signal: u32, info: &mut Info, _context: &mut Ucontext) {
    INFO.store(*info);
    SEEN_BY.store(call(311, []).unwrap_or(0), Ordering::SeqCst);
    SEEN.fetch_add(1, Ordering::SeqCst);
}

/// Counts that signal.
pub(crate) fn count(signal: u64) {
    handle(signal, counts, 0);
}

/// Ignores that signal.
pub(crate) fn ignore(signal: u64) {
    assert_eq!(set(signal, 1, 0, [0; 4]), Ok(0));
}

/// Which thread saw the last one.
pub(crate) fn seen_by() -> u64 {
    SEEN_BY.load(Ordering::SeqCst)
}

fn raise(signal: u64) {
    assert_eq!(call(sys::KILL, [sys::pid(), signal]), Ok(0));
}

fn seen() -> u64 {
    SEEN.load(Ordering::SeqCst)
}

pub(crate) fn siginfo() {
    count(SIGUSR1);
    raise(SIGUSR1);
    let info = INFO.load();
    assert_eq!(
        (seen(), info.signo, info.code, info.errno),
        (1, 30, 0, 0),
        "SI_USER"
    );
    let uid = call(sys::GETUID, []).unwrap_or(0);
    assert_eq!(
        (info.first & 0xffff_ffff, info.first >> 32),
        (sys::pid(), uid)
    );
    // What is there is told: handler, mask and flags where NetBSD has them.
    let mut found = Action {
        handler: 0,
        mask: [9; 4],
        flags: 0,
    };
    assert_eq!(
        call(SIGACTION, [SIGUSR1, 0, (&raw mut found) as u64, 0, 0]),
        Ok(0)
    );
    assert_eq!(found.handler, counts as *const () as usize as u64);
    assert_eq!((found.mask, found.flags), ([0; 4], SA_SIGINFO));
    assert_eq!(set(9, 1, 0, [0; 4]), Err(sys::EINVAL), "SIGKILL");
    assert_eq!(set(64, 1, 0, [0; 4]), Err(sys::EINVAL));
    // A child that ended.
    count(20);
    let before = seen();
    let status = sys::in_child(|| sys::exit(7));
    assert_eq!(status >> 8, 7);
    while seen() == before {
        pause(1000);
    }
    let info = INFO.load();
    assert_eq!(
        (info.signo, info.code, info.second & 0xffff_ffff),
        (20, 1, 7),
        "CLD_EXITED"
    );
}

static FAULT: AtomicU64 = AtomicU64::new(0);

extern "C" fn steps_over(signal: u32, info: &mut Info, context: &mut Ucontext) {
    INFO.store(*info);
    FAULT.store(u64::from(signal), Ordering::SeqCst);
    // Every instruction below has two bytes.
    context.gregs[RIP] += 2;
    context.gregs[RAX] = 0x77;
}

pub(crate) fn faults() {
    for signal in [4, 11, 8, 5] {
        handle(signal, steps_over, 0);
    }
    let value: u64;
    unsafe { asm!("ud2", inlateout("rax") 1u64 => value) };
    assert_eq!((value, FAULT.load(Ordering::SeqCst)), (0x77, 4), "SIGILL");
    unsafe { asm!("mov ecx, [rcx]", inlateout("rcx") 0x10u64 => _, out("rax") _) };
    let info = INFO.load();
    assert_eq!(
        (FAULT.load(Ordering::SeqCst), info.code, info.first),
        (11, 1, 0x10),
        "SEGV_MAPERR"
    );
    let page = sys::call_of_seven(197, [0, 4096, 1, 0x1002, u64::MAX, 0], 0).expect("mmap");
    unsafe { asm!("mov [rcx], ecx", inlateout("rcx") page => _, out("rax") _) };
    let info = INFO.load();
    assert_eq!((info.code, info.first), (2, page), "SEGV_ACCERR");
    unsafe {
        asm!("div ecx", inlateout("rax") 1u64 => _, inlateout("rdx") 0u64 => _, in("rcx") 0u64)
    };
    assert_eq!(
        (FAULT.load(Ordering::SeqCst), INFO.load().code),
        (8, 1),
        "FPE_INTDIV"
    );
}

extern "C" fn changes(_signal: u32, _info: &mut Info, context: &mut Ucontext) {
    context.gregs[crate::thread::RBX] = 0xb0b;
    context.mask = [1 << 30, 0, 0, 0];
    // xmm7, behind 32 bytes of control words and 8 registers of the x87.
    context.fpregs[160 + 7 * 16..][..8].copy_from_slice(&0x1234_5678u64.to_le_bytes());
}

pub(crate) fn changed() {
    handle(SIGUSR1, changes, 0);
    let (pid, rbx, xmm): (u64, u64, u64);
    pid = sys::pid();
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
    assert_eq!(call(SIGPROCMASK, [1, 0, mask.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(mask, [1 << 30, 0, 0, 0], "the mask of the context");
}

static STACK: AtomicU64 = AtomicU64::new(0);

extern "C" fn looks_where(_signal: u32, _info: &mut Info, context: &mut Ucontext) {
    let here = &raw const context as u64;
    STACK.store(here, Ordering::SeqCst);
}

pub(crate) fn alternate() {
    const SIZE: u64 = 40960;
    let base = sys::call_of_seven(197, [0, SIZE, 3, 0x1002, u64::MAX, 0], 0).expect("mmap");
    let stack = [base, SIZE, 0];
    assert_eq!(call(281, [stack.as_ptr() as u64, 0]), Ok(0), "sigaltstack");
    handle(SIGUSR1, looks_where, SA_ONSTACK);
    raise(SIGUSR1);
    assert!((base..base + SIZE).contains(&STACK.load(Ordering::SeqCst)));
    handle(SIGUSR1, looks_where, 0);
    raise(SIGUSR1);
    assert!(!(base..base + SIZE).contains(&STACK.load(Ordering::SeqCst)));
    let mut found = [0u64; 3];
    assert_eq!(call(281, [0, found.as_mut_ptr() as u64]), Ok(0));
    assert_eq!((found[0], found[1], found[2] as u32), (base, SIZE, 0));
    let small = [base, 100, 0];
    assert_eq!(call(281, [small.as_ptr() as u64, 0]), Err(sys::ENOMEM));
    let off = [0u64, 0, 4];
    assert_eq!(call(281, [off.as_ptr() as u64, 0]), Ok(0), "SS_DISABLE");
}

pub(crate) fn masks() {
    count(SIGUSR1);
    count(40);
    let set = [1u32 << 29, 1 << 7, 0, 0];
    let mut old = [9u32; 4];
    assert_eq!(
        call(
            SIGPROCMASK,
            [1, set.as_ptr() as u64, old.as_mut_ptr() as u64]
        ),
        Ok(0)
    );
    assert_eq!(old, [0; 4]);
    raise(SIGUSR1);
    raise(40);
    assert_eq!(seen(), 0);
    let mut pending = [0u32; 4];
    assert_eq!(
        call(292, [pending.as_mut_ptr() as u64]),
        Ok(0),
        "sigpending"
    );
    assert_eq!(pending, set);
    assert_eq!(
        call(SIGPROCMASK, [2, set.as_ptr() as u64, 0]),
        Ok(0),
        "SIG_UNBLOCK"
    );
    assert_eq!(seen(), 2);
    assert_eq!(
        call(SIGPROCMASK, [4, set.as_ptr() as u64, 0]),
        Err(sys::EINVAL)
    );
    // SIGKILL and SIGSTOP are never blocked.
    let all = [u32::MAX; 4];
    assert_eq!(call(SIGPROCMASK, [3, all.as_ptr() as u64, 0]), Ok(0));
    assert_eq!(call(SIGPROCMASK, [1, 0, old.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(
        unsafe { old.as_ptr().read_volatile() } & (1 << 8 | 1 << 16),
        0
    );
}

pub(crate) fn suspending() {
    count(SIGUSR1);
    let set = [1u32 << 29, 0, 0, 0];
    assert_eq!(call(SIGPROCMASK, [1, set.as_ptr() as u64, 0]), Ok(0));
    raise(SIGUSR1);
    assert_eq!(
        call(294, [[0u32; 4].as_ptr() as u64]),
        Err(sys::EINTR),
        "sigsuspend"
    );
    assert_eq!(seen(), 1);
    let mut now = [0u32; 4];
    assert_eq!(call(SIGPROCMASK, [1, 0, now.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(now, set, "the mask from before");
    // Waiting for it without a handler.
    raise(SIGUSR1);
    let mut info = INFO.load();
    let time = [5u64, 0];
    let args = [
        set.as_ptr() as u64,
        (&raw mut info) as u64,
        time.as_ptr() as u64,
    ];
    assert_eq!(call(431, args), Ok(SIGUSR1), "sigtimedwait");
    assert_eq!((info.signo, info.code, seen()), (30, 0, 1));
    let none = [0u64, 0];
    assert_eq!(
        call(431, [set.as_ptr() as u64, 0, none.as_ptr() as u64]),
        Err(sys::EAGAIN)
    );
}

/// SIGALRM soon, and again and again.
fn alarms(microseconds: u64) {
    let timer = [0u64, microseconds, 0, microseconds];
    assert_eq!(call(425, [0, timer.as_ptr() as u64, 0]), Ok(0), "setitimer");
}

static END: AtomicU64 = AtomicU64::new(0);

extern "C" fn writes(_signal: u32, _info: &mut Info, _context: &mut Ucontext) {
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
    // Waiting for a time is never taken up again.
    let long = [30u64, 0];
    assert_eq!(call(430, [long.as_ptr() as u64, 0]), Err(sys::EINTR));
    alarms(0);
}

pub(crate) fn queued() {
    count(40);
    let info = Info {
        signo: 40,
        code: -1,
        first: 0,
        second: 0xfeed,
        ..INFO.load()
    };
    assert_eq!(
        call(245, [sys::pid(), (&raw const info) as u64]),
        Ok(0),
        "sigqueueinfo"
    );
    let found = INFO.load();
    assert_eq!(
        (found.signo, found.code, found.second),
        (40, -1, 0xfeed),
        "SI_QUEUE"
    );
}

pub(crate) fn once() {
    handle(SIGUSR1, counts, SA_RESETHAND);
    raise(SIGUSR1);
    let mut found = Action {
        handler: 9,
        mask: [0; 4],
        flags: 0,
    };
    assert_eq!(
        call(SIGACTION, [SIGUSR1, 0, (&raw mut found) as u64, 0, 0]),
        Ok(0)
    );
    assert_eq!(
        unsafe { (&raw const found.handler).read_volatile() },
        0,
        "SIG_DFL"
    );
    extern "C" fn again(_signal: u32, _info: &mut Info, _context: &mut Ucontext) {
        if SEEN.fetch_add(1, Ordering::SeqCst) < 3 {
            raise(SIGUSR1);
        }
    }
    SEEN.store(0, Ordering::SeqCst);
    handle(SIGUSR1, again, SA_NODEFER);
    raise(SIGUSR1);
    assert_eq!(seen(), 4, "within itself");
    assert_eq!(set(SIGUSR1, 1, 0, [0; 4]), Ok(0), "SIG_IGN");
    raise(SIGUSR1);
}

static GARBAGE: Shared<State> = Shared::new(State::new());
static SET: Shared<State> = Shared::new(State::new());
static GOT: Shared<State> = Shared::new(State::new());

extern "C" fn clobbers(_signal: u32, _info: &mut Info, context: &mut Ucontext) {
    SEEN.fetch_add(1, Ordering::SeqCst);
    context.gregs[RIP] += 2;
    probe::clobber(unsafe { &*GARBAGE.get() });
}

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
