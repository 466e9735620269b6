//! All of a thread's registers, patterns for them, and what differs.

use core::arch::asm;
use core::fmt::Write;

use crate::output::Line;

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
