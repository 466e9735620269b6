//! Turning hot `syscall` sites into jumps (see [`super::site`] and [`super::fast`]).

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU8, Ordering};

use super::family;
use super::known::{self, Telling};
use super::refusal::{self, Refusal};
use super::rewrite::{HALT, JUMP, rewrite, store, while_writable};
use super::site::{Displaced, recognise};
use super::trampoline::{Trampoline, Trampolines};
use crate::guest;
use crate::host::HostErrno;
use crate::personality::attached;
use crate::signal::{Regs, UContext};
use crate::sync::Mutex;
use crate::task::{Thread, current};

const PAGE: u64 = 4096;
/// From this trap on a site is worth a look.
const HOT: u8 = 2;
/// After so many traps at sites worth a look, all of one text that wait are patched together. Making code writable and
/// back costs as much as a dozen traps, however many sites it is for: short programs pay for it once or never.
const DUE: u8 = 8;

/// Notes private, executable memory of a file that is not writable: only such code is patched. Of a library, the open file and
/// where in it the memory begins are given: its sites that the image before knew are patched at once. A program's own few would
/// cost it more than they save.
pub fn register_text(start: u64, len: u64, library: Option<(u64, u64)>) {
    let end = start.saturating_add(len);
    family::text_changed();
    refusal::forget(start, end);
    let patches = !current().process().settings.no_patch;
    let (file, offset) = match library {
        Some((fd, offset)) if patches => (known::identity(fd), offset),
        _ => (0, 0),
    };
    let mut code = CODE.lock();
    code.texts.push(Text {
        start,
        end,
        file,
        offset,
        seen: Vec::new(),
        waiting: Vec::new(),
        owed: 0,
    });
    let mut all = Vec::new();
    if file != 0 {
        known::in_file(file, |place, number| {
            let at = place
                .checked_sub(offset)
                .and_then(|by| start.checked_add(by));
            all.extend(at.and_then(|at| Waiting::known(at, number, start..end)));
        });
    }
    if !all.is_empty() && super::fast::prepare().is_ok() {
        code.patch_all(&all, start..end);
    }
}

/// Where calls came from, for the next image: see [`known::expect`].
pub(crate) fn tell_sites() -> String {
    let code = CODE.lock();
    let mut telling = Telling::default();
    for text in code.texts.iter().filter(|text| text.file != 0) {
        let of_text = |site: &&Site| site.live && (text.start..text.end).contains(&site.at);
        let live = || code.sites.iter().filter(of_text);
        // One that trapped once is worth it where a page is copied anyway.
        let along = text.seen.iter().copied().filter(|&(at, _)| {
            live().any(|site| site.at / PAGE == at / PAGE) && live().all(|site| site.at != at)
        });
        let told = live().map(|site| (site.at, site.number)).chain(along);
        telling.file(
            text.file,
            told.map(|(at, number)| (at - text.start + text.offset, number)),
        );
    }
    telling.finish()
}

/// Forgets every noted range that `start..start + len` touches: it is about to be unmapped, replaced or made writable. Its
/// bytes are the program's own again, which may go on to change some of them.
///
/// When this returns, no other thread is patching anything there.
pub fn forget_text(start: u64, len: u64) {
    let end = start.saturating_add(len);
    refusal::forget(start, end);
    let mut code = CODE.lock();
    let touched = |text: &Text| text.start < end && start < text.end;
    if code.texts.iter().any(touched) {
        family::text_changed();
        code.texts.retain(|text| !touched(text));
    }
    let first = code.sites.partition_point(|site| site.at + 2 <= start);
    code.changes += 1;
    for site in code.sites.iter_mut().skip(first) {
        if site.start() >= end {
            break;
        }
        if site.live {
            // It fails when there is no such memory any more; then it does not matter.
            let _ = rewrite(site.start(), site.displaced.head());
            site.live = false;
        }
    }
}

/// Traps by site. Sites that share a slot are counted together, and patched the sooner.
const SLOTS: usize = 256;
static SEEN: [AtomicU8; SLOTS] = [const { AtomicU8::new(0) }; SLOTS];

/// A site that has a trampoline.
struct Site {
    at: u64,
    slot: u64,
    /// The number of a call that was made there.
    number: u64,
    displaced: Displaced,
    /// The jump is there.
    live: bool,
}

impl Site {
    /// Where the jump is.
    fn start(&self) -> u64 {
        self.at - self.displaced.len as u64
    }

    /// The jump to its trampoline, if its code is still what was recognised.
    fn jump(&self) -> Result<[u8; JUMP], Refusal> {
        let mut now = [0; JUMP];
        guest::read_bytes(self.start(), &mut now).map_err(|_| Refusal::Host)?;
        if now != self.displaced.head() {
            return Err(Refusal::Form);
        }
        let distance = self.slot.wrapping_sub(self.start() + JUMP as u64) as i64;
        let distance = i32::try_from(distance).map_err(|_| Refusal::Room)?;
        let [a, b, c, d] = distance.to_le_bytes();
        Ok([0xe9, a, b, c, d])
    }
}

/// A site that is to be patched.
struct Waiting {
    at: u64,
    number: u64,
    displaced: Displaced,
}

impl Waiting {
    /// The site at `at` in a text, where a call of that number was made once. `None` if it cannot be one any more.
    fn known(at: u64, number: u64, text: Range<u64>) -> Option<Self> {
        let regs = Regs {
            rax: number,
            ..Regs::default()
        };
        if !text.contains(&at)
            || attached().is_none_or(|personality| (personality.needs_frame)(&regs))
        {
            return None;
        }
        let displaced = recognise(at, &regs).ok()?;
        (at - displaced.len as u64 >= text.start).then_some(Self {
            at,
            number,
            displaced,
        })
    }
}

/// An executable file mapping that was never writable.
struct Text {
    start: u64,
    end: u64,
    /// What tells its file from others, and where in that it begins.
    file: u64,
    offset: u64,
    /// Sites that trapped, with the numbers of the calls, unless there are too many.
    seen: Vec<(u64, u64)>,
    waiting: Vec<Waiting>,
    /// Traps at these since sites were last patched here.
    owed: u8,
}

/// How large a mapping may be that becomes the program's own as a whole, which the host counts as its memory: else each
/// changed page becomes a mapping by itself, which every `fork` has to copy.
const WHOLE: u64 = 4 << 20;

/// What is patched, and what may be.
struct Code {
    trampolines: Trampolines,
    /// The sites that have one, by address.
    sites: Vec<Site>,
    texts: Vec<Text>,
    /// How often code was changed.
    changes: u64,
}

static CODE: Mutex<Code> = Mutex::new(Code {
    trampolines: Trampolines::NONE,
    sites: Vec::new(),
    texts: Vec::new(),
    changes: 0,
});

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
    if count == 0 {
        see(at, frame.regs.rax);
    }
    if count + 1 < HOT {
        slot.store(count + 1, Ordering::Relaxed);
        return false;
    }
    true
}

/// Notes a site that calls for the first time.
fn see(at: u64, number: u64) {
    const MOST: usize = 64;
    let mut code = CODE.lock();
    if let Some(text) = code.text_of(at)
        && text.file != 0
        && text.seen.len() < MOST
    {
        text.seen.push((at, number));
    }
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

/// Has the site at `at`, where a call was made with these registers, wait to be patched. When that is due, it and all that
/// wait with it are; what then stands in the way of one is remembered.
///
/// # Errors
/// Why it is none to be patched.
pub(super) fn patch(at: u64, regs: &Regs) -> Result<(), Refusal> {
    // Held throughout, so that the code is neither replaced nor made writable meanwhile.
    let mut code = CODE.lock();
    // Otherwise another thread was faster, or somebody jumps onto the `syscall` itself.
    if code.is_live(at) {
        return Ok(());
    }
    let text = code.text_of(at).ok_or(Refusal::Code)?;
    if !text.waiting.iter().any(|waiting| waiting.at == at) {
        let displaced = recognise(at, regs)?;
        if at - (displaced.len as u64) < text.start {
            return Err(Refusal::Form);
        }
        text.waiting.push(Waiting {
            at,
            number: regs.rax,
            displaced,
        });
    }
    text.owed += 1;
    if text.owed < DUE {
        return Ok(());
    }
    text.owed = 0;
    let (all, range) = (core::mem::take(&mut text.waiting), text.start..text.end);
    super::fast::prepare().map_err(|_| Refusal::Host)?;
    code.patch_all(&all, range);
    Ok(())
}

/// For a general protection fault of guest code at `rip`: whether it came upon an instruction that was being changed, so
/// that it is to be executed again. Waits until it is changed.
pub(crate) fn being_written(rip: u64, thread: &Thread) -> bool {
    let code = CODE.lock();
    let again = code
        .sites
        .iter()
        .filter(|site| site.start() == rip)
        // A jump does not fault. Where it was taken away, what is there now may fault for reasons of its own: then it
        // does so again although nothing has changed.
        .any(|site| site.live || thread.stumbled.get() != (rip, code.changes));
    let mut byte = [0];
    let again = again && guest::read_bytes(rip, &mut byte).is_ok() && byte != [HALT];
    thread.stumbled.set((rip, code.changes));
    again
}

impl Code {
    /// The noted range around `address`.
    fn text_of(&mut self, address: u64) -> Option<&mut Text> {
        self.texts
            .iter_mut()
            .find(|text| (text.start..text.end).contains(&address))
    }

    /// The site at `at`, or where in the list it would be.
    fn site(&mut self, at: u64) -> Result<&mut Site, usize> {
        let place = self.sites.binary_search_by_key(&at, |site| site.at)?;
        self.sites.get_mut(place).ok_or(place)
    }

    fn is_live(&self, at: u64) -> bool {
        let place = self.sites.binary_search_by_key(&at, |site| site.at);
        place.is_ok_and(|place| self.sites.get(place).is_some_and(|site| site.live))
    }

    /// Patches sites of the text at `range`.
    fn patch_all(&mut self, all: &[Waiting], range: Range<u64>) {
        self.changes += 1;
        let mut fresh = Vec::new();
        for &Waiting {
            at,
            number,
            displaced,
        } in all
        {
            let start = at - displaced.len as u64;
            // The same code may lie here once more.
            if self.site(at).is_ok_and(|site| site.displaced == displaced) {
                continue;
            }
            let Some(slot) = self.trampolines.slot(&range) else {
                refusal::remember(at, Refusal::Room);
                continue;
            };
            fresh.push(Trampoline {
                slot,
                original: start,
                displaced,
            });
            let site = Site {
                at,
                slot,
                number,
                displaced,
                live: false,
            };
            match self.site(at) {
                Ok(known) => *known = site,
                Err(place) => self.sites.insert(place, site),
            }
        }
        if super::trampoline::write(&fresh).is_err() {
            for waiting in all {
                refusal::remember(waiting.at, Refusal::Host);
            }
            return;
        }
        let whole = range.end - range.start <= WHOLE
            && while_writable(&range, || self.jump(all, store)).is_ok();
        if !whole {
            self.jump(all, rewrite);
        }
    }

    /// Has these sites jump to their trampolines, by `write`.
    fn jump(&mut self, all: &[Waiting], write: fn(u64, [u8; JUMP]) -> crate::host::HostResult<()>) {
        for waiting in all {
            let Ok(site) = self.site(waiting.at) else {
                continue;
            };
            let jumped = site.jump().and_then(|bytes| {
                write(site.start(), bytes).map_err(|error| match error {
                    HostErrno::EOPNOTSUPP => Refusal::Stores,
                    _ => Refusal::Host,
                })
            });
            match jumped {
                Ok(()) => site.live = true,
                Err(why) => refusal::remember(waiting.at, why),
            }
        }
    }
}

/// Holds the trampolines still while the process is copied.
pub(crate) fn lock() -> impl Sized {
    (CODE.lock(), refusal::lock())
}

/// How many sites have been patched.
pub fn patched() -> usize {
    CODE.lock().sites.iter().filter(|site| site.live).count()
}
