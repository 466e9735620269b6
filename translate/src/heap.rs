//! The stub's own arena: `alloc`'s global allocator on anonymous mappings, never the guest's heap.

use core::alloc::{GlobalAlloc, Layout};

use crate::host;
use crate::sync::FutexLock;

/// Hands out whole mappings; [`talc`](https://docs.rs/talc) divides them.
#[derive(Debug)]
pub struct Mappings;

// SAFETY: every block is a fresh anonymous mapping, page-aligned, and is unmapped exactly as it was mapped.
unsafe impl GlobalAlloc for Mappings {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        host::map_anonymous(layout.size()).unwrap_or(core::ptr::null_mut())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
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
