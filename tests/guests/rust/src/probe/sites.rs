//! What a probe runs: instructions, each at a place of its own, that end at `probe_back`.

use core::arch::global_asm;

use crate::start::Shared;

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

/// Ends [`Body::Wait`] when it becomes other than 0.
#[unsafe(no_mangle)]
pub static PROBE_FLAG: Shared<u64> = Shared::new(0);

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

global_asm!(
    "probe_syscall:",
    "syscall",
    "probe_after_syscall:",
    "jmp probe_back",
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
);

unsafe extern "C" {
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

/// Sites as libc has them: the number, then the call. The host may turn such a site into a jump when it is used often.
macro_rules! hot_sites {
    ($($number:literal: $site:ident $after:ident),* $(,)?) => {
        global_asm!($(concat!(
            ".p2align 4\n", stringify!($site), ":\nmov eax, ", $number, "\nsyscall\n",
            stringify!($after), ":\njmp probe_back\n"
        )),*);
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
