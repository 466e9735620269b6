//! Waiting for words and for each other.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::sys;
use compat_guests::threads::{Thread, spawn, wait, wake};

static COUNT: AtomicU64 = AtomicU64::new(0);
static LOCK: AtomicU64 = AtomicU64::new(0);
static PLAIN: compat_guests::start::Shared<u64> = compat_guests::start::Shared::new(0);

/// A lock that sleeps: 0 free, 1 taken, 2 taken with sleepers.
fn locked(body: impl FnOnce()) {
    let mut state = LOCK
        .compare_exchange(0, 1, SeqCst, SeqCst)
        .unwrap_or_else(|state| state);
    while state != 0 {
        if state == 2 || LOCK.compare_exchange(1, 2, SeqCst, SeqCst) != Err(0) {
            let _ = wait(LOCK.as_ptr() as u64, 2, None);
        }
        state = LOCK
            .compare_exchange(0, 2, SeqCst, SeqCst)
            .unwrap_or_else(|state| state);
    }
    body();
    if LOCK.swap(0, SeqCst) == 2 {
        wake(LOCK.as_ptr() as u64, 1);
    }
}

extern "C" fn adds(_: &Thread, rounds: u64) {
    for _ in 0..rounds {
        COUNT.fetch_add(1, SeqCst);
        locked(|| PLAIN.store(PLAIN.load() + 1));
    }
}

pub(crate) fn counters() {
    let threads: [&Thread; 16] = core::array::from_fn(|_| spawn(adds, 2000));
    threads.iter().for_each(|thread| thread.join());
    assert_eq!((COUNT.load(SeqCst), PLAIN.load()), (32_000, 32_000));
}

static BALL: AtomicU64 = AtomicU64::new(0);

fn play(mine: u64, rounds: u64) {
    for _ in 0..rounds {
        while BALL.load(SeqCst) != mine {
            let _ = wait(BALL.as_ptr() as u64, 1 - mine, None);
        }
        BALL.store(1 - mine, SeqCst);
        wake(BALL.as_ptr() as u64, 1);
    }
}

extern "C" fn plays(_: &Thread, rounds: u64) {
    play(1, rounds);
}

pub(crate) fn ping_pong() {
    let thread = spawn(plays, 10_000);
    play(0, 10_000);
    thread.join();
}

fn now() -> u64 {
    let time = [0u64; 2];
    const CLOCK_MONOTONIC: u64 = 4;
    sys::call(sys::CLOCK_GETTIME, [CLOCK_MONOTONIC, time.as_ptr() as u64]).expect("clock_gettime");
    let [seconds, nanoseconds] = unsafe { (&raw const time).read_volatile() };
    seconds * 1_000_000_000 + nanoseconds
}

pub(crate) fn timeouts() {
    let word = AtomicU64::new(5);
    let at = word.as_ptr() as u64;
    let before = now();
    assert_eq!(wait(at, 5, Some(30_000_000)), Err(sys::ETIMEDOUT));
    let took = now() - before;
    assert!(
        (30_000_000..15_000_000_000).contains(&took),
        "took {took} ns"
    );
    // Another value: back at once.
    assert_eq!(wait(at, 6, None), Ok(0));
    // All 64 bits are compared.
    assert_eq!(wait(at, 5 | 1 << 40, None), Ok(0));
    let bad = [0u64, 1_000_000_000];
    let args = |operation: u64| [at, operation, 5, 16, bad.as_ptr() as u64];
    assert_eq!(sys::call(sys::UMTX_OP, args(2)), Err(sys::EINVAL));
    assert_eq!(wait(8, 5, None), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::UMTX_OP, [at, 2, 5, 16, 8]), Err(sys::EFAULT));
    // Waking nobody is fine.
    wake(at, 1);
}

static PHASE: AtomicU32 = AtomicU32::new(0);

extern "C" fn suspends(_: &Thread, _: u64) {
    PHASE.store(1, SeqCst);
    assert_eq!(sys::call(sys::THR_SUSPEND, [0]), Ok(0));
    PHASE.store(2, SeqCst);
}

pub(crate) fn suspend_and_wake() {
    let short = [0u64, 20_000_000];
    assert_eq!(
        sys::call(sys::THR_SUSPEND, [short.as_ptr() as u64]),
        Err(sys::ETIMEDOUT)
    );
    // A wake-up that comes first is remembered.
    sys::call(sys::THR_WAKE, [sys::tid()]).expect("thr_wake");
    assert_eq!(sys::call(sys::THR_SUSPEND, [0]), Ok(0));
    assert_eq!(
        sys::call(sys::THR_SUSPEND, [short.as_ptr() as u64]),
        Err(sys::ETIMEDOUT)
    );
    let thread = spawn(suspends, 0);
    while PHASE.load(SeqCst) == 0 {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
    sys::sleep_microseconds(10_000);
    assert_eq!(PHASE.load(SeqCst), 1);
    sys::call(sys::THR_WAKE, [thread.id()]).expect("thr_wake");
    thread.join();
    assert_eq!(PHASE.load(SeqCst), 2);
    assert_eq!(sys::call(sys::THR_WAKE, [99]), Err(sys::ESRCH));
}

/// What wakes a thread that does not sleep is for the first call that does, and for no other.
pub(crate) fn sleepless() {
    const AT_FDCWD: u64 = -100i64 as u64;
    const O_DIRECTORY: u64 = 0x20000;
    const O_RESOLVE_BENEATH: u64 = 0x800000;
    let wake_self = || sys::call(sys::THR_WAKE, [sys::tid()]).expect("thr_wake");
    let (to_read, to_write) = sys::pipe();
    let byte = 0u8;
    let at = (&raw const byte) as u64;
    wake_self();
    for _ in 0..20 {
        assert_eq!(sys::call(sys::WRITE, [to_write, at, 1]), Ok(1));
        assert_eq!(sys::call(sys::READ, [to_read, at, 1]), Ok(1));
        let open = [
            AT_FDCWD,
            c".".as_ptr() as u64,
            O_DIRECTORY | O_RESOLVE_BENEATH,
        ];
        let directory = sys::call(sys::OPENAT, open).expect("openat");
        sys::call(sys::CLOSE, [directory]).expect("close");
    }
    assert_eq!(sys::call(sys::READ, [to_read, at, 1]), Err(sys::EINTR));
    let time = [0u64, 1_000_000];
    let nap = || sys::call(sys::NANOSLEEP, [time.as_ptr() as u64, 0]);
    assert_eq!(nap(), Ok(0), "once");
}

static GATE: AtomicU64 = AtomicU64::new(0);
static PASSED: AtomicU64 = AtomicU64::new(0);

extern "C" fn passes(_: &Thread, _: u64) {
    while GATE.load(SeqCst) == 0 {
        let _ = wait(GATE.as_ptr() as u64, 0, None);
    }
    PASSED.fetch_add(1, SeqCst);
}

pub(crate) fn many_sleepers() {
    let threads: [&Thread; 32] = core::array::from_fn(|_| spawn(passes, 0));
    sys::sleep_microseconds(10_000);
    assert_eq!(PASSED.load(SeqCst), 0);
    GATE.store(1, SeqCst);
    wake(GATE.as_ptr() as u64, u64::from(u32::MAX >> 1));
    threads.iter().for_each(|thread| thread.join());
    assert_eq!(PASSED.load(SeqCst), 32);
}
