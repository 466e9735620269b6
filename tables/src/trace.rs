//! Calls as strace prints them.

use crate::{Call, Kind, Returns, Way};
use core::fmt::{self, Write};

/// How much of a string or buffer is shown.
const SHOWN: usize = 64;

/// The same number on every system we know.
const AT_FDCWD: i32 = -100;

/// Reads guest memory: fills as much of the buffer as can be read from the address, and says how much that is.
pub type Memory<'a> = dyn FnMut(u64, &mut [u8]) -> usize + 'a;

/// What a call left in its return registers, or its error number.
pub type Result = core::result::Result<[u64; 2], u16>;

/// Prints calls with one system's names.
#[derive(Debug)]
pub struct Tracer {
    /// A signal's name.
    pub signal: fn(u8) -> Option<&'static str>,
    /// An error's name and text.
    pub errno: fn(u16) -> Option<(&'static str, &'static str)>,
}

impl Tracer {
    /// Writes `name(argument, ...)` as known when the call is made: what it will write is an address.
    pub fn write_call(
        &self,
        call: &Call,
        args: &[u64],
        out: &mut impl Write,
        mem: &mut Memory<'_>,
    ) -> fmt::Result {
        self.write_args(call, args, None, out, mem)
    }

    /// Writes `name(argument, ...) = result` after the call, with what it wrote.
    pub fn write_line(
        &self,
        call: &Call,
        args: &[u64],
        result: Result,
        out: &mut impl Write,
        mem: &mut Memory<'_>,
    ) -> fmt::Result {
        self.write_args(call, args, result.ok(), out, mem)?;
        self.write_result(call, result, out)
    }

    /// Writes ` = result`: a value, or an error's name and text.
    pub fn write_result(&self, call: &Call, result: Result, out: &mut impl Write) -> fmt::Result {
        match (result, call.result) {
            (Err(errno), _) => self.write_errno(" = -1 ", errno, out),
            (Ok(_), Returns::Never) => out.write_str(" = ?"),
            (Ok([value, _]), Returns::Errno) if value != 0 => {
                self.write_errno(" = ", value as u16, out)
            }
            (Ok([value, second]), Returns::Two) => {
                write!(out, " = {} {}", value as i64, second as i64)
            }
            (Ok([value, _]), Returns::Ptr) => write!(out, " = {value:#x}"),
            (Ok([value, _]), _) => write!(out, " = {}", value as i64),
        }
    }

    fn write_errno(&self, before: &str, number: u16, out: &mut impl Write) -> fmt::Result {
        match (self.errno)(number) {
            Some((name, text)) => write!(out, "{before}{name} ({text})"),
            None => write!(out, "{before}errno {number}"),
        }
    }

    fn write_args(
        &self,
        call: &Call,
        args: &[u64],
        done: Option<[u64; 2]>,
        out: &mut impl Write,
        mem: &mut Memory<'_>,
    ) -> fmt::Result {
        let arg = |index: u8| args.get(usize::from(index)).copied().unwrap_or(0);
        // A call that returns a size has filled that much of its buffer; others say nothing about theirs.
        let filled = done
            .filter(|_| call.result == Returns::Size)
            .map(|[value, _]| value);
        let last = call.params.len().saturating_sub(1);
        let mut makes_nothing = false;
        write!(out, "{}(", call.symbol)?;
        for (index, (param, value)) in call.params.iter().zip(args).enumerate() {
            let value = *value;
            match param.kind {
                Kind::Flags(set) => makes_nothing = set.lacks("O_CREAT", value),
                // C programs give none when nothing is made.
                Kind::Mode if makes_nothing && index == last => break,
                _ => {}
            }
            if index > 0 {
                out.write_str(", ")?;
            }
            match (param.kind, filled) {
                (Kind::Sig, _) => self.write_signal(value as i32, out)?,
                (Kind::Bytes(Way::In, count), _) if count != u8::MAX => {
                    write_bytes(value, arg(count), out, mem)?;
                }
                (Kind::Bytes(Way::Out, _), Some(size)) => write_bytes(value, size, out, mem)?,
                (Kind::Struct(Way::Out, name, u8::MAX), _) if done.is_some() => {
                    write_output(value, &name, out, mem)?;
                }
                (kind, _) => write_arg(kind, value, out, mem)?,
            }
        }
        out.write_str(")")
    }

    fn write_signal(&self, number: i32, out: &mut impl Write) -> fmt::Result {
        match u8::try_from(number).ok().and_then(self.signal) {
            Some(name) => out.write_str(name),
            None => write!(out, "{number}"),
        }
    }
}

fn write_arg(kind: Kind, value: u64, out: &mut impl Write, mem: &mut Memory<'_>) -> fmt::Result {
    match kind {
        Kind::AtFd if value as i32 == AT_FDCWD => out.write_str("AT_FDCWD"),
        Kind::Fd | Kind::AtFd | Kind::Int | Kind::Pid | Kind::Sig => {
            write!(out, "{}", value as i32)
        }
        // -1 leaves an owner as it is.
        Kind::Uid | Kind::Gid if value as u32 == u32::MAX => out.write_str("-1"),
        Kind::Uint | Kind::Uid | Kind::Gid => write!(out, "{}", value as u32),
        Kind::Long | Kind::Off | Kind::Id => write!(out, "{}", value as i64),
        Kind::Ulong | Kind::Size => write!(out, "{value}"),
        Kind::Mode if value as u16 == 0 => out.write_str("0"),
        Kind::Mode => write!(out, "0{:o}", value as u16),
        Kind::Dev => write!(out, "{value:#x}"),
        Kind::Path | Kind::Text => write_string(value, out, mem),
        Kind::Ptr | Kind::Bytes(..) | Kind::Struct(..) => write_address(value, out),
        Kind::Flags(set) => set.write_names(u64::from(value as u32), out),
        // Commands with the top bit set are unsigned in the tables.
        Kind::Value(map) => match map
            .name(i64::from(value as i32))
            .or_else(|| map.name(i64::from(value as u32)))
        {
            Some(name) => out.write_str(name),
            None if (value as i32).unsigned_abs() > 0xffff => write!(out, "{:#x}", value as u32),
            None => write!(out, "{}", value as i32),
        },
    }
}

fn write_address(address: u64, out: &mut impl Write) -> fmt::Result {
    if address == 0 {
        out.write_str("NULL")
    } else {
        write!(out, "{address:#x}")
    }
}

/// The plain numbers that calls write; structures stay addresses.
fn write_output(
    address: u64,
    name: &str,
    out: &mut impl Write,
    mem: &mut Memory<'_>,
) -> fmt::Result {
    let mut words = [0; 8];
    let size = match name {
        "int" | "uint" | "pid" | "uid" | "gid" => 4,
        "fds" | "long" | "off" | "size" => 8,
        _ => return write_address(address, out),
    };
    let Some(window) = words.get_mut(..size).filter(|_| address != 0) else {
        return write_address(address, out);
    };
    if mem(address, window) < size {
        return write_address(address, out);
    }
    let value = u64::from_le_bytes(words);
    match name {
        "fds" => write!(out, "[{}, {}]", value as i32, (value >> 32) as i32),
        "int" | "pid" => write!(out, "[{}]", value as i32),
        _ => write!(out, "[{}]", value as i64),
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
