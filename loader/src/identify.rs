//! From bytes to a name: the entry point of detection.

use alloc::vec::Vec;

use goblin::elf::header::{EI_OSABI, ELFMAG};
use goblin::elf::program_header::{PT_DYNAMIC, PT_INTERP, PT_NOTE};

use crate::brand::{Brand, brand};
use crate::bytes::c_string_at;
use crate::notes::{self, NoteFacts};
use crate::segments::Headers;
use crate::source::{Headed, read};
use crate::{Evidence, Format, KernelVersion, Machine, Os, PAGE_SIZE, ReadAt, Refusal, Script};

/// `MAXPATHLEN`: the longest interpreter path FreeBSD accepts, with its NUL.
pub(crate) const INTERPRETER_MAX: u64 = 1024;

/// How much of a file is read first. The headers of an ELF file lie there, most often with all that tells whose it is.
const HEAD: usize = 1024;

/// Note segments looked at.
const NOTE_SEGMENTS_MAX: usize = 16;

/// What a file is.
#[derive(Clone, Debug)]
pub enum Identity {
    /// An ELF file, perhaps a program.
    Elf(Image),
    /// A `#!` script.
    Script(Script),
    /// Something else.
    Other(Format),
}

/// An ELF file: whose it is and what kind.
#[derive(Clone, Debug)]
pub struct Image {
    /// Whose system calls it makes.
    pub os: Os,
    /// How that was recognised.
    pub evidence: Evidence,
    /// The kernel it was built for, from its note.
    pub version: Option<KernelVersion>,
    /// FreeBSD's feature bits (`NT_FREEBSD_FEATURE_CTL`): 1 no ASLR, 2 no PROT_MAX, 4 no stack gap,
    /// 8 wants writable and executable pages.
    pub features: Option<u32>,
    /// The processor.
    pub machine: Machine,
    /// 32 or 64 bits.
    pub class: Class,
    /// Byte order.
    pub endian: Endian,
    /// Program, library, object, core dump.
    pub object_type: ObjectType,
    /// `e_ident[EI_OSABI]` as found.
    pub osabi: u8,
    /// The dynamic linker's path, without its NUL; `None` for static programs and libraries.
    pub interpreter: Option<Vec<u8>>,
    /// Whether there is a dynamic section: true for static PIE too.
    pub dynamic: bool,
    pub(crate) headers: Headers,
}

impl Image {
    /// Whether it starts without a dynamic linker.
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none()
    }
}

/// Address width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 32 bits.
    Elf32,
    /// 64 bits.
    Elf64,
}

impl Class {
    pub(crate) fn of(headers: &Headers) -> Class {
        if headers.is_wide() {
            Class::Elf64
        } else {
            Class::Elf32
        }
    }

    /// 32 or 64.
    pub fn bits(self) -> u8 {
        match self {
            Class::Elf32 => 32,
            Class::Elf64 => 64,
        }
    }
}

/// Byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// `little` or `big`.
    pub fn name(self) -> &'static str {
        match self {
            Endian::Little => "little",
            Endian::Big => "big",
        }
    }
}

/// `e_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// A program at fixed addresses.
    Exec,
    /// A position-independent program, or a shared library.
    Dyn,
    /// An object file before linking.
    Rel,
    /// A core dump.
    Core,
    /// Any other value.
    Other(u16),
}

impl ObjectType {
    fn from_elf(e_type: u16) -> ObjectType {
        match e_type {
            1 => ObjectType::Rel,
            2 => ObjectType::Exec,
            3 => ObjectType::Dyn,
            4 => ObjectType::Core,
            other => ObjectType::Other(other),
        }
    }
}

/// Says what the file is, reading its first page and, for the rarer marks, a bounded amount more.
///
/// `abi` overrides the detection of an ELF file's system. Only what stops detection itself is a
/// refusal: unreadable files, headers cut short or with impossible values, a `#!` line without a
/// usable path. Whether the file can run is [`runnable`](crate::runnable)'s business.
pub fn identify(source: &(impl ReadAt + ?Sized), abi: Option<Os>) -> Result<Identity, Refusal> {
    let head = read(source, 0, HEAD)?;
    if head.starts_with(ELFMAG) {
        let source = Headed {
            head: &head,
            rest: source,
        };
        return identify_elf(&source, &head, abi).map(Identity::Elf);
    }
    let head = match head.len() {
        HEAD => read(source, 0, PAGE_SIZE as usize)?,
        _ => head,
    };
    if let Some(script) = Script::of(&head) {
        return script.map(Identity::Script);
    }
    Ok(Identity::Other(Format::of(&head)))
}

fn identify_elf(
    source: &(impl ReadAt + ?Sized),
    head: &[u8],
    abi: Option<Os>,
) -> Result<Image, Refusal> {
    let headers = Headers::parse(source, head)?;
    let machine = Machine::from_elf(headers.header.e_machine);
    let notes = segment_notes(source, &headers)?;
    let interpreter = interpreter_path(source, &headers)?;
    let brand = match abi {
        Some(os) => Brand {
            os,
            evidence: Evidence::Told,
            version: notes.version.filter(|_| notes.os == Some(os)),
        },
        None => brand(source, &headers, &notes, interpreter.as_deref(), machine)?,
    };
    let dynamic = headers.of_type(PT_DYNAMIC).next().is_some();
    Ok(Image {
        os: brand.os,
        evidence: brand.evidence,
        version: brand.version,
        features: notes.features,
        machine,
        class: Class::of(&headers),
        endian: if headers.ctx.is_little_endian() {
            Endian::Little
        } else {
            Endian::Big
        },
        object_type: ObjectType::from_elf(headers.header.e_type),
        osabi: headers.header.e_ident[EI_OSABI],
        interpreter,
        dynamic,
        headers,
    })
}

fn segment_notes(source: &(impl ReadAt + ?Sized), headers: &Headers) -> Result<NoteFacts, Refusal> {
    let mut facts = NoteFacts::default();
    for segment in headers.of_type(PT_NOTE).take(NOTE_SEGMENTS_MAX) {
        let len = usize::try_from(segment.p_filesz)
            .unwrap_or(usize::MAX)
            .min(notes::AREA_MAX);
        let area = read(source, segment.p_offset, len)?;
        facts.merge(NoteFacts::of(&area, headers.endian()));
    }
    Ok(facts)
}

/// The first `PT_INTERP`'s path, as far as it can be read; `plan` is strict about it.
fn interpreter_path(
    source: &(impl ReadAt + ?Sized),
    headers: &Headers,
) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(segment) = headers.of_type(PT_INTERP).next() else {
        return Ok(None);
    };
    let len = segment.p_filesz.min(INTERPRETER_MAX) as usize;
    let bytes = read(source, segment.p_offset, len)?;
    Ok(c_string_at(&bytes, 0).map(<[u8]>::to_vec))
}
