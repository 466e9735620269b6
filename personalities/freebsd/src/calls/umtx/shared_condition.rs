//! Conditions between processes.
//!
//! Threads sleep on the word behind the condition that FreeBSD keeps spare, which counts signals. A waiter
//!
//! 1. reads the count, 2. sets `c_has_waiters`, 3. unlocks the mutex, 4. sleeps while the count is what it was.
//!
//! A signal adds to the count before it wakes, so a waiter that is not asleep yet does not fall asleep any more (rule 1):
//! it returns, for nothing if another one was woken, which callers expect. Clearing is: `c_has_waiters = 0`, add to the
//! count, wake all (rule 2). Whoever waits at that time either reads the count before the addition, and is released, or
//! reads it after, and then sets `c_has_waiters` after it was cleared: nobody sleeps behind a cleared mark.
//!
//! It is the signaller who clears, before the count lets anyone go (rule 3). One gap is left: memory that becomes
//! something else at the very moment a waiter is about to sleep, or to give up, is mistaken for a condition if the new
//! words happen to be those. Memory between processes is rarely used like that.

use core::mem::offset_of;

use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::objects::umtx::{ALL, ANY, Queue, Scope};

use super::condition::{unlock, woken};
use super::mutex::Mutex;
use super::timeout::{Deadline, failure, sleep};
use super::word::{add, settle, swap};
use crate::abi::umtx::Ucond;
use crate::error::Return;

#[derive(Clone, Copy)]
struct Condition {
    has_waiters: u64,
    signals: u64,
    queue: Queue,
}

impl Condition {
    fn at(address: u64) -> Self {
        let signals = address.wrapping_add(offset_of!(Ucond, c_spare) as u64);
        Self {
            has_waiters: address,
            signals,
            queue: Queue::new(signals, Scope::Memory),
        }
    }

    /// See above.
    fn clear(self) -> Return<()> {
        guest::store_u32(self.has_waiters, 0)?;
        add(self.signals, 1)?;
        self.queue.wake(ALL);
        Ok(())
    }

    /// A waiter that nobody woke leaves; `signals` is the count he waited with. Whether somebody signalled meanwhile. If
    /// not, and he was the last, nobody has to call any more.
    fn leave(self, signals: u32) -> Return<bool> {
        if guest::load_u32(self.signals)? != signals {
            return Ok(true);
        }
        if self.queue.sleepers() == 0
            && guest::load_u32(self.signals)? == signals
            && swap(self.has_waiters, 1, 0)?
        {
            // The mark was somebody else's too if he sleeps by now, or is about to.
            add(self.signals, 1)?;
            self.queue.wake(ALL);
        }
        Ok(false)
    }
}

pub(super) fn wait(
    cx: &mut Cx,
    address: u64,
    mutex: Mutex,
    deadline: Option<Deadline>,
) -> Return<()> {
    let condition = Condition::at(address);
    let signals = guest::load_u32(condition.signals)?;
    // No store when it is set already: the line is shared.
    if guest::load_u32(condition.has_waiters)? == 0 {
        guest::store_u32(condition.has_waiters, 1)?;
    }
    settle();
    if let Err(error) = unlock(cx, mutex) {
        condition.leave(signals)?;
        return Err(error);
    }
    let end = sleep(cx, condition.queue, signals, ANY, deadline)?;
    // A signal that nobody else was there for was ours, though we slept no longer.
    if failure(end).is_some() && condition.leave(signals) == Ok(true) {
        return Ok(());
    }
    woken(cx, end)
}

pub(super) fn signal(address: u64) -> Return<()> {
    let condition = Condition::at(address);
    settle();
    if condition.queue.sleepers() < 2 {
        return condition.clear();
    }
    add(condition.signals, 1)?;
    condition.queue.wake(1);
    Ok(())
}

pub(super) fn broadcast(address: u64) -> Return<()> {
    Condition::at(address).clear()
}
