//! Why a file cannot be run: one value, one line, naming cause and remedy.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::{Fault, Format, Machine, Os, ReadError};

/// The reason a file is not run.
///
/// `Display` gives one line: what is wrong, then what would put it right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The host refused a read.
    Unreadable(ReadError),
    /// Neither ELF nor a script.
    NotElf(Format),
    /// A script, where only an ELF image makes sense (the interpreter of another script).
    NestedScript,
    /// A `#!` line with nothing behind it.
    ScriptWithoutInterpreter,
    /// The path behind `#!` does not fit FreeBSD's limit.
    ScriptInterpreterTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The file ends inside its ELF header.
    HeaderTruncated {
        /// The file's size.
        size: u64,
    },
    /// A field of `e_ident` or `e_version` has a value no kernel accepts.
    BadHeader {
        /// The field's name in `elf.h`.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// Not an executable: an object file, a core dump, ...
    NotExecutable(&'static str),
    /// Built for another operating system.
    WrongOs(Os),
    /// A Linux program needs no translation.
    LinuxProgram,
    /// Nothing in the file says whose it is, and the host would run it as its own.
    Unmarked,
    /// The file says whose it is by a number this list does not have.
    UnknownOs {
        /// `e_ident[EI_OSABI]`.
        osabi: u8,
    },
    /// The right system, the wrong processor.
    WrongMachine {
        /// Its system.
        os: Os,
        /// Its processor.
        machine: Machine,
        /// Whether it is a 32-bit image.
        narrow: bool,
    },
    /// The ELF image contradicts itself or what a kernel accepts.
    Image(Fault),
    /// The program that a script names does not exist.
    ScriptInterpreterMissing(Vec<u8>),
    /// The dynamic linker the program asks for does not exist.
    InterpreterMissing {
        /// Its path as the program names it.
        path: Vec<u8>,
        /// Whose program it is.
        os: Os,
    },
}

impl Refusal {
    /// A stable name for the reason, for JSON and scripts.
    pub fn key(&self) -> &'static str {
        match self {
            Refusal::Unreadable(_) => "unreadable",
            Refusal::NotElf(_) => "not-elf",
            Refusal::NestedScript => "nested-script",
            Refusal::ScriptWithoutInterpreter => "script-without-interpreter",
            Refusal::ScriptInterpreterTooLong { .. } => "script-interpreter-too-long",
            Refusal::HeaderTruncated { .. } => "header-truncated",
            Refusal::BadHeader { .. } => "bad-header",
            Refusal::NotExecutable(_) => "not-executable",
            Refusal::WrongOs(_) => "wrong-os",
            Refusal::LinuxProgram => "linux-program",
            Refusal::Unmarked => "unmarked",
            Refusal::UnknownOs { .. } => "unknown-os",
            Refusal::WrongMachine { .. } => "wrong-machine",
            Refusal::Image(fault) => fault.key(),
            Refusal::ScriptInterpreterMissing(_) | Refusal::InterpreterMissing { .. } => {
                "interpreter-missing"
            }
        }
    }
}

/// The remedy for a file whose bytes contradict each other.
pub(crate) const DAMAGED: &str = "the file is damaged: fetch or build it again";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unreadable(ReadError(errno)) => {
                write!(
                    f,
                    "cannot be read (host error {errno}): check the file and its disk"
                )
            }
            Refusal::NotElf(format) => write!(f, "{format}: {}", format.advice()),
            Refusal::NestedScript => {
                f.write_str("a script whose interpreter is a script too: name a program after #!")
            }
            Refusal::ScriptWithoutInterpreter => {
                f.write_str("a #! line without an interpreter: write its path after #!")
            }
            Refusal::ScriptInterpreterTooLong { len } => write!(
                f,
                "the interpreter's path has {len} bytes, FreeBSD allows 1023: use a shorter path"
            ),
            Refusal::HeaderTruncated { size } => {
                write!(f, "ends inside its ELF header ({size} bytes); {DAMAGED}")
            }
            Refusal::BadHeader { field, value } => {
                write!(f, "ELF header field {field} is {value}; {DAMAGED}")
            }
            Refusal::NotExecutable(kind) => {
                write!(
                    f,
                    "{kind}, not a program: link it or name the program itself"
                )
            }
            Refusal::WrongOs(os) => write!(
                f,
                "a program for {os}, which compat does not run yet: get its FreeBSD or Linux build"
            ),
            Refusal::LinuxProgram => f.write_str("a Linux program: run it directly"),
            Refusal::Unmarked => f.write_str(
                "carries no system's mark, so it is taken for a Linux program: run it directly, or \
                 name its system with --abi",
            ),
            Refusal::UnknownOs { osabi } => write!(
                f,
                "names no system compat knows (OSABI byte {osabi}): name it with --abi"
            ),
            Refusal::WrongMachine {
                os,
                machine,
                narrow,
            } => {
                let width = if *narrow { "32-bit " } else { "" };
                write!(
                    f,
                    "a {width}{os} program for {machine}, and this compat runs only 64-bit amd64: \
                     get its amd64 build"
                )
            }
            Refusal::Image(fault) => fault.fmt(f),
            Refusal::ScriptInterpreterMissing(path) => write!(
                f,
                "its interpreter {} is missing: install it, or name a root that holds it with --root",
                String::from_utf8_lossy(path).escape_debug()
            ),
            Refusal::InterpreterMissing { path, os } => write!(
                f,
                "its interpreter {} is missing: unpack {os}'s base system with `compat root add NAME --from \
                 base.txz`, or name a folder that holds one with --root",
                String::from_utf8_lossy(path).escape_debug()
            ),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Image(fault)
    }
}
