//! What the tables say about a system call.

use crate::{FlagsOf, Params, Text, ValuesOf};

/// A row of `calls.tbl`.
#[derive(Debug)]
pub struct Call {
    /// The number a program puts into its register.
    pub number: u16,
    /// How it is served.
    pub verdict: Verdict,
    /// The release whose ABI this is: 0 the current one, 43 4.3BSD.
    pub release: u8,
    /// The plain name: `stat`.
    pub name: Text,
    /// The name that tells the ABIs apart: `freebsd11_stat`, `ostat`; what handlers are called.
    pub symbol: Text,
    /// The parameters, at most eight.
    pub params: Params,
    /// What the return registers hold on success.
    pub result: Returns,
    /// The name of the error that a refused call returns; empty for the others.
    pub refusal: Text,
    /// What is missing or special; empty for nothing.
    pub note: Text,
}

/// How a call is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The host's call of the same meaning is made with lowered arguments.
    Same,
    /// A handler of the personality.
    Own,
    /// The residual server.
    Serve,
    /// Always the error that the guest's own kernel gives an ordinary user.
    Refuse,
    /// Not yet.
    Todo,
    /// No supported release has it.
    Gone,
}

impl Verdict {
    /// The word in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Own => "own",
            Verdict::Serve => "serve",
            Verdict::Refuse => "refuse",
            Verdict::Todo => "todo",
            Verdict::Gone => "gone",
        }
    }
}

/// A parameter of a call.
#[derive(Debug)]
pub struct Param {
    /// FreeBSD's name for it.
    pub name: Text,
    /// What it is.
    pub kind: Kind,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A descriptor.
    Fd,
    /// A directory's descriptor or `AT_FDCWD`.
    AtFd,
    /// A C `int`.
    Int,
    /// A C `unsigned int`.
    Uint,
    /// A C `long`.
    Long,
    /// A C `unsigned long`.
    Ulong,
    /// A `size_t`.
    Size,
    /// An `off_t`.
    Off,
    /// A `mode_t`, shown in octal.
    Mode,
    /// A `dev_t`.
    Dev,
    /// A process, or what `kill` and `wait4` take.
    Pid,
    /// A user.
    Uid,
    /// A group.
    Gid,
    /// A guest signal number.
    Sig,
    /// An `id_t`.
    Id,
    /// An address.
    Ptr,
    /// The address of a file name.
    Path,
    /// The address of a string that is no file name.
    Text,
    /// The address of bytes; the parameter with this index holds their number (255: none does).
    Bytes(Way, u8),
    /// The address of structures; the parameter with this index holds their number (255: there is one).
    Struct(Way, Text, u8),
    /// Bits of a set.
    Flags(FlagsOf),
    /// A value of a map.
    Value(ValuesOf),
}

/// Which way memory behind a pointer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The call reads it.
    In,
    /// The call writes it.
    Out,
    /// The call reads and writes it.
    InOut,
}

/// What a call returns on success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Always 0.
    Zero,
    /// A new descriptor.
    Fd,
    /// A number of bytes.
    Size,
    /// A number.
    Int,
    /// A process.
    Pid,
    /// An address.
    Ptr,
    /// A file offset.
    Off,
    /// Two numbers, in both return registers.
    Two,
    /// It does not return.
    Never,
    /// An error number as its value: the carry flag stays clear.
    Errno,
}

impl Call {
    /// How many registers and stack words its arguments take.
    pub fn arg_count(&self) -> usize {
        self.params.len()
    }
}
