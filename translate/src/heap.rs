//! The stub's own arena: `alloc`'s global allocator on anonymous mappings, never the guest's heap.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::host;
use crate::sync::FutexLock;

/// Hands out whole mappings; [`talc`](https://docs.rs/talc) divides them.
#[derive(Debug)]
pub struct Mappings;

/// One block that was given back, for the next who wants as much: a `vfork` needs some, and gives it back at once. Touched
/// only by those who hold the arena's lock.
static SPARE: (AtomicUsize, AtomicUsize) = (AtomicUsize::new(0), AtomicUsize::new(0));
/// No larger one is kept.
const SPARE_MOST: usize = 64 * 1024;

// SAFETY: every block is an anonymous mapping that nobody uses, page-aligned, and is unmapped exactly as it was mapped.
unsafe impl GlobalAlloc for Mappings {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (block, size) = &SPARE;
        if size.load(Ordering::Relaxed) == layout.size() {
            size.store(0, Ordering::Relaxed);
            return block.load(Ordering::Relaxed) as *mut u8;
        }
        host::map_anonymous(layout.size()).unwrap_or(core::ptr::null_mut())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (spare, size) = &SPARE;
        if size.load(Ordering::Relaxed) == 0 && layout.size() <= SPARE_MOST {
            spare.store(block as usize, Ordering::Relaxed);
            size.store(layout.size(), Ordering::Relaxed);
            return;
        }
        // SAFETY: `block` came from `alloc` with this size.
        let _ = unsafe { host::own::unmap(block as u64, layout.size() as u64) };
    }
}

/// Small: its first and its last page are written to, and most programs need no second one.
const BLOCK: usize = 8 * 1024;

type Arena = talc::TalcLock<FutexLock, talc::source::GlobalAllocSource<Mappings>>;

/// The arena; it takes [`BLOCK`] bytes at a time from the host. `fork` holds it still while the process is copied.
pub(crate) static ARENA: Arena = Arena::new(talc::source::GlobalAllocSource::with_block_size(
    Mappings, BLOCK,
));

/// The value for `#[global_allocator]` in the stub.
pub struct Heap;

// SAFETY: forwards to an allocator that keeps the contract.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { ARENA.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { ARENA.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { ARENA.realloc(block, layout, new_size) }
    }
}
