//! Calls as strace prints them.

use crate::{Call, Kind, Returns, Way};
use core::fmt::{self, Write};

/// How much of a string or buffer is shown.
const SHOWN: usize = 64;

/// Reads guest memory: fills as much of the buffer as can be read from the address, and says how much that is.
pub type Memory<'a> = dyn FnMut(u64, &mut [u8]) -> usize + 'a;

/// Writes `name(argument, ...)`. What the call will write is shown as an address only.
pub fn write_call(
    call: &Call,
    args: &[u64],
    out: &mut impl Write,
    mem: &mut Memory<'_>,
) -> fmt::Result {
    write!(out, "{}(", call.symbol)?;
    for (index, param) in call.params.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        let arg = |index: usize| args.get(index).copied().unwrap_or(0);
        write_arg(param.kind, arg(index), &arg, out, mem)?;
    }
    out.write_str(")")
}

fn write_arg(
    kind: Kind,
    value: u64,
    arg: &dyn Fn(usize) -> u64,
    out: &mut impl Write,
    mem: &mut Memory<'_>,
) -> fmt::Result {
    match kind {
        Kind::AtFd if value as i32 == AT_FDCWD => out.write_str("AT_FDCWD"),
        Kind::Fd | Kind::AtFd | Kind::Int | Kind::Pid => write!(out, "{}", value as i32),
        // -1 leaves an id as it is.
        Kind::Uid | Kind::Gid if value as u32 == u32::MAX => out.write_str("-1"),
        Kind::Uint | Kind::Uid | Kind::Gid => write!(out, "{}", value as u32),
        Kind::Long | Kind::Off | Kind::Id => write!(out, "{}", value as i64),
        Kind::Ulong | Kind::Size => write!(out, "{value}"),
        Kind::Mode => write!(out, "0{:o}", value as u16),
        Kind::Dev => write!(out, "{value:#x}"),
        Kind::Sig => write_signal(value as i32, out),
        Kind::Path | Kind::Text => write_string(value, out, mem),
        Kind::Bytes(Way::In, count) if count != u8::MAX => {
            write_bytes(value, arg(usize::from(count)), out, mem)
        }
        Kind::Ptr | Kind::Bytes(..) | Kind::Struct(..) => write_address(value, out),
        Kind::Flags(set) => set.write_names(u64::from(value as u32), out),
        // Commands with the top bit set are unsigned in the tables.
        Kind::Value(map) => match map
            .name(i64::from(value as i32))
            .or_else(|| map.name(i64::from(value as u32)))
        {
            Some(name) => out.write_str(name),
            None if value as u32 > 0xffff => write!(out, "{:#x}", value as u32),
            None => write!(out, "{}", value as i32),
        },
    }
}

/// The same number on every system we know.
const AT_FDCWD: i32 = -100;

fn write_signal(number: i32, out: &mut impl Write) -> fmt::Result {
    match u8::try_from(number)
        .ok()
        .and_then(crate::freebsd::Signal::from_repr)
    {
        Some(signal) => out.write_str(signal.name()),
        None => write!(out, "{number}"),
    }
}

fn write_address(address: u64, out: &mut impl Write) -> fmt::Result {
    if address == 0 {
        out.write_str("NULL")
    } else {
        write!(out, "{address:#x}")
    }
}

fn write_string(address: u64, out: &mut impl Write, mem: &mut Memory<'_>) -> fmt::Result {
    let mut buffer = [0; SHOWN];
    let got = if address == 0 {
        0
    } else {
        mem(address, &mut buffer).min(SHOWN)
    };
    let bytes = buffer.get(..got).unwrap_or(&[]);
    if bytes.is_empty() {
        return write_address(address, out);
    }
    match bytes.split(|byte| *byte == 0).next() {
        Some(text) if text.len() < bytes.len() => write_quoted(text, false, out),
        _ => write_quoted(bytes, true, out),
    }
}

fn write_bytes(
    address: u64,
    length: u64,
    out: &mut impl Write,
    mem: &mut Memory<'_>,
) -> fmt::Result {
    let mut buffer = [0; SHOWN];
    let wanted = usize::try_from(length).unwrap_or(SHOWN).min(SHOWN);
    let Some(window) = buffer.get_mut(..wanted).filter(|_| address != 0) else {
        return write_address(address, out);
    };
    let got = if wanted == 0 {
        0
    } else {
        mem(address, window).min(wanted)
    };
    if got == 0 && wanted != 0 {
        return write_address(address, out);
    }
    write_quoted(buffer.get(..got).unwrap_or(&[]), (got as u64) < length, out)
}

fn write_quoted(bytes: &[u8], cut: bool, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    for byte in bytes {
        match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(*byte))?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            b' '..=b'~' => out.write_char(char::from(*byte))?,
            _ => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_str(if cut { "\"..." } else { "\"" })
}

/// Writes what a call returned, with strace's ` = ` in front: a value, or an error number's name and text.
pub fn write_result(
    call: &Call,
    result: Result<[u64; 2], u16>,
    out: &mut impl Write,
) -> fmt::Result {
    match (result, call.result) {
        (Err(errno), _) => write_errno(" = -1 ", errno, out),
        (Ok(_), Returns::Never) => out.write_str(" = ?"),
        (Ok([value, _]), Returns::Errno) if value != 0 => write_errno(" = ", value as u16, out),
        (Ok([value, second]), Returns::Two) => write!(out, " = {} {}", value as i64, second as i64),
        (Ok([value, _]), Returns::Ptr) => write!(out, " = {value:#x}"),
        (Ok([value, _]), _) => write!(out, " = {}", value as i64),
    }
}

fn write_errno(before: &str, number: u16, out: &mut impl Write) -> fmt::Result {
    match crate::freebsd::Errno::from_repr(number) {
        Some(errno) => write!(out, "{before}{} ({errno})", errno.name()),
        None => write!(out, "{before}errno {number}"),
    }
}
