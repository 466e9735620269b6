//! What the guests share: a way in, system calls, output and checks.
//!
//! The programs are FreeBSD's, one is NetBSD's and one DragonFly's, in everything the kernel sees (brand note, entry registers, system calls) and are built by
//! the host's ordinary Rust for `x86_64-unknown-linux-gnu`, because neither `core` nor this crate calls any system.
//! Numbers and layouts are written out here a second time on purpose: these programs are the proof of compat's tables.
#![no_std]

pub mod bsd;
pub mod call;
pub mod check;
mod memory;
pub mod output;
pub mod probe;
pub mod signal;
pub mod start;
pub mod sys;
pub mod sysctl;
pub mod text;
pub mod threads;

use core::fmt::Write;

/// A panic is a failed check.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let mut text = output::Line::new();
    let _ = writeln!(text, "FAIL {info}");
    text.flush(2);
    sys::exit(101)
}

/// `core` was built to unwind and names it; nothing here unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The same.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    sys::exit(102)
}
