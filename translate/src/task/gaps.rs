//! What guests asked for and did not get, counted, to be listed once at exit.

use alloc::vec::Vec;

use crate::sync::Mutex;

static GAPS: Mutex<Vec<(&'static str, u64)>> = Mutex::new(Vec::new());

/// Counts one more `what`.
pub fn count(what: &'static str) {
    let mut gaps = GAPS.lock();
    match gaps.iter_mut().find(|(known, _)| *known == what) {
        Some((_, times)) => *times += 1,
        None => gaps.push((what, 1)),
    }
}

/// Everything counted so far, in order of first appearance.
pub fn counted() -> Vec<(&'static str, u64)> {
    GAPS.lock().clone()
}

/// Forgets everything; a child starts with its own list.
pub(crate) fn clear() {
    GAPS.lock().clear();
}
