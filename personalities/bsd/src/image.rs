//! What a system makes a new process of, and the block of memory that tells a new program so (kern_exec.c, imgact_elf.c).

use alloc::vec::Vec;

use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::paths;
use compat_translate::settings::Settings;
use zerocopy::IntoBytes;

use crate::system::personality;

/// What the loader knows of a mapped program.
pub struct Loaded {
    /// Where execution begins: the dynamic linker's entry, or the program's own.
    pub start: u64,
    /// The program's entry.
    pub entry: u64,
    /// Address of its program headers, 0 when no segment holds them.
    pub phdr: u64,
    /// Bytes of one of them.
    pub phent: u64,
    /// Their number.
    pub phnum: u64,
    /// Load base of the dynamic linker, or of the program itself without one.
    pub base: u64,
    /// `e_flags`.
    pub flags: u64,
    /// First address behind the data segment.
    pub data_end: u64,
    /// First address of the data segment.
    pub data_start: u64,
}

/// The strings of a new process, already lying in its memory, each ending in a NUL.
pub struct Strings<'a> {
    /// Guest addresses of the arguments, in order.
    pub arguments: Vec<u64>,
    /// Guest addresses of the environment.
    pub environment: &'a [u64],
    /// Absolute path of the program.
    pub path: Vec<u8>,
}

/// The release that the user wishes this system's programs to see.
pub fn release(settings: &Settings) -> Option<&str> {
    settings.release_for(personality().name)
}

/// The kernel version that this system's programs see: what the user says, or else what those of their root were made for.
/// A root of another system says nothing about it.
pub fn version(settings: &Settings) -> Option<u32> {
    let name = personality().name;
    settings
        .osreldate_for(name)
        .or_else(|| paths::current()?.made_for(name))
}

/// Entries of the auxiliary vector that every system numbers alike.
pub mod aux {
    /// Ends the vector.
    pub const NULL: u64 = 0;
    /// Address of the program headers.
    pub const PHDR: u64 = 3;
    /// Bytes of a program header.
    pub const PHENT: u64 = 4;
    /// Number of program headers.
    pub const PHNUM: u64 = 5;
    /// Bytes of a page.
    pub const PAGESZ: u64 = 6;
    /// Load base of the dynamic linker.
    pub const BASE: u64 = 7;
    /// Flags, of which there are none.
    pub const FLAGS: u64 = 8;
    /// The program's entry.
    pub const ENTRY: u64 = 9;
}

/// Bytes of `struct ps_strings`: argv, its length, environment, its length. The lengths are ints, padded to eight bytes.
const PS_STRINGS: usize = 32;

/// The argument block of a new program, growing down from the end of its stack.
pub struct Stack {
    at: u64,
    ps_strings: u64,
}

/// A finished argument block.
pub struct Block {
    /// Its lowest address, where argc lies.
    pub start: u64,
    /// `struct ps_strings`.
    pub ps_strings: u64,
    /// The auxiliary vector.
    pub auxv: u64,
    /// Its bytes.
    pub auxv_len: u64,
}

/// What entries of the auxiliary vector say about the block they are part of.
#[derive(Clone, Copy)]
pub struct Vectors {
    /// Number of arguments.
    pub argc: u64,
    /// Where their addresses lie.
    pub argv: u64,
    /// Number of environment strings.
    pub envc: u64,
    /// Where their addresses lie.
    pub envv: u64,
    /// `struct ps_strings`.
    pub ps_strings: u64,
}

impl Stack {
    /// An empty block below `top`, with room for `struct ps_strings`.
    ///
    /// # Errors
    /// `EFAULT` when nothing can be written there.
    pub fn below(top: u64) -> HostResult<Self> {
        let mut stack = Self {
            at: top & !15,
            ps_strings: 0,
        };
        stack.ps_strings = stack.push(&[0; PS_STRINGS])?;
        Ok(stack)
    }

    /// Lays `bytes` below what is there, at a multiple of 16, and returns where they lie.
    ///
    /// # Errors
    /// `EFAULT` when the stack is too small.
    pub fn push(&mut self, bytes: &[u8]) -> HostResult<u64> {
        self.at = self.at.wrapping_sub(bytes.len() as u64) & !15;
        guest::write_bytes(self.at, bytes)?;
        Ok(self.at)
    }

    /// As [`Self::push`], with a NUL behind.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn push_string(&mut self, text: &[u8]) -> HostResult<u64> {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text);
        bytes.push(0);
        self.push(&bytes)
    }

    /// Lays the block itself: argc, the addresses of the arguments and of the environment, each list ended by 0, and the
    /// auxiliary vector.
    ///
    /// # Errors
    /// `EFAULT` when the stack is too small.
    pub fn finish<const N: usize>(
        self,
        strings: &Strings,
        auxiliary: impl FnOnce(Vectors) -> [(u64, u64); N],
    ) -> HostResult<Block> {
        let argc = strings.arguments.len() as u64;
        let envc = strings.environment.len() as u64;
        let words = 1 + argc + 1 + envc + 1;
        let auxv_len = 16 * N as u64;
        let start = self.at.wrapping_sub(8 * words + auxv_len) & !15;
        let argv = start.wrapping_add(8);
        let envv = argv.wrapping_add(8 * (argc + 1));
        let ps_strings = self.ps_strings;
        let vectors = Vectors {
            argc,
            argv,
            envc,
            envv,
            ps_strings,
        };
        let auxv = start.wrapping_add(8 * words);
        guest::write_bytes(start, argc.as_bytes())?;
        for (at, list) in [(argv, &*strings.arguments), (envv, strings.environment)] {
            guest::write_bytes(at, list.as_bytes())?;
            guest::write_bytes(at.wrapping_add(8 * list.len() as u64), 0u64.as_bytes())?;
        }
        guest::write_bytes(auxv, auxiliary(vectors).map(<[u64; 2]>::from).as_bytes())?;
        guest::write_bytes(ps_strings, [argv, argc, envv, envc].as_bytes())?;
        Ok(Block {
            start,
            ps_strings,
            auxv,
            auxv_len,
        })
    }
}
