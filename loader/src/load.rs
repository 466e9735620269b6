//! One `PT_LOAD`: what may be wrong with it, and the pages it becomes (`load_section`).

use alloc::vec::Vec;
use core::ops::Range;

use goblin::elf::ProgramHeader;
use goblin::elf::program_header::PT_LOAD;

use crate::segments::Headers;
use crate::{Fault, FilePages, PAGE_SIZE, Protection, Segment, ZeroPages};

/// amd64's `MAXTSIZ` and `MAXDSIZ`.
const SEGMENT_MAX: u64 = 32 << 30;
/// A checked `PT_LOAD` with the pages it covers.
pub(crate) struct Load<'a> {
    pub(crate) header: &'a ProgramHeader,
    pub(crate) pages: Range<u64>,
}

/// Checks every segment to be loaded. The kernel ignores those without memory.
pub(crate) fn check_loads(
    elf: &Headers,
    size: u64,
    space: Range<u64>,
) -> Result<Vec<Load<'_>>, Fault> {
    let mut loads: Vec<Load<'_>> = Vec::new();
    for (index, header) in elf.segments.iter().enumerate() {
        if header.p_type != PT_LOAD || header.p_memsz == 0 {
            continue;
        }
        let load = check_load(index, header, size, &space)?;
        if let Some(previous) = loads.last() {
            if load.header.p_vaddr < previous.header.p_vaddr {
                return Err(Fault::SegmentsUnordered { segment: index });
            }
            if load.pages.start < previous.pages.end {
                return Err(Fault::SegmentsOverlap { segment: index });
            }
        }
        loads.push(load);
    }
    Ok(loads)
}

fn check_load<'a>(
    segment: usize,
    header: &'a ProgramHeader,
    size: u64,
    space: &Range<u64>,
) -> Result<Load<'a>, Fault> {
    let (address, memory, file) = (header.p_vaddr, header.p_memsz, header.p_filesz);
    if header.p_align != 0 && !header.p_align.is_power_of_two() {
        return Err(Fault::SegmentAlignment {
            segment,
            align: header.p_align,
        });
    }
    // Without bytes in the file its offset means nothing.
    if file != 0 {
        let offset = header.p_offset;
        if file > memory {
            return Err(Fault::SegmentFileLargerThanMemory {
                segment,
                file,
                memory,
            });
        }
        let end = offset.saturating_add(file);
        if end > size {
            return Err(Fault::SegmentTruncated { segment, end, size });
        }
        if offset % PAGE_SIZE != address % PAGE_SIZE {
            return Err(Fault::SegmentMisaligned {
                segment,
                offset,
                address,
            });
        }
    }
    if memory > SEGMENT_MAX {
        return Err(Fault::SegmentTooLarge { segment, memory });
    }
    if address < space.start {
        return Err(Fault::SegmentTooLow { segment, address });
    }
    let end = address.checked_add(memory).and_then(page_up);
    match end.filter(|end| *end <= space.end) {
        Some(end) => Ok(Load {
            header,
            pages: page_down(address)..end,
        }),
        None => Err(Fault::SegmentBeyondAddressSpace {
            segment,
            address,
            memory,
        }),
    }
}

impl Load<'_> {
    /// `load_section`. The sums cannot overflow: `check_load` bounded them.
    pub(crate) fn segment(&self) -> Segment {
        let header = self.header;
        let whole = header.p_filesz == header.p_memsz;
        let file_end = header.p_vaddr.saturating_add(header.p_filesz);
        let mapped_end = match header.p_filesz {
            0 => self.pages.start,
            _ if whole => self.pages.end,
            _ => page_down(file_end),
        };
        let file_len = mapped_end.saturating_sub(self.pages.start);
        let zero_len = self.pages.end.saturating_sub(mapped_end);
        let copy_len = if header.p_filesz == 0 || whole {
            0
        } else {
            file_end % PAGE_SIZE
        };
        Segment {
            protection: Protection::of(header.p_flags),
            file: (file_len > 0).then(|| FilePages {
                address: self.pages.start,
                offset: page_down(header.p_offset),
                len: file_len,
            }),
            zero: (zero_len > 0).then(|| ZeroPages {
                address: mapped_end,
                len: zero_len,
                copy_from: match copy_len {
                    0 => 0,
                    _ => page_down(header.p_offset.saturating_add(header.p_filesz)),
                },
                copy_len,
            }),
        }
    }
}

fn page_down(address: u64) -> u64 {
    address & !(PAGE_SIZE - 1)
}

fn page_up(address: u64) -> Option<u64> {
    address.checked_add(PAGE_SIZE - 1).map(page_down)
}
