//! `struct urwlock`.

use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use compat_guests::signal::{self, SA_RESTART, SIGUSR1, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

use crate::crowd::{Random, Room, Turn, moment, together};
use crate::umtx::*;

pub(crate) const ROUNDS: u64 = 3000;

static ROOM: Room = Room::new();
static LOCK: Rwlock = Rwlock::new(0);
static FOR_READERS: Rwlock = Rwlock::new(PREFER_READER);

/// Every fourth visit changes the room, the others look.
pub(crate) fn work(lock: &Rwlock, room: &Room, turn: Turn) {
    let Turn { index, round, .. } = turn;
    if (round + index) % 4 == 0 {
        lock.write(None).expect("write");
        room.visit(turn);
    } else {
        lock.read(None).expect("read");
        let seen = room.look();
        if round % 8 == index {
            let _ = sys::call(sys::SCHED_YIELD, []);
        }
        assert_eq!(room.look(), seen);
    }
    lock.unlock();
}

pub(crate) fn free_again(lock: &Rwlock) {
    assert_eq!(lock.state.load(SeqCst), 0);
    assert_eq!(lock.blocked_readers.load(SeqCst), 0);
    assert_eq!(lock.blocked_writers.load(SeqCst), 0);
}

pub(crate) fn library() {
    together::<8>(ROUNDS, |turn| work(&LOCK, &ROOM, turn));
    assert_eq!(ROOM.visits(), 8 * ROUNDS / 4);
    free_again(&LOCK);
}

pub(crate) fn readers_first() {
    together::<8>(ROUNDS, |turn| work(&FOR_READERS, &ROOM, turn));
    assert_eq!(ROOM.visits(), 8 * ROUNDS / 4);
    free_again(&FOR_READERS);
}

fn give_up_often(lock: &Rwlock, turn: Turn) {
    let mut random = Random::of(turn);
    let write = random.below(3) == 0;
    let soon = Time::after(random.below(50_000), CLOCK_MONOTONIC);
    let time = (random.below(3) != 0).then_some(&soon);
    let got = if write {
        lock.write(time)
    } else {
        lock.read(time)
    };
    match got {
        Ok(_) if write => ROOM.visit(turn),
        Ok(_) => {
            ROOM.look();
            let _ = sys::call(sys::SCHED_YIELD, []);
            ROOM.look();
        }
        Err(error) => {
            assert_eq!(error, sys::ETIMEDOUT);
            return;
        }
    }
    lock.unlock();
}

/// Threads that give up leave nobody waiting.
pub(crate) fn in_a_hurry() {
    together::<8>(ROUNDS, |turn| give_up_often(&LOCK, turn));
    free_again(&LOCK);
    together::<8>(ROUNDS, |turn| give_up_often(&FOR_READERS, turn));
    free_again(&FOR_READERS);
}

extern "C" fn holds(_: &Thread, write: u64) {
    if write == 1 {
        LOCK.write(None).expect("write");
    } else {
        LOCK.read(None).expect("read");
    }
    HELD.store(1, SeqCst);
    while HELD.load(SeqCst) == 1 {
        moment();
    }
    LOCK.unlock();
}

static HELD: AtomicU32 = AtomicU32::new(0);

fn someone_holds_it(write: bool) -> &'static Thread {
    HELD.store(0, SeqCst);
    let thread = spawn(holds, u64::from(write));
    while HELD.load(SeqCst) == 0 {
        moment();
    }
    thread
}

fn release(holder: &Thread) {
    HELD.store(2, SeqCst);
    holder.join();
}

extern "C" fn writes(_: &Thread, _: u64) {
    LOCK.write(None).expect("write");
    LOCK.unlock();
}

pub(crate) fn results() {
    let at = LOCK.at();
    assert_eq!(op(at, RW_UNLOCK, 0, 0, 0), Err(sys::EPERM));
    let soon = Time::after(20_000_000, CLOCK_MONOTONIC);
    let holder = someone_holds_it(true);
    for operation in [RW_RDLOCK, RW_WRLOCK] {
        assert_eq!(timed(at, operation, 0, Some(&soon)), Err(sys::ETIMEDOUT));
        let absolute = Time::at(now(CLOCK_REALTIME) + 20_000_000, CLOCK_REALTIME);
        assert_eq!(
            timed(at, operation, 0, Some(&absolute)),
            Err(sys::ETIMEDOUT)
        );
        assert_eq!(LOCK.state.load(SeqCst), WRITE_OWNER, "no mark is left");
        assert_eq!(op(8, operation, 0, 0, 0), Err(sys::EFAULT));
    }
    release(holder);
    // Behind a writer that waits, a reader waits, unless it says otherwise.
    let holder = someone_holds_it(false);
    let writer = spawn(writes, 0);
    while LOCK.state.load(SeqCst) & WRITE_WAITERS == 0 {
        moment();
    }
    assert_eq!(LOCK.blocked_writers.load(SeqCst), 1);
    assert_eq!(timed(at, RW_RDLOCK, 0, Some(&soon)), Err(sys::ETIMEDOUT));
    assert_eq!(
        timed(at, RW_RDLOCK, u64::from(PREFER_READER), Some(&soon)),
        Ok(0)
    );
    assert_eq!(LOCK.state.load(SeqCst) & READERS, 2);
    LOCK.unlock();
    release(holder);
    writer.join();
    free_again(&LOCK);
    LOCK.state.store(READERS, SeqCst);
    assert_eq!(op(at, RW_RDLOCK, 0, 0, 0), Err(sys::EAGAIN));
    LOCK.state.store(0, SeqCst);
}

extern "C" fn reads(_: &Thread, _: u64) {
    LOCK.read(None).expect("read");
    LOCK.unlock();
    HELD.fetch_add(10, SeqCst);
}

/// Readers that wait behind a writer go on when he gives up.
pub(crate) fn writer_gives_up() {
    let holder = someone_holds_it(false);
    let reader = {
        let soon = Time::after(100_000_000, CLOCK_MONOTONIC);
        let reader = spawn(waits_then_reads, 0);
        assert_eq!(LOCK.write(Some(&soon)), Err(sys::ETIMEDOUT));
        reader
    };
    reader.join();
    release(holder);
    free_again(&LOCK);
}

extern "C" fn waits_then_reads(thread: &Thread, _: u64) {
    while LOCK.state.load(SeqCst) & WRITE_WAITERS == 0 {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
    reads(thread, 0);
}

extern "C" fn notes(_: u32, _: &mut signal::Info, _: &mut signal::Context) {
    SIGNALS.fetch_add(1, SeqCst);
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

extern "C" fn kicks(_: &Thread, target: u64) {
    moment();
    sys::call(sys::THR_KILL, [target, u64::from(SIGUSR1)]).expect("thr_kill");
}

pub(crate) fn interrupted() {
    let holder = someone_holds_it(true);
    for flags in [0, SA_RESTART] {
        signal::handle(SIGUSR1, notes, flags, Set::EMPTY);
        for operation in [RW_RDLOCK, RW_WRLOCK] {
            SIGNALS.store(0, SeqCst);
            let thread = spawn(kicks, sys::tid());
            assert_eq!(op(LOCK.at(), operation, 0, 0, 0), Err(sys::EINTR));
            assert_eq!(SIGNALS.load(SeqCst), 1);
            thread.join();
        }
    }
    release(holder);
    free_again(&LOCK);
}
