//! Which thread takes a signal.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGALRM, SIGUSR1, SIGUSR2, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn, wait, wake};

/// The thread that took the last one, and how many there were.
static TAKER: AtomicU64 = AtomicU64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);

extern "C" fn notes_taker(_: u32, _: &mut Info, _: &mut Context) {
    TAKER.store(sys::tid(), SeqCst);
    TAKEN.fetch_add(1, SeqCst);
}

static STOP: AtomicU64 = AtomicU64::new(0);

extern "C" fn works(_: &Thread, _: u64) {
    while STOP.load(SeqCst) == 0 {
        let _ = sys::pid();
    }
}

fn stop(threads: &[&Thread]) {
    STOP.store(1, SeqCst);
    wake(STOP.as_ptr() as u64, 1000);
    threads.iter().for_each(|thread| thread.join());
}

fn until(count: u64) {
    while TAKEN.load(SeqCst) < count {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
}

pub(crate) fn to_one_thread() {
    signal::handle(SIGUSR1, notes_taker, SA_RESTART, Set::EMPTY);
    let threads: [&Thread; 4] = core::array::from_fn(|_| spawn(works, 0));
    for round in 0..400 {
        let target = threads[round % 4].id();
        sys::call(sys::THR_KILL, [target, u64::from(SIGUSR1)]).expect("thr_kill");
        until(round as u64 + 1);
        assert_eq!(TAKER.load(SeqCst), target);
    }
    stop(&threads);
    assert_eq!(
        sys::call(sys::THR_KILL, [threads[0].id(), 0]),
        Err(sys::ESRCH),
        "it has ended"
    );
}

static VALUE: AtomicU64 = AtomicU64::new(0);

extern "C" fn notes_value(_: u32, info: &mut Info, _: &mut Context) {
    VALUE.store(info.value, SeqCst);
    TAKER.store(sys::tid(), SeqCst);
    TAKEN.fetch_add(1, SeqCst);
}

/// pthread_sigqueue(3).
pub(crate) fn with_a_value() {
    const SIGQUEUE_TID: u64 = 0x8000_0000;
    signal::handle(SIGUSR1, notes_value, SA_RESTART, Set::EMPTY);
    let threads: [&Thread; 4] = core::array::from_fn(|_| spawn(works, 0));
    let signal = SIGQUEUE_TID | u64::from(SIGUSR1);
    for round in 0..40 {
        let target = threads[round % 4].id();
        sys::call(sys::SIGQUEUE, [target, signal, round as u64]).expect("sigqueue");
        until(round as u64 + 1);
        assert_eq!(
            (TAKER.load(SeqCst), VALUE.load(SeqCst)),
            (target, round as u64)
        );
    }
    let to = |id: u64, signal: u64| sys::call(sys::SIGQUEUE, [id, signal, 0]);
    assert_eq!(to(0, signal), Err(sys::EINVAL));
    assert_eq!(to(threads[0].id(), SIGQUEUE_TID | 129), Err(sys::EINVAL));
    assert_eq!(to(threads[0].id(), SIGQUEUE_TID), Ok(0));
    stop(&threads);
    assert_eq!(to(threads[0].id(), signal), Err(sys::ESRCH), "it has ended");
}

pub(crate) fn to_all_others() {
    signal::handle(SIGUSR1, notes_taker, SA_RESTART, Set::EMPTY);
    let threads: [&Thread; 4] = core::array::from_fn(|_| spawn(works, 0));
    for round in 1..=50 {
        sys::call(sys::THR_KILL, [u64::MAX, u64::from(SIGUSR1)]).expect("thr_kill");
        until(4 * round);
        assert_ne!(TAKER.load(SeqCst), sys::tid());
    }
    stop(&threads);
}

extern "C" fn sleeps_unblocked(_: &Thread, _: u64) {
    signal::mask(signal::UNBLOCK, Set::of(&[SIGUSR1]));
    while STOP.load(SeqCst) == 0 {
        let _ = wait(STOP.as_ptr() as u64, 0, None);
    }
}

/// The only thread that does not block it.
pub(crate) fn to_the_process() {
    signal::handle(SIGUSR1, notes_taker, 0, Set::EMPTY);
    signal::mask(signal::BLOCK, Set::of(&[SIGUSR1]));
    let threads = [spawn(works, 0), spawn(sleeps_unblocked, 0), spawn(works, 0)];
    for round in 1..=100 {
        signal::raise(SIGUSR1);
        until(round);
        assert_eq!(TAKER.load(SeqCst), threads[1].id());
    }
    stop(&threads);
}

const NEVER: u64 = 77;
static WAIT_RESULT: AtomicU64 = AtomicU64::new(NEVER);

extern "C" fn waits_once(_: &Thread, address: u64) {
    let back = wait(address, 0, None);
    WAIT_RESULT.store(back.err().unwrap_or(0), SeqCst);
}

/// A wait on a word ends with EINTR, even with SA_RESTART: its caller looks at the word again anyway.
pub(crate) fn interrupt_a_wait() {
    signal::handle(SIGUSR1, notes_taker, SA_RESTART, Set::EMPTY);
    let word = AtomicU64::new(0);
    let thread = spawn(waits_once, word.as_ptr() as u64);
    // One that comes before the wait ends nothing.
    while WAIT_RESULT.load(SeqCst) == NEVER {
        sys::sleep_microseconds(5000);
        let _ = sys::call(sys::THR_KILL, [thread.id(), u64::from(SIGUSR1)]);
    }
    thread.join();
    assert_ne!(TAKEN.load(SeqCst), 0);
    assert_eq!(WAIT_RESULT.load(SeqCst), sys::EINTR);
}

extern "C" fn counts(_: u32, _: &mut Info, _: &mut Context) {
    TAKEN.fetch_add(1, SeqCst);
}

extern "C" fn sends(_: &Thread, target: u64) {
    while STOP.load(SeqCst) == 0 {
        let _ = sys::call(sys::THR_KILL, [target, u64::from(SIGUSR2)]);
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
}

/// Threads lock, wait and wake while signals rain on all of them.
pub(crate) fn storm() {
    signal::handle(SIGUSR2, counts, SA_RESTART, Set::EMPTY);
    signal::handle(SIGALRM, counts, SA_RESTART, Set::EMPTY);
    signal::alarm_every(100);
    let workers = [spawn(works, 0), spawn(works, 0), spawn(works, 0)];
    let senders = [
        spawn(sends, workers[0].id()),
        spawn(sends, workers[1].id()),
        spawn(sends, sys::tid()),
    ];
    for _ in 0..2000 {
        let set = Set::of(&[SIGUSR2]);
        signal::mask(signal::BLOCK, set);
        let _ = sys::pid();
        signal::mask(signal::UNBLOCK, set);
        let page = sys::map(4096, 3);
        unsafe { (page as *mut u64).write_volatile(page) };
        sys::call(sys::MUNMAP, [page, 4096]).expect("munmap");
    }
    signal::alarm_every(0);
    stop(&senders);
    stop(&workers);
    assert!(TAKEN.load(SeqCst) > 1000, "{} signals", TAKEN.load(SeqCst));
}
/// The number of those that somebody has got, by a handler or by waiting.
static GOT: AtomicU64 = AtomicU64::new(0);
static RAISED: AtomicU64 = AtomicU64::new(0);

extern "C" fn gets(_: u32, _: &mut Info, _: &mut Context) {
    GOT.fetch_add(1, SeqCst);
}

extern "C" fn waits_for_them(_: &Thread, _: u64) {
    let set = Set::of(&[SIGUSR1]);
    let time = [0u64, 10_000_000];
    while STOP.load(SeqCst) == 0 {
        let args = [(&raw const set) as u64, 0, time.as_ptr() as u64];
        if sys::call(sys::SIGTIMEDWAIT, args) == Ok(u64::from(SIGUSR1)) {
            GOT.fetch_add(1, SeqCst);
        }
    }
}

extern "C" fn raises(_: &Thread, _: u64) {
    while STOP.load(SeqCst) == 0 {
        if RAISED.load(SeqCst) == GOT.load(SeqCst) {
            RAISED.fetch_add(1, SeqCst);
            signal::raise(SIGUSR1);
        }
    }
}

/// A signal to the process that comes while a thread is about to block it is the process's still: another thread that
/// waits for it gets it.
pub(crate) fn to_whoever_waits() {
    const PATIENCE: u64 = 300_000;
    signal::handle(SIGUSR1, gets, SA_RESTART, Set::EMPTY);
    let set = Set::of(&[SIGUSR1]);
    signal::mask(signal::BLOCK, set);
    let threads = [spawn(waits_for_them, 0), spawn(raises, 0)];
    for _ in 0..20_000 {
        signal::mask(signal::UNBLOCK, set);
        signal::mask(signal::BLOCK, set);
        let mut patience = PATIENCE;
        while RAISED.load(SeqCst) != GOT.load(SeqCst) {
            let _ = sys::call(sys::SCHED_YIELD, []);
            patience -= 1;
            assert_ne!(patience, 0, "a signal that nobody gets");
        }
    }
    stop(&threads);
}
