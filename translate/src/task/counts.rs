//! How many calls came which way. Each thread counts for itself, so that nobody waits for anybody.

use core::sync::atomic::{AtomicU64, Ordering};

use super::thread::{with_all_blocks, with_all_blocks_of_child};

/// A thread's calls by the way they came. Only the thread itself changes them.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Counts {
    /// From a patched site, without a frame (see `trap::express`).
    pub(crate) express: AtomicU64,
    /// From a patched site, to a handler.
    pub(crate) patched: AtomicU64,
    /// Of those by a trap: because the call needs everything that a trap saves. Counted only when somebody will ask.
    pub(crate) whole: AtomicU64,
    /// By a trap.
    pub(crate) trapped: AtomicU64,
}

/// The sums of all threads of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// From a patched site, without a frame.
    pub express: u64,
    /// From a patched site, to a handler.
    pub patched: u64,
    /// Of those by a trap: because the call needs everything that a trap saves. Complete with `compat run --stats`.
    pub whole: u64,
    /// By a trap.
    pub trapped: u64,
}

/// What threads counted whose blocks serve others now.
static KEPT: Counts = Counts {
    express: AtomicU64::new(0),
    patched: AtomicU64::new(0),
    whole: AtomicU64::new(0),
    trapped: AtomicU64::new(0),
};

/// One more, without a locked instruction: nobody else writes there.
pub(crate) fn one_more(count: &AtomicU64) {
    count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

impl Counts {
    fn all(&self) -> [&AtomicU64; 4] {
        [&self.express, &self.patched, &self.whole, &self.trapped]
    }

    fn now(&self) -> Ways {
        let [express, patched, whole, trapped] =
            self.all().map(|count| count.load(Ordering::Relaxed));
        Ways {
            express,
            patched,
            whole,
            trapped,
        }
    }

    fn clear(&self) {
        for count in self.all() {
            // A page that is only read is not copied.
            if count.load(Ordering::Relaxed) != 0 {
                count.store(0, Ordering::Relaxed);
            }
        }
    }
}

/// Keeps the counts of a thread that has ended and whose block is taken by another.
pub(super) fn keep(counts: &Counts) {
    for (sum, count) in KEPT.all().into_iter().zip(counts.all()) {
        sum.fetch_add(count.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// In a forked child nothing has been counted yet.
pub(super) fn clear() {
    KEPT.clear();
    with_all_blocks_of_child(|thread| thread.counts.clear());
}

/// All calls that the process has made.
pub fn so_far() -> Ways {
    let mut sums = KEPT.now();
    with_all_blocks(|thread| {
        let own = thread.counts.now();
        sums.express += own.express;
        sums.patched += own.patched;
        sums.whole += own.whole;
        sums.trapped += own.trapped;
    });
    sums
}
