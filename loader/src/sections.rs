//! The section table: not needed to run anything, so anything wrong with it only means "nothing found".

use alloc::vec::Vec;

use goblin::container::Endian;
use goblin::elf::SectionHeader;
use goblin::elf::section_header::{SHT_NOBITS, SHT_NOTE};

use crate::bytes::c_string_at;
use crate::notes::{AREA_MAX, NoteFacts};
use crate::segments::Headers;
use crate::source::read;
use crate::{ReadAt, Refusal};

/// Sections looked at; linked programs have a few dozen.
const SECTIONS_MAX: usize = 1024;
/// Bytes of section names looked at.
const NAMES_MAX: usize = 64 * 1024;
/// Note sections looked at.
const NOTES_MAX: usize = 16;

/// Section headers and their names.
pub(crate) struct Sections {
    headers: Vec<SectionHeader>,
    names: Vec<u8>,
}

impl Sections {
    /// Reads the table the ELF header points at; empty when there is none or it is unusable.
    pub(crate) fn read(
        source: &(impl ReadAt + ?Sized),
        elf: &Headers,
    ) -> Result<Sections, Refusal> {
        let mut sections = Sections {
            headers: Vec::new(),
            names: Vec::new(),
        };
        let entry = SectionHeader::size(elf.ctx);
        let count = usize::from(elf.header.e_shnum).min(SECTIONS_MAX);
        if usize::from(elf.header.e_shentsize) != entry || elf.header.e_shoff == 0 || count == 0 {
            return Ok(sections);
        }
        let table = read(source, elf.header.e_shoff, count.saturating_mul(entry))?;
        let present = table.len() / entry;
        if present == 0 {
            return Ok(sections);
        }
        // The count is what the bytes hold, so this cannot fail.
        sections.headers =
            SectionHeader::parse_from(&table, 0, present, elf.ctx).unwrap_or_default();
        if let Some(names) = sections.headers.get(usize::from(elf.header.e_shstrndx)) {
            sections.names = contents(source, names, NAMES_MAX)?;
        }
        Ok(sections)
    }

    /// The first section called `name`.
    pub(crate) fn named(&self, name: &[u8]) -> Option<&SectionHeader> {
        self.headers
            .iter()
            .find(|section| c_string_at(&self.names, section.sh_name) == Some(name))
    }

    /// What the note sections say.
    pub(crate) fn notes(
        &self,
        source: &(impl ReadAt + ?Sized),
        endian: Endian,
    ) -> Result<NoteFacts, Refusal> {
        let mut facts = NoteFacts::default();
        let notes = self.headers.iter().filter(|s| s.sh_type == SHT_NOTE);
        for section in notes.take(NOTES_MAX) {
            let area = contents(source, section, AREA_MAX)?;
            facts.merge(NoteFacts::of(&area, endian));
        }
        Ok(facts)
    }
}

/// Up to `limit` bytes of a section.
pub(crate) fn contents(
    source: &(impl ReadAt + ?Sized),
    section: &SectionHeader,
    limit: usize,
) -> Result<Vec<u8>, Refusal> {
    if section.sh_type == SHT_NOBITS {
        return Ok(Vec::new());
    }
    let len = usize::try_from(section.sh_size)
        .unwrap_or(usize::MAX)
        .min(limit);
    read(source, section.sh_offset, len)
}
