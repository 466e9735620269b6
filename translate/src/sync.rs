//! Locks for the stub: a futex-based mutex that never unwinds and never touches thread-local storage.

use core::sync::atomic::{AtomicU32, Ordering};

use lock_api::{GuardNoSend, RawMutex};

use crate::host::{self, nr};

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;
const STATE: u32 = 3;

/// Counts forks, from child to child. A lock word taken in an earlier generation was held by a thread that does not
/// exist any more: it counts as free.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Called in a forked child, whose only thread holds no lock.
pub(crate) fn forget_holders() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

/// The word that means `state` now: the generation above two bits of state.
fn word(state: u32) -> u32 {
    GENERATION.load(Ordering::Acquire) << 2 | state
}

fn is_free(found: u32) -> bool {
    found & STATE == FREE || found & !STATE != word(FREE)
}

/// The raw lock; use it through [`Mutex`].
pub struct FutexLock(AtomicU32);

// SAFETY: the classic three-state futex mutex: the word is HELD or CONTENDED exactly while one holder exists.
unsafe impl RawMutex for FutexLock {
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "lock_api's way to say how a lock starts"
    )]
    const INIT: Self = Self(AtomicU32::new(FREE));
    type GuardMarker = GuardNoSend;

    fn lock(&self) {
        if self.try_lock() {
            return;
        }
        while !is_free(self.0.swap(word(CONTENDED), Ordering::Acquire)) {
            // FUTEX_WAIT | FUTEX_PRIVATE_FLAG; a signal or a changed word just tries again.
            let args = [self.0.as_ptr() as u64, 128, u64::from(word(CONTENDED)), 0];
            // SAFETY: the word lives as long as the lock.
            let _ = unsafe { host::call_n(nr::futex, args) };
        }
    }

    fn try_lock(&self) -> bool {
        let found = self.0.load(Ordering::Relaxed);
        is_free(found)
            && self
                .0
                .compare_exchange(found, word(HELD), Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    unsafe fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) & STATE == CONTENDED {
            // FUTEX_WAKE | FUTEX_PRIVATE_FLAG, one waiter.
            // SAFETY: as above.
            let _ = unsafe { host::call_n(nr::futex, [self.0.as_ptr() as u64, 129, 1]) };
        }
    }
}

/// A mutual-exclusion lock around `T`. Hold it for short, never across a host call that sleeps.
pub type Mutex<T> = lock_api::Mutex<FutexLock, T>;
