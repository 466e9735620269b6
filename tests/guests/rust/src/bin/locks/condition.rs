//! `struct ucond`.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, SA_RESTART, SIGUSR1, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

use crate::crowd::{Turn, moment, together};
use crate::umtx::*;

/// A queue with little room: who puts waits for room, who takes waits for items.
#[repr(C)]
pub(crate) struct Queue {
    pub(crate) mutex: Mutex,
    pub(crate) not_full: Condition,
    pub(crate) not_empty: Condition,
    items: [AtomicU32; 3],
    pub(crate) put: AtomicU64,
    pub(crate) taken: AtomicU64,
    sum: AtomicU64,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self {
            mutex: Mutex::new(0),
            not_full: Condition::new(0),
            not_empty: Condition::new(0),
            items: [const { AtomicU32::new(0) }; 3],
            put: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    fn length(&self) -> u64 {
        self.put.load(SeqCst) - self.taken.load(SeqCst)
    }

    fn put(&self, item: u32, id: u32, time: Option<&Time>) {
        self.mutex.lock(id, None).expect("lock");
        while self.length() == 3 {
            let _ = self.not_full.wait(&self.mutex, id, 0, time);
        }
        let index = self.put.fetch_add(1, SeqCst);
        self.items[index as usize % 3].store(item, SeqCst);
        self.not_empty.signal();
        self.mutex.unlock(id);
    }

    fn take(&self, id: u32, time: Option<&Time>) {
        self.mutex.lock(id, None).expect("lock");
        while self.length() == 0 {
            let _ = self.not_empty.wait(&self.mutex, id, 0, time);
        }
        let index = self.taken.fetch_add(1, SeqCst);
        self.sum.fetch_add(
            u64::from(self.items[index as usize % 3].load(SeqCst)),
            SeqCst,
        );
        self.not_full.signal();
        self.mutex.unlock(id);
    }

    /// One of many who put, when their index is even, or take.
    pub(crate) fn work(&self, turn: Turn, time: Option<&Time>) {
        if turn.index.is_multiple_of(2) {
            self.put(turn.round as u32 + 1, turn.id, time);
        } else {
            self.take(turn.id, time);
        }
    }

    pub(crate) fn done(&self, pairs: u64) {
        assert_eq!((self.put.load(SeqCst), self.length()), (pairs * ROUNDS, 0));
        assert_eq!(self.sum.load(SeqCst), pairs * ROUNDS * (ROUNDS + 1) / 2);
        assert_eq!(self.mutex.owner(), 0);
    }
}

pub(crate) const ROUNDS: u64 = 3000;

static QUEUE: Queue = Queue::new();

pub(crate) fn queue() {
    together::<8>(ROUNDS, |turn| QUEUE.work(turn, None));
    QUEUE.done(4);
    assert_eq!(QUEUE.not_full.has_waiters.load(SeqCst), 0);
    assert_eq!(QUEUE.not_empty.has_waiters.load(SeqCst), 0);
}

/// Waits that give up all the time.
pub(crate) fn queue_in_a_hurry() {
    together::<8>(ROUNDS, |turn| {
        let time = Time::after(20_000 * (turn.index + 1), CLOCK_REALTIME);
        QUEUE.work(turn, Some(&time));
    });
    QUEUE.done(4);
}

extern "C" fn counts_signals(_: u32, _: &mut signal::Info, _: &mut signal::Context) {
    SIGNALS.fetch_add(1, SeqCst);
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

pub(crate) fn queue_in_a_storm() {
    signal::handle(signal::SIGALRM, counts_signals, SA_RESTART, Set::EMPTY);
    signal::alarm_every(400);
    queue();
    signal::alarm_every(0);
    assert!(SIGNALS.load(SeqCst) > 10, "the storm did not come");
}

static ARRIVED: AtomicU64 = AtomicU64::new(0);
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// A barrier that the last to arrive opens for all.
pub(crate) fn barrier() {
    together::<6>(1500, |Turn { id, round, .. }| {
        QUEUE.mutex.lock(id, None).expect("lock");
        assert_eq!(GENERATION.load(SeqCst), round);
        if ARRIVED.fetch_add(1, SeqCst) == 5 {
            ARRIVED.store(0, SeqCst);
            GENERATION.store(round + 1, SeqCst);
            QUEUE.not_empty.broadcast();
        }
        while GENERATION.load(SeqCst) == round {
            let _ = QUEUE.not_empty.wait(&QUEUE.mutex, id, 0, None);
        }
        QUEUE.mutex.unlock(id);
    });
}

static MUTEX: Mutex = Mutex::new(0);
static CONDITION: Condition = Condition::new(0);

const CLOCKID: u64 = 4;
const ABSTIME: u64 = 2;

/// The timeout is a timespec always; the flags say what it counts from, and by which clock.
pub(crate) fn timeouts() {
    const LONG: u64 = 30_000_000;
    let id = sys::tid() as u32;
    for (clock, flags) in [
        (CLOCK_REALTIME, 0),
        (CLOCK_REALTIME, ABSTIME),
        (CLOCK_MONOTONIC, CLOCKID),
        (CLOCK_MONOTONIC, ABSTIME | CLOCKID),
        (CLOCK_REALTIME, ABSTIME | CLOCKID),
    ] {
        CONDITION.clock.store(clock as u32, SeqCst);
        MUTEX.lock(id, None).expect("lock");
        let before = now(CLOCK_MONOTONIC);
        let start = if flags & ABSTIME == 0 { 0 } else { now(clock) };
        let time = [
            (start + LONG) / 1_000_000_000,
            (start + LONG) % 1_000_000_000,
        ];
        let wait = |flags| {
            op(
                CONDITION.at(),
                CV_WAIT,
                flags,
                MUTEX.at(),
                time.as_ptr() as u64,
            )
        };
        assert_eq!(wait(flags), Err(sys::ETIMEDOUT));
        let took = now(CLOCK_MONOTONIC) - before;
        assert!((LONG..500 * LONG).contains(&took), "took {took} ns");
        assert_eq!(MUTEX.owner(), 0, "it is left unlocked");
        assert_eq!(CONDITION.has_waiters.load(SeqCst), 0);
    }
}

pub(crate) fn results() {
    let id = sys::tid() as u32;
    let wait = |flags, at| op(CONDITION.at(), CV_WAIT, flags, MUTEX.at(), at);
    assert_eq!(wait(0, 0), Err(sys::EPERM), "the mutex is not ours");
    assert_eq!(CONDITION.has_waiters.load(SeqCst), 0);
    let wrong = [0u64, 1_000_000_000];
    MUTEX.lock(id, None).expect("lock");
    assert_eq!(wait(0, wrong.as_ptr() as u64), Err(sys::EINVAL));
    assert_eq!(wait(0, 8), Err(sys::EFAULT));
    // Only clocks of real time will do.
    for clock in [14, 15, 99, u32::MAX] {
        CONDITION.clock.store(clock, SeqCst);
        assert_eq!(wait(CLOCKID, 0), Err(sys::EINVAL));
    }
    assert_eq!(MUTEX.owner(), id, "nothing happened");
    for operation in [CV_WAIT, CV_SIGNAL, CV_BROADCAST] {
        assert_eq!(op(8, operation, 0, MUTEX.at(), 0), Err(sys::EFAULT));
    }
    // Nobody is there.
    CONDITION.has_waiters.store(1, SeqCst);
    assert_eq!(op(CONDITION.at(), CV_SIGNAL, 0, 0, 0), Ok(0));
    assert_eq!(CONDITION.has_waiters.load(SeqCst), 0);
    MUTEX.unlock(id);
}

static AWAKE: AtomicU32 = AtomicU32::new(0);

extern "C" fn waits(_: &Thread, _: u64) {
    let id = sys::tid() as u32;
    MUTEX.lock(id, None).expect("lock");
    assert_eq!(CONDITION.wait(&MUTEX, id, 0, None), Ok(0));
    AWAKE.fetch_add(1, SeqCst);
    MUTEX.unlock(id);
}

/// A signal wakes one; the mark is there as long as one sleeps.
pub(crate) fn one_or_all() {
    let threads: [&Thread; 6] = core::array::from_fn(|_| spawn(waits, 0));
    moment();
    moment();
    for expected in 1..=3 {
        assert_ne!(CONDITION.has_waiters.load(SeqCst), 0);
        assert_eq!(op(CONDITION.at(), CV_SIGNAL, 0, 0, 0), Ok(0));
        moment();
        assert_eq!(AWAKE.load(SeqCst), expected);
    }
    assert_ne!(CONDITION.has_waiters.load(SeqCst), 0);
    assert_eq!(op(CONDITION.at(), CV_BROADCAST, 0, 0, 0), Ok(0));
    assert_eq!(CONDITION.has_waiters.load(SeqCst), 0);
    threads.iter().for_each(|thread| thread.join());
    assert_eq!(AWAKE.load(SeqCst), 6);
}

extern "C" fn kicks(_: &Thread, target: u64) {
    moment();
    sys::call(sys::THR_KILL, [target, u64::from(SIGUSR1)]).expect("thr_kill");
}

/// EINTR whatever the handler says, and the mutex is unlocked.
pub(crate) fn interrupted() {
    let id = sys::tid() as u32;
    for flags in [0, SA_RESTART] {
        signal::handle(SIGUSR1, counts_signals, flags, Set::EMPTY);
        SIGNALS.store(0, SeqCst);
        MUTEX.lock(id, None).expect("lock");
        let thread = spawn(kicks, sys::tid());
        let result = op(CONDITION.at(), CV_WAIT, 0, MUTEX.at(), 0);
        assert_eq!(result, Err(sys::EINTR));
        assert_eq!((SIGNALS.load(SeqCst), MUTEX.owner()), (1, 0));
        assert_eq!(CONDITION.has_waiters.load(SeqCst), 0);
        thread.join();
    }
}

/// What the memory of a condition is used for when it is one no more.
const OTHER_USE: u32 = 1;

static MEMORY: Condition = Condition::new(0);
static GO: AtomicU64 = AtomicU64::new(0);

/// Whoever broadcasts may use the memory for something else at once: those who wake up do not touch it.
pub(crate) fn memory_goes() {
    together::<4>(3000, |turn| {
        let Turn { index, id, round } = turn;
        let round = round + 1;
        if index == 0 {
            return reuse_memory(id, round);
        }
        let time = Time::after((round * 7 + index * 31) % 97 * 1000, CLOCK_REALTIME);
        MUTEX.lock(id, None).expect("lock");
        ARRIVED.fetch_add(1, SeqCst);
        while GO.load(SeqCst) < round {
            let timeout = (index != 1).then_some(&time);
            let _ = MEMORY.wait(&MUTEX, id, 0, timeout);
        }
        MUTEX.unlock(id);
        LEFT.fetch_add(1, SeqCst);
        while NEXT.load(SeqCst) < round {
            let _ = sys::call(sys::SCHED_YIELD, []);
        }
    });
}

fn reuse_memory(id: u32, round: u64) {
    MUTEX.lock(id, None).expect("lock");
    // Until everybody is in, or was.
    while ARRIVED.load(SeqCst) < 3 * round {
        MUTEX.unlock(id);
        let _ = sys::call(sys::SCHED_YIELD, []);
        MUTEX.lock(id, None).expect("lock");
    }
    GO.store(round, SeqCst);
    op(MEMORY.at(), CV_BROADCAST, 0, 0, 0).expect("CV_BROADCAST");
    let words = [
        &MEMORY.has_waiters,
        &MEMORY.flags,
        &MEMORY.clock,
        &MEMORY.spare,
    ];
    for word in words {
        word.store(OTHER_USE, SeqCst);
    }
    MUTEX.unlock(id);
    while LEFT.load(SeqCst) < 3 * round {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
    for word in words {
        assert_eq!(word.swap(0, SeqCst), OTHER_USE, "round {round}");
    }
    NEXT.store(round, SeqCst);
}

static LEFT: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);
