//! How FreeBSD's kernel would map an image (`exec_elf64_imgact`, `load_section`).
//!
//! The kernel trusts its own mapping code to fail on nonsense; here everything is checked beforehand,
//! so that whoever maps the plan can do it blindly beside its own image.

use alloc::vec::Vec;
use core::ops::Range;

use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_PHDR};

use crate::identify::INTERPRETER_MAX;
use crate::load::{Load, check_loads};
use crate::segments::Headers;
use crate::source::read_exact;
use crate::{Fault, Image, ObjectType, PAGE_SIZE, ReadAt, Refusal};

/// Below this the host keeps addresses unmapped (Linux's default `vm.mmap_min_addr`).
const LOWEST: u64 = 0x1_0000;
/// The shared page under the top of FreeBSD/amd64's user address space.
const HIGHEST_64: u64 = 0x7fff_ffff_f000;
/// The same for 32-bit programs (`FREEBSD32_USRSTACK`).
const HIGHEST_32: u64 = 0xffff_e000;
/// The largest page of the machine; asking for coarser alignment has no use.
const ALIGN_MAX: u64 = 1 << 30;

/// All that mapping and starting an image takes. Addresses are the file's own: for
/// [`Placement::Anywhere`] the mapper adds its base to each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePlan {
    /// Fixed addresses or a free choice.
    pub placement: Placement,
    /// From the first to behind the last page of all segments.
    pub span: Range<u64>,
    /// The mappings, in ascending order; no two share a page, and there may be gaps.
    pub segments: Vec<Segment>,
    /// `AT_ENTRY`; lies in an executable segment.
    pub entry: u64,
    /// `AT_PHDR`; `None` (the kernel passes 0, unrelocated) when no segment holds the table.
    pub phdr: Option<u64>,
    /// `AT_PHNUM`.
    pub phnum: u16,
    /// `AT_PHENT`.
    pub phent: u16,
    /// `AT_EHDRFLAGS`.
    pub flags: u32,
    /// What the program asks of its stack.
    pub stack: StackPlan,
    /// The dynamic linker's path, without its NUL. It is identified and planned like any image.
    pub interpreter: Option<Vec<u8>>,
    /// The largest executable segment's pages (`vm_taddr`, `vm_tsize`).
    pub text: Range<u64>,
    /// The last other segment's pages (`vm_daddr`, `vm_dsize`): `break` starts at its end.
    pub data: Range<u64>,
}

/// Where an image may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// At its own addresses, base 0.
    Fixed,
    /// At any base that is a multiple of `align`.
    Anywhere {
        /// A power of two, at least a page.
        align: u64,
    },
}

/// One `PT_LOAD`: pages of the file, then pages of zeros. At least one of them exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The protection of all its pages, once filled.
    pub protection: Protection,
    /// Private mapping of the file.
    pub file: Option<FilePages>,
    /// Anonymous memory directly behind the file's pages.
    pub zero: Option<ZeroPages>,
}

/// Pages mapped from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePages {
    /// A multiple of the page size.
    pub address: u64,
    /// A multiple of the page size.
    pub offset: u64,
    /// A multiple of the page size, not 0. The last page may extend past the end of the file.
    pub len: u64,
}

/// Anonymous pages, of which the first may begin with the file's last bytes.
///
/// FreeBSD does not clear the rest of a mapped page; it copies the fragment into a fresh one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZeroPages {
    /// A multiple of the page size.
    pub address: u64,
    /// A multiple of the page size, not 0.
    pub len: u64,
    /// Where in the file the bytes for the start of the first page stand.
    pub copy_from: u64,
    /// How many bytes to copy: less than a page, often 0.
    pub copy_len: u64,
}

/// Page protection; unlike Linux, FreeBSD adds no rights of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// `PF_R`.
    pub read: bool,
    /// `PF_W`.
    pub write: bool,
    /// `PF_X`.
    pub execute: bool,
}

impl Protection {
    /// As `PROT_READ` 1, `PROT_WRITE` 2 and `PROT_EXEC` 4, equal on FreeBSD and Linux.
    pub fn bits(self) -> u32 {
        u32::from(self.read) | u32::from(self.write) << 1 | u32::from(self.execute) << 2
    }

    /// `trans_prot`.
    pub(crate) fn of(flags: u32) -> Protection {
        Protection {
            read: flags & PF_R != 0,
            write: flags & PF_W != 0,
            execute: flags & PF_X != 0,
        }
    }
}

/// What `PT_GNU_STACK` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackPlan {
    /// Without the header the amd64 default is an executable stack (`sv_stackprot`).
    pub executable: bool,
    /// The least stack limit the program wants, in bytes; 0 for none.
    pub size: u64,
}

/// Plans the mapping of `image`, which was identified from the same `source`.
///
/// Works for programs and for dynamic linkers. The result only depends on the first page, the
/// interpreter's path and the file's size.
pub fn plan(source: &(impl ReadAt + ?Sized), image: &Image) -> Result<ImagePlan, Refusal> {
    let elf = &image.headers;
    check_table(source, elf)?;
    let (highest, fixed) = match image.object_type {
        ObjectType::Exec => (highest(elf), true),
        // A library linked to a base keeps it: "honour the base load address".
        ObjectType::Dyn => (highest(elf), first_address(elf) != 0),
        _ => return Err(Refusal::NotExecutable("an ELF file that is no program")),
    };
    let lowest = if fixed { LOWEST } else { 0 };
    let loads = check_loads(elf, source.size(), lowest..highest)?;
    check_entry(elf, &loads)?;
    let (text, data) = text_and_data(&loads);
    let span = match (loads.first(), loads.last()) {
        (Some(first), Some(last)) => first.pages.start..last.pages.end,
        _ => return Err(Fault::NothingToLoad.into()),
    };
    Ok(ImagePlan {
        placement: if fixed {
            Placement::Fixed
        } else {
            Placement::Anywhere {
                align: alignment(elf),
            }
        },
        span,
        segments: loads.iter().map(Load::segment).collect(),
        entry: elf.header.e_entry,
        phdr: phdr_address(elf),
        phnum: elf.header.e_phnum,
        phent: elf.header.e_phentsize,
        flags: elf.header.e_flags,
        stack: stack(elf),
        interpreter: interpreter(source, elf)?,
        text,
        data,
    })
}

fn highest(elf: &Headers) -> u64 {
    if elf.is_wide() {
        HIGHEST_64
    } else {
        HIGHEST_32
    }
}

/// The program header table must be whole, in the first page and aligned.
fn check_table(source: &(impl ReadAt + ?Sized), elf: &Headers) -> Result<(), Fault> {
    let header = &elf.header;
    let (offset, count) = (header.e_phoff, header.e_phnum);
    let entry = goblin::elf::ProgramHeader::size(elf.ctx);
    if count == 0 {
        return Err(Fault::NoProgramHeaders);
    }
    if usize::from(header.e_phentsize) != entry {
        return Err(Fault::ProgramHeaderSize {
            found: header.e_phentsize,
        });
    }
    let len = u64::from(header.e_phentsize) * u64::from(count);
    if offset > PAGE_SIZE || len > PAGE_SIZE - offset {
        return Err(Fault::ProgramHeadersOutsideFirstPage { offset, count });
    }
    if !offset.is_multiple_of(elf.word_size() as u64) {
        return Err(Fault::ProgramHeadersUnaligned { offset });
    }
    if elf.segments.len() < usize::from(count) {
        let size = source.size();
        return Err(Fault::ProgramHeadersTruncated { size });
    }
    Ok(())
}

fn check_entry(elf: &Headers, loads: &[Load<'_>]) -> Result<(), Fault> {
    let entry = elf.header.e_entry;
    let inside = loads.iter().any(|load| {
        load.header.p_flags & PF_X != 0
            && entry
                .checked_sub(load.header.p_vaddr)
                .is_some_and(|into| into < load.header.p_memsz)
    });
    match inside {
        true => Ok(()),
        false if loads.is_empty() => Err(Fault::NothingToLoad),
        false => Err(Fault::EntryOutsideText { entry }),
    }
}

/// `enforce_limits`: the largest executable segment is the text, the last of the others the data.
fn text_and_data(loads: &[Load<'_>]) -> (Range<u64>, Range<u64>) {
    let mut text = 0..0;
    let mut data = 0..0;
    for load in loads {
        let len = |range: &Range<u64>| range.end.saturating_sub(range.start);
        if load.header.p_flags & PF_X != 0 && len(&text) < len(&load.pages) {
            text = load.pages.clone();
        } else {
            data = load.pages.clone();
        }
    }
    if data.is_empty() {
        data = text.clone();
    }
    (text, data)
}

/// The first `PT_LOAD`'s address, even one without memory.
fn first_address(elf: &Headers) -> u64 {
    elf.of_type(PT_LOAD).next().map_or(0, |load| load.p_vaddr)
}

fn alignment(elf: &Headers) -> u64 {
    elf.of_type(PT_LOAD)
        .map(|load| load.p_align)
        .filter(|align| align.is_power_of_two())
        .fold(PAGE_SIZE, u64::max)
        .min(ALIGN_MAX)
}

/// The last of `PT_PHDR` and the segments that hold the table names its address.
fn phdr_address(elf: &Headers) -> Option<u64> {
    let header = &elf.header;
    let end = header
        .e_phoff
        .saturating_add(u64::from(header.e_phentsize) * u64::from(header.e_phnum));
    elf.segments
        .iter()
        .rev()
        .find_map(|segment| match segment.p_type {
            PT_PHDR => Some(segment.p_vaddr),
            PT_LOAD if segment.p_memsz != 0 && segment.p_offset == 0 => {
                (end <= segment.p_filesz).then(|| segment.p_vaddr.saturating_add(header.e_phoff))
            }
            _ => None,
        })
}

fn stack(elf: &Headers) -> StackPlan {
    match elf.of_type(PT_GNU_STACK).last() {
        Some(header) => StackPlan {
            executable: header.p_flags & PF_X != 0,
            size: header.p_memsz,
        },
        None => StackPlan {
            executable: true,
            size: 0,
        },
    }
}

fn interpreter(source: &(impl ReadAt + ?Sized), elf: &Headers) -> Result<Option<Vec<u8>>, Refusal> {
    let mut headers = elf.of_type(PT_INTERP);
    let Some(header) = headers.next() else {
        return Ok(None);
    };
    if headers.next().is_some() {
        return Err(Fault::SeveralInterpreters.into());
    }
    if !(2..=INTERPRETER_MAX).contains(&header.p_filesz) {
        return Err(Fault::BadInterpreterPath.into());
    }
    let bytes = read_exact(source, header.p_offset, header.p_filesz as usize)?;
    match bytes.as_deref() {
        Some([path @ .., 0]) => {
            let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
            if path.is_empty() {
                return Err(Fault::BadInterpreterPath.into());
            }
            Ok(Some(path.to_vec()))
        }
        _ => Err(Fault::BadInterpreterPath.into()),
    }
}
