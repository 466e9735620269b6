//! What is known of other processes, from the host's `/proc`.

mod command;
mod descriptors;
mod mappings;
mod status;

use alloc::vec::Vec;

use compat_translate::host::{self, nr};

pub use command::{WHOLE, arguments, has_record, program, runs_our_image};
pub use descriptors::{Descriptor, descriptors, position};
pub use mappings::{Mapping, mappings};
pub use status::Status;

use crate::error::Return;

/// The caller's number.
pub fn own_pid() -> i32 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default() as i32
}

/// Where a link of `/proc/PID` leads; 0 is the caller.
pub fn link(pid: i32, name: &str) -> Return<Vec<u8>> {
    Ok(host::read_link(&match pid {
        0 => alloc::format!("/proc/self/{name}"),
        pid => alloc::format!("/proc/{pid}/{name}"),
    })?)
}

/// Host clock ticks as seconds and microseconds.
pub fn ticks(ticks: u64) -> [i64; 2] {
    [(ticks / 100) as i64, (ticks % 100 * 10_000) as i64]
}

/// Host clock ticks since boot.
pub fn now_in_ticks() -> u64 {
    let up = host::vdso::clock_gettime(crate::machine::HOST_BOOTTIME).unwrap_or_default();
    (up.as_nanos() / 10_000_000) as u64
}

/// The time of day at which a process started that did so `after` ticks behind the boot.
pub fn started(after: u64) -> [i64; 2] {
    let now = host::vdso::clock_gettime(0).unwrap_or_default();
    let up = host::vdso::clock_gettime(crate::machine::HOST_BOOTTIME).unwrap_or_default();
    let nanos = now
        .as_nanos()
        .saturating_sub(up.as_nanos())
        .saturating_add((after as i64).saturating_mul(10_000_000));
    [nanos / 1_000_000_000, nanos % 1_000_000_000 / 1000]
}
