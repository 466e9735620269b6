//! Sites that only short-lived children come to.
//!
//! A program that forks much has children that make few calls each: none of them traps often enough at a site for it to
//! be patched, and what a child learns ends with it. So a process that has forked a few times shares one word with its
//! children, in which each notes the site of its latest trap, and looks there before the next fork. Most often it finds
//! the site of the last call of all. The call that a child made there is the proof that [`super::site`] wants, as long as both
//! have the same code: who maps or unmaps some leaves the word to the others.

use core::cell::Cell;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::patch;
use crate::host;
use crate::personality::attached;
use crate::signal::{Regs, UContext};
use crate::task::{Thread, is_alone};

/// With this many forks of a thread it is worth a page.
const MANY: u8 = 3;
/// How often a site that is told and cannot be patched is looked at.
const TRIES: u8 = 8;

/// After so many forks in a row without news the page goes: a fork has to copy it.
const QUIET: u8 = 32;

/// A thread's part in it.
#[derive(Default)]
pub(crate) struct Family {
    forks: Cell<u8>,
    failures: Cell<u8>,
    quiet: Cell<u8>,
    /// It was forked by a process that wants to know.
    tells: Cell<bool>,
}

/// The word that parents and children share: the address of a site, and above it the number that the call had.
static WORD: AtomicPtr<AtomicU64> = AtomicPtr::new(core::ptr::null_mut());
const ADDRESS_BITS: u32 = 48;

fn word() -> Option<&'static AtomicU64> {
    // SAFETY: null, or a mapping that stays.
    unsafe { WORD.load(Ordering::Relaxed).as_ref() }
}

/// Patches what a child told of.
pub(crate) fn before_fork(thread: &Thread) {
    let family = &thread.family;
    let settings = &thread.process().settings;
    if settings.no_patch || family.failures.get() == TRIES {
        return;
    }
    let Some(word) = word() else {
        family.forks.set(family.forks.get().saturating_add(1));
        if family.forks.get() == MANY {
            share();
        }
        return;
    };
    // A page that is only read is not copied.
    if word.load(Ordering::Relaxed) == 0 {
        family.quiet.set(family.quiet.get().saturating_add(1));
        if family.quiet.get() >= QUIET && is_alone(thread) {
            forget(word);
        }
        return;
    }
    family.quiet.set(0);
    let told = word.swap(0, Ordering::Relaxed);
    let (at, number) = (told & ((1 << ADDRESS_BITS) - 1), told >> ADDRESS_BITS);
    let regs = Regs {
        rax: number,
        ..Regs::default()
    };
    if attached().is_some_and(|personality| (personality.needs_frame)(&regs)) {
        return;
    }
    if patch::patch(at, &regs).is_err() {
        family.failures.set(family.failures.get() + 1);
    }
}

fn share() {
    if let Ok(page) = host::map_shared_page() {
        WORD.store(page.cast(), Ordering::Relaxed);
    }
}

/// Nobody else runs who might be looking at it.
fn forget(word: &'static AtomicU64) {
    WORD.store(core::ptr::null_mut(), Ordering::Relaxed);
    host::unmap_shared_page(word.as_ptr().cast());
}

/// Code comes or goes: what is told from here on need not be about the code that others have there.
pub(super) fn text_changed() {
    // A page that is only read is not copied.
    if word().is_some() {
        WORD.store(core::ptr::null_mut(), Ordering::Relaxed);
    }
}

/// In a forked child.
pub(crate) fn after_fork(thread: &Thread) {
    thread.family.tells.set(word().is_some());
}

/// Called at every trap.
pub(super) fn tell(thread: &Thread, frame: &UContext) {
    if !thread.family.tells.get() {
        return;
    }
    let (at, number) = (frame.regs.rip.wrapping_sub(2), frame.regs.rax);
    if let Some(word) = word()
        && at >> ADDRESS_BITS == 0
        && number >> (64 - ADDRESS_BITS) == 0
    {
        word.store(number << ADDRESS_BITS | at, Ordering::Relaxed);
    }
}
