//! New processes of a program that has an interpreter.

use core::arch::asm;
use core::ffi::CStr;

use compat_guests::start::argument;
use compat_guests::sys;

use crate::{library, vector};

/// What the program does when one of these checks has started it.
pub(crate) fn answer() {
    if argument(1) == Some(b"answer") {
        library::functions();
        assert_eq!(argument(0), Some(&b"a name"[..]));
        sys::exit(33);
    }
}

pub(crate) fn fork() {
    assert_eq!(
        sys::in_child(|| {
            library::many_calls();
            library::functions();
        }),
        0
    );
    library::functions();
}

const VFORK: u64 = sys::VFORK;

pub(crate) fn vfork_and_exec() {
    let path = vector::path().as_ptr() as u64;
    let arguments = [c"a name".as_ptr() as u64, c"answer".as_ptr() as u64, 0];
    let environment = [0u64];
    let child: u64;
    unsafe {
        // The child shares this stack: nothing may be pushed between the two calls.
        asm!(
            "syscall",
            "test eax, eax",
            "jnz 2f",
            "mov eax, 59",
            "mov rdi, {path}",
            "mov rsi, {arguments}",
            "mov rdx, {environment}",
            "syscall",
            "mov eax, 1",
            "mov edi, 120",
            "syscall",
            "2:",
            path = in(reg) path,
            arguments = in(reg) arguments.as_ptr(),
            environment = in(reg) environment.as_ptr(),
            inlateout("rax") VFORK => child,
            out("rdi") _, out("rsi") _, out("rdx") _, out("rcx") _, out("r11") _,
            out("r8") _, out("r9") _, out("r10") _,
        );
    }
    assert_eq!(sys::wait(child), 33 << 8);
}

pub(crate) fn pathname() {
    const SYSCTL: u64 = 202;
    let name = [1u32, 14, 12, u32::MAX];
    let mut path = [0u8; 1024];
    let mut length = path.len() as u64;
    let args = [
        name.as_ptr() as u64,
        4,
        path.as_mut_ptr() as u64,
        (&raw mut length) as u64,
        0,
        0,
    ];
    sys::call(SYSCTL, args).expect("kern.proc.pathname");
    let told = CStr::from_bytes_until_nul(&path).expect("text");
    assert_eq!(told, vector::path(), "the program's, not the interpreter's");
}
