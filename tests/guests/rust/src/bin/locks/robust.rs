//! Robust mutexes: what happens when an owner ends.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

use crate::crowd::{moment, shared_memory};
use crate::umtx::*;

/// `struct umtx_robust_lists_params`, and what it points at: the heads of two lists and the mutex being worked on.
#[repr(C)]
struct Lists {
    parameters: [u64; 3],
    heads: [AtomicU64; 3],
}

static LISTS: Lists = Lists {
    parameters: [0; 3],
    heads: [const { AtomicU64::new(0) }; 3],
};

/// Registers lists for the calling thread.
fn register(heads: [u64; 3]) {
    let mut parameters = LISTS.parameters;
    for ((slot, head), value) in parameters.iter_mut().zip(&LISTS.heads).zip(heads) {
        head.store(value, SeqCst);
        *slot = head.as_ptr() as u64;
    }
    assert_eq!(
        op(0, ROBUST_LISTS, 24, parameters.as_ptr() as u64, 0),
        Ok(0)
    );
}

static MUTEXES: [Mutex; 5] = [const { Mutex::new(ROBUST) }; 5];
static CEILING: Mutex = Mutex::new(ROBUST | PROTECT);
static INHERITING: Mutex = Mutex::new(ROBUST | INHERIT);
static HELD: AtomicU32 = AtomicU32::new(0);

fn link(first: &Mutex, second: &Mutex) {
    first.link.store(second.at(), SeqCst);
}

extern "C" fn takes_and_ends(_: &Thread, _: u64) {
    let id = sys::tid() as u32;
    let [first, second, third, inactive, unlocked] = &MUTEXES;
    for mutex in [first, second, third, inactive, &CEILING, &INHERITING] {
        mutex.lock(id, None).expect("lock");
    }
    // One list of three kinds, another of one, and one mutex in no list yet.
    link(first, &CEILING);
    link(&CEILING, second);
    link(second, &INHERITING);
    register([first.at(), third.at(), inactive.at()]);
    // What the lists do not reach stays locked.
    unlocked.lock(id, None).expect("lock");
    HELD.store(1, SeqCst);
    moment();
    moment();
}

extern "C" fn waits(_: &Thread, index: u64) {
    let id = sys::tid() as u32;
    let mutex = all()[index as usize];
    assert_eq!(mutex.lock(id, None), Err(EOWNERDEAD), "mutex {index}");
    assert_eq!(mutex.owner() & !CONTESTED, id);
    mutex.unlock(id);
    HELD.fetch_add(1, SeqCst);
}

fn all() -> [&'static Mutex; 6] {
    let [first, second, third, inactive, _] = &MUTEXES;
    [first, second, third, inactive, &CEILING, &INHERITING]
}

/// Those who sleep get it, and those who come later.
pub(crate) fn thread_ends() {
    let id = sys::tid() as u32;
    for wait in [true, false] {
        HELD.store(0, SeqCst);
        let owner = spawn(takes_and_ends, 0);
        while HELD.load(SeqCst) == 0 {
            moment();
        }
        if wait {
            let threads = [0, 1, 2, 3, 4, 5].map(|index| spawn(waits, index));
            owner.join();
            threads.iter().for_each(|thread| thread.join());
            assert_eq!(HELD.load(SeqCst), 7);
        } else {
            owner.join();
            for (index, mutex) in all().into_iter().enumerate() {
                let dead = mutex.owner();
                assert!(dead == OWNERDEAD || index >= 4, "{index}: {dead:#x}");
                assert_eq!(op(mutex.at(), MUTEX_TRYLOCK, 0, 0, 0), Err(EOWNERDEAD));
                mutex.unlock(id);
            }
        }
        let lost = &MUTEXES[4];
        assert_eq!(op(lost.at(), MUTEX_TRYLOCK, 0, 0, 0), Err(EBUSY));
        lost.owner.store(0, SeqCst);
    }
}

static LOST: Mutex = Mutex::new(ROBUST);

extern "C" fn finds_it_lost(_: &Thread, _: u64) {
    let id = sys::tid() as u32;
    assert_eq!(LOST.lock(id, None), Err(ENOTRECOVERABLE));
    HELD.fetch_add(1, SeqCst);
}

/// A mutex that nobody mended is lost for all, also those who sleep.
pub(crate) fn not_recoverable() {
    let id = sys::tid() as u32;
    for by_kernel in [false, true] {
        HELD.store(0, SeqCst);
        LOST.flags.store(ROBUST, SeqCst);
        LOST.owner.store(OWNERDEAD, SeqCst);
        assert_eq!(LOST.lock(id, None), Err(EOWNERDEAD));
        LOST.flags.store(ROBUST | NONCONSISTENT, SeqCst);
        let threads: [&Thread; 3] = core::array::from_fn(|_| spawn(finds_it_lost, 0));
        moment();
        assert_eq!(HELD.load(SeqCst), 0);
        if by_kernel {
            op(LOST.at(), MUTEX_UNLOCK, 0, 0, 0).expect("unlock");
        } else {
            LOST.unlock(id);
        }
        threads.iter().for_each(|thread| thread.join());
        assert_eq!(LOST.owner(), NOTRECOV);
        for operation in [MUTEX_LOCK, MUTEX_TRYLOCK] {
            assert_eq!(op(LOST.at(), operation, 0, 0, 0), Err(ENOTRECOVERABLE));
        }
        assert_eq!(op(LOST.at(), MUTEX_WAIT, 0, 0, 0), Ok(0));
    }
}

/// A damaged list harms nobody.
pub(crate) fn damaged_lists() {
    assert_eq!(op(0, ROBUST_LISTS, 25, 0, 0), Err(sys::EINVAL));
    assert_eq!(op(0, ROBUST_LISTS, 24, 8, 0), Err(sys::EFAULT));
    // A loop, an address that is none, and a mutex of somebody else.
    let [looped, foreign, ..] = &MUTEXES;
    looped.link.store(looped.at(), SeqCst);
    foreign.owner.store(1, SeqCst);
    for heads in [
        [looped.at(), 8, 8],
        [8, looped.at(), foreign.at()],
        [foreign.at(), 0, 0],
        [LISTS.heads.as_ptr() as u64, 0, 0],
    ] {
        spawn(ends_with, heads.as_ptr() as u64).join();
    }
    assert_eq!(foreign.owner(), 1);
}

extern "C" fn ends_with(_: &Thread, heads: u64) {
    register(unsafe { *(heads as *const [u64; 3]) });
}

fn process_ends(end: impl Fn(&Mutex), expected: u32) {
    let shared = unsafe { &*(shared_memory() as *const Mutex) };
    shared.flags.store(ROBUST | SHARED, SeqCst);
    let sys::Fork::Parent(pid) = sys::fork() else {
        shared.lock(sys::tid() as u32, None).expect("lock");
        register([shared.at(), 0, 0]);
        moment();
        end(shared);
        sys::exit(0)
    };
    while shared.owner() == 0 {
        moment();
    }
    let id = sys::tid() as u32;
    assert_eq!(shared.lock(id, None), Err(EOWNERDEAD));
    shared.unlock(id);
    assert_eq!(shared.owner(), 0);
    assert_eq!(sys::wait(pid), expected);
}

/// However the owner's process ends, and although nobody has waited for it yet.
pub(crate) fn process_exits() {
    process_ends(|_| sys::exit(3), 3 << 8);
}

pub(crate) fn process_is_killed() {
    process_ends(
        |_| {
            sys::call(sys::KILL, [sys::pid(), 9]).expect("kill");
        },
        9,
    );
}

extern "C" fn holds_for_ever(_: &Thread, mutex: u64) {
    let mutex = unsafe { &*(mutex as *const Mutex) };
    mutex.owner.store(sys::tid() as u32 | CONTESTED, SeqCst);
    loop {
        moment();
    }
}

/// The owner was another thread of the process that ends.
pub(crate) fn other_thread_exits() {
    process_ends(
        |mutex| {
            spawn(holds_for_ever, mutex.at());
            moment();
            sys::exit(4);
        },
        4 << 8,
    );
}
