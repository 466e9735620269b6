//! The build information Go's linker leaves in every program (`debug/buildinfo`).

use alloc::string::String;
use alloc::vec::Vec;

use goblin::container::Endian;
use goblin::elf::program_header::{PF_W, PF_X, PT_LOAD};

use crate::bytes::{find as find_bytes, u32_at, u64_at};
use crate::sections::Sections;
use crate::segments::Headers;
use crate::source::{read, read_exact};
use crate::{ReadAt, Refusal};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The blob's alignment, and the size of its fixed part.
const ALIGN: usize = 16;
const HEADER: usize = 32;
/// How much of the data segment is searched when the section table is gone: the linker puts the
/// blob at its start.
const SEARCH_MAX: usize = 1 << 20;
/// The longest strings accepted. The module list of a large program has some 50 KiB.
const VERSION_MAX: u64 = 1024;
const MODULES_MAX: u64 = 1 << 20;

/// What Go's linker wrote about the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoBuild {
    /// The toolchain, as `go1.23.4`.
    pub version: String,
    /// The system built for; recorded since Go 1.18.
    pub goos: Option<String>,
    /// The processor built for; recorded since Go 1.18.
    pub goarch: Option<String>,
}

impl GoBuild {
    pub(crate) fn goos(&self) -> Option<&[u8]> {
        self.goos.as_deref().map(str::as_bytes)
    }
}

/// Finds the blob and reads it.
pub(crate) fn find(
    source: &(impl ReadAt + ?Sized),
    elf: &Headers,
    sections: &Sections,
) -> Result<Option<GoBuild>, Refusal> {
    let Some(at) = locate(source, elf, sections)? else {
        return Ok(None);
    };
    let Some(header) = read_exact(source, at, HEADER)? else {
        return Ok(None);
    };
    let flags = header.get(15).copied().unwrap_or_default();
    let strings = if flags & 2 != 0 {
        inline_strings(source, at)?
    } else {
        pointed_strings(source, elf, &header, flags)?
    };
    Ok(strings.map(|(version, modules)| GoBuild {
        version: String::from_utf8_lossy(&version).into_owned(),
        goos: setting(&modules, b"\nbuild\tGOOS="),
        goarch: setting(&modules, b"\nbuild\tGOARCH="),
    }))
}

fn locate(
    source: &(impl ReadAt + ?Sized),
    elf: &Headers,
    sections: &Sections,
) -> Result<Option<u64>, Refusal> {
    if let Some(section) = sections.named(b".go.buildinfo") {
        let start = read(source, section.sh_offset, MAGIC.len())?;
        return Ok((start == MAGIC).then_some(section.sh_offset));
    }
    let Some(data) = elf
        .of_type(PT_LOAD)
        .find(|segment| segment.p_flags & (PF_X | PF_W) == PF_W)
    else {
        return Ok(None);
    };
    let len = usize::try_from(data.p_filesz)
        .unwrap_or(usize::MAX)
        .min(SEARCH_MAX);
    let bytes = read(source, data.p_offset, len)?;
    let index = bytes
        .chunks(ALIGN)
        .position(|chunk| chunk.starts_with(MAGIC));
    Ok(index.and_then(|index| data.p_offset.checked_add(index.checked_mul(ALIGN)? as u64)))
}

type Strings = Option<(Vec<u8>, Vec<u8>)>;

/// Since Go 1.18: both strings follow the header, each behind its length.
fn inline_strings(source: &(impl ReadAt + ?Sized), at: u64) -> Result<Strings, Refusal> {
    let Some(at) = at.checked_add(HEADER as u64) else {
        return Ok(None);
    };
    let Some((version, next)) = counted_string(source, at, VERSION_MAX)? else {
        return Ok(None);
    };
    let modules = counted_string(source, next, MODULES_MAX)?;
    let modules = modules.map(|(bytes, _)| bytes).unwrap_or_default();
    Ok(Some((version, modules)))
}

/// A string behind its length as an unsigned LEB128 number, and where the next one starts.
fn counted_string(
    source: &(impl ReadAt + ?Sized),
    at: u64,
    limit: u64,
) -> Result<Option<(Vec<u8>, u64)>, Refusal> {
    let prefix = read(source, at, 10)?;
    let mut len: u64 = 0;
    let mut used: u64 = 0;
    for (byte, shift) in prefix.iter().zip((0..64).step_by(7)) {
        len |= u64::from(byte & 0x7f) << shift;
        used += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let Some(start) = at.checked_add(used).filter(|_| len > 0 && len <= limit) else {
        return Ok(None);
    };
    let bytes = read_exact(source, start, len as usize)?;
    Ok(bytes.map(|bytes| (bytes, start.saturating_add(len))))
}

/// Before Go 1.18: pointers to string headers, which are pointer and length.
fn pointed_strings(
    source: &(impl ReadAt + ?Sized),
    elf: &Headers,
    header: &[u8],
    flags: u8,
) -> Result<Strings, Refusal> {
    let endian = if flags & 1 != 0 {
        Endian::Big
    } else {
        Endian::Little
    };
    let word = elf.word_size();
    let pointer = |bytes: &[u8], at: usize| match word {
        8 => u64_at(bytes, at, endian),
        _ => u32_at(bytes, at, endian).map(u64::from),
    };
    let string = |slot: usize, limit: u64| -> Result<Option<Vec<u8>>, Refusal> {
        let Some((at, _)) = pointer(header, slot).and_then(|p| elf.file_range_of(p)) else {
            return Ok(None);
        };
        let parts = read(source, at, word.saturating_mul(2))?;
        let (Some(data), Some(len)) = (pointer(&parts, 0), pointer(&parts, word)) else {
            return Ok(None);
        };
        match elf.file_range_of(data) {
            Some((at, left)) if len > 0 && len <= limit.min(left) => {
                read_exact(source, at, len as usize)
            }
            _ => Ok(None),
        }
    };
    let Some(version) = string(16, VERSION_MAX)? else {
        return Ok(None);
    };
    let modules = string(16 + word, MODULES_MAX)?.unwrap_or_default();
    Ok(Some((version, modules)))
}

/// The rest of the line behind `key`.
fn setting(modules: &[u8], key: &[u8]) -> Option<String> {
    let start = find_bytes(modules, key)?.checked_add(key.len())?;
    let line = modules.get(start..)?.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).into_owned())
}
