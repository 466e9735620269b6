//! The dynamic section: which libraries an image wants.

use alloc::string::String;
use alloc::vec::Vec;

use goblin::elf::dynamic::{DF_1_PIE, DT_FLAGS_1, DT_NEEDED, DT_NULL, DT_STRSZ, DT_STRTAB};
use goblin::elf::program_header::PT_DYNAMIC;

use crate::bytes::{c_string_at, u32_at, u64_at};
use crate::segments::Headers;
use crate::source::read;
use crate::{ReadAt, Refusal};

/// Bytes of the dynamic section, libraries and bytes of a name looked at.
const SECTION_MAX: usize = 64 * 1024;
const LIBRARIES_MAX: usize = 256;
const NAME_MAX: usize = 1024;

/// What the dynamic section says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dynamic {
    /// `DT_NEEDED`, in order.
    pub(crate) libraries: Vec<String>,
    /// Whether the linker marked a position-independent *program*.
    pub(crate) pie: bool,
}

/// Reads the dynamic section; empty when there is none.
pub(crate) fn read_dynamic(
    source: &(impl ReadAt + ?Sized),
    elf: &Headers,
) -> Result<Dynamic, Refusal> {
    let mut found = Dynamic::default();
    let Some(segment) = elf.of_type(PT_DYNAMIC).next() else {
        return Ok(found);
    };
    let len = usize::try_from(segment.p_filesz)
        .unwrap_or(usize::MAX)
        .min(SECTION_MAX);
    let bytes = read(source, segment.p_offset, len)?;
    let (mut names, mut strings, mut strings_len) = (Vec::new(), None, 0);
    for (tag, value) in entries(&bytes, elf) {
        match tag {
            DT_NULL => break,
            DT_NEEDED if names.len() < LIBRARIES_MAX => names.push(value),
            DT_STRTAB => strings = Some(value),
            DT_STRSZ => strings_len = value,
            DT_FLAGS_1 => found.pie = value & DF_1_PIE != 0,
            _ => {}
        }
    }
    let Some((strings, left)) = strings.and_then(|at| elf.file_range_of(at)) else {
        return Ok(found);
    };
    let strings_len = strings_len.min(left);
    for name in names.into_iter().filter(|name| *name < strings_len) {
        let len = usize::try_from(strings_len.saturating_sub(name)).unwrap_or(NAME_MAX);
        let bytes = read(source, strings.saturating_add(name), len.min(NAME_MAX))?;
        if let Some(name) = c_string_at(&bytes, 0).filter(|name| !name.is_empty()) {
            found
                .libraries
                .push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(found)
}

fn entries<'a>(bytes: &'a [u8], elf: &'a Headers) -> impl Iterator<Item = (u64, u64)> + 'a {
    let word = elf.word_size();
    let at = move |entry: &[u8], index: usize| match word {
        8 => u64_at(entry, index * 8, elf.endian()),
        _ => u32_at(entry, index * 4, elf.endian()).map(u64::from),
    };
    bytes
        .chunks_exact(word * 2)
        .filter_map(move |entry| Some((at(entry, 0)?, at(entry, 1)?)))
}
