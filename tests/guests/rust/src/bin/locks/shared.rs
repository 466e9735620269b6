//! The same between processes: in memory that they share, and not in memory that each has a copy of.

use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use compat_guests::sys;

use crate::condition::{Queue, ROUNDS};
use crate::crowd::{Room, Turn, in_processes, moment, shared_memory};
use crate::rwlock;
use crate::umtx::*;

#[repr(C)]
struct Everything {
    room: Room,
    mutex: Mutex,
    rwlock: Rwlock,
    queue: Queue,
    there: Semaphore,
    back: Semaphore,
    word: AtomicU32,
}

static WHERE: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

/// Where every process finds it.
fn everything() -> &'static Everything {
    unsafe { &*(WHERE.load(SeqCst) as *const Everything) }
}

fn share() -> &'static Everything {
    WHERE.store(shared_memory(), SeqCst);
    let all = everything();
    for flags in [
        &all.mutex.flags,
        &all.rwlock.flags,
        &all.queue.mutex.flags,
        &all.queue.not_full.flags,
        &all.queue.not_empty.flags,
        &all.there.flags,
        &all.back.flags,
    ] {
        flags.store(SHARED, SeqCst);
    }
    all
}

pub(crate) fn mutex() {
    let all = share();
    in_processes::<6>(3000, |turn| {
        let all = everything();
        all.mutex.lock(turn.id, None).expect("lock");
        all.room.visit(turn);
        all.mutex.unlock(turn.id);
    });
    assert_eq!((all.room.visits(), all.mutex.owner()), (18_000, 0));
}

/// The owner holds it much longer than the kernel waits before it looks whether he is alive.
pub(crate) fn robust_and_slow() {
    let all = share();
    all.mutex.flags.store(SHARED | ROBUST, SeqCst);
    in_processes::<3>(1, |Turn { id, .. }| {
        let mutex = &everything().mutex;
        mutex.lock(id, None).expect("nobody died");
        sys::sleep_microseconds(250_000);
        mutex.unlock(id);
    });
    assert_eq!(all.mutex.owner(), 0);
}

pub(crate) fn rwlock() {
    let all = share();
    in_processes::<6>(rwlock::ROUNDS, |turn| {
        rwlock::work(&everything().rwlock, &everything().room, turn);
    });
    assert_eq!(all.room.visits(), 6 * rwlock::ROUNDS / 4);
    rwlock::free_again(&all.rwlock);
}

pub(crate) fn condition() {
    let all = share();
    in_processes::<6>(ROUNDS, |turn| everything().queue.work(turn, None));
    all.queue.done(3);
}

pub(crate) fn semaphore() {
    let all = share();
    in_processes::<6>(3000, |turn| {
        let all = everything();
        if turn.index % 2 == 0 {
            all.there.post();
            all.back.wait(None).expect("wait");
        } else {
            all.there.wait(None).expect("wait");
            all.back.post();
        }
    });
    assert_eq!(all.there.count.load(SeqCst) & !HAS_WAITERS, 0);
}

/// WAIT and WAKE meet in shared memory; the private ones do not, though the address is the same.
pub(crate) fn words() {
    let all = share();
    let at = all.word.as_ptr() as u64;
    for (wait, wake, meets) in [
        (WAIT_UINT, WAKE, true),
        (WAIT_UINT_PRIVATE, WAKE_PRIVATE, false),
        (WAIT_UINT_PRIVATE, WAKE, false),
    ] {
        let sys::Fork::Parent(pid) = sys::fork() else {
            let soon = Time::after(200_000_000, CLOCK_MONOTONIC);
            let expected = if meets { Ok(0) } else { Err(sys::ETIMEDOUT) };
            assert_eq!(timed(at, wait, 0, Some(&soon)), expected);
            sys::exit(0)
        };
        moment();
        moment();
        assert_eq!(op(at, wake, ALL, 0, 0), Ok(0));
        assert_eq!(sys::wait(pid), 0);
    }
    // A copy is not shared.
    static COPY: AtomicU32 = AtomicU32::new(0);
    let sys::Fork::Parent(pid) = sys::fork() else {
        let soon = Time::after(100_000_000, CLOCK_MONOTONIC);
        let result = timed(COPY.as_ptr() as u64, WAIT_UINT, 0, Some(&soon));
        assert_eq!(result, Err(sys::ETIMEDOUT));
        sys::exit(0)
    };
    moment();
    assert_eq!(op(COPY.as_ptr() as u64, WAKE, ALL, 0, 0), Ok(0));
    assert_eq!(sys::wait(pid), 0);
}
