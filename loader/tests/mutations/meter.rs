//! How much memory and reading one file costs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use compat_loader::{ReadAt, ReadError};

/// Counts what the current thread holds and the most it held.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; the cells have no destructor and no
// lazy initialiser, so counting never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.get().wrapping_add(layout.size());
        HELD.set(held);
        MOST.set(MOST.get().max(held));
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get().wrapping_sub(layout.size()));
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// A file of `size` bytes that begins with `bytes` and goes on with zeros.
pub(crate) struct Meter<'a> {
    bytes: &'a [u8],
    size: u64,
    read: Cell<u64>,
    held_before: usize,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(bytes: &'a [u8], size: u64) -> Meter<'a> {
        MOST.set(HELD.get());
        Meter {
            bytes,
            size,
            read: Cell::new(0),
            held_before: HELD.get(),
        }
    }

    /// The most memory held at once since `new`, and the bytes read.
    pub(crate) fn finish(self) -> (usize, u64) {
        (MOST.get() - self.held_before, self.read.get())
    }
}

impl ReadAt for Meter<'_> {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let left = self.size.saturating_sub(offset);
        let count = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let into = &mut into[..count];
        let present = self.bytes.read_at(offset, into)?;
        into[present..].fill(0);
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }

    fn size(&self) -> u64 {
        self.size
    }
}
