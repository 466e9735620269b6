//! Plain waiting and waking.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, SA_RESTART, SIGUSR1, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

use crate::crowd::{moment, together};
use crate::umtx::*;

static WORD: AtomicU64 = AtomicU64::new(0);
static AWAKE: AtomicU64 = AtomicU64::new(0);

fn word() -> u64 {
    WORD.as_ptr() as u64
}

extern "C" fn sleeps(_: &Thread, operation: u64) {
    assert_eq!(op(word(), operation, 0, 0, 0), Ok(0));
    AWAKE.fetch_add(1, SeqCst);
}

/// Starts threads that wait by `operations`, and gives them time to fall asleep.
fn sleepers<const N: usize>(operations: [u64; N]) -> [&'static Thread; N] {
    AWAKE.store(0, SeqCst);
    let threads = operations.map(|operation| spawn(sleeps, operation));
    moment();
    moment();
    assert_eq!(AWAKE.load(SeqCst), 0);
    threads
}

fn awake(expected: u64) {
    moment();
    assert_eq!(AWAKE.load(SeqCst), expected);
}

/// As many as asked for. Nobody asks for less than one: 0 and what is negative as an int are one.
pub(crate) fn counts() {
    let threads = sleepers([WAIT_UINT_PRIVATE; 7]);
    let mut total = 0;
    for (count, woken) in [(1, 1), (2, 2), (0, 1), (u64::MAX, 1), (ALL, 2)] {
        assert_eq!(op(word(), WAKE_PRIVATE, count, 0, 0), Ok(0));
        total += woken;
        awake(total);
    }
    threads.iter().for_each(|thread| thread.join());
}

/// In memory that is not shared, "private" is no different from the rest.
pub(crate) fn private_or_not() {
    for (wait, wake) in [
        (WAIT, WAKE),
        (WAIT, WAKE_PRIVATE),
        (WAIT_UINT, WAKE),
        (WAIT_UINT, WAKE_PRIVATE),
        (WAIT_UINT_PRIVATE, WAKE),
        (WAIT_UINT_PRIVATE, WAKE_PRIVATE),
    ] {
        let threads = sleepers([wait; 2]);
        assert_eq!(op(word(), wake, 1, 0, 0), Ok(0));
        awake(1);
        assert_eq!(op(word(), wake, 1, 0, 0), Ok(0));
        threads.iter().for_each(|thread| thread.join());
    }
}

/// NWAKE_PRIVATE wakes all at each address.
pub(crate) fn many_addresses() {
    let threads = sleepers([WAIT_UINT_PRIVATE, WAIT_UINT_PRIVATE, WAIT_UINT]);
    let other = AtomicU64::new(0);
    let addresses = [other.as_ptr() as u64, word(), word() + 4];
    let at = addresses.as_ptr() as u64;
    assert_eq!(op(at, NWAKE_PRIVATE, 3, 0, 0), Ok(0));
    threads.iter().for_each(|thread| thread.join());
    assert_eq!(op(at, NWAKE_PRIVATE, 0, 0, 0), Ok(0));
    assert_eq!(op(8, NWAKE_PRIVATE, 1, 0, 0), Err(sys::EFAULT));
}

/// WAIT compares a long, the others an int.
pub(crate) fn values() {
    let time = Time::after(20_000_000, CLOCK_MONOTONIC);
    WORD.store(5 | 7 << 32, SeqCst);
    for (operation, value, sleeps) in [
        (WAIT, 5 | 7 << 32, true),
        (WAIT, 5, false),
        (WAIT, 5 | 8 << 32, false),
        (WAIT, 6 | 7 << 32, false),
        (WAIT_UINT, 5, true),
        (WAIT_UINT, 5 | 9 << 32, true),
        (WAIT_UINT, 6, false),
        (WAIT_UINT_PRIVATE, 5, true),
        (WAIT_UINT_PRIVATE, 4, false),
    ] {
        let expected = if sleeps { Err(sys::ETIMEDOUT) } else { Ok(0) };
        assert_eq!(timed(word(), operation, value, Some(&time)), expected);
        assert_eq!(op(8, operation, value, 0, 0), Err(sys::EFAULT));
    }
    assert_eq!(op(8, WAKE, 1, 0, 0), Err(sys::EFAULT));
}

/// Only the upper half of a long changes before each wake-up, as a thread is about to sleep.
pub(crate) fn upper_half() {
    const ROUNDS: u64 = 20_000;
    static TURN: AtomicU64 = AtomicU64::new(0);
    together::<2>(ROUNDS, |me| {
        let mine = me.round * 2 + me.index;
        loop {
            let turn = TURN.load(SeqCst);
            if turn >> 32 == mine {
                break;
            }
            assert_eq!(op(TURN.as_ptr() as u64, WAIT, turn, 0, 0), Ok(0));
        }
        TURN.store((mine + 1) << 32, SeqCst);
        op(TURN.as_ptr() as u64, WAKE, 1, 0, 0).expect("WAKE");
    });
}

/// Every clock that has a meaning, relative and absolute, in both forms.
pub(crate) fn timeouts() {
    const LONG: u64 = 30_000_000;
    for operation in [WAIT, WAIT_UINT, WAIT_UINT_PRIVATE] {
        let interval = [0u64, LONG];
        let before = now(CLOCK_MONOTONIC);
        let at = interval.as_ptr() as u64;
        assert_eq!(op(word(), operation, 0, 16, at), Err(sys::ETIMEDOUT));
        // The size says which form it is: what it does not reach does not count.
        let time = Time::at(LONG, CLOCK_MONOTONIC);
        assert_eq!(
            op(word(), operation, 0, 0, time.address()),
            Err(sys::ETIMEDOUT)
        );
        let took = now(CLOCK_MONOTONIC) - before;
        assert!((2 * LONG..500 * LONG).contains(&took), "took {took} ns");
    }
    for clock in [0, 4, 5, 7, 8, 9, 10, 11, 12, 13] {
        let before = now(CLOCK_MONOTONIC);
        let time = Time::after(LONG, clock);
        let result = timed(word(), WAIT_UINT, 0, Some(&time));
        assert_eq!(result, Err(sys::ETIMEDOUT), "clock {clock}");
        let took = now(CLOCK_MONOTONIC) - before;
        assert!(
            (LONG..500 * LONG).contains(&took),
            "clock {clock}: {took} ns"
        );
        let time = Time::at(now(clock) + LONG, clock);
        let result = timed(word(), WAIT_UINT, 0, Some(&time));
        assert_eq!(result, Err(sys::ETIMEDOUT), "clock {clock}");
        let all = now(CLOCK_MONOTONIC) - before;
        // The coarse clocks lag behind by a tick, the clock of seconds by up to one.
        let slack = if clock == 13 {
            1_000_000_000
        } else {
            10_000_000
        };
        assert!(
            all + slack >= took + LONG && all < took + 500 * LONG,
            "clock {clock}: {all} ns"
        );
    }
    for (seconds, nanoseconds) in [(0, 1_000_000_000), (u64::MAX, 0), (0, u64::MAX)] {
        let wrong = Time {
            seconds,
            nanoseconds,
            ..Time::after(0, CLOCK_REALTIME)
        };
        assert_eq!(timed(word(), WAIT, 0, Some(&wrong)), Err(sys::EINVAL));
        assert_eq!(op(word(), WAIT, 0, 16, wrong.address()), Err(sys::EINVAL));
    }
    assert_eq!(op(word(), WAIT, 0, 24, 8), Err(sys::EFAULT));
    let past = Time::at(1, CLOCK_MONOTONIC);
    assert_eq!(timed(word(), WAIT, 0, Some(&past)), Err(sys::ETIMEDOUT));
    // So far away that it does not fit the kernel's own clock.
    let thread = spawn(wakes, 0);
    let far = Time {
        seconds: u64::MAX >> 1,
        ..Time::at(0, CLOCK_REALTIME)
    };
    assert_eq!(timed(word(), WAIT_UINT, 0, Some(&far)), Ok(0));
    thread.join();
}

/// Time that a thread spends working.
pub(crate) fn processor_time() {
    const CLOCK_PROCESS_CPUTIME: u64 = 15;
    let thread = spawn(works, 0);
    let before = now(CLOCK_PROCESS_CPUTIME);
    for time in [
        Time::after(20_000_000, CLOCK_PROCESS_CPUTIME),
        Time::at(before + 40_000_000, CLOCK_PROCESS_CPUTIME),
    ] {
        assert_eq!(
            timed(word(), WAIT_UINT, 0, Some(&time)),
            Err(sys::ETIMEDOUT)
        );
    }
    assert!(now(CLOCK_PROCESS_CPUTIME) - before >= 40_000_000);
    AWAKE.store(1, SeqCst);
    thread.join();
}

extern "C" fn works(_: &Thread, _: u64) {
    while AWAKE.load(SeqCst) == 0 {
        core::hint::spin_loop();
    }
}

extern "C" fn wakes(_: &Thread, _: u64) {
    moment();
    op(word(), WAKE, ALL, 0, 0).expect("WAKE");
}

/// No sleep with a timeout is shorter than the process says.
pub(crate) fn shortest() {
    let value = AtomicU64::new(99);
    let at = value.as_ptr() as u64;
    assert_eq!(op(0, GET_MIN_TIMEOUT, 0, at, 0), Ok(0));
    assert_eq!(value.load(SeqCst), 0);
    assert_eq!(op(0, SET_MIN_TIMEOUT, 50_000_000, 0, 0), Ok(0));
    assert_eq!(op(0, GET_MIN_TIMEOUT, 0, at, 0), Ok(0));
    assert_eq!(value.load(SeqCst), 50_000_000);
    for time in [Time::after(1, CLOCK_REALTIME), Time::at(1, CLOCK_MONOTONIC)] {
        let before = now(CLOCK_MONOTONIC);
        assert_eq!(timed(word(), WAIT, 0, Some(&time)), Err(sys::ETIMEDOUT));
        assert!(now(CLOCK_MONOTONIC) - before >= 50_000_000);
    }
    assert_eq!(op(0, SET_MIN_TIMEOUT, 0, 0, 0), Ok(0));
    assert_eq!(op(0, GET_MIN_TIMEOUT, 0, 8, 0), Err(sys::EFAULT));
}

extern "C" fn counts_signals(_: u32, _: &mut signal::Info, _: &mut signal::Context) {
    SIGNALS.fetch_add(1, SeqCst);
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

extern "C" fn kicks(_: &Thread, target: u64) {
    moment();
    sys::call(sys::THR_KILL, [target, u64::from(SIGUSR1)]).expect("thr_kill");
}

/// EINTR whatever the handler says.
pub(crate) fn interrupted() {
    let long = Time::after(10_000_000_000, CLOCK_REALTIME);
    for flags in [0, SA_RESTART] {
        signal::handle(SIGUSR1, counts_signals, flags, Set::EMPTY);
        for operation in [WAIT, WAIT_UINT, WAIT_UINT_PRIVATE] {
            for time in [None, Some(&long)] {
                SIGNALS.store(0, SeqCst);
                let thread = spawn(kicks, sys::tid());
                assert_eq!(timed(word(), operation, 0, time), Err(sys::EINTR));
                assert_eq!(SIGNALS.load(SeqCst), 1);
                thread.join();
            }
        }
    }
}
