//! What can be wrong with an ELF image, beyond its header's first fields.

use core::fmt;

use crate::refusal::DAMAGED;

/// A contradiction in an image's program headers. Segments are counted from 0 in table order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `e_phentsize` is not the size of a program header.
    ProgramHeaderSize {
        /// What the header says.
        found: u16,
    },
    /// `e_phnum` is 0.
    NoProgramHeaders,
    /// The program header table leaves the first page of the file.
    ProgramHeadersOutsideFirstPage {
        /// `e_phoff`.
        offset: u64,
        /// `e_phnum`.
        count: u16,
    },
    /// `e_phoff` is not a multiple of the word size.
    ProgramHeadersUnaligned {
        /// `e_phoff`.
        offset: u64,
    },
    /// The file ends inside its program header table.
    ProgramHeadersTruncated {
        /// The file's size.
        size: u64,
    },
    /// No segment is to be loaded.
    NothingToLoad,
    /// A segment's alignment is no power of two.
    SegmentAlignment {
        /// Index in the program header table.
        segment: usize,
        /// `p_align`.
        align: u64,
    },
    /// More bytes in the file than in memory.
    SegmentFileLargerThanMemory {
        /// Index in the program header table.
        segment: usize,
        /// `p_filesz`.
        file: u64,
        /// `p_memsz`.
        memory: u64,
    },
    /// The segment's bytes lie beyond the end of the file.
    SegmentTruncated {
        /// Index in the program header table.
        segment: usize,
        /// Where its bytes would end (saturated).
        end: u64,
        /// The file's size.
        size: u64,
    },
    /// File offset and address disagree inside their page, so the file cannot be mapped.
    SegmentMisaligned {
        /// Index in the program header table.
        segment: usize,
        /// `p_offset`.
        offset: u64,
        /// `p_vaddr`.
        address: u64,
    },
    /// The segment ends beyond the last address or wraps around.
    SegmentBeyondAddressSpace {
        /// Index in the program header table.
        segment: usize,
        /// `p_vaddr`.
        address: u64,
        /// `p_memsz`.
        memory: u64,
    },
    /// The segment wants the pages around address 0.
    SegmentTooLow {
        /// Index in the program header table.
        segment: usize,
        /// `p_vaddr`.
        address: u64,
    },
    /// The segment is larger than FreeBSD's limit for text or data.
    SegmentTooLarge {
        /// Index in the program header table.
        segment: usize,
        /// `p_memsz`.
        memory: u64,
    },
    /// Segments are not in ascending order of address.
    SegmentsUnordered {
        /// Index of the later one in the program header table.
        segment: usize,
    },
    /// Two segments share a page.
    SegmentsOverlap {
        /// Index of the later one in the program header table.
        segment: usize,
    },
    /// The entry point lies in no executable segment.
    EntryOutsideText {
        /// `e_entry`.
        entry: u64,
    },
    /// More than one `PT_INTERP`.
    SeveralInterpreters,
    /// `PT_INTERP` is empty, too long, unterminated or outside the file.
    BadInterpreterPath,
}

impl Fault {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Fault::ProgramHeaderSize { .. } => "program-header-size",
            Fault::NoProgramHeaders => "no-program-headers",
            Fault::ProgramHeadersOutsideFirstPage { .. } => "program-headers-outside-first-page",
            Fault::ProgramHeadersUnaligned { .. } => "program-headers-unaligned",
            Fault::ProgramHeadersTruncated { .. } => "program-headers-truncated",
            Fault::NothingToLoad => "nothing-to-load",
            Fault::SegmentAlignment { .. } => "segment-alignment",
            Fault::SegmentFileLargerThanMemory { .. } => "segment-file-larger-than-memory",
            Fault::SegmentTruncated { .. } => "segment-truncated",
            Fault::SegmentMisaligned { .. } => "segment-misaligned",
            Fault::SegmentBeyondAddressSpace { .. } => "segment-beyond-address-space",
            Fault::SegmentTooLow { .. } => "segment-too-low",
            Fault::SegmentTooLarge { .. } => "segment-too-large",
            Fault::SegmentsUnordered { .. } => "segments-unordered",
            Fault::SegmentsOverlap { .. } => "segments-overlap",
            Fault::EntryOutsideText { .. } => "entry-outside-text",
            Fault::SeveralInterpreters => "several-interpreters",
            Fault::BadInterpreterPath => "bad-interpreter-path",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::ProgramHeaderSize { found } => {
                write!(f, "program headers of {found} bytes; {DAMAGED}")
            }
            Fault::NoProgramHeaders => {
                f.write_str("has no program headers: it is not linked, or stripped to nothing")
            }
            Fault::ProgramHeadersOutsideFirstPage { offset, count } => write!(
                f,
                "its {count} program headers at {offset:#x} leave the first page, where FreeBSD \
                 wants them: link it again"
            ),
            Fault::ProgramHeadersUnaligned { offset } => {
                write!(
                    f,
                    "program headers at the odd offset {offset:#x}; {DAMAGED}"
                )
            }
            Fault::ProgramHeadersTruncated { size } => write!(
                f,
                "ends inside its program header table ({size} bytes); {DAMAGED}"
            ),
            Fault::NothingToLoad => f.write_str(
                "has no loadable segment (debug symbols only?): name the program itself",
            ),
            Fault::SegmentAlignment { segment, align } => write!(
                f,
                "segment {segment} has alignment {align:#x}, no power of two; {DAMAGED}"
            ),
            Fault::SegmentFileLargerThanMemory {
                segment,
                file,
                memory,
            } => write!(
                f,
                "segment {segment} has more bytes in the file ({file:#x}) than in memory \
                 ({memory:#x}); {DAMAGED}"
            ),
            Fault::SegmentTruncated { segment, end, size } => write!(
                f,
                "segment {segment} ends at byte {end:#x}, the file at {size:#x}: \
                 the file is cut short, fetch it again"
            ),
            Fault::SegmentMisaligned {
                segment,
                offset,
                address,
            } => write!(
                f,
                "segment {segment} cannot be mapped: offset {offset:#x} and address {address:#x} \
                 differ within their page; link it with a page size of 4096"
            ),
            Fault::SegmentBeyondAddressSpace {
                segment,
                address,
                memory,
            } => write!(
                f,
                "segment {segment} ({memory:#x} bytes at {address:#x}) leaves the address space; \
                 {DAMAGED}"
            ),
            Fault::SegmentTooLow { segment, address } => write!(
                f,
                "segment {segment} wants address {address:#x}, below the first 64 KiB that the \
                 host keeps unmapped: link it higher"
            ),
            Fault::SegmentTooLarge { segment, memory } => write!(
                f,
                "segment {segment} wants {memory:#x} bytes, FreeBSD's limit is 32 GiB; {DAMAGED}"
            ),
            Fault::SegmentsUnordered { segment } => write!(
                f,
                "segment {segment} lies below the one before it; {DAMAGED}"
            ),
            Fault::SegmentsOverlap { segment } => write!(
                f,
                "segment {segment} shares a page with the one before it; link it with page-aligned \
                 segments"
            ),
            Fault::EntryOutsideText { entry } => write!(
                f,
                "its entry point {entry:#x} is in no executable segment: \
                 a library, or the file is damaged"
            ),
            Fault::SeveralInterpreters => {
                write!(f, "names more than one interpreter; {DAMAGED}")
            }
            Fault::BadInterpreterPath => write!(
                f,
                "its interpreter's path is empty, unterminated or outside the file; {DAMAGED}"
            ),
        }
    }
}
