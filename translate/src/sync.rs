//! Locks for the stub: a futex-based mutex that never unwinds and never touches thread-local storage.

use core::sync::atomic::{AtomicU32, Ordering};

use lock_api::{GuardNoSend, RawMutex};

use crate::host::{self, nr};

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

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
        while self.0.swap(CONTENDED, Ordering::Acquire) != FREE {
            // FUTEX_WAIT | FUTEX_PRIVATE_FLAG; a signal or a changed word just tries again.
            // SAFETY: the word lives as long as the lock.
            let _ = unsafe {
                host::call_n(
                    nr::futex,
                    [self.0.as_ptr() as u64, 128, u64::from(CONTENDED), 0],
                )
            };
        }
    }

    fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    unsafe fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == CONTENDED {
            // FUTEX_WAKE | FUTEX_PRIVATE_FLAG, one waiter.
            // SAFETY: as above.
            let _ = unsafe { host::call_n(nr::futex, [self.0.as_ptr() as u64, 129, 1]) };
        }
    }
}

/// A mutual-exclusion lock around `T`. Hold it for short, never across a host call that sleeps.
pub type Mutex<T> = lock_api::Mutex<FutexLock, T>;
