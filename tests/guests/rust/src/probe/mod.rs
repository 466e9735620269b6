//! Every register a program can see, set, sent through one instruction and read back.

mod sites;
mod state;

use core::arch::{asm, global_asm};

use crate::start::Shared;

pub use sites::{Body, PROBE_FLAG, is_jump, place, sites};
pub use state::{
    CARRY, FLAGS, NAMES, R8, R9, R10, R11, RAX, RCX, RDI, RDX, RSI, RSP, Random, State, components,
    ranges,
};

/// Bytes of the stack that a probe runs on.
pub const STACK: usize = 64 * 1024;
const FILL: u8 = 0xa5;
/// A real syscall may be made with the 128 bytes below the stack pointer in use.
pub const RED_ZONE: usize = 128;
/// What lies above the stack pointer during a probe.
const ABOVE: usize = 256;

#[repr(C, align(64))]
struct Stack([u8; STACK]);

static STACK_MEMORY: Shared<Stack> = Shared::new(Stack([0; STACK]));
static MASK: Shared<u64> = Shared::new(0);
#[unsafe(no_mangle)]
static PROBE_BODY: Shared<u64> = Shared::new(0);
#[unsafe(no_mangle)]
static PROBE_OUT: Shared<u64> = Shared::new(0);
#[unsafe(no_mangle)]
static PROBE_OWN_RSP: Shared<u64> = Shared::new(0);
#[unsafe(no_mangle)]
static PROBE_RAX: Shared<u64> = Shared::new(0);

// probe(rdi = state to set, rsi = state to fill, rdx = XSAVE mask): nothing between the load of the last register and
// `jmp [PROBE_BODY]`, nor between the label probe_back and the first save, changes a register or a flag.
global_asm!(
    "probe:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov [rip + PROBE_OWN_RSP], rsp",
    "mov [rip + PROBE_OUT], rsi",
    "mov eax, edx",
    "shr rdx, 32",
    "xrstor64 [rdi + 256]",
    "mov rsp, [rdi + 56]",
    // Through memory below the red zone, which the caller knows.
    "lea rsp, [rsp - 256]",
    "push [rdi + 128]",
    "popfq",
    "lea rsp, [rsp + 256]",
    "mov rax, [rdi]",
    "mov rbx, [rdi + 8]",
    "mov rcx, [rdi + 16]",
    "mov rdx, [rdi + 24]",
    "mov rsi, [rdi + 32]",
    "mov rbp, [rdi + 48]",
    "mov r8, [rdi + 64]",
    "mov r9, [rdi + 72]",
    "mov r10, [rdi + 80]",
    "mov r11, [rdi + 88]",
    "mov r12, [rdi + 96]",
    "mov r13, [rdi + 104]",
    "mov r14, [rdi + 112]",
    "mov r15, [rdi + 120]",
    "mov rdi, [rdi + 40]",
    "jmp [rip + PROBE_BODY]",
    // Where the sites, which other objects may hold, come back to.
    ".globl probe_back",
    ".hidden probe_back",
    "probe_back:",
    "mov [rip + PROBE_RAX], rax",
    "mov rax, [rip + PROBE_OUT]",
    "mov [rax + 8], rbx",
    "mov [rax + 16], rcx",
    "mov [rax + 24], rdx",
    "mov [rax + 32], rsi",
    "mov [rax + 40], rdi",
    "mov [rax + 48], rbp",
    "mov [rax + 56], rsp",
    "mov [rax + 64], r8",
    "mov [rax + 72], r9",
    "mov [rax + 80], r10",
    "mov [rax + 88], r11",
    "mov [rax + 96], r12",
    "mov [rax + 104], r13",
    "mov [rax + 112], r14",
    "mov [rax + 120], r15",
    "mov rcx, [rip + PROBE_RAX]",
    "mov [rax], rcx",
    "mov rsp, [rip + PROBE_OWN_RSP]",
    "pushfq",
    "pop [rax + 128]",
    // The code around wants the usual flags and modes.
    "push 0x202",
    "popfq",
    "mov rdi, rax",
    "mov eax, [rip + {mask}]",
    "mov edx, [rip + {mask} + 4]",
    "xsave64 [rdi + 256]",
    "fninit",
    "mov dword ptr [rip + PROBE_RAX], 0x1f80",
    "ldmxcsr [rip + PROBE_RAX]",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
    mask = sym MASK,
);

unsafe extern "C" {
    fn probe(set: *const State, get: *mut State, mask: u64);
}

/// The stack pointer a probe runs with.
pub fn stack_pointer() -> u64 {
    STACK_MEMORY.get() as u64 + (STACK - ABOVE) as u64
}

/// What a probe's `mov rdx, [rsp + 8]` finds.
pub const ON_STACK: u64 = u64::from_ne_bytes([FILL; 8]);

static AFTER: Shared<u64> = Shared::new(0);

/// The address of the last probe's first instruction.
pub fn first_instruction() -> u64 {
    PROBE_BODY.load()
}

/// The address behind the last probe's `syscall`.
pub fn after_syscall() -> u64 {
    AFTER.load()
}

/// Sends `set` through `body`; `get` is what came out. The stack pointer is the probe's own.
pub fn run(body: Body, set: &mut State, get: &mut State) {
    let (site, after) = place(body);
    PROBE_BODY.store(site);
    AFTER.store(after);
    MASK.store(components());
    set.general[RSP] = stack_pointer();
    get.vector.fill(0);
    unsafe {
        STACK_MEMORY.get().cast::<u8>().write_bytes(FILL, STACK);
        probe(set, get, components());
    }
}

/// Puts the vector state of `from` into the registers, for handlers: what they interrupted must not notice.
pub fn clobber(from: &State) {
    let mask = components();
    unsafe {
        asm!("xrstor64 [{}]", in(reg) from.vector.as_ptr(), in("eax") mask as u32, in("edx") (mask >> 32) as u32,
            clobber_abi("C"));
    }
}

/// Whether the red zone and what lies above the stack pointer are as they were before the last probe.
pub fn red_zone_is_intact() -> bool {
    untouched(STACK - ABOVE - RED_ZONE, STACK)
}

/// Whether the whole stack is, but for the 8 bytes that the probe itself uses.
pub fn stack_is_intact() -> bool {
    let own = STACK - ABOVE - 256;
    untouched(0, own - 8) && untouched(own, STACK)
}

fn untouched(from: usize, to: usize) -> bool {
    let memory = unsafe { core::slice::from_raw_parts(STACK_MEMORY.get().cast::<u8>(), STACK) };
    memory[from..to].iter().all(|&byte| byte == FILL)
}
