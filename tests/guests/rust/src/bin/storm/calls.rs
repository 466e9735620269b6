//! Calls from a place whose form the host knows.

use core::arch::global_asm;

use compat_guests::sys;

#[repr(C)]
struct Back {
    rax: u64,
    carry: u64,
}

// rdi = number, rsi = six arguments.
global_asm!(
    "storm_call:",
    "push rbx",
    "push rdi",
    "sub rsp, 8",
    "mov rbx, rsi",
    "mov rdi, [rbx]",
    "mov rsi, [rbx + 8]",
    "mov rdx, [rbx + 16]",
    "mov r10, [rbx + 24]",
    "mov r8, [rbx + 32]",
    "mov r9, [rbx + 40]",
    "storm_call_jump:",
    "mov rax, [rsp + 8]",
    "syscall",
    "setc dl",
    "movzx edx, dl",
    "add rsp, 16",
    "pop rbx",
    "ret",
);

unsafe extern "C" {
    fn storm_call(number: u64, args: &[u64; 6]) -> Back;
    fn storm_call_jump();
}

/// Makes a call.
pub(crate) fn hot(number: u64, args: &[u64; 6]) -> sys::Result {
    let back = unsafe { storm_call(number, args) };
    if back.carry == 0 {
        Ok(back.rax)
    } else {
        Err(back.rax)
    }
}

/// Whether the host has made a jump of it.
pub(crate) fn is_jump() -> bool {
    unsafe { (storm_call_jump as *const () as *const u8).read_volatile() == 0xe9 }
}
