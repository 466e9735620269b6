//! The processors a program can be built for (`e_machine`).

use core::fmt;

/// `e_machine`, named where it names something a Unix runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    /// x86-64.
    Amd64,
    /// 32-bit x86.
    I386,
    /// 64-bit Arm.
    Arm64,
    /// 32-bit Arm.
    Arm,
    /// RISC-V, 32 or 64 bits by class.
    RiscV,
    /// 64-bit PowerPC.
    Ppc64,
    /// 32-bit PowerPC.
    Ppc,
    /// 64-bit SPARC.
    Sparc64,
    /// 32-bit SPARC.
    Sparc,
    /// MIPS, 32 or 64 bits by class.
    Mips,
    /// IBM z.
    S390,
    /// LoongArch.
    LoongArch,
    /// Itanium.
    Ia64,
    /// DEC Alpha.
    Alpha,
    /// Motorola 68000.
    M68k,
    /// SuperH.
    SuperH,
    /// HP PA-RISC.
    PaRisc,
    /// DEC VAX.
    Vax,
    /// Any other `e_machine`.
    Other(u16),
}

impl Machine {
    /// The machine an ELF header's `e_machine` names.
    pub fn from_elf(e_machine: u16) -> Machine {
        match e_machine {
            62 => Machine::Amd64,
            3 => Machine::I386,
            183 => Machine::Arm64,
            40 => Machine::Arm,
            243 => Machine::RiscV,
            21 => Machine::Ppc64,
            20 => Machine::Ppc,
            43 => Machine::Sparc64,
            2 | 18 => Machine::Sparc,
            8 => Machine::Mips,
            22 => Machine::S390,
            258 => Machine::LoongArch,
            50 => Machine::Ia64,
            0x9026 => Machine::Alpha,
            4 => Machine::M68k,
            42 => Machine::SuperH,
            15 => Machine::PaRisc,
            75 => Machine::Vax,
            other => Machine::Other(other),
        }
    }

    /// The name FreeBSD's `uname -m` or the port's people use.
    pub fn name(self) -> &'static str {
        match self {
            Machine::Amd64 => "amd64",
            Machine::I386 => "i386",
            Machine::Arm64 => "arm64",
            Machine::Arm => "arm",
            Machine::RiscV => "riscv",
            Machine::Ppc64 => "powerpc64",
            Machine::Ppc => "powerpc",
            Machine::Sparc64 => "sparc64",
            Machine::Sparc => "sparc",
            Machine::Mips => "mips",
            Machine::S390 => "s390",
            Machine::LoongArch => "loongarch",
            Machine::Ia64 => "ia64",
            Machine::Alpha => "alpha",
            Machine::M68k => "m68k",
            Machine::SuperH => "superh",
            Machine::PaRisc => "hppa",
            Machine::Vax => "vax",
            Machine::Other(_) => "unknown machine",
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Machine::Other(number) => write!(f, "machine {number}"),
            named => f.write_str(named.name()),
        }
    }
}
