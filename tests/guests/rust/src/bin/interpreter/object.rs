//! An image in memory: what it needs, what it offers, its relocations.

use core::ffi::CStr;

use compat_guests::sys;

const PT_DYNAMIC: u32 = 2;
const PT_TLS: u32 = 7;
const PT_GNU_RELRO: u32 = 0x6474_e552;

const DT_NEEDED: u64 = 1;
const DT_PLTRELSZ: u64 = 2;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;
const DT_JMPREL: u64 = 23;

const R_64: u32 = 1;
const R_GLOB_DAT: u32 = 6;
const R_JUMP_SLOT: u32 = 7;
const R_RELATIVE: u32 = 8;
const R_TPOFF64: u32 = 18;

/// `Elf64_Sym`.
#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

/// See the module.
pub(crate) struct Object {
    base: u64,
    headers: &'static [[u64; 7]],
}

impl Object {
    pub(crate) fn new(base: u64, headers: &'static [[u64; 7]]) -> Self {
        Self { base, headers }
    }

    fn header(&self, kind: u32) -> Option<&'static [u64; 7]> {
        self.headers.iter().find(|header| header[0] as u32 == kind)
    }

    fn dynamic(&self, wanted: u64) -> Option<u64> {
        let mut at = (self.base + self.header(PT_DYNAMIC)?[2]) as *const [u64; 2];
        loop {
            match unsafe { at.read() } {
                [0, _] => return None,
                [tag, value] if tag == wanted => return Some(value),
                _ => at = unsafe { at.add(1) },
            }
        }
    }

    fn text(&self, offset: u64) -> &'static [u8] {
        let strings = self.base + self.dynamic(DT_STRTAB).expect("DT_STRTAB");
        unsafe { CStr::from_ptr((strings + offset) as *const _) }.to_bytes()
    }

    /// The name of the shared object it needs.
    pub(crate) fn needed(&self) -> &'static [u8] {
        self.text(self.dynamic(DT_NEEDED).expect("DT_NEEDED"))
    }

    /// The image of its thread-local storage: address, bytes in it, bytes in all, alignment.
    pub(crate) fn storage(&self) -> [u64; 4] {
        let &[_, _, address, _, in_file, in_memory, align] =
            self.header(PT_TLS).expect("both have thread-local words");
        [self.base + address, in_file, in_memory, align]
    }

    fn symbol(&self, index: u64) -> &'static Symbol {
        let table = self.base + self.dynamic(DT_SYMTAB).expect("DT_SYMTAB");
        unsafe { &*(table as *const Symbol).add(index as usize) }
    }

    /// The value of a symbol it defines.
    fn find(&self, name: &[u8]) -> Option<u64> {
        let hash = self.base + self.dynamic(DT_HASH).expect("DT_HASH");
        let count = unsafe { (hash as *const [u32; 2]).read() }[1];
        (1..u64::from(count))
            .map(|index| self.symbol(index))
            .find(|symbol| symbol.section != 0 && self.text(symbol.name.into()) == name)
            .map(|symbol| symbol.value)
    }

    /// Applies its relocations; `own` is the distance of its thread-local storage below the thread pointer.
    pub(crate) fn relocate(&self, all: [&Self; 2], own: u64, offsets: [u64; 2]) {
        for (table, size) in [(DT_RELA, DT_RELASZ), (DT_JMPREL, DT_PLTRELSZ)] {
            let (Some(table), Some(size)) = (self.dynamic(table), self.dynamic(size)) else {
                continue;
            };
            let table = (self.base + table) as *const [u64; 3];
            for index in 0..size as usize / 24 {
                let [place, info, addend] = unsafe { table.add(index).read() };
                let (kind, symbol) = (info as u32, info >> 32);
                let value = match kind {
                    R_RELATIVE => self.base.wrapping_add(addend),
                    R_64 | R_GLOB_DAT | R_JUMP_SLOT => self.address(symbol, all) + addend,
                    R_TPOFF64 if symbol == 0 => addend.wrapping_sub(own),
                    R_TPOFF64 => {
                        let name = self.text(self.symbol(symbol).name.into());
                        let mut found = all.into_iter().zip(offsets);
                        found
                            .find_map(|(object, offset)| {
                                Some(object.find(name)?.wrapping_sub(offset))
                            })
                            .expect("a thread-local symbol somebody defines")
                            .wrapping_add(addend)
                    }
                    other => panic!("relocation {other}"),
                };
                unsafe { ((self.base + place) as *mut u64).write(value) };
            }
        }
    }

    fn address(&self, symbol: u64, all: [&Self; 2]) -> u64 {
        let symbol = self.symbol(symbol);
        let name = self.text(symbol.name.into());
        let found = all
            .iter()
            .find_map(|object| Some(object.base + object.find(name)?));
        let weak = symbol.info >> 4 == 2;
        match found {
            Some(found) => found,
            None if weak => 0,
            None => panic!(
                "nobody defines {}",
                core::str::from_utf8(name).unwrap_or("?")
            ),
        }
    }

    /// What is constant after relocation.
    pub(crate) fn protect(&self) {
        if let Some(&[_, _, address, _, _, size, _]) = self.header(PT_GNU_RELRO) {
            let start = (self.base + address) & !4095;
            let end = (self.base + address + size) & !4095;
            sys::call(sys::MPROTECT, [start, end - start, 1]).expect("mprotect");
        }
    }
}
