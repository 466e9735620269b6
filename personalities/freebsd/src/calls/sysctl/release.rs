//! The release a program was made for: `p_osrel`, the number in its ELF note (imgact_elf.c, __elfN(brand_note)).

use compat_translate::Cx;
use compat_translate::host::read_file;
use core::ffi::CStr;

use compat_bsd::processes::program;

/// The number of the program that process `pid` runs, 0 for the caller; 0 when it has no note.
pub(super) fn of_program(cx: &Cx, pid: i32) -> u32 {
    /// Notes lie among the first segments.
    const START: usize = 64 * 1024;
    let Ok(mut path) = program(cx, pid) else {
        return 0;
    };
    path.push(0);
    CStr::from_bytes_until_nul(&path)
        .ok()
        .and_then(|path| read_file(path, START).ok())
        .and_then(|image| of_image(&image))
        .unwrap_or(0)
}

/// What the note says, if there is one in the first bytes of this ELF file.
fn of_image(image: &[u8]) -> Option<u32> {
    const PT_NOTE: u32 = 4;
    if !image.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (u64_at(image, 32)?, u16_at(image, 54)?, u16_at(image, 56)?);
    (0..usize::from(count)).find_map(|index| {
        let start = usize::try_from(table).ok()? + index * usize::from(size);
        let header = image.get(start..start + 56)?;
        if u32_at(header, 0)? != PT_NOTE {
            return None;
        }
        let (offset, length) = (u64_at(header, 8)?, u64_at(header, 32)?);
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        note(image.get(start..end)?)
    })
}

/// Sizes of name and value, type; then name and value, each filled up to a multiple of four.
fn note(mut notes: &[u8]) -> Option<u32> {
    const NT_FREEBSD_ABI_TAG: u32 = 1;
    loop {
        let name_size = u32_at(notes, 0)? as usize;
        let value_size = u32_at(notes, 4)? as usize;
        let kind = u32_at(notes, 8)?;
        let value_at = 12usize.checked_add(name_size.checked_next_multiple_of(4)?)?;
        if kind == NT_FREEBSD_ABI_TAG && notes.get(12..20)? == b"FreeBSD\0" {
            return u32_at(notes, value_at);
        }
        let next = value_at.checked_add(value_size.checked_next_multiple_of(4)?)?;
        notes = notes.get(next..)?;
    }
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> Option<[u8; N]> {
    from.get(at..)?.first_chunk().copied()
}

fn u16_at(from: &[u8], at: usize) -> Option<u16> {
    bytes(from, at).map(u16::from_le_bytes)
}

fn u32_at(from: &[u8], at: usize) -> Option<u32> {
    bytes(from, at).map(u32::from_le_bytes)
}

fn u64_at(from: &[u8], at: usize) -> Option<u64> {
    bytes(from, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// A file header, one program header, another system's note, then FreeBSD's.
    fn image() -> Vec<u8> {
        let mut image = b"\x7fELF\x02\x01".to_vec();
        image.resize(64, 0);
        image[32] = 64;
        (image[54], image[56]) = (56, 1);
        image.push(4);
        image.resize(64 + 56, 0);
        (image[64 + 8], image[64 + 32]) = (120, 20 + 24);
        for (name, value) in [(&b"GNU\0"[..], 7u32), (b"FreeBSD\0", 1_001_000)] {
            image.extend((name.len() as u32).to_le_bytes());
            image.extend(4u32.to_le_bytes());
            image.extend(1u32.to_le_bytes());
            image.extend_from_slice(name);
            image.extend(value.to_le_bytes());
        }
        image
    }

    #[test]
    fn the_note_behind_another_is_found() {
        let image = image();
        assert_eq!(of_image(&image), Some(1_001_000));
        for length in 0..image.len() {
            assert_eq!(of_image(&image[..length]), None);
        }
    }
}
