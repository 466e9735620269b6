//! A shared object of nothing but its own code: what `guest-dynamic` needs and `guest-interpreter` maps.
#![no_std]

use core::arch::{asm, global_asm};

/// Pointers that only relocation makes right.
#[unsafe(no_mangle)]
pub static GUEST_TABLE: [extern "C" fn(u64) -> u64; 2] = [twice, squared];

/// Data that the program sees as well.
#[unsafe(no_mangle)]
pub static mut GUEST_COUNTER: u64 = 40;

/// Zeroes that are not in the file: more than the rest of a page.
static mut ZEROES: [u64; 2048] = [0; 2048];

extern "C" fn twice(value: u64) -> u64 {
    2 * value
}

extern "C" fn squared(value: u64) -> u64 {
    value * value
}

#[unsafe(no_mangle)]
pub extern "C" fn guest_count() -> u64 {
    unsafe {
        GUEST_COUNTER += 1;
        GUEST_COUNTER
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn guest_zeroes() -> u64 {
    let zeroes = &raw mut ZEROES;
    let mut sum = 0;
    for index in 0..2048 {
        let place = unsafe { &raw mut (*zeroes)[index] };
        sum += unsafe { place.read_volatile() };
        unsafe { place.write_volatile(0) };
    }
    sum
}

/// `getpid`, from a site that lies in a file the guest itself has mapped.
#[unsafe(no_mangle)]
pub extern "C" fn guest_pid() -> u64 {
    let pid: u64;
    unsafe {
        asm!("mov eax, 20", "syscall", out("rax") pid, out("rdx") _, out("rcx") _, out("r11") _,
            out("r8") _, out("r9") _, out("r10") _);
    }
    pid
}

global_asm!(
    ".section .tdata,\"awT\",@progbits",
    ".balign 64",
    ".type library_word,@object",
    "library_word:",
    ".quad 0x0123456789abcdef",
    ".size library_word, 8",
    ".section .tbss,\"awT\",@nobits",
    ".type library_zero,@object",
    "library_zero:",
    ".quad 0",
    ".size library_zero, 8",
    ".text",
);

/// Addresses of this thread's two words.
#[repr(C)]
pub struct Words {
    word: *mut u64,
    zero: *mut u64,
}

#[unsafe(no_mangle)]
pub extern "C" fn guest_thread_words() -> Words {
    let (word, zero): (*mut u64, *mut u64);
    unsafe {
        asm!(
            "mov {word}, fs:[0]",
            "mov {zero}, {word}",
            "add {word}, [rip + library_word@gottpoff]",
            "add {zero}, [rip + library_zero@gottpoff]",
            word = out(reg) word,
            zero = out(reg) zero,
        );
    }
    Words { word, zero }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe { asm!("ud2", options(noreturn)) }
}

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
