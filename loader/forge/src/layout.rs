//! An image as its raw tables.

use crate::writer::Writer;

/// A program header.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are elf.h's, without their p_")]
pub struct SegmentHeader {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub file: u64,
    pub memory: u64,
    pub align: u64,
}

/// A section header.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are elf.h's, without their sh_")]
pub struct SectionHeader {
    pub name: u32,
    pub kind: u32,
    pub offset: u64,
    pub size: u64,
    pub address: u64,
    pub link: u32,
}

/// Everything an ELF file holds. Nothing here is checked: a test may write any nonsense.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are elf.h's, without their e_")]
pub struct Layout {
    pub ident: [u8; 16],
    pub kind: u16,
    pub machine: u16,
    pub version: u32,
    pub entry: u64,
    pub phoff: u64,
    /// Written behind the contents when `None`.
    pub shoff: Option<u64>,
    pub flags: u32,
    pub phentsize: u16,
    /// The number of `segments` when `None`.
    pub phnum: Option<u16>,
    pub shentsize: u16,
    /// The number of `sections` when `None`.
    pub shnum: Option<u16>,
    pub shstrndx: u16,
    pub segments: Vec<SegmentHeader>,
    pub sections: Vec<SectionHeader>,
    /// What stands where in the file, apart from the tables.
    pub contents: Vec<(u64, Vec<u8>)>,
}

/// Sizes of the header and of table entries, by class.
pub(crate) const fn sizes(wide: bool) -> (u64, u16, u16) {
    if wide { (64, 56, 64) } else { (52, 32, 40) }
}

impl Layout {
    /// Whether `EI_CLASS` says 64 bits.
    pub fn is_wide(&self) -> bool {
        self.ident[4] != 1
    }

    /// The first segment of type `kind`.
    pub fn segment(&mut self, kind: u32) -> &mut SegmentHeader {
        let found = self.segments.iter_mut().find(|s| s.kind == kind);
        found.expect("the program has such a segment")
    }

    /// The `index`th `PT_LOAD`.
    pub fn load(&mut self, index: usize) -> &mut SegmentHeader {
        let mut loads = self.segments.iter_mut().filter(|s| s.kind == 1);
        loads.nth(index).expect("the program has so many loads")
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let end = |(at, bytes): &(u64, Vec<u8>)| *at as usize + bytes.len();
        let contents_end = self.contents.iter().map(end).max().unwrap_or(0);
        let shoff = self.shoff.unwrap_or(match self.sections.is_empty() {
            true => 0,
            false => contents_end.next_multiple_of(8) as u64,
        });
        let mut file = Vec::new();
        put(&mut file, 0, &self.header(shoff));
        put(&mut file, self.phoff as usize, &self.program_headers());
        for (at, bytes) in &self.contents {
            put(&mut file, *at as usize, bytes);
        }
        if self.shoff.is_none() {
            put(&mut file, shoff as usize, &self.section_headers());
        }
        file
    }

    fn writer(&self) -> Writer {
        Writer::new(self.is_wide(), self.ident[5] == 2)
    }

    fn header(&self, shoff: u64) -> Vec<u8> {
        let mut w = self.writer();
        w.bytes.extend(self.ident);
        w.u16(self.kind);
        w.u16(self.machine);
        w.u32(self.version);
        w.address(self.entry);
        w.address(self.phoff);
        w.address(shoff);
        w.u32(self.flags);
        w.u16(sizes(self.is_wide()).0 as u16);
        w.u16(self.phentsize);
        w.u16(self.phnum.unwrap_or(self.segments.len() as u16));
        w.u16(self.shentsize);
        w.u16(self.shnum.unwrap_or(self.sections.len() as u16));
        w.u16(self.shstrndx);
        w.bytes
    }

    fn program_headers(&self) -> Vec<u8> {
        let mut w = self.writer();
        for s in &self.segments {
            w.u32(s.kind);
            // The 64-bit header moved the flags up for alignment.
            if w.wide {
                w.u32(s.flags);
            }
            w.address(s.offset);
            w.address(s.address);
            w.address(s.address);
            w.address(s.file);
            w.address(s.memory);
            if !w.wide {
                w.u32(s.flags);
            }
            w.address(s.align);
        }
        w.bytes
    }

    fn section_headers(&self) -> Vec<u8> {
        let mut w = self.writer();
        for s in &self.sections {
            w.u32(s.name);
            w.u32(s.kind);
            w.address(0);
            w.address(s.address);
            w.address(s.offset);
            w.address(s.size);
            w.u32(s.link);
            w.u32(0);
            w.address(1);
            w.address(0);
        }
        w.bytes
    }
}

/// Puts `bytes` at `at`. Far-away places would only make a huge file: the table is then absent.
fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    const LARGEST: usize = 1 << 24;
    let Some(end) = at.checked_add(bytes.len()).filter(|end| *end <= LARGEST) else {
        return;
    };
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}
