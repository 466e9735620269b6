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

/// Where the next piece of the first memory begins, and where all of it does and ends.
///
/// A start needs little, and short programs no more: they do without the arena, and all that they touch lies together.
/// Pieces are taken one behind the other; only the last one can be given back.
static NEXT: AtomicUsize = AtomicUsize::new(0);
static FIRST: (AtomicUsize, AtomicUsize) = (AtomicUsize::new(0), AtomicUsize::new(0));

/// Hands over the first memory, which is mapped, zero and nobody's.
pub(crate) fn begin(memory: core::ops::Range<usize>) {
    let (start, end) = &FIRST;
    start.store(memory.start, Ordering::Relaxed);
    end.store(memory.end, Ordering::Relaxed);
    NEXT.store(memory.start, Ordering::Relaxed);
}

/// A piece of the first memory, while there is some.
fn take(layout: Layout) -> Option<*mut u8> {
    let end = FIRST.1.load(Ordering::Relaxed);
    let place = |next: usize| {
        let at = next.checked_next_multiple_of(layout.align())?;
        let behind = at.checked_add(layout.size())?;
        (behind <= end).then_some((at, behind))
    };
    let before = NEXT
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
            place(next).map(|(_, behind)| behind)
        })
        .ok()?;
    place(before).map(|(at, _)| at as *mut u8)
}

fn is_first(block: *mut u8) -> bool {
    let (start, end) = &FIRST;
    (start.load(Ordering::Relaxed)..end.load(Ordering::Relaxed)).contains(&block.addr())
}

/// Makes the last piece longer or shorter, where it lies; whether that was possible.
fn resize_last(block: *mut u8, size: usize, new: usize) -> bool {
    let Some(behind) = block.addr().checked_add(new) else {
        return false;
    };
    behind <= FIRST.1.load(Ordering::Relaxed)
        && NEXT
            .compare_exchange(
                block.addr() + size,
                behind,
                Ordering::Relaxed,
                Ordering::Relaxed,
            )
            .is_ok()
}

/// The value for `#[global_allocator]` in the stub.
pub struct Heap;

// SAFETY: pieces of the first memory are disjoint and fit their layouts; everything else is forwarded to an allocator that
// keeps the contract.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(piece) = take(layout) {
            return piece;
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { ARENA.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_first(block) {
            resize_last(block, layout.size(), 0);
            return;
        }
        // SAFETY: as above.
        unsafe { ARENA.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !is_first(block) {
            // SAFETY: as above.
            return unsafe { ARENA.realloc(block, layout, new_size) };
        }
        if resize_last(block, layout.size(), new_size) || new_size <= layout.size() {
            return block;
        }
        // SAFETY: the caller's promise: the size is not too large for the alignment.
        let new =
            unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both are blocks of ours, and the new one is longer.
            unsafe { core::ptr::copy_nonoverlapping(block, new, layout.size()) };
        }
        new
    }
}
