//! `struct urwlock` (do_rw_rdlock, do_rw_wrlock, do_rw_unlock).
//!
//! `rw_state` holds the writer's bit, the number of readers and a bit each for readers and writers that wait. The guest
//! unlocks alone unless someone waits for it. Readers and writers sleep on `rw_state`, in channels of their own, with
//! their bit set in the value they expect: every change of the word keeps a thread from falling asleep (rule 1).
//!
//! `rw_blocked_readers` and `rw_blocked_writers` count those who wait; a thread counts itself before it sleeps. The last
//! one to go takes the bit away. If someone was counted by then, he may sleep behind a cleared bit: all of that channel
//! are woken and set it again (rule 2).
//!
//! An unlock wakes one writer or all readers, as FreeBSD does. When nobody was asleep in the one channel, because its
//! threads are just coming or going, the other one is woken too.

use core::mem::offset_of;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::urwlock_flags::URWLOCK_PREFER_READER;
use compat_tables::freebsd::flags::urwlock_state::{
    URWLOCK_READ_WAITERS, URWLOCK_WRITE_OWNER, URWLOCK_WRITE_WAITERS,
};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::objects::umtx::{ALL, Queue};

use super::mutex::queue;
use super::timeout::{Deadline, Timeout, failure, sleep};
use super::word::{add, settle, update};
use crate::abi::umtx::Urwlock;
use crate::error::Return;

/// The number of readers, and the most there can be.
const READERS: u32 = 0x1fff_ffff;

#[derive(Clone, Copy)]
struct Lock {
    address: u64,
    flags: u32,
    queue: Queue,
}

/// Readers, or writers.
#[derive(Clone, Copy)]
struct Kind {
    channel: u32,
    waiters: u32,
    blocked: usize,
}

const READER: Kind = Kind {
    channel: 1,
    waiters: URWLOCK_READ_WAITERS,
    blocked: offset_of!(Urwlock, rw_blocked_readers),
};
const WRITER: Kind = Kind {
    channel: 2,
    waiters: URWLOCK_WRITE_WAITERS,
    blocked: offset_of!(Urwlock, rw_blocked_writers),
};

impl Lock {
    fn at(address: u64) -> Return<Self> {
        let flags = guest::load_u32(address.wrapping_add(offset_of!(Urwlock, rw_flags) as u64))?;
        Ok(Self {
            address,
            flags,
            queue: queue(address, flags),
        })
    }

    fn blocked(self, kind: Kind) -> u64 {
        self.address.wrapping_add(kind.blocked as u64)
    }

    fn wake(self, kind: Kind, count: u32) -> u32 {
        self.queue.wake_channels(count, kind.channel)
    }

    /// Waits until `barred` says no of the state, or for an error. The lock may be taken by someone else at once.
    fn block(
        self,
        cx: &mut Cx,
        kind: Kind,
        barred: impl Fn(u32) -> bool,
        deadline: Option<Deadline>,
    ) -> Return<Option<Errno>> {
        add(self.blocked(kind), 1)?;
        let failed = loop {
            let marked = update(self.address, |state| {
                (barred(state) && state & kind.waiters == 0).then_some(state | kind.waiters)
            })?;
            let state = match marked {
                Ok(before) => before | kind.waiters,
                Err(state) if barred(state) => state,
                Err(_) => break None,
            };
            let end = sleep(cx, self.queue, state, kind.channel, deadline)?;
            if let Some(error) = failure(end) {
                break Some(error);
            }
        };
        if add(self.blocked(kind), -1)? == 0 {
            let mark = |state: u32| (state & kind.waiters != 0).then_some(state & !kind.waiters);
            let _ = update(self.address, mark)?;
            settle();
            if guest::load_u32(self.blocked(kind))? != 0 {
                self.wake(kind, ALL);
            }
        }
        Ok(failed)
    }
}

pub(super) fn read(cx: &mut Cx, address: u64, flags: u64, timeout: Option<Timeout>) -> Return<()> {
    cx.never_restart = true;
    let lock = Lock::at(address)?;
    let deadline = timeout.map(Timeout::start).transpose()?;
    // Writers that wait go first, unless the lock or the caller says otherwise.
    let barrier = if (lock.flags | flags as u32) & URWLOCK_PREFER_READER == 0 {
        URWLOCK_WRITE_OWNER | URWLOCK_WRITE_WAITERS
    } else {
        URWLOCK_WRITE_OWNER
    };
    let mut failed: Option<Errno> = None;
    loop {
        let one_more = |state: u32| {
            (state & barrier == 0 && state & READERS != READERS).then(|| state.wrapping_add(1))
        };
        match update(address, one_more)? {
            Ok(_) => return Ok(()),
            Err(state) if state & barrier == 0 => return Err(Errno::EAGAIN.into()),
            Err(_) => {}
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        failed = lock.block(cx, READER, |state| state & barrier != 0, deadline)?;
    }
}

pub(super) fn write(cx: &mut Cx, address: u64, timeout: Option<Timeout>) -> Return<()> {
    cx.never_restart = true;
    let lock = Lock::at(address)?;
    let deadline = timeout.map(Timeout::start).transpose()?;
    let held = |state: u32| state & (URWLOCK_WRITE_OWNER | READERS) != 0;
    let mut failed: Option<Errno> = None;
    loop {
        let own = |state: u32| (!held(state)).then_some(state | URWLOCK_WRITE_OWNER);
        let Err(state) = update(address, own)? else {
            return Ok(());
        };
        if let Some(error) = failed {
            // Readers may have waited for no reason but this writer.
            if state & (URWLOCK_WRITE_OWNER | URWLOCK_WRITE_WAITERS) == 0 {
                lock.wake(READER, ALL);
            }
            return Err(error.into());
        }
        failed = lock.block(cx, WRITER, held, deadline)?;
    }
}

pub(super) fn unlock(address: u64) -> Return<()> {
    let lock = Lock::at(address)?;
    let release = |state: u32| {
        if state & URWLOCK_WRITE_OWNER != 0 {
            Some(state & !URWLOCK_WRITE_OWNER)
        } else if state & READERS != 0 {
            Some(state - 1)
        } else {
            None
        }
    };
    let Ok(before) = update(address, release)? else {
        return Err(Errno::EPERM.into());
    };
    let waits = |kind: Kind| before & kind.waiters != 0;
    let writers_first = lock.flags & URWLOCK_PREFER_READER == 0;
    let woken = if waits(WRITER) && (writers_first || !waits(READER)) {
        lock.wake(WRITER, 1)
    } else if waits(READER) {
        lock.wake(READER, ALL)
    } else {
        return Ok(());
    };
    if woken == 0 {
        lock.wake(WRITER, 1);
        lock.wake(READER, ALL);
    }
    Ok(())
}
