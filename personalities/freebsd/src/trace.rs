//! `compat run --trace`: every call on standard error, decoded from the tables.

use alloc::string::String;
use core::fmt::Write;

use compat_tables::freebsd as tables;
use compat_translate::{Cx, Outcome, guest, host};

pub(crate) fn print(cx: &Cx, outcome: Outcome) {
    let mut line = String::new();
    let tid = cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed);
    let _ = write!(line, "[{tid}] ");
    match tables::call(cx.number as u32) {
        Some(call) => {
            let mut memory = |address: u64, into: &mut [u8]| guest::read_some(address, into);
            let _ = compat_tables::trace::write_call(call, &cx.args, &mut line, &mut memory);
        }
        None => {
            let _ = write!(line, "syscall_{}(?)", cx.number);
        }
    }
    let _ = match outcome {
        Outcome::Value(value) if value < 0x10000 || value > u64::MAX - 0x10000 => {
            writeln!(line, " = {}", value as i64)
        }
        Outcome::Value(value) => writeln!(line, " = {value:#x}"),
        Outcome::Two(first, second) => writeln!(line, " = {first}, {second}"),
        Outcome::Fail(errno) => match tables::Errno::from_repr(errno) {
            Some(named) => writeln!(line, " = -1 {}", named.name()),
            None => writeln!(line, " = -1 errno {errno}"),
        },
        Outcome::Replaced => writeln!(line, " = <registers replaced>"),
    };
    host::write_stderr(line.as_bytes());
}
