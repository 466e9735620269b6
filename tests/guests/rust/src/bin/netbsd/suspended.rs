//! Threads that another stops and lets go on: `_lwp_suspend`, `_lwp_continue`, `LWP_SUSPENDED`.

use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::bsd::signals::{SIGUSR1, Signals, seen, seen_by};
use compat_guests::bsd::{System, pipe};
use compat_guests::sys::{self, call};

use crate::NetBsd;
use crate::thread::{join, start};

const SUSPENDED: u64 = 0x80;
const EDEADLK: u64 = 11;
const PARK: u64 = 478;
const UNPARK: u64 = 321;
const MONOTONIC: u64 = 3;

static COUNT: AtomicU64 = AtomicU64::new(0);
static STEP: AtomicU64 = AtomicU64::new(0);
static DONE: AtomicU64 = AtomicU64::new(0);
/// A pipe to read from.
static SOURCE: AtomicU64 = AtomicU64::new(0);

fn own() -> u64 {
    call(311, []).expect("_lwp_self")
}

fn suspend(id: u64) -> sys::Result {
    call(313, [id])
}

fn proceed(id: u64) -> sys::Result {
    call(314, [id])
}

/// Nothing changes the word any more.
fn stands_still(word: &AtomicU64) {
    let before = word.load(Ordering::SeqCst);
    NetBsd::pause(3000);
    assert_eq!(word.load(Ordering::SeqCst), before);
}

/// Waits until the word has changed.
fn moves(word: &AtomicU64) {
    let before = word.load(Ordering::SeqCst);
    while word.load(Ordering::SeqCst) == before {
        NetBsd::pause(100);
    }
}

fn over() -> bool {
    DONE.load(Ordering::SeqCst) != 0
}

fn end(id: u64) {
    DONE.store(1, Ordering::SeqCst);
    assert_eq!(join(id), Ok(id));
    DONE.store(0, Ordering::SeqCst);
}

extern "C" fn steps(_: u64) {
    STEP.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn created() {
    for _ in 0..20 {
        STEP.store(0, Ordering::SeqCst);
        let id = start(steps, 0, SUSPENDED).expect("_lwp_create");
        NetBsd::pause(1000);
        assert_eq!(STEP.load(Ordering::SeqCst), 0);
        assert_eq!(suspend(id), Ok(0), "it is already");
        assert_eq!(proceed(id), Ok(0));
        assert_eq!(join(id), Ok(id));
        assert_eq!(STEP.load(Ordering::SeqCst), 1);
        assert_eq!(proceed(id), Err(sys::ESRCH));
    }
    assert_eq!(suspend(4_000_000), Err(sys::ESRCH));
    assert_eq!(suspend(0), Err(sys::ESRCH));
}

extern "C" fn counts(_: u64) {
    while !over() {
        COUNT.fetch_add(1, Ordering::SeqCst);
    }
}

/// The same with calls, from sites that are patched soon.
extern "C" fn calls(_: u64) {
    let byte = 0u8;
    let (to_read, to_write) = pipe();
    while !over() {
        COUNT.fetch_add(1, Ordering::SeqCst);
        let _ = call(20, []);
        assert_eq!(call(4, [to_write, (&raw const byte) as u64, 1]), Ok(1));
        assert_eq!(call(3, [to_read, (&raw const byte) as u64, 1]), Ok(1));
    }
}

fn in_turns(body: extern "C" fn(u64)) {
    let id = start(body, 0, 0).expect("_lwp_create");
    for round in 0..30 {
        moves(&COUNT);
        assert_eq!(suspend(id), Ok(0));
        if round % 10 == 0 {
            stands_still(&COUNT);
            // What every thread has to do is done by this one as well.
            assert_eq!(call(23, [call(24, []).expect("getuid")]), Ok(0), "setuid");
            stands_still(&COUNT);
        }
        assert_eq!(proceed(id), Ok(0));
    }
    assert_eq!(proceed(id), Ok(0), "it runs");
    end(id);
}

pub(crate) fn running() {
    in_turns(counts);
}

pub(crate) fn calling() {
    in_turns(calls);
}

/// Has children, whose making holds what others need.
extern "C" fn forks(_: u64) {
    while !over() {
        COUNT.fetch_add(1, Ordering::SeqCst);
        let sys::Fork::Parent(child) = sys::fork() else {
            sys::exit(0);
        };
        let mut status = 1u32;
        let wait = [child, (&raw mut status) as u64, 0, 0];
        while call(NetBsd::WAIT4, wait) == Err(sys::EINTR) {}
    }
}

pub(crate) fn forking() {
    in_turns(forks);
}

extern "C" fn reads(_: u64) {
    let mut byte = 0u8;
    let read = [SOURCE.load(Ordering::SeqCst), (&raw mut byte) as u64, 1];
    STEP.fetch_add(1, Ordering::SeqCst);
    assert_eq!(call(3, read), Ok(1));
    STEP.fetch_add(1, Ordering::SeqCst);
    let long = [60u64, 0];
    let parked = call(PARK, [MONOTONIC, 0, long.as_ptr() as u64, 0, 0, 0]);
    assert!(parked == Ok(0) || parked == Err(37), "{parked:?}");
    STEP.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn sleeping() {
    let (to_read, to_write) = pipe();
    SOURCE.store(to_read, Ordering::SeqCst);
    let id = start(reads, 0, 0).expect("_lwp_create");
    let byte = 7u8;
    let wake: [&dyn Fn() -> sys::Result; 2] = [
        &|| call(4, [to_write, (&raw const byte) as u64, 1]),
        &|| call(UNPARK, [id, 0]),
    ];
    for (step, wake) in (1..).zip(wake) {
        NetBsd::until(&STEP, step);
        NetBsd::pause(2000);
        assert_eq!(suspend(id), Ok(0));
        assert!(wake().is_ok());
        stands_still(&STEP);
        assert_eq!(proceed(id), Ok(0));
        NetBsd::until(&STEP, step + 1);
    }
    assert_eq!(join(id), Ok(id));
}

pub(crate) fn signalled() {
    NetBsd::count(SIGUSR1);
    let id = start(counts, 0, 0).expect("_lwp_create");
    moves(&COUNT);
    assert_eq!(suspend(id), Ok(0));
    assert_eq!(call(318, [id, SIGUSR1]), Ok(0), "_lwp_kill");
    stands_still(&COUNT);
    assert_eq!(seen(), 0, "its handler waits as well");
    assert_eq!(proceed(id), Ok(0));
    while seen() == 0 {
        NetBsd::pause(100);
    }
    assert_eq!(seen_by(), id);
    end(id);
}

/// Lets the first thread go on once it stands still.
extern "C" fn lets_go(first: u64) {
    STEP.store(1, Ordering::SeqCst);
    NetBsd::pause(3000);
    assert_eq!(COUNT.load(Ordering::SeqCst), 0);
    // It may not have come to it yet.
    while COUNT.load(Ordering::SeqCst) == 0 {
        assert_eq!(proceed(first), Ok(0));
        NetBsd::pause(100);
    }
}

pub(crate) fn itself() {
    assert_eq!(suspend(own()), Err(EDEADLK), "nobody is left");
    let suspended = start(steps, 0, SUSPENDED).expect("_lwp_create");
    assert_eq!(suspend(own()), Err(EDEADLK), "nobody who runs");
    assert_eq!(proceed(suspended), Ok(0));
    assert_eq!(join(suspended), Ok(suspended));
    let id = start(lets_go, own(), 0).expect("_lwp_create");
    NetBsd::until(&STEP, 1);
    assert_eq!(suspend(own()), Ok(0));
    COUNT.store(1, Ordering::SeqCst);
    assert_eq!(join(id), Ok(id));
}
