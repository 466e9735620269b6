//! `struct _usem2` and `struct _usem`.

use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use compat_guests::signal::{self, SA_RESTART, SIGUSR1, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

use crate::crowd::{Random, moment, together};
use crate::umtx::*;

const ROUNDS: u64 = 5000;

static SEMAPHORE: Semaphore = Semaphore::new(0);
static OLD: OldSemaphore = OldSemaphore::new();
static BACK: Semaphore = Semaphore::new(0);

/// Half of them post, half of them wait; two posts are never far apart from two waits.
pub(crate) fn library() {
    together::<8>(ROUNDS, |turn| {
        if turn.index % 2 == 0 {
            SEMAPHORE.post();
            BACK.wait(None).expect("wait");
        } else {
            SEMAPHORE.wait(None).expect("wait");
            BACK.post();
        }
    });
    for semaphore in [&SEMAPHORE, &BACK] {
        assert_eq!(semaphore.count.load(SeqCst) & !HAS_WAITERS, 0);
    }
}

pub(crate) fn in_a_hurry() {
    together::<8>(ROUNDS, |turn| {
        let mut random = Random::of(turn);
        if turn.index % 2 == 0 {
            if random.below(20) == 0 {
                sys::sleep_microseconds(100);
            }
            SEMAPHORE.post();
            return;
        }
        let soon = Time::after(random.below(50_000), CLOCK_MONOTONIC);
        while let Err(error) = SEMAPHORE.wait(Some(&soon)) {
            assert_eq!(error, sys::ETIMEDOUT);
        }
    });
    assert_eq!(SEMAPHORE.count.load(SeqCst) & !HAS_WAITERS, 0);
}

pub(crate) fn old() {
    together::<8>(ROUNDS, |turn| {
        if turn.index % 2 == 0 {
            OLD.post();
            BACK.wait(None).expect("wait");
        } else {
            OLD.wait(None).expect("wait");
            BACK.post();
        }
    });
    assert_eq!(OLD.count.load(SeqCst), 0);
    let soon = Time::after(20_000_000, CLOCK_MONOTONIC);
    assert_eq!(OLD.wait(Some(&soon)), Err(sys::ETIMEDOUT));
    assert_eq!(op(8, SEM_WAIT, 0, 0, 0), Err(sys::EFAULT));
    assert_eq!(op(8, SEM_WAKE, 0, 0, 0), Err(sys::EFAULT));
}

pub(crate) fn results() {
    let at = SEMAPHORE.at();
    for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC] {
        let before = now(CLOCK_MONOTONIC);
        let soon = Time::after(20_000_000, clock);
        assert_eq!(timed(at, SEM2_WAIT, 0, Some(&soon)), Err(sys::ETIMEDOUT));
        let soon = Time::at(now(clock) + 20_000_000, clock);
        assert_eq!(timed(at, SEM2_WAIT, 0, Some(&soon)), Err(sys::ETIMEDOUT));
        assert!(now(CLOCK_MONOTONIC) - before >= 40_000_000);
    }
    assert_eq!(SEMAPHORE.count.load(SeqCst), HAS_WAITERS);
    SEMAPHORE.count.store(3, SeqCst);
    assert_eq!(op(at, SEM2_WAIT, 0, 0, 0), Ok(0));
    assert_eq!(op(at, SEM2_WAKE, 0, 0, 0), Ok(0));
    assert_eq!(SEMAPHORE.count.load(SeqCst), 3, "the kernel takes none");
    assert_eq!(op(8, SEM2_WAIT, 0, 0, 0), Err(sys::EFAULT));
    assert_eq!(op(8, SEM2_WAKE, 0, 0, 0), Err(sys::EFAULT));
}

extern "C" fn notes(_: u32, _: &mut signal::Info, _: &mut signal::Context) {
    SIGNALS.fetch_add(1, SeqCst);
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

extern "C" fn kicks_then_posts(_: &Thread, target: u64) {
    moment();
    sys::call(sys::THR_KILL, [target, u64::from(SIGUSR1)]).expect("thr_kill");
    moment();
    SEMAPHORE.post();
}

/// What is left of an interval is written behind it, where there is room.
pub(crate) fn interrupted() {
    const LONG: u64 = 10_000_000_000;
    let interval = Time::after(LONG, CLOCK_MONOTONIC);
    let until = Time::at(now(CLOCK_MONOTONIC) + LONG, CLOCK_MONOTONIC);
    for (flags, size, time, restarts) in [
        (0, 0, None, false),
        (SA_RESTART, 0, None, true),
        (0, 24, Some(&until), false),
        (SA_RESTART, 24, Some(&until), true),
        (0, 40, Some(&interval), false),
        (SA_RESTART, 40, Some(&interval), false),
        (SA_RESTART, 39, Some(&interval), false),
    ] {
        signal::handle(SIGUSR1, notes, flags, Set::EMPTY);
        SIGNALS.store(0, SeqCst);
        SEMAPHORE.count.store(0, SeqCst);
        let mut time = time.copied();
        let time_at = time
            .as_mut()
            .map_or(0, |time| core::ptr::from_mut(time) as u64);
        let thread = spawn(kicks_then_posts, sys::tid());
        let result = op(SEMAPHORE.at(), SEM2_WAIT, 0, size, time_at);
        let expected = if restarts { Ok(0) } else { Err(sys::EINTR) };
        assert_eq!(result, expected, "flags {flags} size {size}");
        assert_eq!(SIGNALS.load(SeqCst), 1);
        thread.join();
        if let Some(time) = time {
            let left = unsafe { (&raw const time.left).read_volatile() };
            if size == 40 {
                let left = left[0] * 1_000_000_000 + left[1];
                assert!(
                    (LONG / 2..LONG - 10_000_000).contains(&left),
                    "{left} ns left"
                );
            } else {
                assert_eq!(left, [u64::MAX; 2]);
            }
        }
    }
}
