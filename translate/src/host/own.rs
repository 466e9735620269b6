//! The part of the address space that is ours: the stretch from the stub's image on.
//!
//! What the guest unmaps must stay free for the guest: a mapping of ours that slipped into such a hole would be replaced
//! by the next `MAP_FIXED`. So our memory comes from addresses that no guest is ever given.

use core::sync::atomic::{AtomicU64, Ordering};

use super::{HostErrno, HostResult, call, call_n, nr};
use crate::signal::ImageRange;

/// How far our part reaches from where the image begins.
const REACH: u64 = 64 << 30;
const PAGE: u64 = 4096;

/// Behind it, and ours as well: pages of guest code that we make. Where the way in goes by addresses, calls from here
/// are the guest's (see `trap::seccomp`), which is why the addresses are constants. The image's own is
/// 0x7000_0000_0000.
pub(crate) const TRAPPING: core::ops::Range<u64> = 0x7010_0000_0000..0x7011_0000_0000;
static NEXT_TRAPPING: AtomicU64 = AtomicU64::new(TRAPPING.start);

/// Where our part begins, the first address that was never used, and where it ends. All 0 outside a stub.
static START: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);
static END: AtomicU64 = AtomicU64::new(0);

/// The first thread's stack, which is there from the beginning, until somebody asks for one; and what is left of the memory
/// that is there as well.
static FIRST_STACK: AtomicU64 = AtomicU64::new(0);
static AHEAD: AtomicU64 = AtomicU64::new(0);

/// Stretches that were given back: first page number and, in the low 20 bits, their count. Words of their own rather than
/// a list with a lock, because a `fork` may come at any time.
static FREE: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];
const COUNT_BITS: u64 = 20;

fn stretch(first: u64, count: u64) -> u64 {
    first << COUNT_BITS | count
}

/// First page number and count.
fn parts(stretch: u64) -> (u64, u64) {
    (stretch >> COUNT_BITS, stretch & ((1 << COUNT_BITS) - 1))
}

/// Sets our part up in and behind an image. The first stack asked for is the one that is there.
pub(crate) fn begin(image: &ImageRange) {
    /// What the heap takes without asking (see [`crate::heap`]).
    const FIRST: usize = 16 * 1024;
    let start = image.code.start as u64;
    let (ahead, end) = (image.ahead.start, image.ahead.end as u64);
    let behind = (ahead + FIRST).next_multiple_of(PAGE as usize);
    START.store(start, Ordering::Relaxed);
    END.store(start + REACH, Ordering::Relaxed);
    NEXT.store(end, Ordering::Release);
    crate::heap::begin(ahead..behind);
    AHEAD.store(
        stretch(behind as u64 / PAGE, (end - behind as u64) / PAGE),
        Ordering::Release,
    );
    FIRST_STACK.store(image.first_stack as u64, Ordering::Release);
}

/// Whether `start..start + len` touches our part.
pub(crate) fn overlaps(start: u64, len: u64) -> bool {
    let touches = |from, to| start < to && from < start.saturating_add(len);
    touches(START.load(Ordering::Relaxed), END.load(Ordering::Relaxed))
        || touches(TRAPPING.start, TRAPPING.end)
}

/// Maps a page among those of guest code.
///
/// # Errors
/// `ENOMEM`.
pub(super) fn map_trapping() -> HostResult<u64> {
    let at = NEXT_TRAPPING.fetch_add(PAGE, Ordering::AcqRel);
    if !TRAPPING.contains(&at) {
        return Err(HostErrno::ENOMEM);
    }
    map_at(Some(at), 1)
}

/// Maps fresh memory for ourselves; a multiple of pages.
///
/// # Errors
/// `ENOMEM`.
pub(super) fn map(size: u64) -> HostResult<u64> {
    let pages = size.div_ceil(PAGE);
    match from_ahead(pages) {
        Some(at) => Ok(at),
        None => map_at(place(pages), pages),
    }
}

/// Maps a page that forked children share, behind all memory that lies there already: in the midst of it, it would make two
/// mappings of one.
///
/// # Errors
/// `ENOMEM`.
pub(super) fn map_shared() -> HostResult<u64> {
    const SHARED_ANONYMOUS: u64 = 0x1 | 0x20;
    map_with(place(1), 1, SHARED_ANONYMOUS)
}

/// Maps a stack: what runs out of it faults, because nothing lies below.
///
/// # Errors
/// `ENOMEM`.
pub(crate) fn map_stack(size: u64) -> HostResult<u64> {
    match FIRST_STACK.swap(0, Ordering::AcqRel) {
        0 => map_above_nothing(size.div_ceil(PAGE)),
        first => Ok(first),
    }
}

fn map_above_nothing(pages: u64) -> HostResult<u64> {
    if let Some(hole) = place(pages + 1) {
        return map_at(Some(hole + PAGE), pages);
    }
    // Not in our part: whatever comes to lie below must not be reached.
    let guard = map_at(None, pages + 1)?;
    // SAFETY: our own fresh mapping.
    unsafe { call_n(nr::mprotect, [guard, PAGE, 0]) }?;
    Ok(guard + PAGE)
}

fn map_at(at: Option<u64>, pages: u64) -> HostResult<u64> {
    // With a reserve, as the image's own has: so that both become one mapping.
    const PRIVATE_ANONYMOUS: u64 = 0x2 | 0x20;
    map_with(at, pages, PRIVATE_ANONYMOUS)
}

fn map_with(at: Option<u64>, pages: u64, kind: u64) -> HostResult<u64> {
    const READ_WRITE: u64 = 3;
    const FIXED_NOREPLACE: u64 = 0x10_0000;
    let (at, flags) = match at {
        Some(at) => (at, kind | FIXED_NOREPLACE),
        None => (0, kind),
    };
    // SAFETY: asks for fresh memory only.
    unsafe { call(nr::mmap, [at, pages * PAGE, READ_WRITE, flags, u64::MAX, 0]) }
}

fn from_ahead(pages: u64) -> Option<u64> {
    let taken = AHEAD.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
        let (first, count) = parts(left);
        (count >= pages).then(|| stretch(first + pages, count - pages))
    });
    taken.ok().map(|left| parts(left).0 * PAGE)
}

fn place(pages: u64) -> Option<u64> {
    for slot in &FREE {
        let found = slot.load(Ordering::Acquire);
        let (first, count) = parts(found);
        if count >= pages
            && slot
                .compare_exchange(found, 0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        {
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
    for slot in &FREE {
        if slot
            .compare_exchange(
                0,
                stretch(first, count),
                Ordering::AcqRel,
                Ordering::Relaxed,
            )
            .is_ok()
        {
            return;
        }
    }
}
