//! Where patched sites jump to: the displaced instructions, and the way on into the stub.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::express::compat_fast_entry;
use super::site::Displaced;
use crate::host::{self, HostResult, nr};

const PAGE: u64 = 4096;
const READ: u64 = 1;
const WRITE: u64 = 2;
const EXECUTE: u64 = 4;

/// A trampoline: at most 28 bytes of code, the address it jumps to, and the address it stands for.
const SLOT: u64 = 64;
const ENTRY_AT: u64 = SLOT - 16;
const ORIGINAL_AT: u64 = SLOT - 8;

/// One that is to be written.
pub(super) struct Trampoline {
    /// Where it will be.
    pub(super) slot: u64,
    /// Where its instructions come from.
    pub(super) original: u64,
    pub(super) displaced: Displaced,
}

/// All of them.
pub(super) struct Trampolines {
    /// The pages they fill from the start, and how much of each is in use.
    pages: Vec<(u64, u64)>,
}

/// Bounds of all trampoline pages, for a quick look from the signal handler.
static LOWEST: AtomicU64 = AtomicU64::new(u64::MAX);
static HIGHEST: AtomicU64 = AtomicU64::new(0);
const RING: usize = 512;
/// Page numbers of trampolines, readable without a lock: a page that is mapped for the first of them, because most
/// programs end before they need one.
static PAGES: AtomicPtr<[AtomicU64; RING]> = AtomicPtr::new(core::ptr::null_mut());

fn pages() -> &'static [AtomicU64] {
    // SAFETY: null, or a whole array that stays: see `publish`.
    match unsafe { PAGES.load(Ordering::Acquire).as_ref() } {
        Some(pages) => pages,
        None => &[],
    }
}

/// Whether `rip` lies in a trampoline.
pub(crate) fn in_trampoline(rip: u64) -> bool {
    if !(LOWEST.load(Ordering::Acquire)..HIGHEST.load(Ordering::Acquire)).contains(&rip) {
        return false;
    }
    pages()
        .iter()
        .any(|page| page.load(Ordering::Acquire) == rip & !(PAGE - 1))
}

/// Whether a trampoline lies in `start..start + len`.
pub(crate) fn overlaps_trampoline(start: u64, len: u64) -> bool {
    let end = start.saturating_add(len);
    if end <= LOWEST.load(Ordering::Acquire) || HIGHEST.load(Ordering::Acquire) <= start {
        return false;
    }
    pages()
        .iter()
        .map(|page| page.load(Ordering::Acquire))
        .any(|page| page != 0 && page < end && start < page + PAGE)
}

/// For a fault at `rip` inside a trampoline's displaced instruction: the address it was displaced from.
pub(crate) fn original(rip: u64) -> Option<u64> {
    // SAFETY: a trampoline's page is ours, readable and never unmapped; the last word of a slot is the address.
    in_trampoline(rip)
        .then(|| unsafe { (((rip & !(SLOT - 1)) + ORIGINAL_AT) as *const u64).read() })
}

impl Trampolines {
    /// Before the first.
    pub(super) const NONE: Self = Self { pages: Vec::new() };

    /// A free slot that a 32-bit displacement reaches from everywhere in `text`.
    pub(super) fn slot(&mut self, text: &Range<u64>) -> Option<u64> {
        const REACH: u64 = 0x7fff_0000;
        let reaches = |page: u64| {
            text.end.saturating_sub(page) < REACH
                && page.saturating_add(PAGE).saturating_sub(text.start) < REACH
        };
        let room = self
            .pages
            .iter_mut()
            .find(|(page, used)| *used < PAGE && reaches(*page));
        if let Some((page, used)) = room {
            let slot = *page + *used;
            *used += SLOT;
            return Some(slot);
        }
        if self.pages.len() >= RING {
            return None;
        }
        let page = near(text)?;
        publish(page, self.pages.len()).ok()?;
        self.pages.push((page, SLOT));
        Some(page)
    }
}

/// Called with the list of trampolines locked.
fn publish(page: u64, index: usize) -> HostResult<()> {
    if PAGES.load(Ordering::Acquire).is_null() {
        // Zeroes are an array of empty slots.
        let fresh = host::map_anonymous(size_of::<[AtomicU64; RING]>())?;
        PAGES.store(fresh.cast(), Ordering::Release);
    }
    if let Some(slot) = pages().get(index) {
        slot.store(page, Ordering::Release);
    }
    LOWEST.fetch_min(page, Ordering::AcqRel);
    HIGHEST.fetch_max(page + PAGE, Ordering::AcqRel);
    Ok(())
}

/// A new page that a 32-bit displacement reaches from everywhere in `text`.
fn near(text: &Range<u64>) -> Option<u64> {
    const MAP_PRIVATE_ANONYMOUS_FIXED_NOREPLACE: u64 = 0x2 | 0x20 | 0x10_0000;
    // Ever further away, so that few attempts pass what lies beside the code; below it first, where heaps do not grow.
    let distances = (16..30).map(|power| 1_u64 << power);
    let below = distances
        .clone()
        .map(|distance| (text.start & !(PAGE - 1)).checked_sub(distance));
    let above = distances.map(|distance| text.end.next_multiple_of(PAGE).checked_add(distance));
    for page in below
        .chain(above)
        .flatten()
        .filter(|&page| page >= 0x1_0000)
    {
        let args = [
            page,
            PAGE,
            READ | WRITE,
            MAP_PRIVATE_ANONYMOUS_FIXED_NOREPLACE,
            u64::MAX,
            0,
        ];
        // SAFETY: fails instead of replacing anything.
        if unsafe { host::call(nr::mmap, args) } == Ok(page) {
            return Some(page);
        }
    }
    None
}

/// Writes them, page by page.
///
/// # Errors
/// Those of `mprotect`.
pub(super) fn write(all: &[Trampoline]) -> HostResult<()> {
    let page_of = |trampoline: &Trampoline| trampoline.slot & !(PAGE - 1);
    for in_page in all.chunk_by(|a, b| page_of(a) == page_of(b)) {
        let Some(first) = in_page.first() else {
            continue;
        };
        let page = page_of(first);
        // Other threads may be in the page's other trampolines; nobody is in these. A fresh page is writable.
        if first.slot != page {
            protect(page, READ | WRITE | EXECUTE)?;
        }
        in_page.iter().for_each(Trampoline::write);
        protect(page, READ | EXECUTE)?;
    }
    Ok(())
}

fn protect(page: u64, protection: u64) -> HostResult<()> {
    // SAFETY: a page of ours.
    unsafe { host::call_n(nr::mprotect, [page, PAGE, protection]) }.map(drop)
}

impl Trampoline {
    /// The displaced instructions; `rcx` = return address, as `syscall` leaves it; jump to the entry.
    fn write(&self) {
        let displaced = self.displaced.bytes.iter().take(self.displaced.len);
        let mut code = Vec::with_capacity(SLOT as usize);
        code.extend(displaced);
        // mov rcx, imm64
        code.extend([0x48, 0xb9]);
        code.extend((self.original + self.displaced.len as u64 + 2).to_le_bytes());
        // jmp [entry], near the slot's end: an aligned word, should the guest have alignment checked.
        code.extend([0xff, 0x25]);
        let behind = code.len() as u64 + 4;
        code.extend(((ENTRY_AT - behind) as u32).to_le_bytes());
        // SAFETY: writable now; the slot is free, and longer than the code and its two words.
        unsafe {
            core::ptr::copy_nonoverlapping(code.as_ptr(), self.slot as *mut u8, code.len());
            ((self.slot + ENTRY_AT) as *mut u64).write(compat_fast_entry as *const () as u64);
            ((self.slot + ORIGINAL_AT) as *mut u64).write(self.original);
        }
    }
}
