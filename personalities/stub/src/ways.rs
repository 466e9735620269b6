//! `compat ways`: tries every way into the stub and prints what came of it. `compat doctor` asks, because nobody but this
//! image can tell.

use alloc::string::String;
use core::fmt::Write;

use compat_translate::host::{self, nr};
use compat_translate::trap::{self, Way};

/// One line a way: its name and 0, or what the host said. Ends the process.
pub(crate) fn show() -> ! {
    let mut text = String::new();
    for way in Way::ALL {
        let _ = writeln!(text, "{} {}", way.name(), tried(way));
    }
    // SAFETY: the text is valid for reading.
    let _ = unsafe { host::call_n(nr::write, [1, text.as_ptr() as u64, text.len() as u64]) };
    host::exit_group(0)
}

/// The host's error number in a child that takes this way, because some ways are for good.
fn tried(way: Way) -> u16 {
    const SIGCHLD: u64 = 17;
    const EIO: u16 = 5;
    // SAFETY: a copy of this process, of which nobody but itself knows.
    let child = match unsafe { host::call_n(nr::clone, [SIGCHLD]) } {
        Ok(child) => child,
        Err(error) => return error.0,
    };
    if child == 0 {
        let said = match trap::attach(Some(way)) {
            Ok(_) => trap::arm().err().map_or(0, |error| error.0),
            Err(refused) => refused.0.first().map_or(EIO, |(_, error)| error.0),
        };
        host::exit_group(i32::from(said));
    }
    let mut status = 0u32;
    // SAFETY: `status` is valid for writing.
    let waited = unsafe { host::call_n(nr::wait4, [child, (&raw mut status) as u64]) };
    match (waited, status & 0x7f) {
        (Ok(_), 0) => (status >> 8 & 0xff) as u16,
        (Err(error), _) => error.0,
        _ => EIO,
    }
}
