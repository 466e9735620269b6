//! The base of thread-local storage as the C run-time has named it (`pcb_tlsbase`, since FreeBSD 15).
//!
//! The `fs` base is whatever code makes it. A thread whose run-time has named its own gets that one in every signal handler.

use core::sync::atomic::Ordering;

use compat_translate::task::Thread;

/// The word of the thread that holds it, by one too high: 0 is none.
const WORD: usize = 3;

/// The base that `thread`'s run-time has named.
pub(crate) fn of(thread: &Thread) -> Option<u64> {
    let word = thread.words.get(WORD)?;
    word.load(Ordering::Relaxed).checked_sub(1)
}

/// Names it: a user's address, so there is room for the one.
pub(crate) fn set(thread: &Thread, base: u64) {
    store(thread, base.saturating_add(1));
}

/// There is none any more: the thread asked for that, or is the copy that `fork` made (copy_thread).
pub(crate) fn forget(thread: &Thread) {
    store(thread, 0);
}

fn store(thread: &Thread, value: u64) {
    if let Some(word) = thread.words.get(WORD) {
        word.store(value, Ordering::Relaxed);
    }
}
