//! Waiting lines that we keep ourselves: threads of one process that wait by an address.
//!
//! Unlike the host's queues (see [`super::umtx`]) a line can be joined before the sleep begins, and it is known who is in
//! it. A thread that is called sleeps, or will not fall asleep, on a word of its own: the memory at the address is not
//! needed any more, and may be anything by then. Processes cannot share a line.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use super::umtx::{ANY, End, Queue, Scope, Until};
use crate::cx::Cx;
use crate::host::HostResult;
use crate::sync::Mutex;
use crate::task::Thread;

/// A thread in line.
struct Place {
    at: u64,
    thread: *const Thread,
}

// SAFETY: blocks are never unmapped, and others touch nothing of a block but atomics.
unsafe impl Send for Place {}

impl Place {
    fn called(&self) -> &AtomicU32 {
        // SAFETY: as above.
        unsafe { &(*self.thread).called }
    }
}

/// Any number of lines, told apart by address.
pub struct Lines(Mutex<Vec<Place>>);

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    /// No lines.
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Puts the calling thread at the end of the line at `at`, if `mark`, during which no line moves, succeeds.
    ///
    /// # Errors
    /// Those of `mark`.
    pub fn join<E>(&self, cx: &Cx, at: u64, mark: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut places = self.0.lock();
        mark()?;
        cx.thread.called.store(0, Ordering::Relaxed);
        places.push(Place {
            at,
            thread: cx.thread,
        });
        Ok(())
    }

    /// Sleeps until the calling thread, which is in line, is called. However that ends, [`Lines::leave`] comes next.
    ///
    /// # Errors
    /// None in practice.
    pub fn sleep(cx: &mut Cx, until: Option<&Until>) -> HostResult<End> {
        let word = &cx.thread.called;
        let queue = Queue::new(word.as_ptr() as u64, Scope::Process);
        while word.load(Ordering::Acquire) == 0 {
            match queue.sleep(cx, 0, ANY, until)? {
                End::Woken | End::Changed => {}
                end => return Ok(end),
            }
        }
        Ok(End::Woken)
    }

    /// Takes the calling thread out of the line at `at`; whether it had been called. If not, and nobody is behind it,
    /// `last` runs, during which no line moves.
    pub fn leave(&self, cx: &Cx, at: u64, last: impl FnOnce()) -> bool {
        let mut places = self.0.lock();
        let own = places
            .iter()
            .position(|place| core::ptr::eq(place.thread, cx.thread));
        let Some(own) = own else {
            return true;
        };
        places.remove(own);
        if !places.iter().any(|place| place.at == at) {
            last();
        }
        false
    }

    /// Calls the first `count` threads of the line at `at`. If nobody stays behind, `empty` runs, during which no line
    /// moves.
    ///
    /// # Errors
    /// Those of `empty`; the threads are called nevertheless.
    pub fn call<E>(
        &self,
        at: u64,
        count: usize,
        empty: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let mut called = Vec::new();
        let mut left = count;
        let result = {
            let mut places = self.0.lock();
            called.extend(places.extract_if(.., |place| {
                let is_next = place.at == at && left != 0;
                left -= usize::from(is_next);
                is_next
            }));
            let result = if places.iter().any(|place| place.at == at) {
                Ok(())
            } else {
                empty()
            };
            // From here on a thread that is called may go.
            for place in &called {
                place.called().store(1, Ordering::Release);
            }
            result
        };
        for place in called {
            Queue::new(place.called().as_ptr() as u64, Scope::Process).wake(1);
        }
        result
    }

    /// In a forked child nobody is in line.
    pub fn after_fork(&self) {
        // SAFETY: the child has one thread. Its parent may have had others, but a length is one word.
        if unsafe { &*self.0.data_ptr() }.is_empty() {
            return;
        }
        // Another thread of the parent may have been at work on the list: its memory is not fit to be taken apart.
        core::mem::forget(core::mem::take(&mut *self.0.lock()));
    }
}
