//! `compat`: loads a foreign program beside itself and serves its system calls from inside.
//!
//! One image does both: it reads its command line ([`command`]) and becomes the process the guest lives in, without
//! another `execve` in between. A guest's own `execve` comes back here with a settings record.
#![no_std]
#![no_main]

extern crate alloc;

mod classify;
mod command;
mod data;
mod file;
mod launch;
mod map;
mod memory;
mod start;
mod systems;
mod ways;

use alloc::string::String;

use compat_translate::heap::Heap;
use compat_translate::host::{self, HostErrno};

#[global_allocator]
static HEAP: Heap = Heap;

/// Exit code for a failure of ours.
pub(crate) const EXIT_OWN_FAILURE: i32 = 125;
/// Exit code for a program that exists and cannot be run.
pub(crate) const EXIT_CANNOT_RUN: i32 = 126;
/// Exit code for a program that does not exist.
pub(crate) const EXIT_NOT_FOUND: i32 = 127;

/// Says why on standard error, in one line, and ends. What would act on the terminal is escaped: names come from files too.
pub(crate) fn fail(code: i32, message: core::fmt::Arguments) -> ! {
    let mut line = String::from("compat: ");
    for character in alloc::format!("{message}").chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line.push('\n');
    host::write_stderr(line.as_bytes());
    host::exit_group(code)
}

/// A name as text.
pub(crate) fn show(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// What the host's error means.
#[cold]
pub(crate) fn why(error: HostErrno) -> String {
    let message = compat_bsd::error::Error::from(error).0.message();
    alloc::format!("{message} (host errno {})", error.0)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    fail(
        EXIT_OWN_FAILURE,
        format_args!("internal error: {info}; please report this"),
    )
}

/// The precompiled `core` refers to it; nothing here unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The same: referred to by landing pads that nothing reaches.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    fail(
        EXIT_OWN_FAILURE,
        format_args!("internal error: unwinding; please report this"),
    )
}
