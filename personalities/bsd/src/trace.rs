//! `compat run --trace`: every call on standard error, decoded from the tables.

use alloc::string::String;
use core::fmt::Write;

use compat_tables::Call;
use compat_tables::trace::Tracer;
use compat_translate::{Cx, Outcome, guest, host};

/// Writes the line of a call that came to `outcome`. `call` is its row in the table.
pub fn print(cx: &Cx, tracer: &Tracer, call: Option<&'static Call>, outcome: Outcome) {
    let mut line = String::new();
    let tid = cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed);
    let _ = write!(line, "[{tid}] ");
    let mut memory = |address: u64, into: &mut [u8]| guest::read_some(address, into);
    let result = match outcome {
        Outcome::Value(value) => Some(Ok([value, 0])),
        Outcome::Two(first, second) => Some(Ok([first.into(), second.into()])),
        Outcome::Fail(errno) => Some(Err(errno)),
        Outcome::Replaced => None,
    };
    let _ = match (call, result) {
        (Some(call), Some(result)) => {
            tracer.write_line(call, &cx.args, result, &mut line, &mut memory)
        }
        (Some(call), None) => tracer
            .write_call(call, &cx.args, &mut line, &mut memory)
            .and_then(|()| line.write_str(" = <registers replaced>")),
        (None, _) => write!(line, "syscall_{}(?)", cx.number),
    };
    line.push('\n');
    host::write_stderr(line.as_bytes());
}
