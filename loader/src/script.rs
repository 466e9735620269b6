//! `#!` lines by FreeBSD's rules (`exec_shell_imgact`).

use alloc::vec::Vec;

use crate::Refusal;

/// FreeBSD reads one page for the line (`MAXSHELLCMDLEN`).
pub(crate) const LINE_MAX: usize = 4096;

/// The interpreter's path is copied into a buffer of `MAXINTERP` (`PATH_MAX`) bytes.
const INTERPRETER_MAX: usize = 1024;

/// Who runs a script. The new argument vector is the interpreter, the argument if there is one, the
/// script's path, then the original arguments from the second on.
///
/// FreeBSD does not accept a script as the interpreter of another: the caller checks that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The interpreter's path as written.
    pub interpreter: Vec<u8>,
    /// Everything after it on the line, as one argument, blanks trimmed at both ends.
    pub argument: Option<Vec<u8>>,
}

impl Script {
    /// Parses the first line of a file that starts with `head`; `None` when there is no `#!`.
    pub(crate) fn of(head: &[u8]) -> Option<Result<Script, Refusal>> {
        let line = head.get(..LINE_MAX).unwrap_or(head).strip_prefix(b"#!")?;
        Some(parse(line))
    }
}

fn parse(line: &[u8]) -> Result<Script, Refusal> {
    // The kernel stops at a newline or NUL; carriage returns belong to the name.
    let line = line
        .split(|byte| matches!(byte, b'\n' | 0))
        .next()
        .unwrap_or_default();
    let line = trim_start(line);
    let name_len = line.iter().take_while(|byte| !is_blank(**byte)).count();
    let (interpreter, rest) = line.split_at_checked(name_len).unwrap_or((line, &[]));
    if interpreter.is_empty() {
        return Err(Refusal::ScriptWithoutInterpreter);
    }
    if interpreter.len() >= INTERPRETER_MAX {
        return Err(Refusal::ScriptInterpreterTooLong {
            len: interpreter.len(),
        });
    }
    let argument = trim_end(trim_start(rest));
    Ok(Script {
        interpreter: interpreter.to_vec(),
        argument: (!argument.is_empty()).then(|| argument.to_vec()),
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    text
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}
