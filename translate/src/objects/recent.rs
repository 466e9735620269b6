//! The kqueue that a thread used last: finding it again costs neither a lock nor a count of references.

use alloc::sync::Arc;
use core::cell::Cell;
use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering};

use super::kqueue::Kqueue;
use crate::task::Thread;

/// Tells one state of a process's table of kqueues from all others, of any process that shares this memory.
#[derive(Default)]
pub(super) struct Stamp(AtomicU64);

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Stamp {
    /// The table has changed. To be called with it locked.
    pub(super) fn renew(&self) {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        self.0.store(next, Ordering::Release);
    }

    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// A kqueue in use, and the descriptor that it was found by.
pub struct Used {
    fd: i32,
    /// Of the table in which it was found.
    stamp: u64,
    kqueue: Arc<Kqueue>,
}

impl Used {
    pub(super) fn new(fd: i32, stamp: u64, kqueue: Arc<Kqueue>) -> Self {
        Self { fd, stamp, kqueue }
    }

    /// For the calling thread's next call.
    pub fn keep(self, thread: &Thread) {
        thread.recent.0.set(Some(self));
    }
}

impl Deref for Used {
    type Target = Kqueue;

    fn deref(&self) -> &Kqueue {
        &self.kqueue
    }
}

/// What a thread [`Used::keep`]s.
#[derive(Default)]
pub(crate) struct Recent(Cell<Option<Used>>);

impl Recent {
    /// It, if it was found by this descriptor and nothing has changed since.
    pub(super) fn take(&self, fd: i32, stamp: &Stamp) -> Option<Used> {
        self.0
            .take()
            .filter(|used| used.fd == fd && used.stamp == stamp.now())
    }

    pub(crate) fn forget(&self) {
        self.0.set(None);
    }
}
