//! The routines that may fault on a guest address, and where the signal handler sends them when they do.

use core::arch::global_asm;

use crate::host::{HostErrno, HostResult};

// Each routine touches guest memory in exactly one instruction, between its `_at` label and the next one. When that
// instruction faults, `landing` names where to continue: a tail that reports the failure. The copy of short pieces
// touches it anywhere between its labels, changes none of its arguments, and is begun anew byte by byte.
global_asm!(
    // rdi = to, rsi = from, rdx = length; returns the number of bytes not copied.
    ".globl compat_copy",
    ".hidden compat_copy",
    "compat_copy:",
    "cmp rdx, 8",
    "jb 5f",
    "cmp rdx, 256",
    "ja compat_copy_bytes",
    ".globl compat_copy_short",
    ".hidden compat_copy_short",
    "compat_copy_short:",
    // Eight at a time, as structures are written, and the last eight wherever they begin.
    "mov r8, [rsi + rdx - 8]",
    "lea rcx, [rdx - 8]",
    "xor eax, eax",
    "2:",
    "cmp rax, rcx",
    "jae 4f",
    "mov r9, [rsi + rax]",
    "mov [rdi + rax], r9",
    "add rax, 8",
    "jmp 2b",
    "4:",
    "mov [rdi + rcx], r8",
    "xor eax, eax",
    "ret",
    "5:",
    "cmp rdx, 4",
    "jne 6f",
    "mov eax, [rsi]",
    "mov [rdi], eax",
    "xor eax, eax",
    "ret",
    "6:",
    "cmp rdx, 1",
    "jne compat_copy_bytes",
    "movzx eax, byte ptr [rsi]",
    "mov [rdi], al",
    "xor eax, eax",
    "ret",
    ".globl compat_copy_bytes",
    ".hidden compat_copy_bytes",
    "compat_copy_bytes:",
    "mov rcx, rdx",
    ".globl compat_copy_at",
    ".hidden compat_copy_at",
    "compat_copy_at:",
    "rep movsb",
    ".globl compat_copy_end",
    ".hidden compat_copy_end",
    "compat_copy_end:",
    "mov rax, rcx",
    "ret",
    // rdi = address, rsi = where the value goes; returns 0, or 1 on a fault.
    ".globl compat_load32",
    ".hidden compat_load32",
    "compat_load32:",
    ".globl compat_load32_at",
    ".hidden compat_load32_at",
    "compat_load32_at:",
    "mov eax, [rdi]",
    "mov [rsi], eax",
    "xor eax, eax",
    "ret",
    ".globl compat_load64",
    ".hidden compat_load64",
    "compat_load64:",
    ".globl compat_load64_at",
    ".hidden compat_load64_at",
    "compat_load64_at:",
    "mov rax, [rdi]",
    "mov [rsi], rax",
    "xor eax, eax",
    "ret",
    // rdi = address, rsi = value.
    ".globl compat_store32",
    ".hidden compat_store32",
    "compat_store32:",
    ".globl compat_store32_at",
    ".hidden compat_store32_at",
    "compat_store32_at:",
    "xchg [rdi], esi",
    "xor eax, eax",
    "ret",
    ".globl compat_store64",
    ".hidden compat_store64",
    "compat_store64:",
    ".globl compat_store64_at",
    ".hidden compat_store64_at",
    "compat_store64_at:",
    "xchg [rdi], rsi",
    "xor eax, eax",
    "ret",
    // rdi = address, rsi = in: expected, out: found; rdx = new.
    ".globl compat_swap32",
    ".hidden compat_swap32",
    "compat_swap32:",
    "mov eax, [rsi]",
    ".globl compat_swap32_at",
    ".hidden compat_swap32_at",
    "compat_swap32_at:",
    "lock cmpxchg [rdi], edx",
    "mov [rsi], eax",
    "mov eax, 0",
    "ret",
    ".globl compat_swap64",
    ".hidden compat_swap64",
    "compat_swap64:",
    "mov rax, [rsi]",
    ".globl compat_swap64_at",
    ".hidden compat_swap64_at",
    "compat_swap64_at:",
    "lock cmpxchg [rdi], rdx",
    "mov [rsi], rax",
    "mov eax, 0",
    "ret",
    // rdi = address, rsi = limit; returns how many bytes come before the NUL, `limit` or more when that is too many, -1 on a
    // fault. Whole words are read, none of which reaches into a page that the string does not.
    ".globl compat_length",
    ".hidden compat_length",
    "compat_length:",
    "mov rdx, rdi",
    "add rsi, rdi",
    "mov ecx, edi",
    "and ecx, 7",
    "shl ecx, 3",
    // What comes before the string in its first word is not zero.
    "mov r8, -1",
    "shl r8, cl",
    "not r8",
    "and rdi, -8",
    "mov r9, 0x0101010101010101",
    "mov r10, 0x8080808080808080",
    "2:",
    ".globl compat_length_at",
    ".hidden compat_length_at",
    "compat_length_at:",
    "mov rax, [rdi]",
    "or rax, r8",
    "mov rcx, rax",
    "sub rcx, r9",
    "not rax",
    "and rax, rcx",
    "and rax, r10",
    "jnz 3f",
    "xor r8d, r8d",
    "add rdi, 8",
    "cmp rdi, rsi",
    "jb 2b",
    "mov rax, rdi",
    "sub rax, rdx",
    "ret",
    "3:",
    "bsf rax, rax",
    "shr eax, 3",
    "add rax, rdi",
    "sub rax, rdx",
    "ret",
    ".globl compat_length_failed",
    ".hidden compat_length_failed",
    "compat_length_failed:",
    "mov rax, -1",
    "ret",
    ".globl compat_access_failed",
    ".hidden compat_access_failed",
    "compat_access_failed:",
    "mov eax, 1",
    "ret",
);

unsafe extern "C" {
    fn compat_copy(to: *mut u8, from: *const u8, length: usize) -> usize;
    fn compat_copy_short();
    fn compat_copy_bytes();
    fn compat_copy_at();
    fn compat_copy_end();
    fn compat_load32(at: u64, value: *mut u32) -> u32;
    fn compat_load32_at();
    fn compat_load64(at: u64, value: *mut u64) -> u32;
    fn compat_load64_at();
    fn compat_store32(at: u64, value: u32) -> u32;
    fn compat_store32_at();
    fn compat_store64(at: u64, value: u64) -> u32;
    fn compat_store64_at();
    fn compat_swap32(at: u64, expected: *mut u32, new: u32) -> u32;
    fn compat_swap32_at();
    fn compat_swap64(at: u64, expected: *mut u64, new: u64) -> u32;
    fn compat_swap64_at();
    fn compat_length(at: u64, limit: usize) -> usize;
    fn compat_length_at();
    fn compat_length_failed();
    fn compat_access_failed();
}

/// Where a fault at instruction `rip` continues, when `rip` is one of the instructions above that may fault.
pub(crate) fn landing(rip: u64) -> Option<u64> {
    if rip == compat_copy_at as *const () as u64 {
        return Some(compat_copy_end as *const () as u64);
    }
    if rip == compat_length_at as *const () as u64 {
        return Some(compat_length_failed as *const () as u64);
    }
    let bytes = compat_copy_bytes as *const () as u64;
    if (compat_copy_short as *const () as u64..bytes).contains(&rip) {
        return Some(bytes);
    }
    let guarded: [unsafe extern "C" fn(); 6] = [
        compat_load32_at,
        compat_load64_at,
        compat_store32_at,
        compat_store64_at,
        compat_swap32_at,
        compat_swap64_at,
    ];
    guarded
        .iter()
        .any(|&at| rip == at as *const () as u64)
        .then_some(compat_access_failed as *const () as u64)
}

/// Copies `length` bytes; returns how many were *not* copied because one side faulted.
///
/// # Safety
/// The side that is not a guest address must be valid for `length` bytes.
pub(super) unsafe fn copy(to: *mut u8, from: *const u8, length: usize) -> usize {
    // SAFETY: the caller vouches for our side; a fault on the guest's ends the copy.
    unsafe { compat_copy(to, from, length) }
}

/// The length of the string at guest address `at`, without its NUL.
///
/// # Errors
/// `EFAULT` when it runs into unreadable memory; `ENAMETOOLONG` when no NUL comes within `limit` bytes.
#[inline(always)]
pub(super) fn length(at: u64, limit: usize) -> HostResult<usize> {
    // SAFETY: a fault on `at` is reported.
    match unsafe { compat_length(at, limit) } {
        usize::MAX => Err(HostErrno::EFAULT),
        length if length >= limit => Err(HostErrno::ENAMETOOLONG),
        length => Ok(length),
    }
}

fn checked(failed: u32) -> HostResult<()> {
    if failed == 0 {
        Ok(())
    } else {
        Err(HostErrno::EFAULT)
    }
}

/// Reads the word at guest address `at` in one access.
///
/// # Errors
/// `EFAULT`.
pub fn load_u32(at: u64) -> HostResult<u32> {
    let mut value = 0;
    // SAFETY: `value` is valid; a fault on `at` is reported.
    checked(unsafe { compat_load32(at, &mut value) }).map(|()| value)
}

/// [`load_u32`] for 64 bits.
///
/// # Errors
/// `EFAULT`.
pub fn load_u64(at: u64) -> HostResult<u64> {
    let mut value = 0;
    // SAFETY: `value` is valid; a fault on `at` is reported.
    checked(unsafe { compat_load64(at, &mut value) }).map(|()| value)
}

/// Stores a word with sequential consistency.
///
/// # Errors
/// `EFAULT`.
pub fn store_u32(at: u64, value: u32) -> HostResult<()> {
    // SAFETY: a fault on `at` is reported.
    checked(unsafe { compat_store32(at, value) })
}

/// [`store_u32`] for 64 bits.
///
/// # Errors
/// `EFAULT`.
pub fn store_u64(at: u64, value: u64) -> HostResult<()> {
    // SAFETY: a fault on `at` is reported.
    checked(unsafe { compat_store64(at, value) })
}

/// Replaces the word at `at` by `new` if it is `expected`; returns what was found there.
///
/// # Errors
/// `EFAULT`.
pub fn compare_exchange_u32(at: u64, expected: u32, new: u32) -> HostResult<u32> {
    let mut found = expected;
    // SAFETY: `found` is valid; a fault on `at` is reported.
    checked(unsafe { compat_swap32(at, &mut found, new) }).map(|()| found)
}

/// [`compare_exchange_u32`] for 64 bits.
///
/// # Errors
/// `EFAULT`.
pub fn compare_exchange_u64(at: u64, expected: u64, new: u64) -> HostResult<u64> {
    let mut found = expected;
    // SAFETY: `found` is valid; a fault on `at` is reported.
    checked(unsafe { compat_swap64(at, &mut found, new) }).map(|()| found)
}
