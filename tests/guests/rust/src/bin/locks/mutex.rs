//! `struct umutex`: mutual exclusion, wake-ups, results.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, SA_RESTART, SIGALRM, SIGUSR1, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

use crate::crowd::{Random, Room, moment, together};
use crate::umtx::*;

const THREADS: usize = 8;
const ROUNDS: u64 = 4000;
const ALL_VISITS: u64 = THREADS as u64 * ROUNDS;

static ROOM: Room = Room::new();
static MUTEX: Mutex = Mutex::new(0);

fn free_again(mutex: &Mutex) {
    assert_eq!(ROOM.visits(), ALL_VISITS);
    assert_eq!(mutex.owner(), 0, "nobody is there, and nobody waits");
}

/// As the library of today does it.
pub(crate) fn library() {
    together::<THREADS>(ROUNDS, |turn| {
        MUTEX.lock(turn.id, None).expect("lock");
        ROOM.visit(turn);
        MUTEX.unlock(turn.id);
    });
    free_again(&MUTEX);
}

/// The library may wake later than it unlocks.
pub(crate) fn deferred() {
    together::<THREADS>(ROUNDS, |turn| {
        let mut owed = false;
        for _ in 0..3 {
            MUTEX.lock(turn.id, None).expect("lock");
            ROOM.visit(turn);
            owed |= MUTEX.leave(turn.id);
        }
        if owed {
            MUTEX.wake2();
        }
    });
    assert_eq!((ROOM.visits(), MUTEX.owner()), (3 * ALL_VISITS, 0));
}

/// The kernel does all of it.
pub(crate) fn kernel() {
    together::<THREADS>(ROUNDS, |turn| {
        assert_eq!(op(MUTEX.at(), MUTEX_LOCK, 0, 0, 0), Ok(0));
        assert_eq!(MUTEX.owner() & !CONTESTED, turn.id);
        ROOM.visit(turn);
        assert_eq!(op(MUTEX.at(), MUTEX_UNLOCK, 0, 0, 0), Ok(0));
    });
    free_again(&MUTEX);
}

/// The library of FreeBSD 9: it leaves the mutex contested and calls MUTEX_WAKE.
pub(crate) fn old_library() {
    together::<THREADS>(ROUNDS, |turn| {
        MUTEX.lock(turn.id, None).expect("lock");
        ROOM.visit(turn);
        if MUTEX
            .owner
            .compare_exchange(turn.id, 0, SeqCst, SeqCst)
            .is_err()
        {
            assert_eq!(MUTEX.owner.swap(CONTESTED, SeqCst), turn.id | CONTESTED);
            op(MUTEX.at(), MUTEX_WAKE, 0, 0, 0).expect("MUTEX_WAKE");
        }
    });
    free_again(&MUTEX);
}

/// All ways to lock and unlock, some of which give up, at one mutex.
pub(crate) fn mixed() {
    together::<THREADS>(ROUNDS, |turn| {
        let id = turn.id;
        let mut random = Random::of(turn);
        loop {
            let soon = Time::after(random.below(100_000), CLOCK_REALTIME);
            let got = match random.below(5) {
                0 => MUTEX.lock(id, None),
                1 => MUTEX.lock(id, Some(&soon)),
                2 => op(MUTEX.at(), MUTEX_LOCK, 0, 0, 0),
                3 => timed(MUTEX.at(), MUTEX_LOCK, 0, Some(&soon)),
                _ => op(MUTEX.at(), MUTEX_TRYLOCK, 0, 0, 0),
            };
            match got {
                Ok(_) => break,
                Err(sys::ETIMEDOUT | EBUSY) => {}
                Err(error) => panic!("error {error}"),
            }
        }
        ROOM.visit(turn);
        match random.below(2) {
            0 => MUTEX.unlock(id),
            _ => assert_eq!(op(MUTEX.at(), MUTEX_UNLOCK, 0, 0, 0), Ok(0)),
        }
    });
    assert_eq!(ROOM.visits(), ALL_VISITS);
    assert_eq!(MUTEX.owner() & !CONTESTED, 0);
}

extern "C" fn counts(_: u32, _: &mut signal::Info, _: &mut signal::Context) {
    SIGNALS.fetch_add(1, SeqCst);
}

static SIGNALS: AtomicU64 = AtomicU64::new(0);

/// Signals interrupt the sleep, not the lock.
pub(crate) fn storm() {
    signal::handle(SIGALRM, counts, 0, Set::EMPTY);
    signal::alarm_every(500);
    kernel();
    signal::alarm_every(0);
    assert!(SIGNALS.load(SeqCst) > 10, "the storm did not come");
}

static INHERITING: Mutex = Mutex::new(INHERIT);

pub(crate) fn inherit() {
    together::<THREADS>(ROUNDS, |turn| {
        INHERITING.lock(turn.id, None).expect("lock");
        ROOM.visit(turn);
        INHERITING.unlock(turn.id);
    });
    free_again(&INHERITING);
    let (at, id) = (INHERITING.at(), sys::tid() as u32);
    INHERITING.lock(id, None).expect("lock");
    assert_eq!(op(at, MUTEX_LOCK, 0, 0, 0), Err(EDEADLK));
    assert_eq!(op(at, MUTEX_TRYLOCK, 0, 0, 0), Err(EDEADLK));
    INHERITING.unlock(id);
}

static CEILING: Mutex = Mutex::new(PROTECT);

pub(crate) fn ceiling() {
    together::<THREADS>(ROUNDS / 2, |turn| {
        CEILING.lock(turn.id, None).expect("lock");
        ROOM.visit(turn);
        CEILING.unlock(turn.id);
    });
    assert_eq!(ROOM.visits(), ALL_VISITS / 2);
    assert_eq!(CEILING.owner(), CONTESTED, "so that nobody locks it alone");
    let (at, id) = (CEILING.at(), sys::tid() as u32);
    let old = AtomicU32::new(99);
    assert_eq!(op(at, SET_CEILING, 7, old.as_ptr() as u64, 0), Ok(0));
    assert_eq!((old.load(SeqCst), CEILING.ceilings[0].load(SeqCst)), (0, 7));
    assert_eq!(CEILING.owner(), CONTESTED);
    // The owner may change it too.
    CEILING.lock(id, None).expect("lock");
    assert_eq!(op(at, SET_CEILING, 31, old.as_ptr() as u64, 0), Ok(0));
    assert_eq!(old.load(SeqCst), 7);
    CEILING.unlock(id);
    assert_eq!(op(at, SET_CEILING, 32, 0, 0), Err(sys::EINVAL));
    CEILING.ceilings[0].store(32, SeqCst);
    assert_eq!(op(at, MUTEX_LOCK, 0, 0, 0), Err(sys::EINVAL));
    assert_eq!(op(MUTEX.at(), SET_CEILING, 1, 0, 0), Err(sys::EINVAL));
}

extern "C" fn holds(_: &Thread, _: u64) {
    let id = sys::tid() as u32;
    MUTEX.lock(id, None).expect("lock");
    HELD.store(1, SeqCst);
    while HELD.load(SeqCst) == 1 {
        moment();
    }
    MUTEX.unlock(id);
}

static HELD: AtomicU32 = AtomicU32::new(0);

fn someone_holds_it() -> &'static Thread {
    HELD.store(0, SeqCst);
    let thread = spawn(holds, 0);
    while HELD.load(SeqCst) == 0 {
        moment();
    }
    thread
}

pub(crate) fn results() {
    let at = MUTEX.at();
    assert_eq!(op(at, MUTEX_UNLOCK, 0, 0, 0), Err(sys::EPERM));
    assert_eq!(op(at, MUTEX_WAIT, 0, 0, 0), Ok(0), "free");
    let holder = someone_holds_it();
    let owner = holder.id() as u32;
    assert_eq!(op(at, MUTEX_TRYLOCK, 0, 0, 0), Err(EBUSY));
    assert_eq!(MUTEX.owner(), owner, "a try leaves no mark");
    assert_eq!(op(at, MUTEX_UNLOCK, 0, 0, 0), Err(sys::EPERM));
    for operation in [MUTEX_LOCK, MUTEX_WAIT] {
        for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC] {
            let before = now(CLOCK_MONOTONIC);
            let time = Time::after(20_000_000, clock);
            assert_eq!(timed(at, operation, 0, Some(&time)), Err(sys::ETIMEDOUT));
            let time = Time::at(now(clock) + 20_000_000, clock);
            assert_eq!(timed(at, operation, 0, Some(&time)), Err(sys::ETIMEDOUT));
            assert!(now(CLOCK_MONOTONIC) - before >= 40_000_000);
        }
        let past = Time::at(1, CLOCK_REALTIME);
        assert_eq!(timed(at, operation, 0, Some(&past)), Err(sys::ETIMEDOUT));
        let wrong = Time {
            nanoseconds: 1_000_000_000,
            ..past
        };
        assert_eq!(timed(at, operation, 0, Some(&wrong)), Err(sys::EINVAL));
    }
    assert_eq!(MUTEX.owner(), owner | CONTESTED);
    HELD.store(2, SeqCst);
    holder.join();
    assert_eq!(MUTEX.owner(), 0);
    let both = Mutex::new(INHERIT | PROTECT);
    for operation in [MUTEX_LOCK, MUTEX_TRYLOCK, MUTEX_UNLOCK] {
        assert_eq!(op(both.at(), operation, 0, 0, 0), Err(sys::EINVAL));
        assert_eq!(op(8, operation, 0, 0, 0), Err(sys::EFAULT));
    }
    assert_eq!(op(at, 29, 0, 0, 0), Err(sys::EINVAL));
    assert_eq!(op(at, u64::MAX >> 2, 0, 0, 0), Err(sys::EINVAL));
}

extern "C" fn kicks(_: &Thread, target: u64) {
    moment();
    sys::call(sys::THR_KILL, [target, u64::from(SIGUSR1)]).expect("thr_kill");
    moment();
    HELD.store(2, SeqCst);
}

/// Locking for good starts over whatever the handler says; locking for a time, and waiting, may not.
pub(crate) fn interrupted() {
    let at = MUTEX.at();
    let long = Time::after(10_000_000_000, CLOCK_REALTIME);
    for (flags, operation, time, result) in [
        (0, MUTEX_LOCK, None, Ok(0)),
        (SA_RESTART, MUTEX_LOCK, None, Ok(0)),
        (0, MUTEX_LOCK, Some(&long), Err(sys::EINTR)),
        (SA_RESTART, MUTEX_LOCK, Some(&long), Err(sys::EINTR)),
        (0, MUTEX_WAIT, None, Err(sys::EINTR)),
        (SA_RESTART, MUTEX_WAIT, None, Ok(0)),
        (SA_RESTART, MUTEX_WAIT, Some(&long), Err(sys::EINTR)),
    ] {
        signal::handle(SIGUSR1, counts, flags, Set::EMPTY);
        SIGNALS.store(0, SeqCst);
        let holder = someone_holds_it();
        let kicker = spawn(kicks, sys::tid());
        assert_eq!(timed(at, operation, 0, time), result, "{operation} {flags}");
        assert_eq!(SIGNALS.load(SeqCst), 1);
        kicker.join();
        holder.join();
        let own = MUTEX.owner() & !CONTESTED == sys::tid() as u32;
        assert_eq!(own, operation == MUTEX_LOCK && result.is_ok());
        if own {
            MUTEX.unlock(sys::tid() as u32);
        }
        MUTEX.owner.store(0, SeqCst);
    }
}
