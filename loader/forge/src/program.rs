//! A program as its linker was told to make it.

use crate::Go;
use crate::layout::{Layout, SectionHeader, SegmentHeader, sizes};
use crate::writer::Writer;

/// One note.
#[derive(Clone, Debug)]
pub struct Note {
    /// The owner, with the NUL its size counts.
    pub name: &'static [u8],
    /// Its type.
    pub kind: u32,
    /// The description, in 32-bit words.
    pub words: Vec<u32>,
}

/// What to build. The page layout is always: headers, interpreter and notes; text; data and bss.
#[derive(Clone, Debug)]
pub struct Program {
    /// 64 bits?
    pub wide: bool,
    /// Most significant byte first?
    pub big: bool,
    /// `e_machine`.
    pub machine: u16,
    /// `e_ident[EI_OSABI]`.
    pub osabi: u8,
    /// Text at `e_ident[8]`, at most 8 bytes.
    pub brand: &'static str,
    /// `ET_DYN` from address 0?
    pub pie: bool,
    /// Notes in a `PT_NOTE`.
    pub notes: Vec<Note>,
    /// Notes in a section that no segment covers.
    pub section_notes: Vec<Note>,
    /// `PT_INTERP`.
    pub interpreter: Option<&'static str>,
    /// `DT_NEEDED`; a dynamic section exists when this or `interpreter` does.
    pub libraries: Vec<&'static str>,
    /// `PT_GNU_STACK`'s flags, if there is one.
    pub stack: Option<u32>,
    /// Go's build information, at the start of the data.
    pub go: Option<Go>,
    /// Whether a section names it.
    pub go_section: bool,
    /// Names in `.strtab`.
    pub symbols: Vec<&'static str>,
    /// The text of `.comment`.
    pub comment: Option<&'static str>,
}

/// Where things stand in the file; addresses are these plus the base.
const INTERPRETER_AT: u64 = 0x400;
const NOTES_AT: u64 = 0x600;
const TEXT_AT: u64 = 0x1000;
const DATA_AT: u64 = 0x2000;
/// The dynamic section and its strings lie in the data segment behind Go's blob.
const DYNAMIC_AT: u64 = 0x2400;
const STRINGS_AT: u64 = 0x2600;
const DATA_END: u64 = 0x2800;
const BSS: u64 = 0x1900;
/// `xor edi, edi; mov eax, 1; syscall; hlt`: `exit(0)` on every BSD.
const CODE: &[u8] = &[0x31, 0xff, 0xb8, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xf4];

impl Program {
    /// A static 64-bit amd64 program without any mark.
    pub fn amd64() -> Program {
        Program {
            wide: true,
            big: false,
            machine: 62,
            osabi: 0,
            brand: "",
            pie: false,
            notes: Vec::new(),
            section_notes: Vec::new(),
            interpreter: None,
            libraries: Vec::new(),
            stack: Some(6),
            go: None,
            go_section: true,
            symbols: Vec::new(),
            comment: None,
        }
    }

    /// A static FreeBSD/amd64 program, as Go links it.
    pub fn freebsd() -> Program {
        Program {
            osabi: 9,
            ..Program::amd64()
        }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        self.layout().bytes()
    }

    /// The tables, for a test to change.
    pub fn layout(&self) -> Layout {
        let base: u64 = if self.pie { 0 } else { 0x20_0000 };
        let mut ident = [0; 16];
        ident[..8].copy_from_slice(&[
            0x7f,
            b'E',
            b'L',
            b'F',
            1 + u8::from(self.wide),
            1 + u8::from(self.big),
            1,
            self.osabi,
        ]);
        ident[8..8 + self.brand.len()].copy_from_slice(self.brand.as_bytes());
        let (header, phentsize, shentsize) = sizes(self.wide);
        let mut layout = Layout {
            ident,
            kind: if self.pie { 3 } else { 2 },
            machine: self.machine,
            version: 1,
            entry: base + TEXT_AT,
            phoff: header,
            shoff: None,
            flags: 0,
            phentsize,
            phnum: None,
            shentsize,
            shnum: None,
            shstrndx: 0,
            segments: Vec::new(),
            sections: Vec::new(),
            contents: vec![(TEXT_AT, CODE.to_vec()), (DATA_END - 1, vec![0x5a])],
        };
        self.add_marks(&mut layout, base);
        self.add_loads(&mut layout, base);
        self.add_dynamic(&mut layout, base);
        self.add_sections(&mut layout, base);
        layout
    }

    fn add_marks(&self, layout: &mut Layout, base: u64) {
        if let Some(path) = self.interpreter {
            let mut bytes = path.as_bytes().to_vec();
            bytes.push(0);
            add_segment(layout, 3, 4, INTERPRETER_AT, base, bytes.len() as u64, 1);
            layout.contents.push((INTERPRETER_AT, bytes));
        }
        if !self.notes.is_empty() {
            let bytes = self.note_bytes(&self.notes);
            add_segment(layout, 4, 4, NOTES_AT, base, bytes.len() as u64, 4);
            layout.contents.push((NOTES_AT, bytes));
        }
        if let Some(flags) = self.stack {
            layout.segments.push(SegmentHeader {
                kind: 0x6474_e551,
                flags,
                ..SegmentHeader::default()
            });
        }
    }

    fn add_loads(&self, layout: &mut Layout, base: u64) {
        add_segment(layout, 1, 4, 0, base, 0x900, 0x1000);
        add_segment(layout, 1, 5, TEXT_AT, base, CODE.len() as u64, 0x1000);
        add_segment(layout, 1, 6, DATA_AT, base, DATA_END - DATA_AT, 0x1000);
        if let Some(data) = layout.segments.last_mut() {
            data.memory += BSS;
        }
        if let Some(go) = self.go {
            let blob = go.blob(base + DATA_AT, self.wide, self.big);
            layout.contents.push((DATA_AT, blob));
        }
    }

    fn add_dynamic(&self, layout: &mut Layout, base: u64) {
        if self.libraries.is_empty() && self.interpreter.is_none() {
            return;
        }
        let mut strings = vec![0];
        let mut w = Writer::new(self.wide, self.big);
        for library in &self.libraries {
            w.address(1);
            w.address(strings.len() as u64);
            strings.extend(library.as_bytes());
            strings.push(0);
        }
        for (tag, value) in [
            (5, base + STRINGS_AT),
            (10, strings.len() as u64),
            (0x6fff_fffb, if self.pie { 0x0800_0000 } else { 0 }),
            (0, 0),
        ] {
            w.address(tag);
            w.address(value);
        }
        add_segment(layout, 2, 6, DYNAMIC_AT, base, w.bytes.len() as u64, 8);
        layout.contents.push((DYNAMIC_AT, w.bytes));
        layout.contents.push((STRINGS_AT, strings));
    }

    fn add_sections(&self, layout: &mut Layout, base: u64) {
        let mut sections: Vec<(&str, u32, u64, Vec<u8>)> = Vec::new();
        let mut at = DATA_END;
        let mut add = |name, kind, bytes: Vec<u8>| {
            let end = (at + bytes.len() as u64).next_multiple_of(8);
            sections.push((name, kind, std::mem::replace(&mut at, end), bytes));
        };
        if !self.section_notes.is_empty() {
            add(".note.os", 7, self.note_bytes(&self.section_notes));
        }
        if let Some(text) = self.comment {
            add(".comment", 1, [text.as_bytes(), b"\0"].concat());
        }
        if !self.symbols.is_empty() {
            let names = self
                .symbols
                .iter()
                .flat_map(|name| [name.as_bytes(), b"\0"]);
            add(
                ".strtab",
                3,
                [b"\0"]
                    .into_iter()
                    .map(|b| &b[..])
                    .chain(names)
                    .flatten()
                    .copied()
                    .collect(),
            );
        }
        let go = self.go.filter(|_| self.go_section);
        if sections.is_empty() && go.is_none() {
            return;
        }
        let mut names = vec![0];
        let mut headers = vec![SectionHeader::default()];
        if let Some(go) = go {
            let size = go.blob(base + DATA_AT, self.wide, self.big).len() as u64;
            headers.push(named(&mut names, ".go.buildinfo", 1, DATA_AT, size));
        }
        for (name, kind, offset, bytes) in sections {
            let header = named(&mut names, name, kind, offset, bytes.len() as u64);
            headers.push(header);
            layout.contents.push((offset, bytes));
        }
        let last = named(&mut names, ".shstrtab", 3, at, 0);
        headers.push(SectionHeader {
            size: names.len() as u64,
            ..last
        });
        layout.shstrndx = headers.len() as u16 - 1;
        layout.contents.push((at, names));
        layout.sections = headers;
    }

    fn note_bytes(&self, notes: &[Note]) -> Vec<u8> {
        let mut w = Writer::new(self.wide, self.big);
        for note in notes {
            w.u32(note.name.len() as u32);
            w.u32(note.words.len() as u32 * 4);
            w.u32(note.kind);
            w.bytes.extend(note.name);
            w.align(4);
            note.words.iter().for_each(|word| w.u32(*word));
        }
        w.bytes
    }
}

fn add_segment(
    layout: &mut Layout,
    kind: u32,
    flags: u32,
    offset: u64,
    base: u64,
    size: u64,
    align: u64,
) {
    layout.segments.push(SegmentHeader {
        kind,
        flags,
        offset,
        address: base + offset,
        file: size,
        memory: size,
        align,
    });
}

fn named(names: &mut Vec<u8>, name: &str, kind: u32, offset: u64, size: u64) -> SectionHeader {
    let at = names.len() as u32;
    names.extend(name.as_bytes());
    names.push(0);
    SectionHeader {
        name: at,
        kind,
        offset,
        size,
        ..SectionHeader::default()
    }
}
