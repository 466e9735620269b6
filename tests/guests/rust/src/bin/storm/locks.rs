//! Two workers that keep each other waiting: the kernel's mutexes, words, and locks of files.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::sys;
use compat_guests::threads;

use crate::Worker;

const MUTEX_LOCK: u64 = 5;
const MUTEX_UNLOCK: u64 = 6;
const FLOCK: u64 = 131;
const LOCK_EX: u64 = 2;
const LOCK_UN: u64 = 8;

/// `struct umutex`: owner, flags, ceilings, link, spare.
static MUTEX: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];
/// How many are inside, and have been.
static INSIDE: AtomicU64 = AtomicU64::new(0);
static WORD: AtomicU64 = AtomicU64::new(0);

fn visit() {
    assert_eq!(INSIDE.fetch_add(1, SeqCst), 0, "somebody was inside");
    let _ = sys::call(sys::SCHED_YIELD, []);
    assert_eq!(INSIDE.fetch_sub(1, SeqCst), 1, "somebody came in");
}

pub(crate) fn works(worker: &mut Worker) {
    const O_RDWR_CREAT: u64 = 0x202;
    let name = c"./storm-lock".as_ptr() as u64;
    let file = sys::call(sys::OPEN, [name, O_RDWR_CREAT, 0o644]).expect("open");
    let mutex = MUTEX.as_ptr() as u64;
    while worker.goes_on() {
        match worker.random.below(3) {
            0 => {
                // FreeBSD restarts it after every handler.
                let args = [mutex, MUTEX_LOCK, 0, 0, 0, 0];
                assert_eq!(sys::call(sys::UMTX_OP, args), Ok(0), "lock");
                visit();
                let args = [mutex, MUTEX_UNLOCK, 0, 0, 0, 0];
                assert_eq!(sys::call(sys::UMTX_OP, args), Ok(0), "unlock");
            }
            1 => {
                let locked = worker.insist("flock", FLOCK, [file, LOCK_EX, 0, 0, 0, 0]);
                assert_eq!(locked, Ok(0), "flock");
                // Not the same door.
                let _ = sys::call(sys::SCHED_YIELD, []);
                assert_eq!(sys::call(FLOCK, [file, LOCK_UN]), Ok(0));
            }
            _ => {
                let seen = WORD.fetch_add(1, SeqCst) + 1;
                threads::wake(WORD.as_ptr() as u64, 1);
                match threads::wait(WORD.as_ptr() as u64, seen, Some(300_000)) {
                    Ok(_) | Err(sys::EINTR | sys::ETIMEDOUT) => {}
                    Err(error) => panic!("wait: {error}"),
                }
            }
        }
    }
}
