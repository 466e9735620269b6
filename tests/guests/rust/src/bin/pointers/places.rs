//! Addresses where nothing can be read or written.

use compat_guests::sys;

const PAGE: u64 = 4096;

/// A page full of `fill` with the given protection, and behind it nothing: the address of nothing.
fn edge(protection: u64, fill: u8) -> u64 {
    let at = sys::map(2 * PAGE, 3);
    unsafe { (at as *mut u8).write_bytes(fill, PAGE as usize) };
    sys::call(sys::MPROTECT, [at, PAGE, protection]).expect("mprotect");
    sys::call(sys::MUNMAP, [at + PAGE, PAGE]).expect("munmap");
    at + PAGE
}

/// What a pointer points to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// So many bytes that are read.
    In(u64),
    /// So many bytes that are written.
    Out(u64),
    /// Read and written.
    InOut(u64),
    /// Bytes that may be transferred in part before the fault shows: only the first is looked at.
    SomeIn,
    /// The same, written.
    SomeOut,
    /// A name that ends with a NUL.
    Text,
}

/// Calls `visit` with every bad address for `what`, and a word for each.
pub(crate) fn visit(what: Use, mut visit: impl FnMut(&'static str, u64)) {
    visit("low memory", 8);
    visit("unmapped memory", 0x1000_0000_0000);
    visit("the first address beyond user memory", 1 << 47);
    visit("the kernel", 0xffff_8000_0000_0000);
    visit("the last bytes of all", u64::MAX - 3);
    visit("no access", sys::map(PAGE, 0));
    let (size, written) = match what {
        Use::In(size) => (size, false),
        Use::Out(size) | Use::InOut(size) => (size, true),
        Use::SomeIn => (1, false),
        Use::SomeOut => (1, true),
        Use::Text => (2, false),
    };
    if size > 1 {
        visit(
            "memory that ends one byte too early",
            edge(3, b'a') - (size - 1),
        );
        visit("memory that ends after one byte", edge(3, b'a') - 1);
    }
    if written {
        visit("memory that cannot be written", edge(1, 0) - PAGE);
    }
}
