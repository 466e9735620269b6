//! Turning hot `syscall` sites into jumps (see [`super::site`] and [`super::fast`]).

use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering};

use super::express::compat_fast_entry;
use super::family;
use super::refusal::{self, Refusal};
use super::rewrite::{HALT, JUMP, rewrite};
use super::site::{Displaced, recognise};
use crate::guest;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::signal::{Regs, UContext};
use crate::sync::Mutex;
use crate::task::Thread;

/// A site is patched at this trap, so that short programs never pay.
const HOT: u8 = 3;
const PAGE: u64 = 4096;
const READ: u64 = 1;
const WRITE: u64 = 2;
const EXECUTE: u64 = 4;

/// Notes private, file-backed, executable memory that is not writable: only such code is patched.
pub fn register_text(start: u64, len: u64) {
    let end = start.saturating_add(len);
    family::text_changed();
    refusal::forget(start, end);
    TRAMPOLINES.lock().texts.push(Text {
        start,
        end,
        changed: false,
    });
}

/// Forgets every noted range that `start..start + len` touches: it is about to be unmapped, replaced or made writable. Its
/// bytes are the program's own again, which may go on to change some of them.
///
/// When this returns, no other thread is patching anything there.
pub fn forget_text(start: u64, len: u64) {
    let end = start.saturating_add(len);
    refusal::forget(start, end);
    let mut trampolines = TRAMPOLINES.lock();
    let touched = |text: &Text| text.start < end && start < text.end;
    if trampolines.texts.iter().any(touched) {
        family::text_changed();
        trampolines.texts.retain(|text| !touched(text));
    }
    let first = trampolines
        .sites
        .partition_point(|site| site.at + 2 <= start);
    trampolines.changes += 1;
    for site in trampolines.sites.iter_mut().skip(first) {
        if site.start() >= end {
            break;
        }
        if site.live {
            // It fails when there is no such memory any more; then it does not matter.
            let _ = rewrite(site.start(), site.displaced.head(), None);
            site.live = false;
        }
    }
}

/// Traps by site. Sites that share a slot are counted together, and patched the sooner.
const SLOTS: usize = 256;
static SEEN: [AtomicU8; SLOTS] = [const { AtomicU8::new(0) }; SLOTS];

/// A trampoline: at most 28 bytes of code, the address it jumps to, and the address it stands for.
const SLOT: u64 = 64;
const ENTRY_AT: u64 = SLOT - 16;
const ORIGINAL_AT: u64 = SLOT - 8;

/// A site that has a trampoline.
struct Site {
    at: u64,
    slot: u64,
    displaced: Displaced,
    /// The jump is there.
    live: bool,
}

impl Site {
    /// Where the jump is.
    fn start(&self) -> u64 {
        self.at - self.displaced.len as u64
    }
}

/// An executable file mapping that was never writable.
struct Text {
    start: u64,
    end: u64,
    /// Code of it was changed already.
    changed: bool,
}

/// How large a mapping may be that becomes the program's own as a whole: a `fork` copies its page tables then.
const WHOLE: u64 = 4 << 20;

/// All trampolines, and what they may be made for.
struct Trampolines {
    /// The pages they fill from the start, and how much of each is in use.
    pages: Vec<(u64, u64)>,
    /// The sites that have one, by address.
    sites: Vec<Site>,
    /// What they are made for.
    texts: Vec<Text>,
    /// How often code was changed.
    changes: u64,
}

static TRAMPOLINES: Mutex<Trampolines> = Mutex::new(Trampolines {
    pages: Vec::new(),
    sites: Vec::new(),
    texts: Vec::new(),
    changes: 0,
});
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

/// Called at every trap: counts the site, and says whether it is worth a look.
pub(super) fn is_hot(frame: &UContext) -> bool {
    let at = frame.regs.rip.wrapping_sub(2);
    // The top bits of a multiplicative hash.
    let slot = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize;
    let Some(slot) = SEEN.get(slot) else {
        return false;
    };
    // Two threads may count two traps as one: then the site is patched a trap later.
    let count = slot.load(Ordering::Relaxed);
    if count + 1 < HOT {
        slot.store(count + 1, Ordering::Relaxed);
        return false;
    }
    true
}

/// Patches a hot site when all conditions hold.
pub(super) fn consider(frame: &UContext) {
    let at = frame.regs.rip.wrapping_sub(2);
    if !refusal::known(at)
        && let Err(why) = patch(at, &frame.regs)
    {
        refusal::remember(at, why);
    }
}

/// Patches the site at `at`, where a call was made with these registers.
pub(super) fn patch(at: u64, regs: &Regs) -> Result<(), Refusal> {
    // Held throughout, so that the code is neither replaced nor made writable meanwhile.
    let mut trampolines = TRAMPOLINES.lock();
    let text = trampolines.text_of(at).ok_or(Refusal::Code)?;
    let (low, high) = (text.start, text.end);
    let first = (!text.changed && high - low <= WHOLE).then_some(low..high);
    super::fast::prepare().map_err(|_| Refusal::Host)?;
    let place = trampolines.sites.binary_search_by_key(&at, |site| site.at);
    let known = place
        .ok()
        .and_then(|index| trampolines.sites.get_mut(index));
    if known.as_ref().is_some_and(|site| site.live) {
        // Another thread was faster, or somebody jumps onto the `syscall` itself.
        return Ok(());
    }
    let displaced = recognise(at, regs)?;
    let start = at - displaced.len as u64;
    if start < low {
        return Err(Refusal::Form);
    }
    let slot = match known {
        // The same code lies here once more.
        Some(site) if site.displaced == displaced => site.slot,
        _ => {
            let slot = trampolines.slot(low, high).ok_or(Refusal::Room)?;
            write_trampoline(slot, at, &displaced).map_err(|_| Refusal::Host)?;
            slot
        }
    };
    let site = Site {
        at,
        slot,
        displaced,
        live: true,
    };
    let distance = slot.wrapping_sub(start + JUMP as u64) as i64;
    let distance = i32::try_from(distance).map_err(|_| Refusal::Room)?;
    let [a, b, c, d] = distance.to_le_bytes();
    trampolines.changes += 1;
    rewrite(start, [0xe9, a, b, c, d], first).map_err(|error| match error {
        HostErrno::EOPNOTSUPP => Refusal::Stores,
        _ => Refusal::Host,
    })?;
    if let Some(text) = trampolines.text_of(at) {
        text.changed = true;
    }
    match place {
        Ok(index) => {
            if let Some(known) = trampolines.sites.get_mut(index) {
                *known = site;
            }
        }
        Err(index) => trampolines.sites.insert(index, site),
    }
    Ok(())
}

/// For a general protection fault of guest code at `rip`: whether it came upon an instruction that was being changed, so
/// that it is to be executed again. Waits until it is changed.
pub(crate) fn being_written(rip: u64, thread: &Thread) -> bool {
    let trampolines = TRAMPOLINES.lock();
    let again = trampolines
        .sites
        .iter()
        .filter(|site| site.start() == rip)
        // A jump does not fault. Where it was taken away, what is there now may fault for reasons of its own: then it
        // does so again although nothing has changed.
        .any(|site| site.live || thread.stumbled.get() != (rip, trampolines.changes));
    let mut byte = [0];
    let again = again && guest::read_bytes(rip, &mut byte).is_ok() && byte != [HALT];
    thread.stumbled.set((rip, trampolines.changes));
    again
}

impl Trampolines {
    /// The noted range around `address`.
    fn text_of(&mut self, address: u64) -> Option<&mut Text> {
        self.texts
            .iter_mut()
            .find(|text| (text.start..text.end).contains(&address))
    }

    /// A free slot that a 32-bit displacement reaches from everywhere in `low..high`.
    fn slot(&mut self, low: u64, high: u64) -> Option<u64> {
        const REACH: u64 = 0x7fff_0000;
        let reaches = |page: u64| {
            high.saturating_sub(page) < REACH
                && page.saturating_add(PAGE).saturating_sub(low) < REACH
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
        let page = near(low, high)?;
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

/// A new page that a 32-bit displacement reaches from everywhere in `low..high`.
fn near(low: u64, high: u64) -> Option<u64> {
    const MAP_PRIVATE_ANONYMOUS_FIXED_NOREPLACE: u64 = 0x2 | 0x20 | 0x10_0000;
    // Ever further away, so that few attempts pass what lies beside the code; below it first, where heaps do not grow.
    let distances = (16..30).map(|power| 1_u64 << power);
    let below = distances
        .clone()
        .map(|distance| (low & !(PAGE - 1)).checked_sub(distance));
    let above = distances.map(|distance| high.next_multiple_of(PAGE).checked_add(distance));
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

/// The displaced instructions; `rcx` = return address, as `syscall` leaves it; jump to the entry.
fn write_trampoline(slot: u64, at: u64, displaced: &Displaced) -> HostResult<()> {
    let mut code = Vec::with_capacity(SLOT as usize);
    code.extend(displaced.bytes.iter().take(displaced.len));
    // mov rcx, imm64
    code.extend([0x48, 0xb9]);
    code.extend((at + 2).to_le_bytes());
    // jmp [entry], near the slot's end: an aligned word, should the guest have alignment checked.
    code.extend([0xff, 0x25]);
    let behind = code.len() as u64 + 4;
    code.extend(((ENTRY_AT - behind) as u32).to_le_bytes());
    let page = slot & !(PAGE - 1);
    // Other threads may be in the page's other trampolines; nobody is in this one.
    // SAFETY: a page of ours; the slot is free and longer than the code and its two words.
    unsafe {
        host::call_n(nr::mprotect, [page, PAGE, READ | WRITE | EXECUTE])?;
        core::ptr::copy_nonoverlapping(code.as_ptr(), slot as *mut u8, code.len());
        ((slot + ENTRY_AT) as *mut u64).write(compat_fast_entry as *const () as u64);
        ((slot + ORIGINAL_AT) as *mut u64).write(at - displaced.len as u64);
        host::call_n(nr::mprotect, [page, PAGE, READ | EXECUTE])?;
    }
    Ok(())
}

/// Holds the trampolines still while the process is copied.
pub(crate) fn lock() -> impl Sized {
    (TRAMPOLINES.lock(), refusal::lock())
}

/// How many sites have been patched.
pub fn patched() -> usize {
    TRAMPOLINES.lock().sites.len()
}
