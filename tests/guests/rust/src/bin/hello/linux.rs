//! What [`greet`](../hello) says, said by a Linux program: the measure for how long FreeBSD's takes to start.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::fmt::Write;

use compat_guests::output::Line;

global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {main}",
    "ud2",
    main = sym main,
);

const WRITE: u64 = 1;
const EXIT_GROUP: u64 = 231;

unsafe extern "C" fn main(block: *const u64) -> ! {
    // SAFETY: what the kernel hands a program begins with the number of its arguments.
    let count = unsafe { block.read() };
    let mut line = Line::new();
    let _ = writeln!(line, "Hello world from Linux, {count}!");
    let text = line.text();
    call(WRITE, [1, text.as_ptr() as u64, text.len() as u64]);
    loop {
        call(EXIT_GROUP, [0; 3]);
    }
}

fn call(number: u64, [first, second, third]: [u64; 3]) {
    // SAFETY: the two calls above only read what they are given.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => _,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
}
