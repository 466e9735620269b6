//! What guests asked for and did not get, counted, to be listed once at exit.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::sync::Mutex;

static GAPS: Mutex<Vec<(&'static str, u64)>> = Mutex::new(Vec::new());

/// Whether anything is counted: most programs get by without, and their ends and forks without the lock.
static ANY: AtomicBool = AtomicBool::new(false);

/// Counts one more `what`.
pub fn count(what: &'static str) {
    ANY.store(true, Ordering::Relaxed);
    let mut gaps = GAPS.lock();
    match gaps.iter_mut().find(|(known, _)| *known == what) {
        Some((_, times)) => *times += 1,
        None => gaps.push((what, 1)),
    }
}

/// Everything counted so far, in order of first appearance.
pub fn counted() -> Vec<(&'static str, u64)> {
    if !ANY.load(Ordering::Relaxed) {
        return Vec::new();
    }
    GAPS.lock().clone()
}

/// Forgets everything; a child starts with its own list.
pub(crate) fn clear() {
    if ANY.load(Ordering::Relaxed) {
        GAPS.lock().clear();
        ANY.store(false, Ordering::Relaxed);
    }
}
