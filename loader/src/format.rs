//! Files that are neither ELF nor a script, named by their first bytes.

use core::fmt;

/// What a file without an ELF header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// No bytes at all.
    Empty,
    /// A shell script that is also a Windows, Unix and boot image (Cosmopolitan).
    Ape,
    /// Windows or DOS.
    Pe,
    /// macOS or iOS.
    MachO,
    /// macOS universal.
    MachOUniversal,
    /// BSD's format before ELF.
    Aout,
    /// Java bytecode.
    JavaClass,
    /// WebAssembly.
    Wasm,
    /// A static library.
    Archive,
    /// A zip file, a jar, a wheel.
    Zip,
    /// A compressed file.
    Compressed,
    /// LLVM bitcode.
    Bitcode,
    /// Text that names no interpreter.
    Text,
    /// None of these.
    Data,
}

/// How many leading bytes [`Format::of`] wants to see.
const TEXT_SAMPLE: usize = 512;

impl Format {
    /// Names the format of a file that starts with `head`.
    pub(crate) fn of(head: &[u8]) -> Format {
        match head {
            [] => Format::Empty,
            // APE's first line is a shell assignment that is also a DOS stub.
            [b'M', b'Z', b'q', b'F', b'p', b'D', b'=', b'\'', ..]
            | [b'j', b'a', b'r', b't', b's', b'r', b'=', b'\'', ..] => Format::Ape,
            [b'M', b'Z', ..] => Format::Pe,
            [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => {
                Format::MachO
            }
            // A universal file holds a few architectures; a class file has its version there (45 and up).
            [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, count, ..] if *count < 45 => Format::MachOUniversal,
            [0xca, 0xfe, 0xba, 0xbe, ..] => Format::JavaClass,
            [0, b'a', b's', b'm', ..] => Format::Wasm,
            [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => Format::Archive,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Format::Zip,
            [0x1f, 0x8b, ..]
            | [0xfd, b'7', b'z', b'X', b'Z', ..]
            | [0x28, 0xb5, 0x2f, 0xfd, ..]
            | [b'B', b'Z', b'h', ..] => Format::Compressed,
            [b'B', b'C', 0xc0, 0xde, ..] => Format::Bitcode,
            // a_midmag: OMAGIC 0407, NMAGIC 0410, ZMAGIC 0413, QMAGIC 0314 with FreeBSD's machine
            // byte 134 (i386) or none.
            [0x07 | 0x08 | 0x0b, 0x01, 0 | 134, _, ..] | [0xcc, 0x00, 0 | 134, _, ..] => {
                Format::Aout
            }
            other if is_text(other) => Format::Text,
            _ => Format::Data,
        }
    }

    /// A short noun phrase.
    pub fn name(self) -> &'static str {
        match self {
            Format::Empty => "empty file",
            Format::Ape => "Actually Portable Executable",
            Format::Pe => "Windows program (PE)",
            Format::MachO => "macOS program (Mach-O)",
            Format::MachOUniversal => "macOS universal program (Mach-O)",
            Format::Aout => "a.out program",
            Format::JavaClass => "Java class file",
            Format::Wasm => "WebAssembly module",
            Format::Archive => "ar archive",
            Format::Zip => "zip archive",
            Format::Compressed => "compressed file",
            Format::Bitcode => "LLVM bitcode",
            Format::Text => "text without a #! line",
            Format::Data => "unrecognised data",
        }
    }

    /// What to do instead of running it here.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Format::Ape => "it carries its own loader: run it directly",
            Format::Empty => "fetch or build it again",
            Format::Text => "give it a #! line or pass it to its interpreter",
            Format::Archive => "link it into a program first",
            Format::Zip | Format::Compressed => "unpack it first",
            Format::Pe => "Wine runs it",
            Format::JavaClass => "java runs it",
            Format::Wasm => "a WebAssembly runtime runs it",
            Format::MachO
            | Format::MachOUniversal
            | Format::Aout
            | Format::Bitcode
            | Format::Data => "only ELF programs and scripts can be run",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn is_text(head: &[u8]) -> bool {
    head.iter()
        .take(TEXT_SAMPLE)
        .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | b' '..=b'~' | 0x80..))
}
