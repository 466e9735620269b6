//! What a system makes a new process of.

use alloc::vec::Vec;

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
pub struct Strings {
    /// Guest addresses of the arguments, in order.
    pub arguments: Vec<u64>,
    /// Guest addresses of the environment.
    pub environment: Vec<u64>,
    /// Absolute path of the program.
    pub path: Vec<u8>,
}
