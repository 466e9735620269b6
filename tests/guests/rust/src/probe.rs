//! Every register a program can see, set, sent through one instruction and read back.

use core::arch::{asm, global_asm};
use core::fmt::Write;

use crate::output::Line;
use crate::start::Shared;

/// Names of [`State::general`], in order.
pub const NAMES: [&str; 16] = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];
/// Index of a register in [`State::general`].
pub const RAX: usize = 0;
/// The same.
pub const RCX: usize = 2;
/// The same.
pub const RDX: usize = 3;
/// The same.
pub const RSI: usize = 4;
/// The same.
pub const RDI: usize = 5;
/// The same.
pub const RSP: usize = 7;
/// The same.
pub const R8: usize = 8;
/// The same.
pub const R9: usize = 9;
/// The same.
pub const R10: usize = 10;
/// The same.
pub const R11: usize = 11;

/// Flags a program may have any way: carry, parity, adjust, zero, sign, direction, overflow.
pub const FLAGS: u64 = 0xcd5;
/// The carry flag.
pub const CARRY: u64 = 1;

/// Bytes for an XSAVE image without AMX.
const XSAVE: usize = 4096;

/// All of a thread's registers.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub struct State {
    /// See [`NAMES`].
    pub general: [u64; 16],
    /// Flags.
    pub rflags: u64,
    pad: [u64; 15],
    /// x87, SSE, AVX, AVX-512, as `xsave64` stores them.
    pub vector: [u8; XSAVE],
}

impl State {
    /// All zero.
    pub const fn new() -> Self {
        Self {
            general: [0; 16],
            rflags: 0,
            pad: [0; 15],
            vector: [0; XSAVE],
        }
    }

    /// Fills every register with a pattern that `seed` chooses.
    pub fn fill(&mut self, seed: u64) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for value in &mut self.general {
            *value = random.number();
        }
        self.rflags = 0x202 | (random.number() & FLAGS);
        self.vector.fill(0);
        let mask = components();
        let mut put =
            |at: usize, bytes: &[u8]| self.vector[at..at + bytes.len()].copy_from_slice(bytes);
        // Control word: every exception masked, any precision but the reserved one, any rounding.
        let control =
            0x007f | [0u16, 0x200, 0x300][random.below(3)] | ((random.number() as u16 & 3) << 10);
        put(0, &control.to_le_bytes());
        // Status word: the top of the stack and the condition codes.
        put(2, &(random.number() as u16 & 0x7f00).to_le_bytes());
        // All eight registers in use.
        put(4, &[0xff]);
        // MXCSR: every exception masked, any rounding, any sticky flags, flush-to-zero and denormals-are-zero.
        let mxcsr = 0x1f80 | (random.number() as u32 & 0xe07f);
        put(24, &mxcsr.to_le_bytes());
        for register in 0..8 {
            let bytes = random.number().to_le_bytes();
            put(32 + 16 * register, &bytes);
            // Sign and exponent of a normal number, then its leading one.
            put(32 + 16 * register + 8, &[bytes[0], 0x3f]);
            put(32 + 16 * register + 7, &[bytes[7] | 0x80]);
        }
        for (from, length) in ranges().into_iter().filter(|&(from, _)| from >= 160) {
            for byte in &mut self.vector[from..from + length] {
                *byte = random.number() as u8;
            }
        }
        self.vector[512..520].copy_from_slice(&mask.to_le_bytes());
    }

    /// Names the first difference from `expected`, leaving out the general registers in `except`.
    pub fn difference(&self, expected: &Self, except: &[usize]) -> Option<Line> {
        let mut text = Line::new();
        for (index, name) in NAMES.iter().enumerate() {
            let (is, was) = (self.general[index], expected.general[index]);
            if is != was && !except.contains(&index) {
                let _ = write!(text, "{name} is {is:#x} and should be {was:#x}");
                return Some(text);
            }
        }
        if self.rflags != expected.rflags {
            let _ = write!(
                text,
                "flags are {:#x} and should be {:#x}",
                self.rflags, expected.rflags
            );
            return Some(text);
        }
        for (from, length) in ranges() {
            for at in from..from + length {
                if self.vector[at] != expected.vector[at] {
                    let _ = write!(
                        text,
                        "byte {at} of the vector state (part {from}..{}) is {:#x} and should be {:#x}",
                        from + length,
                        self.vector[at],
                        expected.vector[at]
                    );
                    return Some(text);
                }
            }
        }
        None
    }

    /// Panics when anything but `except` differs.
    #[track_caller]
    pub fn must_be(&self, expected: &Self, except: &[usize], what: &str) {
        if let Some(text) = self.difference(expected, except) {
            panic!("{what}: {}", text.text());
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

/// A small generator of patterns.
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }
}

fn cpuid(leaf: u32, sub: u32) -> [u32; 4] {
    let found = core::arch::x86_64::__cpuid_count(leaf, sub);
    [found.eax, found.ebx, found.ecx, found.edx]
}

/// The XSAVE components this test sets: x87, SSE, AVX and the three of AVX-512, as far as the CPU and the host have them.
pub fn components() -> u64 {
    if cpuid(1, 0)[2] & (1 << 27) == 0 {
        return 3;
    }
    let (low, high): (u32, u32);
    unsafe { asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high) };
    (u64::from(low) | (u64::from(high) << 32)) & 0xe7
}

/// The parts of an XSAVE image that hold registers: start and length.
pub fn ranges() -> [(usize, usize); 9] {
    let mut all = [(0, 0); 9];
    // Control word, status word and tags; MXCSR; x87 registers without their padding are compared whole: it is zero.
    all[0] = (0, 5);
    all[1] = (24, 4);
    all[2] = (32, 128);
    all[3] = (160, 256);
    let mask = components();
    for (slot, component) in all.iter_mut().skip(4).zip([2u32, 5, 6, 7]) {
        if mask & (1 << component) != 0 {
            let found = cpuid(0xd, component);
            *slot = (found[1] as usize, found[0] as usize);
        }
    }
    all
}

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
/// Ends [`Body::Wait`] when it becomes other than 0.
#[unsafe(no_mangle)]
pub static PROBE_FLAG: Shared<u64> = Shared::new(0);

/// A site as libc has it: the number, then the call. The host may turn such a site into a jump when it is used often.
macro_rules! hot {
    ($number:literal) => {
        concat!(
            ".p2align 4\nprobe_hot_",
            $number,
            ":\nmov eax, ",
            $number,
            "\nsyscall\nprobe_after_hot_",
            $number,
            ":\njmp probe_back\n"
        )
    };
}

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
    "probe_syscall:",
    "syscall",
    "probe_after_syscall:",
    "jmp probe_back",
    hot!("20"), hot!("24"), hot!("6"), hot!("3"), hot!("4"), hot!("116"), hot!("37"), hot!("240"), hot!("341"), hot!("340"),
    hot!("477"), hot!("42"), hot!("165"), hot!("429"), hot!("433"), hot!("454"), hot!("522"), hot!("560"), hot!("499"), hot!("552"),
    hot!("173"), hot!("199"), hot!("198"),
    // A library's long form, and two of Go's: the instruction before the call is a load or an address.
    ".p2align 4",
    "probe_long:",
    ".byte 0x48, 0xc7, 0xc0, 20, 0, 0, 0",
    "syscall",
    "probe_after_long:",
    "jmp probe_back",
    ".p2align 4",
    "probe_load:",
    "mov rdx, [rsp + 8]",
    "syscall",
    "probe_after_load:",
    "jmp probe_back",
    ".p2align 4",
    "probe_address:",
    "lea rsi, [rsp + 8]",
    "syscall",
    "probe_after_address:",
    "jmp probe_back",
    // A number that a cache line divides, which no single store can change.
    ".p2align 6",
    ".fill 55, 1, 0x90",
    "probe_divided:",
    "mov rdx, [rsp + 8]",
    "mov eax, 20",
    "syscall",
    "probe_after_divided:",
    "jmp probe_back",
    "probe_undefined:",
    "ud2",
    "jmp probe_back",
    "probe_breakpoint:",
    "int3",
    "jmp probe_back",
    "probe_wait:",
    "mov rcx, [rip + PROBE_FLAG]",
    "jrcxz probe_wait",
    "jmp probe_back",
    mask = sym MASK,
);

unsafe extern "C" {
    fn probe(set: *const State, get: *mut State, mask: u64);
    fn probe_syscall();
    fn probe_after_syscall();
    fn probe_long();
    fn probe_after_long();
    fn probe_load();
    fn probe_after_load();
    fn probe_address();
    fn probe_after_address();
    fn probe_divided();
    fn probe_after_divided();
    fn probe_undefined();
    fn probe_breakpoint();
    fn probe_wait();
}

macro_rules! hot_sites {
    ($($number:literal: $site:ident $after:ident),* $(,)?) => {
        unsafe extern "C" { $(fn $site(); fn $after();)* }
        /// The site of a call's own, and the address behind it.
        fn hot_site(number: u64) -> Option<(u64, u64)> {
            match number {
                $($number => Some(($site as *const () as u64, $after as *const () as u64)),)*
                _ => None,
            }
        }
    };
}

hot_sites! {
    20: probe_hot_20 probe_after_hot_20,
    24: probe_hot_24 probe_after_hot_24,
    6: probe_hot_6 probe_after_hot_6,
    3: probe_hot_3 probe_after_hot_3,
    4: probe_hot_4 probe_after_hot_4,
    116: probe_hot_116 probe_after_hot_116,
    37: probe_hot_37 probe_after_hot_37,
    240: probe_hot_240 probe_after_hot_240,
    341: probe_hot_341 probe_after_hot_341,
    340: probe_hot_340 probe_after_hot_340,
    477: probe_hot_477 probe_after_hot_477,
    42: probe_hot_42 probe_after_hot_42,
    165: probe_hot_165 probe_after_hot_165,
    429: probe_hot_429 probe_after_hot_429,
    433: probe_hot_433 probe_after_hot_433,
    454: probe_hot_454 probe_after_hot_454,
    522: probe_hot_522 probe_after_hot_522,
    560: probe_hot_560 probe_after_hot_560,
    499: probe_hot_499 probe_after_hot_499,
    552: probe_hot_552 probe_after_hot_552,
    173: probe_hot_173 probe_after_hot_173,
    199: probe_hot_199 probe_after_hot_199,
    198: probe_hot_198 probe_after_hot_198,
}

/// What happens between the registers' setting and their reading.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// One `syscall`, which nothing can be known about beforehand.
    Syscall,
    /// `mov eax, number; syscall`, one place for each number. See [`sites`].
    Hot(u64),
    /// `mov rax, 20; syscall`.
    Long,
    /// `mov rdx, [rsp + 8]; syscall`.
    Load,
    /// `lea rsi, [rsp + 8]; syscall`.
    Address,
    /// `mov rdx, [rsp + 8]; mov eax, 20; syscall`, with the number's instruction over the end of a cache line.
    Divided,
    /// `ud2`, two bytes that a handler has to step over.
    Undefined,
    /// `int3`.
    Breakpoint,
    /// Reads [`PROBE_FLAG`] into rcx until it is not 0.
    Wait,
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

/// The places from which call `number` can be made.
pub fn sites(number: u64) -> impl Iterator<Item = Body> {
    let hot = hot_site(number).map(|_| Body::Hot(number));
    [Some(Body::Syscall), hot].into_iter().flatten()
}

/// The addresses of a probe's first instruction and of the one behind its `syscall`.
pub fn place(body: Body) -> (u64, u64) {
    type Label = unsafe extern "C" fn();
    let known = |site: Label, after: Label| (site as *const () as u64, after as *const () as u64);
    match body {
        Body::Syscall => known(probe_syscall, probe_after_syscall),
        Body::Hot(number) => hot_site(number).expect("a call with a site of its own"),
        Body::Long => known(probe_long, probe_after_long),
        Body::Load => known(probe_load, probe_after_load),
        Body::Address => known(probe_address, probe_after_address),
        Body::Divided => known(probe_divided, probe_after_divided),
        Body::Undefined => known(probe_undefined, probe_undefined),
        Body::Breakpoint => known(probe_breakpoint, probe_breakpoint),
        Body::Wait => known(probe_wait, probe_wait),
    }
}

/// Whether the host has made a jump of a place, so that calls from there need no trap.
pub fn is_jump(body: Body) -> bool {
    const JUMP: u8 = 0xe9;
    // In front of the last one's number stands a load.
    let before = if body == Body::Divided { 5 } else { 0 };
    unsafe { ((place(body).0 + before) as *const u8).read_volatile() == JUMP }
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
