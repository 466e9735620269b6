//! The first instructions, and what the kernel hands a new program.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::sys;

/// The ELF note by which a BSD's kernel knows its own programs (NT_FREEBSD_ABI_TAG), with a name of `N` bytes.
#[repr(C, align(4))]
pub struct Note<const N: usize> {
    name_size: u32,
    value_size: u32,
    kind: u32,
    name: [u8; N],
    version: u32,
}

impl<const N: usize> Note<N> {
    const fn new(name_size: u32, name: [u8; N], version: u32) -> Self {
        Self {
            name_size,
            value_size: 4,
            kind: 1,
            name,
            version,
        }
    }
}

/// Built for FreeBSD 13.2.
pub const FREEBSD: Note<8> = Note::new(8, *b"FreeBSD\0", 1_302_001);
/// Built for NetBSD 10.0, whose linker does not count the byte behind the name.
pub const NETBSD: Note<8> = Note::new(7, *b"NetBSD\0\0", 1_000_000_000);
/// Built for DragonFly 6.4.
pub const DRAGONFLY: Note<12> = Note::new(10, *b"DragonFly\0\0\0", 600_400);

/// The registers at the program's first instruction.
#[repr(C, align(16))]
pub struct Entry {
    /// x87 and SSE state as `fxsave` stores it.
    pub fxsave: [u8; 512],
    /// rax rbx rcx rdx rsi rdi rbp r8..r15.
    pub general: [u64; 15],
    /// Flags.
    pub rflags: u64,
    /// Stack pointer.
    pub rsp: u64,
}

impl Entry {
    /// Where the argument block begins: the address in rdi, or on NetBSD, which says nothing there, in rsp.
    pub fn block(&self) -> *const u64 {
        match self.general[5] {
            0 => self.rsp as *const u64,
            rdi => rdi as *const u64,
        }
    }
}

/// Makes `fn main()` the program: entry point and brand note.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        $crate::entry!($main, FREEBSD, 8, 0x308);
    };
    ($main:path, NETBSD) => {
        $crate::entry!($main, NETBSD, 8, 0x310);
    };
    ($main:path, DRAGONFLY) => {
        $crate::entry!($main, DRAGONFLY, 12, 0x308);
    };
    ($main:path, $system:ident, $name:literal, $frame:literal) => {
        #[used]
        #[unsafe(link_section = ".note.tag")]
        static ABI_NOTE: $crate::start::Note<$name> = $crate::start::$system;

        core::arch::global_asm!(
            ".globl _start",
            "_start:",
            // No flag may change before it is saved. rsp is 8 above a multiple of 16, on NetBSD at one.
            "lea rsp, [rsp - {frame}]",
            "mov [rsp + 0x200], rax",
            "mov [rsp + 0x208], rbx",
            "mov [rsp + 0x210], rcx",
            "mov [rsp + 0x218], rdx",
            "mov [rsp + 0x220], rsi",
            "mov [rsp + 0x228], rdi",
            "mov [rsp + 0x230], rbp",
            "mov [rsp + 0x238], r8",
            "mov [rsp + 0x240], r9",
            "mov [rsp + 0x248], r10",
            "mov [rsp + 0x250], r11",
            "mov [rsp + 0x258], r12",
            "mov [rsp + 0x260], r13",
            "mov [rsp + 0x268], r14",
            "mov [rsp + 0x270], r15",
            "pushfq",
            "pop [rsp + 0x278]",
            "lea rax, [rsp + {frame}]",
            "mov [rsp + 0x280], rax",
            "fxsave64 [rsp]",
            "xor ebp, ebp",
            "mov rdi, rsp",
            "lea rsi, [rip + {main}]",
            "call {begin}",
            "ud2",
            frame = const $frame,
            main = sym $main,
            begin = sym $crate::start::begin,
        );
    };
}

static ENTRY: AtomicPtr<Entry> = AtomicPtr::new(core::ptr::null_mut());

/// Where [`entry!`] leads.
///
/// # Safety
/// Called once, by the program's first instructions.
pub unsafe extern "C" fn begin(entry: *mut Entry, main: extern "C" fn()) -> ! {
    unsafe { relocate(&*entry) };
    ENTRY.store(entry, Ordering::Relaxed);
    main();
    sys::exit(0)
}

/// Where this image begins and where its dynamic section is; 0 for that of a program at fixed addresses. Both come
/// straight from the linker: nothing is relocated yet.
fn own_image() -> (u64, u64) {
    let (base, dynamic);
    unsafe {
        asm!(
            ".weak _DYNAMIC",
            ".hidden _DYNAMIC",
            "lea {}, [rip + __ehdr_start]",
            "lea {}, [rip + _DYNAMIC]",
            out(reg) base,
            out(reg) dynamic,
        );
    }
    (base, dynamic)
}

/// Where this image begins.
pub fn base() -> u64 {
    own_image().0
}

/// Applies a position-independent image's relocations to itself, unless an interpreter has done it. Touches no static.
unsafe fn relocate(entry: &Entry) {
    const AT_BASE: u64 = 7;
    const DT_RELA: u64 = 7;
    const DT_RELASZ: u64 = 8;
    const R_X86_64_RELATIVE: u64 = 8;
    unsafe {
        let (base, dynamic) = own_image();
        if dynamic < base || auxiliary_of(entry, AT_BASE) != Some(base) {
            return;
        }
        let (mut table, mut size) = (0, 0);
        let mut item = dynamic as *const [u64; 2];
        while (*item)[0] != 0 {
            match (*item)[0] {
                DT_RELA => table = base.wrapping_add((*item)[1]),
                DT_RELASZ => size = (*item)[1],
                _ => {}
            }
            item = item.add(1);
        }
        let mut at = table as *const [u64; 3];
        while (at as u64) < table.wrapping_add(size) {
            let [offset, kind, addend] = *at;
            if kind == R_X86_64_RELATIVE {
                (base.wrapping_add(offset) as *mut u64).write(base.wrapping_add(addend));
            }
            at = at.add(1);
        }
    }
}

/// Program headers in memory.
pub const AT_PHDR: u64 = 3;
/// Their number.
pub const AT_PHNUM: u64 = 5;

/// The registers at entry.
pub fn registers() -> &'static Entry {
    unsafe { &*ENTRY.load(Ordering::Relaxed) }
}

/// Argument `index`, 0 for the program's name.
pub fn argument(index: usize) -> Option<&'static [u8]> {
    unsafe {
        let block = registers().block();
        if index >= *block as usize {
            return None;
        }
        Some(CStr::from_ptr(*block.add(1 + index) as *const _).to_bytes())
    }
}

/// Address of the environment vector.
pub fn environment() -> *const u64 {
    unsafe { environment_of(registers()) }
}

unsafe fn environment_of(entry: &Entry) -> *const u64 {
    unsafe {
        let block = entry.block();
        block.add(2 + *block as usize)
    }
}

/// Address of the auxiliary vector.
///
/// # Safety
/// `entry` is what the kernel made.
unsafe fn auxiliary_vector_of(entry: &Entry) -> *const [u64; 2] {
    unsafe {
        let mut at = environment_of(entry);
        while *at != 0 {
            at = at.add(1);
        }
        at.add(1).cast()
    }
}

unsafe fn auxiliary_of(entry: &Entry, kind: u64) -> Option<u64> {
    unsafe {
        let mut at = auxiliary_vector_of(entry);
        while (*at)[0] != 0 {
            if (*at)[0] == kind {
                return Some((*at)[1]);
            }
            at = at.add(1);
        }
        None
    }
}

/// Value `kind` of the auxiliary vector.
pub fn auxiliary(kind: u64) -> Option<u64> {
    unsafe { auxiliary_of(registers(), kind) }
}

/// The auxiliary vector itself.
pub fn auxiliary_vector() -> *const [u64; 2] {
    unsafe { auxiliary_vector_of(registers()) }
}

/// Memory that a program shares with its signal handlers and threads, and asks no questions about.
#[repr(transparent)]
pub struct Shared<T>(UnsafeCell<T>);

unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Starts with `value`.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Its address.
    pub const fn get(&self) -> *mut T {
        self.0.get()
    }
}

impl<T: Copy> Shared<T> {
    /// Reads it, each time anew.
    pub fn load(&self) -> T {
        unsafe { self.get().read_volatile() }
    }

    /// Writes it.
    pub fn store(&self, value: T) {
        unsafe { self.get().write_volatile(value) }
    }
}
