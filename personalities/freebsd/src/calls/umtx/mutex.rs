//! `struct umutex` (do_lock_normal, do_unlock_normal, do_wake_umutex, do_wake2_umutex; do_lock_pi, do_unlock_pi).
//!
//! `m_owner` holds the owner's thread id, or nothing, and the contested bit. The guest locks and unlocks an uncontested
//! mutex alone. Threads sleep on `m_owner` itself, each with the contested bit in the value it expects.
//!
//! No wake-up is lost: whoever takes `m_owner` from an owner (here, or the guest before `MUTEX_WAKE2`) changes the word,
//! so that nobody falls asleep on the old one (rule 1). The word is left without the contested bit only by someone who
//! then wakes all (rule 2), or by the guest, which then calls [`Mutex::repair`]. While the bit is there, the next owner
//! cannot unlock without coming here. And when a word is free and contested, one thread has been woken for it, or a
//! thread is awake that will find it: a woken thread looks at the word before it looks at its timeout or its signals.
//!
//! A mutex with `UMUTEX_PRIO_INHERIT` obeys the same protocol. FreeBSD lends its owner the priority of the threads that
//! wait, but never one from the time-sharing class (UPRI), so this shows only between real-time threads, and not here:
//! the host's own inheriting locks cannot carry the words that mark a robust mutex.

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::umutex_flags::{
    UMUTEX_NONCONSISTENT, UMUTEX_PRIO_INHERIT, UMUTEX_PRIO_PROTECT, UMUTEX_ROBUST,
    USYNC_PROCESS_SHARED,
};
use compat_tables::freebsd::flags::umutex_owner::{
    UMUTEX_CONTESTED, UMUTEX_RB_NOTRECOV, UMUTEX_RB_OWNERDEAD, UMUTEX_UNOWNED,
};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::objects::umtx::{ALL, ANY, End, Queue, Scope, Until};
use compat_translate::task::Thread;

use super::timeout::{Deadline, Timeout, failure, sleep};
use super::word::{settle, swap};
use super::{ceiling, owner};
use crate::abi::umtx::Umutex;
use crate::error::Return;

/// What a caller wants of a mutex that is not free.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// EBUSY.
    Try,
    /// To sleep until it is his.
    Lock,
    /// To sleep until it looks free.
    Wait,
}

/// The mutex at a guest address.
#[derive(Clone, Copy)]
pub(super) struct Mutex(u64);

/// The id that a thread locks with.
pub(super) fn own_id(thread: &Thread) -> u32 {
    thread.tid.load(core::sync::atomic::Ordering::Relaxed) as u32
}

/// The queue of a lock whose flags these are: `USYNC_PROCESS_SHARED` is the same bit for every kind.
pub(super) fn queue(at: u64, flags: u32) -> Queue {
    let scope = if flags & USYNC_PROCESS_SHARED == 0 {
        Scope::Process
    } else {
        Scope::Memory
    };
    Queue::new(at, scope)
}

/// What an owner leaves behind (umtx_unlock_val).
pub(super) fn released(flags: u32, died: bool) -> u32 {
    if died {
        UMUTEX_RB_OWNERDEAD
    } else if flags & UMUTEX_NONCONSISTENT != 0 {
        UMUTEX_RB_NOTRECOV
    } else {
        UMUTEX_UNOWNED
    }
}

impl Mutex {
    pub(super) fn at(address: u64) -> Self {
        Self(address)
    }

    pub(super) fn address(self) -> u64 {
        self.0
    }

    /// The address of `m_owner`.
    pub(super) fn word(self) -> u64 {
        self.0
    }

    pub(super) fn owner(self) -> Return<u32> {
        Ok(guest::load_u32(self.word())?)
    }

    pub(super) fn flags(self) -> Return<u32> {
        let at = core::mem::offset_of!(Umutex, m_flags) as u64;
        Ok(guest::load_u32(self.0.wrapping_add(at))?)
    }

    pub(super) fn lock(self, cx: &mut Cx, mode: Mode, timeout: Option<Timeout>) -> Return<()> {
        let flags = self.flags()?;
        // do_lock_umutex: locking for good starts over whatever the handler says, locking for a time never does.
        cx.never_restart = timeout.is_some();
        cx.always_restart = timeout.is_none() && mode == Mode::Lock;
        let deadline = timeout.map(Timeout::start).transpose()?;
        match flags & (UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT) {
            0 => self.lock_plain(cx, flags, mode, deadline),
            // Only "lock" sleeps for these; "wait" is no more than a try (the mode's number read as a truth value).
            UMUTEX_PRIO_INHERIT if mode == Mode::Wait => {
                self.lock_plain(cx, flags, Mode::Try, deadline)
            }
            UMUTEX_PRIO_INHERIT => self.lock_plain(cx, flags, mode, deadline),
            UMUTEX_PRIO_PROTECT => ceiling::lock(cx, self, flags, mode != Mode::Lock, deadline),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    fn lock_plain(
        self,
        cx: &mut Cx,
        flags: u32,
        mode: Mode,
        deadline: Option<Deadline>,
    ) -> Return<()> {
        let id = own_id(cx.thread);
        let mut failed: Option<Errno> = None;
        loop {
            let owner = self.owner()?;
            let free = matches!(
                owner,
                UMUTEX_UNOWNED | UMUTEX_CONTESTED | UMUTEX_RB_OWNERDEAD
            );
            if mode == Mode::Wait && (free || owner == UMUTEX_RB_NOTRECOV) {
                return Ok(());
            }
            if owner == UMUTEX_RB_NOTRECOV {
                return Err(Errno::ENOTRECOVERABLE.into());
            }
            if free {
                // The bit stays: others may sleep still. A dead owner's mutex has it in any case.
                if !swap(self.word(), owner, id | owner & UMUTEX_CONTESTED)? {
                    continue;
                }
                return match owner {
                    // The mutex is taken; the caller has to mend what it protects.
                    UMUTEX_RB_OWNERDEAD => Err(Errno::EOWNERDEAD.into()),
                    _ => Ok(()),
                };
            }
            if flags & UMUTEX_PRIO_INHERIT != 0 && owner & !UMUTEX_CONTESTED == id {
                return Err(Errno::EDEADLK.into());
            }
            if mode == Mode::Try && !self.bury(flags, owner)? {
                return Err(Errno::EBUSY.into());
            }
            // Only now: a thread whose time is over, or that a signal calls, tries once more.
            if let Some(error) = failed {
                return Err(error.into());
            }
            let contested = owner | UMUTEX_CONTESTED;
            if owner == contested || swap(self.word(), owner, contested)? {
                failed = failure(self.sleep(cx, flags, contested, deadline)?);
            }
        }
    }

    /// Sleeps while `m_owner` is `owner`.
    pub(super) fn sleep(
        self,
        cx: &mut Cx,
        flags: u32,
        owner: u32,
        deadline: Option<Deadline>,
    ) -> Return<End> {
        /// How often a sleeper looks whether the owner is alive still.
        const LOOK: i64 = 100_000_000;
        let queue = queue(self.word(), flags);
        if !may_lose_owner(flags) {
            return sleep(cx, queue, owner, ANY, deadline);
        }
        // FreeBSD's kernel cleans up after every thread, however it ends. An owner that was killed leaves us nothing.
        loop {
            let (step, last) = match deadline {
                Some(deadline) if deadline.remaining()? <= LOOK => (deadline, true),
                _ => (Deadline::Clock(Until::from_now(LOOK)?), false),
            };
            match sleep(cx, queue, owner, ANY, Some(step))? {
                End::TimedOut if last => return Ok(End::TimedOut),
                End::TimedOut if self.bury(flags, owner)? => return Ok(End::Changed),
                End::TimedOut => {}
                end => return Ok(end),
            }
        }
    }

    /// If the owner ended without a word, says so in its place.
    fn bury(self, flags: u32, owner: u32) -> Return<bool> {
        Ok(may_lose_owner(flags)
            && owner::is_dead(owner & !UMUTEX_CONTESTED)
            && swap(self.word(), owner, UMUTEX_RB_OWNERDEAD)?)
    }

    pub(super) fn unlock(self, thread: &Thread) -> Return<()> {
        self.release(own_id(thread), false)
    }

    /// Takes the mutex from its owner `id`, who gives it up or `died`.
    pub(super) fn release(self, id: u32, died: bool) -> Return<()> {
        let flags = self.flags()?;
        match flags & (UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT) {
            0 | UMUTEX_PRIO_INHERIT => self.release_plain(id, flags, died),
            UMUTEX_PRIO_PROTECT => ceiling::release(self, id, flags, died),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    fn release_plain(self, id: u32, flags: u32, died: bool) -> Return<()> {
        let queue = queue(self.word(), flags);
        let left = released(flags, died);
        loop {
            let owner = self.owner()?;
            if owner & !UMUTEX_CONTESTED != id {
                return Err(Errno::EPERM.into());
            }
            if owner & UMUTEX_CONTESTED == 0 {
                if swap(self.word(), owner, left)? {
                    return Ok(());
                }
                continue;
            }
            // With one sleeper the mutex goes back to being uncontested, as on FreeBSD. One more may fall asleep
            // between the count and the swap, which is why all are woken (rule 2).
            let all = queue.sleepers() <= 1 || left == UMUTEX_RB_NOTRECOV;
            let mark = if all { 0 } else { UMUTEX_CONTESTED };
            if swap(self.word(), owner, left | mark)? {
                queue.wake(if all { ALL } else { 1 });
                return Ok(());
            }
        }
    }

    /// `MUTEX_WAKE`: the guest has left the mutex free and contested.
    pub(super) fn wake(self) -> Return<()> {
        loop {
            let owner = self.owner()?;
            if !looks_free(owner) {
                return Ok(());
            }
            let queue = queue(self.word(), self.flags()?);
            let all = queue.sleepers() <= 1 || owner == UMUTEX_RB_NOTRECOV;
            if all && owner == UMUTEX_CONTESTED && !swap(self.word(), owner, UMUTEX_UNOWNED)? {
                continue;
            }
            queue.wake(if all { ALL } else { 1 });
            return Ok(());
        }
    }

    /// `MUTEX_WAKE2`: the guest has taken the contested bit away with its unlocking, perhaps long ago. Puts it back
    /// where threads go on sleeping.
    pub(super) fn repair(self, flags: u32) -> Return<()> {
        const BOTH: u32 = UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT;
        if flags & BOTH == BOTH {
            return Err(Errno::EINVAL.into());
        }
        let queue = queue(self.word(), flags);
        settle();
        let sleepers = queue.sleepers();
        let owner = loop {
            let Ok(owner) = self.owner() else {
                // do_wake2_umutex: memory that is gone wakes all who sleep by it.
                queue.wake(ALL);
                return Err(Errno::EFAULT.into());
            };
            // Without sleepers the memory may be someone else's by now: it is only looked at. Those who fall asleep
            // from here on see to the bit themselves.
            let needed = sleepers > 1 || (sleepers == 1 && owner != UMUTEX_UNOWNED);
            if owner & UMUTEX_CONTESTED != 0 || !needed {
                break owner;
            }
            if swap(self.word(), owner, owner | UMUTEX_CONTESTED)? {
                break owner | UMUTEX_CONTESTED;
            }
        };
        if sleepers != 0 && looks_free(owner) {
            let all = owner == UMUTEX_UNOWNED || owner == UMUTEX_RB_NOTRECOV;
            queue.wake(if all { ALL } else { 1 });
        }
        Ok(())
    }
}

fn looks_free(owner: u32) -> bool {
    owner & !UMUTEX_CONTESTED == 0 || matches!(owner, UMUTEX_RB_OWNERDEAD | UMUTEX_RB_NOTRECOV)
}

/// Whether the owner may be killed while others live on who expect to hear of it.
fn may_lose_owner(flags: u32) -> bool {
    const BOTH: u32 = UMUTEX_ROBUST | USYNC_PROCESS_SHARED;
    flags & BOTH == BOTH
}
