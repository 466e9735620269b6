//! Mapping a planned image.

use compat_loader::{ImagePlan, PAGE_SIZE, Placement, ReadAt, Segment};
use compat_translate::host::{self, HostErrno, HostResult, nr};
use compat_translate::task::overlaps_stub;
use compat_translate::trap;

use crate::file::File;

const MAP_PRIVATE: u64 = 2;
const MAP_FIXED: u64 = 0x10;
const MAP_ANONYMOUS: u64 = 0x20;
const MAP_NORESERVE: u64 = 0x4000;
const MAP_FIXED_NOREPLACE: u64 = 0x10_0000;
const PROT_READ: u64 = 1;
const PROT_WRITE: u64 = 2;

/// Where FreeBSD loads a position-independent program without randomisation (ET_DYN_LOAD_ADDR).
const ET_DYN_LOAD_ADDR: u64 = 0x0102_1000;

/// Maps `file`, a program or its linker, as `plan` says; returns the load base (0 for a fixed image).
///
/// # Errors
/// `ENOMEM` when the addresses are taken, `EFAULT` when the file shrank meanwhile.
pub(crate) fn map(file: &File, plan: &ImagePlan, is_linker: bool) -> HostResult<u64> {
    let length = plan.span.end - plan.span.start;
    let base = match plan.placement {
        Placement::Fixed
            if overlaps_stub(plan.span.start, length)
                || !trap::reaches(plan.span.start, length) =>
        {
            return Err(HostErrno::ENOMEM);
        }
        // FreeBSD does not keep what lies between the segments either.
        Placement::Fixed => 0,
        Placement::Anywhere { align } => {
            let wanted = ET_DYN_LOAD_ADDR.next_multiple_of(align);
            let start = match reserve(wanted.wrapping_add(plan.span.start), length) {
                Ok(()) => wanted.wrapping_add(plan.span.start),
                Err(_) => reserve_anywhere(length, align)?,
            };
            start.wrapping_sub(plan.span.start)
        }
    };
    // In a reserved range each mapping replaces a part of it; elsewhere the host looks that nobody uses the range.
    let placing = match plan.placement {
        Placement::Fixed => MAP_FIXED_NOREPLACE,
        Placement::Anywhere { .. } => MAP_FIXED,
    };
    for segment in &plan.segments {
        map_segment(file, segment, base, placing, is_linker)?;
    }
    Ok(base)
}

/// Takes a range nobody uses; never replaces a mapping.
fn reserve(start: u64, length: u64) -> HostResult<()> {
    if overlaps_stub(start, length) || !trap::reaches(start, length) {
        return Err(HostErrno::ENOMEM);
    }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    // SAFETY: fails instead of replacing anything.
    let at = unsafe { host::call(nr::mmap, [start, length, 0, flags, u64::MAX, 0]) }?;
    if at == start {
        Ok(())
    } else {
        Err(HostErrno::ENOMEM)
    }
}

fn reserve_anywhere(length: u64, align: u64) -> HostResult<u64> {
    let room = length.checked_add(align).ok_or(HostErrno::ENOMEM)?;
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    // SAFETY: fresh memory only. What alignment leaves over stays reserved: it costs no memory.
    let at = unsafe { trap::map([0, room, 0, flags, u64::MAX, 0]) }?;
    Ok(at.next_multiple_of(align))
}

fn map_segment(
    file: &File,
    segment: &Segment,
    base: u64,
    placing: u64,
    is_linker: bool,
) -> HostResult<()> {
    let protection = u64::from(segment.protection.bits());
    if let Some(pages) = segment.file {
        let args = [
            base.wrapping_add(pages.address),
            pages.len,
            protection,
            MAP_PRIVATE | placing,
            file.fd(),
            pages.offset,
        ];
        // SAFETY: inside the range reserved above, or where nothing is.
        unsafe { host::call(nr::mmap, args) }?;
        if segment.protection.execute && !segment.protection.write {
            let start = base.wrapping_add(pages.address);
            let library = is_linker.then_some((file.fd(), pages.offset));
            trap::register_text(start, pages.len, library);
        }
    }
    let Some(zero) = segment.zero else {
        return Ok(());
    };
    let start = base.wrapping_add(zero.address);
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | placing;
    // SAFETY: as above.
    unsafe {
        host::call(
            nr::mmap,
            [start, zero.len, PROT_READ | PROT_WRITE, flags, u64::MAX, 0],
        )
    }?;
    if zero.copy_len > 0 {
        let length = zero.copy_len.min(PAGE_SIZE) as usize;
        // SAFETY: the page was mapped writable just now.
        let into = unsafe { core::slice::from_raw_parts_mut(start as *mut u8, length) };
        let got = file
            .read_at(zero.copy_from, into)
            .map_err(|error| HostErrno(error.0 as u16))?;
        if got != length {
            return Err(HostErrno::EFAULT);
        }
    }
    if protection != PROT_READ | PROT_WRITE {
        // SAFETY: as above.
        unsafe { host::call_n(nr::mprotect, [start, zero.len, protection]) }?;
    }
    Ok(())
}
