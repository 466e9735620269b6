//! Whose program is this: the marks, in the order they are believed.
//!
//! FreeBSD's kernel (`get_brandinfo`) believes a note, then the OSABI byte or the string that FreeBSD 3
//! put in its place, then the interpreter's path. Programs its kernel would not recognise (Go's for
//! DragonFly, NetBSD's with notes in sections only) leave weaker marks, asked for last.

use core::fmt;

use crate::identify::Class;
use crate::notes::NoteFacts;
use crate::segments::Headers;
use crate::{KernelVersion, Machine, Os, ReadAt, Refusal, gobuild, sections, traces};

/// The mark by which a program's system was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The user said so (`--abi`).
    Told,
    /// A note in a `PT_NOTE` segment.
    Note,
    /// `e_ident[EI_OSABI]`.
    OsAbi,
    /// The system's name in the header's padding, as FreeBSD 3 and DragonFly wrote it.
    OldBrand,
    /// The path in `PT_INTERP`.
    Interpreter,
    /// A note in a section that no segment covers.
    SectionNote,
    /// `GOOS=` in Go's build information.
    GoBuild,
    /// A function that only this system's run-time library has.
    Symbol,
    /// The compiler's signature in `.comment`.
    Compiler,
    /// No mark at all: a Linux host would run it, so it is taken for Linux's.
    Default,
}

impl Evidence {
    /// A short noun phrase.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Told => "--abi",
            Evidence::Note => "ELF note",
            Evidence::OsAbi => "OSABI byte",
            Evidence::OldBrand => "old brand string",
            Evidence::Interpreter => "interpreter",
            Evidence::SectionNote => "section note",
            Evidence::GoBuild => "Go build info",
            Evidence::Symbol => "run-time symbol",
            Evidence::Compiler => "compiler signature",
            Evidence::Default => "no mark",
        }
    }

    /// The name for JSON.
    pub fn key(self) -> &'static str {
        match self {
            Evidence::Told => "told",
            Evidence::Note => "note",
            Evidence::OsAbi => "osabi",
            Evidence::OldBrand => "old-brand",
            Evidence::Interpreter => "interpreter",
            Evidence::SectionNote => "section-note",
            Evidence::GoBuild => "go-build",
            Evidence::Symbol => "symbol",
            Evidence::Compiler => "compiler",
            Evidence::Default => "default",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The verdict on an image's system.
pub(crate) struct Brand {
    pub(crate) os: Os,
    pub(crate) evidence: Evidence,
    pub(crate) version: Option<KernelVersion>,
}

/// Believes the first mark found.
pub(crate) fn brand(
    source: &(impl ReadAt + ?Sized),
    headers: &Headers,
    notes: &NoteFacts,
    interpreter: Option<&[u8]>,
    machine: Machine,
) -> Result<Brand, Refusal> {
    let by = |os, evidence| Brand {
        os,
        evidence,
        version: None,
    };
    if let Some(os) = notes.os {
        let version = notes.version;
        return Ok(Brand {
            version,
            ..by(os, Evidence::Note)
        });
    }
    let osabi = headers.header.e_ident[goblin::elf::header::EI_OSABI];
    if let Some(os) = os_of_osabi(osabi) {
        return Ok(by(os, Evidence::OsAbi));
    }
    if let Some(os) = os_of_old_brand(&headers.header.e_ident) {
        return Ok(by(os, Evidence::OldBrand));
    }
    let class = Class::of(headers);
    if let Some(os) = interpreter.and_then(|path| os_of_interpreter(path, machine, class)) {
        return Ok(by(os, Evidence::Interpreter));
    }
    let table = sections::Sections::read(source, headers)?;
    let section_notes = table.notes(source, headers.endian())?;
    if let Some(os) = section_notes.os {
        return Ok(Brand {
            version: section_notes.version,
            ..by(os, Evidence::SectionNote)
        });
    }
    if let Some(go) = gobuild::find(source, headers, &table)?
        && let Some(os) = go.goos().and_then(Os::from_goos)
    {
        return Ok(by(os, Evidence::GoBuild));
    }
    if let Some(os) = traces::os_of_symbols(source, &table)? {
        return Ok(by(os, Evidence::Symbol));
    }
    if let Some(os) = traces::os_of_comment(source, &table)? {
        return Ok(by(os, Evidence::Compiler));
    }
    Ok(by(
        if osabi == 0 { Os::Linux } else { Os::Unknown },
        Evidence::Default,
    ))
}

/// 0 means System V, which everyone but FreeBSD writes, so it says nothing.
fn os_of_osabi(osabi: u8) -> Option<Os> {
    match osabi {
        2 => Some(Os::NetBsd),
        3 => Some(Os::Linux),
        4 => Some(Os::Hurd),
        6 => Some(Os::Illumos),
        9 => Some(Os::FreeBsd),
        12 => Some(Os::OpenBsd),
        _ => None,
    }
}

/// The text at `e_ident[8]`; the kernel compares only the brand's own length.
fn os_of_old_brand(ident: &[u8]) -> Option<Os> {
    let text = ident.get(8..)?;
    [
        (b"FreeBSD".as_slice(), Os::FreeBsd),
        (b"DragonFl".as_slice(), Os::DragonFly),
        (b"Linux".as_slice(), Os::Linux),
    ]
    .into_iter()
    .find_map(|(name, os)| text.starts_with(name).then_some(os))
}

fn os_of_interpreter(path: &[u8], machine: Machine, class: Class) -> Option<Os> {
    let x86 = matches!(machine, Machine::Amd64 | Machine::I386);
    match path {
        b"/libexec/ld-elf.so.1" | b"/usr/libexec/ld-elf.so.1" | b"/libexec/ld-elf32.so.1" => {
            return Some(Os::FreeBsd);
        }
        b"/libexec/ld.elf_so" | b"/usr/libexec/ld.elf_so" => return Some(Os::NetBsd),
        b"/usr/libexec/ld.so" => return Some(Os::OpenBsd),
        b"/libexec/ld-elf.so.2" | b"/usr/libexec/ld-elf.so.2" => return Some(Os::DragonFly),
        b"/lib/amd64/ld.so.1"
        | b"/lib/64/ld.so.1"
        | b"/usr/lib/amd64/ld.so.1"
        | b"/usr/lib/64/ld.so.1"
        | b"/usr/lib/ld.so.1" => return Some(Os::Illumos),
        // Linux on other processors uses the same path.
        b"/lib/ld.so" | b"/lib/ld.so.1" if x86 && class == Class::Elf32 => return Some(Os::Hurd),
        b"/lib/ld-x86-64.so.1" => return Some(Os::Hurd),
        _ => {}
    }
    // Linux distributions put theirs anywhere; the file's name is what stays.
    let file = path.rsplit(|byte| *byte == b'/').next()?;
    if file.starts_with(b"ld-kfreebsd") {
        return Some(Os::KFreeBsd);
    }
    [
        b"ld-linux".as_slice(),
        b"ld-musl-",
        b"ld-uClibc",
        b"ld64.so",
        b"linker",
    ]
    .into_iter()
    .any(|prefix| file.starts_with(prefix))
    .then_some(Os::Linux)
}
