//! The ELF header and the program header table, read with fixed bounds.

use alloc::vec::Vec;

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::header;
use goblin::elf::program_header::{PT_LOAD, ProgramHeader};
use goblin::elf::{Elf, Header};

use crate::source::read;
use crate::{PAGE_SIZE, ReadAt, Refusal};

/// No kernel reads more program headers than fit its first page.
const TABLE_MAX: usize = PAGE_SIZE as usize;

/// A parsed ELF header and as much of its program header table as may be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    pub(crate) header: Header,
    pub(crate) ctx: Ctx,
    /// Shorter than `e_phnum` when the table is truncated or does not fit a page.
    pub(crate) segments: Vec<ProgramHeader>,
}

impl Headers {
    /// Parses the header in `head` and reads the program headers.
    pub(crate) fn parse(source: &(impl ReadAt + ?Sized), head: &[u8]) -> Result<Headers, Refusal> {
        let header = parse_header(source, head)?;
        let ctx = context(&header);
        let segments = read_segments(source, &header, ctx)?;
        Ok(Headers {
            header,
            ctx,
            segments,
        })
    }

    /// The segments of type `kind` (`PT_*`).
    pub(crate) fn of_type(&self, kind: u32) -> impl Iterator<Item = &ProgramHeader> {
        self.segments.iter().filter(move |s| s.p_type == kind)
    }

    /// The file offset behind an unrelocated virtual address, and how many bytes follow it.
    pub(crate) fn file_range_of(&self, address: u64) -> Option<(u64, u64)> {
        self.of_type(PT_LOAD).find_map(|segment| {
            let into = address.checked_sub(segment.p_vaddr)?;
            let left = segment
                .p_filesz
                .checked_sub(into)
                .filter(|left| *left > 0)?;
            Some((segment.p_offset.checked_add(into)?, left))
        })
    }

    pub(crate) fn endian(&self) -> Endian {
        self.ctx.le
    }

    pub(crate) fn word_size(&self) -> usize {
        self.ctx.size()
    }

    /// Whether this is a 64-bit image.
    pub(crate) fn is_wide(&self) -> bool {
        self.ctx.container.is_big()
    }
}

fn parse_header(source: &(impl ReadAt + ?Sized), head: &[u8]) -> Result<Header, Refusal> {
    let ident = |index: usize| head.get(index).copied().unwrap_or(0);
    let size = source.size();
    if head.len() < header::SIZEOF_IDENT {
        return Err(Refusal::HeaderTruncated { size });
    }
    for (field, index, accepted) in [
        ("EI_CLASS", header::EI_CLASS, [1, 2].as_slice()),
        ("EI_DATA", header::EI_DATA, [1, 2].as_slice()),
        ("EI_VERSION", header::EI_VERSION, [1].as_slice()),
    ] {
        if !accepted.contains(&ident(index)) {
            let value = u32::from(ident(index));
            return Err(Refusal::BadHeader { field, value });
        }
    }
    // With the bytes above checked, the only way left to fail is a short file.
    let header = Elf::parse_header(head).map_err(|_| Refusal::HeaderTruncated { size })?;
    if header.e_version != u32::from(header::EV_CURRENT) {
        return Err(Refusal::BadHeader {
            field: "e_version",
            value: header.e_version,
        });
    }
    Ok(header)
}

fn context(header: &Header) -> Ctx {
    let container = match header.e_ident[header::EI_CLASS] {
        header::ELFCLASS64 => Container::Big,
        _ => Container::Little,
    };
    let endian = match header.e_ident[header::EI_DATA] {
        header::ELFDATA2MSB => Endian::Big,
        _ => Endian::Little,
    };
    Ctx::new(container, endian)
}

fn read_segments(
    source: &(impl ReadAt + ?Sized),
    header: &Header,
    ctx: Ctx,
) -> Result<Vec<ProgramHeader>, Refusal> {
    let entry = ProgramHeader::size(ctx);
    if usize::from(header.e_phentsize) != entry {
        return Ok(Vec::new());
    }
    let wanted = usize::from(header.e_phnum)
        .saturating_mul(entry)
        .min(TABLE_MAX);
    let table = read(source, header.e_phoff, wanted)?;
    // The count is what the bytes hold, so this cannot fail.
    Ok(ProgramHeader::parse(&table, 0, table.len() / entry, ctx).unwrap_or_default())
}
