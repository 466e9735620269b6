//! The part of the address space that is ours: the stretch right behind the stub's image.
//!
//! What the guest unmaps must stay free for the guest: a mapping of ours that slipped into such a hole would be replaced
//! by the next `MAP_FIXED`. So our memory comes from addresses that no guest is ever given.

use core::sync::atomic::{AtomicU64, Ordering};

use super::{HostErrno, HostResult, call, call_n, nr};

/// How far our part reaches from where the image begins.
const REACH: u64 = 64 << 30;
const PAGE: u64 = 4096;

/// Where our part begins, the first address that was never used, and where it ends. All 0 outside a stub.
static START: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);
static END: AtomicU64 = AtomicU64::new(0);

/// Stretches that were given back: first page number and, in the low 20 bits, their count. Words of their own rather than
/// a list with a lock, because a `fork` may come at any time.
static FREE: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];
const COUNT_BITS: u64 = 20;

/// Sets our part up behind an image at `start..end`.
pub(crate) fn begin(start: u64, end: u64) {
    START.store(start, Ordering::Relaxed);
    END.store(start + REACH, Ordering::Relaxed);
    NEXT.store(end.next_multiple_of(PAGE), Ordering::Release);
}

/// Whether `start..start + len` touches our part.
pub(crate) fn overlaps(start: u64, len: u64) -> bool {
    start < END.load(Ordering::Relaxed) && START.load(Ordering::Relaxed) < start.saturating_add(len)
}

/// Maps fresh memory for ourselves; a multiple of pages.
///
/// # Errors
/// `ENOMEM`.
pub(super) fn map(size: u64) -> HostResult<u64> {
    const READ_WRITE: u64 = 3;
    const PRIVATE_ANONYMOUS_NORESERVE: u64 = 0x2 | 0x20 | 0x4000;
    const FIXED_NOREPLACE: u64 = 0x10_0000;
    let pages = size.div_ceil(PAGE);
    let (at, flags) = match place(pages) {
        Some(at) => (at, PRIVATE_ANONYMOUS_NORESERVE | FIXED_NOREPLACE),
        None => (0, PRIVATE_ANONYMOUS_NORESERVE),
    };
    // SAFETY: asks for fresh memory only.
    unsafe { call(nr::mmap, [at, pages * PAGE, READ_WRITE, flags, u64::MAX, 0]) }
}

fn place(pages: u64) -> Option<u64> {
    for slot in &FREE {
        let stretch = slot.load(Ordering::Acquire);
        let count = stretch & ((1 << COUNT_BITS) - 1);
        if count >= pages
            && slot
                .compare_exchange(stretch, 0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        {
            let first = stretch >> COUNT_BITS;
            keep(first + pages, count - pages);
            return Some(first * PAGE);
        }
    }
    if NEXT.load(Ordering::Acquire) == 0 {
        return None;
    }
    let at = NEXT.fetch_add(pages * PAGE, Ordering::AcqRel);
    (at.checked_add(pages * PAGE)? <= END.load(Ordering::Relaxed)).then_some(at)
}

/// Gives back what [`map`] returned.
///
/// # Errors
/// `EINVAL` for something else.
///
/// # Safety
/// Nobody uses it any more.
pub(crate) unsafe fn unmap(start: u64, size: u64) -> HostResult<()> {
    let pages = size.div_ceil(PAGE);
    if !start.is_multiple_of(PAGE) {
        return Err(HostErrno::EINVAL);
    }
    // SAFETY: the caller's promise.
    unsafe { call_n(nr::munmap, [start, pages * PAGE]) }?;
    if overlaps(start, pages * PAGE) {
        keep(start / PAGE, pages);
    }
    Ok(())
}

/// Notes a stretch for later; when there is no room to note it, its addresses are not used again.
fn keep(first: u64, count: u64) {
    if count == 0 || count >> COUNT_BITS != 0 {
        return;
    }
    let stretch = first << COUNT_BITS | count;
    for slot in &FREE {
        if slot
            .compare_exchange(0, stretch, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            return;
        }
    }
}
