//! The frame a handler runs on, and what it can do to it (sendsig, sys_sigreturn).

use core::arch::x86_64::__cpuid_count;

use compat_guests::probe::{self, Body, RAX, State};
use compat_guests::signal::{self, BLOCK, Context, Info, Machine, SIGILL, SIGUSR1, SIGUSR2, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

static SET: Shared<State> = Shared::new(State::new());
static GET: Shared<State> = Shared::new(State::new());
static SEEN: Shared<u32> = Shared::new(0);

const HASSEGS: u32 = 1;
const HASFPXSTATE: u32 = 4;

extern "C" fn looks_at_the_frame(signal: u32, info: &mut Info, context: &mut Context) {
    let frame = core::ptr::from_ref(context) as u64 - 16;
    assert_eq!(frame % 16, 0, "alignment of the frame");
    assert_eq!(
        core::ptr::from_ref(info) as u64,
        frame + 896,
        "place of siginfo"
    );
    let handler = unsafe { *(frame as *const u64) };
    let own: signal::Handler = looks_at_the_frame;
    assert_eq!(
        handler, own as usize as u64,
        "the frame's first word is the handler"
    );
    let machine = &context.machine;
    assert_eq!(machine.len, 800, "mc_len");
    assert_eq!(machine.fpformat, 0x10002, "mc_fpformat");
    assert!([0x20001, 0x20002].contains(&machine.ownedfp), "mc_ownedfp");
    assert_eq!((machine.cs, machine.ss), (0x43, 0x3b));
    assert_eq!(
        (machine.ds, machine.es, machine.fs, machine.gs),
        (0x3b, 0x3b, 0x13, 0x1b)
    );
    assert_eq!((machine.onstack, machine.fsbase, machine.gsbase), (0, 0, 0));
    assert_eq!(machine.flags & HASSEGS, HASSEGS, "mc_flags");
    let extended = probe::components() & 4 != 0;
    assert_eq!(machine.flags & HASFPXSTATE != 0, extended, "mc_flags");
    if extended {
        assert_eq!(machine.xfpustate % 64, 0, "alignment of the extended state");
        assert!(
            machine.xfpustate >= frame + 976,
            "the extended state lies above the frame"
        );
        assert!(machine.xfpustate_len >= 64 + 256, "room for AVX");
        assert!(
            machine.xfpustate + machine.xfpustate_len <= machine.rsp - 128,
            "below the red zone"
        );
    }
    assert_eq!(
        context.stack,
        signal::Stack {
            sp: 0,
            size: 0,
            flags: 4,
            pad: 0
        }
    );
    assert_eq!(context.mask, Set::EMPTY);
    SEEN.store(signal);
}

pub(crate) fn layout() {
    signal::handle(SIGUSR1, looks_at_the_frame, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    assert_eq!(SEEN.load(), SIGUSR1);
}

fn general(machine: &Machine) -> [u64; 16] {
    let m = machine;
    [
        m.rax, m.rbx, m.rcx, m.rdx, m.rsi, m.rdi, m.rbp, m.rsp, m.r8, m.r9, m.r10, m.r11, m.r12,
        m.r13, m.r14, m.r15,
    ]
}

extern "C" fn compares(_: u32, info: &mut Info, context: &mut Context) {
    let set = unsafe { &*SET.get() };
    let machine = &mut context.machine;
    assert_eq!(general(machine), set.general);
    // The resume flag is the CPU's.
    assert_eq!(machine.rflags & !0x10000, set.rflags);
    assert_eq!(info.addr, machine.rip);
    // Control and status word; MXCSR; the x87 and SSE registers.
    assert_eq!(machine.fpstate[..5], set.vector[..5]);
    assert_eq!(machine.fpstate[24..28], set.vector[24..28]);
    assert_eq!(machine.fpstate[32..416], set.vector[32..416]);
    if probe::components() & 4 != 0 {
        let at = __cpuid_count(0xd, 2).ebx as usize;
        let high = unsafe {
            core::slice::from_raw_parts((machine.xfpustate as usize + at - 512) as *const u8, 256)
        };
        assert_eq!(
            high,
            &set.vector[at..at + 256],
            "the upper halves of AVX registers"
        );
    }
    machine.rip += 2;
    SEEN.store(SEEN.load() + 1);
}

pub(crate) fn registers() {
    signal::handle(SIGILL, compares, 0, Set::EMPTY);
    for seed in 1..=20 {
        let (set, get) = unsafe { (&mut *SET.get(), &mut *GET.get()) };
        set.fill(seed);
        probe::run(Body::Undefined, set, get);
        get.must_be(set, &[], "ud2");
    }
    assert_eq!(SEEN.load(), 20);
}

extern "C" fn replaces_everything(_: u32, _: &mut Info, context: &mut Context) {
    let machine = &mut context.machine;
    machine.rip += 2;
    machine.rax = 0xfeed;
    machine.rbx = 0xbeef;
    machine.r15 = 0xcafe;
    machine.rflags ^= 0xcd5;
}

pub(crate) fn skip() {
    signal::handle(SIGILL, replaces_everything, 0, Set::EMPTY);
    let (set, get) = unsafe { (&mut *SET.get(), &mut *GET.get()) };
    set.fill(9);
    probe::run(Body::Undefined, set, get);
    (set.general[RAX], set.general[1], set.general[15]) = (0xfeed, 0xbeef, 0xcafe);
    set.rflags ^= 0xcd5;
    get.must_be(set, &[], "ud2");
}

extern "C" fn makes_it_fail(_: u32, _: &mut Info, context: &mut Context) {
    assert_eq!(
        (context.machine.rax, context.machine.rflags & 1),
        (0, 0),
        "kill succeeded"
    );
    context.machine.rax = 77;
    context.machine.rdx = 78;
    context.machine.rflags |= 1;
}

pub(crate) fn change_result() {
    signal::handle(SIGUSR1, makes_it_fail, 0, Set::EMPTY);
    let back = sys::raw(sys::KILL, [sys::pid(), u64::from(SIGUSR1), 0, 0, 0, 0]);
    assert_eq!(
        back,
        sys::Raw {
            rax: 77,
            rdx: 78,
            carry: true
        }
    );
}

const ROUND_UP: u32 = 0x5f80;

extern "C" fn replaces_vectors(_: u32, _: &mut Info, context: &mut Context) {
    let machine = &mut context.machine;
    machine.rip += 2;
    machine.fpstate[24..28].copy_from_slice(&ROUND_UP.to_ne_bytes());
    machine.fpstate[0..2].copy_from_slice(&0x0f7fu16.to_ne_bytes());
    machine.fpstate[160 + 16 * 5..160 + 16 * 6].fill(0x55);
    if probe::components() & 4 != 0 {
        let at = __cpuid_count(0xd, 2).ebx as u64 - 512 + 16 * 5;
        unsafe { ((machine.xfpustate + at) as *mut [u8; 16]).write([0x66; 16]) };
    }
}

pub(crate) fn change_vector_state() {
    signal::handle(SIGILL, replaces_vectors, 0, Set::EMPTY);
    let (set, get) = unsafe { (&mut *SET.get(), &mut *GET.get()) };
    set.fill(11);
    probe::run(Body::Undefined, set, get);
    set.vector[24..28].copy_from_slice(&ROUND_UP.to_ne_bytes());
    set.vector[0..2].copy_from_slice(&0x0f7fu16.to_ne_bytes());
    set.vector[160 + 16 * 5..160 + 16 * 6].fill(0x55);
    if probe::components() & 4 != 0 {
        let at = __cpuid_count(0xd, 2).ebx as usize + 16 * 5;
        set.vector[at..at + 16].fill(0x66);
    }
    get.must_be(set, &[], "ud2");
}

extern "C" fn replaces_the_mask(_: u32, _: &mut Info, context: &mut Context) {
    context.mask = Set::of(&[SIGUSR2, 9, 17, 100]);
}

/// The mask of the context is the mask afterwards, without the two that cannot be blocked.
pub(crate) fn change_mask() {
    signal::handle(SIGUSR1, replaces_the_mask, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    assert_eq!(signal::mask(BLOCK, Set::EMPTY), Set::of(&[SIGUSR2, 100]));
}

/// A context of this thread, good to return to.
fn here() -> Context {
    let mut context = core::mem::MaybeUninit::<Context>::zeroed();
    sys::call(sys::GETCONTEXT, [context.as_mut_ptr() as u64]).expect("getcontext");
    unsafe { context.assume_init() }
}

fn return_to(context: &Context) -> sys::Result {
    sys::call(sys::SIGRETURN, [core::ptr::from_ref(context) as u64])
}

pub(crate) fn bad_sigreturn() {
    for address in [0, 8, u64::MAX - 100, 1 << 63] {
        assert_eq!(sys::call(sys::SIGRETURN, [address]), Err(sys::EFAULT));
    }
    let mut context = here();
    context.machine.flags |= 16;
    assert_eq!(return_to(&context), Err(sys::EINVAL), "an unknown flag");
    let mut context = here();
    context.machine.rflags ^= 0x3000;
    assert_eq!(
        return_to(&context),
        Err(sys::EINVAL),
        "the privilege level for port access"
    );
    let mut context = here();
    context.machine.rflags ^= 0x200;
    assert_eq!(return_to(&context), Err(sys::EINVAL), "the interrupt flag");
    let mut context = here();
    context.machine.flags |= HASFPXSTATE;
    context.machine.xfpustate_len = 1 << 20;
    assert_eq!(
        return_to(&context),
        Err(sys::EINVAL),
        "too much extended state"
    );
    context.machine.xfpustate = 8;
    context.machine.xfpustate_len = 64;
    assert_eq!(
        return_to(&context),
        Err(sys::EFAULT),
        "extended state nowhere"
    );
}

static ROUNDS: Shared<u32> = Shared::new(0);
static SAVED: Shared<core::mem::MaybeUninit<Context>> =
    Shared::new(core::mem::MaybeUninit::zeroed());

pub(crate) fn getcontext() {
    let block = Set::of(&[SIGUSR2]);
    let errors: u64;
    // In one piece: the frame of a function that has returned is no place to return to.
    unsafe {
        core::arch::asm!(
            "mov eax, 421",
            "mov rdi, r12",
            "syscall",
            // Comes here three times, always with success, rdx 0 and the carry flag clear.
            "adc r15, rax",
            "add r15, rdx",
            "add dword ptr [r13], 1",
            "cmp dword ptr [r13], 3",
            "jae 22f",
            "mov eax, 340",
            "mov edi, 1",
            "mov rsi, r14",
            "xor edx, edx",
            "syscall",
            "mov eax, 422",
            "mov rdi, r12",
            "mov edx, 77",
            "stc",
            "syscall",
            "22:",
            in("r12") SAVED.get(), in("r13") ROUNDS.get(), in("r14") &block, inout("r15") 0u64 => errors,
            out("rax") _, out("rdi") _, out("rsi") _, inout("rdx") 0u64 => _, out("rcx") _, out("r11") _,
            out("r8") _, out("r9") _, out("r10") _,
        );
    }
    assert_eq!(errors, 0, "what getcontext returned");
    assert_eq!(ROUNDS.load(), 3);
    assert_eq!(
        signal::mask(BLOCK, Set::EMPTY),
        Set::EMPTY,
        "the mask is part of it"
    );
    for call in [sys::SETCONTEXT, sys::GETCONTEXT, sys::SWAPCONTEXT] {
        assert_eq!(sys::call(call, [0, 0]), Err(sys::EINVAL));
    }
    assert_eq!(sys::call(sys::SETCONTEXT, [8]), Err(sys::EFAULT));
}
