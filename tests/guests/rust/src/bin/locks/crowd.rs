//! Many threads, or processes, at one lock.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

/// Something only one may be in at a time: says so when two are.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Room {
    inside: AtomicU64,
    /// Changed in two steps, which only mutual exclusion keeps together.
    visits: core::cell::UnsafeCell<u64>,
}

unsafe impl Sync for Room {}

impl Room {
    pub(crate) const fn new() -> Self {
        Self {
            inside: AtomicU64::new(0),
            visits: core::cell::UnsafeCell::new(0),
        }
    }

    /// Visits the room; every now and then stays so long that others have to wait.
    pub(crate) fn visit(&self, turn: Turn) {
        let visitor = turn.index;
        assert_eq!(self.inside.swap(visitor + 1, SeqCst), 0, "two in the room");
        let visits = self.visits.get();
        unsafe {
            let before = visits.read_volatile();
            if turn.round % 16 == visitor % 16 {
                let _ = sys::call(sys::SCHED_YIELD, []);
            }
            visits.write_volatile(before + 1);
        }
        assert_eq!(self.inside.swap(0, SeqCst), visitor + 1, "two in the room");
    }

    /// Looks in while others may look in too, but nobody visits.
    pub(crate) fn look(&self) -> u64 {
        assert_eq!(
            self.inside.load(SeqCst),
            0,
            "looked in while someone visits"
        );
        unsafe { self.visits.get().read_volatile() }
    }

    pub(crate) fn visits(&self) -> u64 {
        unsafe { self.visits.get().read_volatile() }
    }
}

/// What one of many is about to do.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    /// Which one it is.
    pub(crate) index: u64,
    /// Its thread's number.
    pub(crate) id: u32,
    /// How often it has done it.
    pub(crate) round: u64,
}

type Work = fn(Turn);

static WORK: AtomicU64 = AtomicU64::new(0);
static ROUNDS: AtomicU64 = AtomicU64::new(0);
static CROWD: AtomicU64 = AtomicU64::new(0);
/// Address of the number of turns that all have taken.
static TURNS: AtomicU64 = AtomicU64::new(0);
static OWN_TURNS: AtomicU64 = AtomicU64::new(0);

/// So many rounds are worked through without a pause. Then each waits until all are there, without any lock: a wake-up
/// that was lost is not made up for by the next one.
const BREATH: u64 = 4;

fn work(index: u64) {
    let work: Work = unsafe { core::mem::transmute(WORK.load(SeqCst)) };
    let turns = unsafe { &*(TURNS.load(SeqCst) as *const AtomicU64) };
    let id = sys::tid() as u32;
    for round in 0..ROUNDS.load(SeqCst) {
        work(Turn { index, id, round });
        turns.fetch_add(1, SeqCst);
        if round % BREATH == BREATH - 1 {
            while turns.load(SeqCst) < (round + 1) * CROWD.load(SeqCst) {
                let _ = sys::call(sys::SCHED_YIELD, []);
            }
        }
    }
}

fn prepare(crowd: usize, rounds: u64, work: Work, turns: &AtomicU64) {
    WORK.store(work as *const () as u64, SeqCst);
    ROUNDS.store(rounds, SeqCst);
    CROWD.store(crowd as u64, SeqCst);
    turns.store(0, SeqCst);
    TURNS.store(turns.as_ptr() as u64, SeqCst);
}

extern "C" fn works(_: &Thread, index: u64) {
    work(index);
}

/// `N` threads do `work` so many times.
pub(crate) fn together<const N: usize>(rounds: u64, work: Work) {
    prepare(N, rounds, work, &OWN_TURNS);
    let mut threads: [Option<&Thread>; N] = [None; N];
    for (index, slot) in threads.iter_mut().enumerate() {
        *slot = Some(spawn(works, index as u64));
    }
    for thread in threads.into_iter().flatten() {
        thread.join();
        let at = core::ptr::from_ref(thread) as u64;
        sys::call(sys::MUNMAP, [at, 64 * 1024]).expect("munmap");
    }
}

/// The same in `N` processes.
pub(crate) fn in_processes<const N: usize>(rounds: u64, work: Work) {
    let turns = unsafe { &*(shared_memory() as *const AtomicU64) };
    prepare(N, rounds, work, turns);
    let mut pids = [0; N];
    for (index, slot) in pids.iter_mut().enumerate() {
        match sys::fork() {
            sys::Fork::Child => {
                self::work(index as u64);
                sys::exit(0)
            }
            sys::Fork::Parent(pid) => *slot = pid,
        }
    }
    for pid in pids {
        assert_eq!(sys::wait(pid), 0, "a process failed");
    }
}

/// Memory that forked processes share, zeroed.
pub(crate) fn shared_memory() -> u64 {
    sys::call(sys::MMAP, [0, 4096, 3, 0x1001, u64::MAX, 0]).expect("mmap")
}

/// A bit of time for a thread to fall asleep.
pub(crate) fn moment() {
    sys::sleep_microseconds(20_000);
}

/// Pseudo-random numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn of(turn: Turn) -> Self {
        Self((turn.round * 64 + turn.index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
