//! Mutexes with a priority ceiling (do_lock_pp, do_unlock_pp, do_set_ceiling).
//!
//! A free one holds the contested bit alone, so that every lock and every unlock comes to the kernel. The bit never goes
//! away, and every unlock changes the word and wakes one: rules 1 and 2 hold without more.
//!
//! FreeBSD lifts the owner's priority to the ceiling if the process may do that. Ceilings are checked here, but nothing
//! is lifted: the host has no such locks, and only a privileged process would see a difference.

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::umutex_flags::UMUTEX_PRIO_PROTECT;
use compat_tables::freebsd::flags::umutex_owner::{
    UMUTEX_CONTESTED, UMUTEX_RB_NOTRECOV, UMUTEX_RB_OWNERDEAD,
};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::objects::umtx::ALL;

use super::mutex::{Mutex, own_id, queue, released};
use super::timeout::{Deadline, failure};
use super::word::swap;
use crate::abi::umtx::Umutex;
use crate::error::Return;

/// `RTP_PRIO_MAX`: the highest ceiling.
const RTP_PRIO_MAX: u32 = 31;
/// The second ceiling of a mutex that was locked outside all others.
const NONE: u32 = u32::MAX;

/// Address of `m_ceilings[0]`, the mutex's own; `m_ceilings[1]` is what to go back to, which the guest keeps.
fn own(mutex: Mutex) -> u64 {
    mutex
        .address()
        .wrapping_add(core::mem::offset_of!(Umutex, m_ceilings) as u64)
}

fn outer(mutex: Mutex) -> u64 {
    own(mutex).wrapping_add(4)
}

pub(super) fn lock(
    cx: &mut Cx,
    mutex: Mutex,
    flags: u32,
    only_try: bool,
    deadline: Option<Deadline>,
) -> Return<()> {
    let mut failed: Option<Errno> = None;
    loop {
        if guest::load_u32(own(mutex))? > RTP_PRIO_MAX {
            return Err(Errno::EINVAL.into());
        }
        let owner = match take(cx, mutex)? {
            Taken::Free => return Ok(()),
            Taken::OwnerDied => return Err(Errno::EOWNERDEAD.into()),
            Taken::Not(owner) => owner,
        };
        if only_try {
            return Err(Errno::EBUSY.into());
        }
        if owner == UMUTEX_RB_NOTRECOV {
            return Err(Errno::ENOTRECOVERABLE.into());
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        failed = failure(mutex.sleep(cx, flags, owner, deadline)?);
    }
}

enum Taken {
    Free,
    OwnerDied,
    Not(u32),
}

fn take(cx: &Cx, mutex: Mutex) -> Return<Taken> {
    let mine = own_id(cx.thread) | UMUTEX_CONTESTED;
    loop {
        let taken = match mutex.owner()? {
            UMUTEX_CONTESTED => (UMUTEX_CONTESTED, Taken::Free),
            UMUTEX_RB_OWNERDEAD => (UMUTEX_RB_OWNERDEAD, Taken::OwnerDied),
            owner => return Ok(Taken::Not(owner)),
        };
        if swap(mutex.word(), taken.0, mine)? {
            return Ok(taken.1);
        }
    }
}

/// See [`Mutex::release`].
pub(super) fn release(mutex: Mutex, id: u32, flags: u32, died: bool) -> Return<()> {
    loop {
        let owner = mutex.owner()?;
        if owner & !UMUTEX_CONTESTED != id {
            return Err(Errno::EPERM.into());
        }
        let outer = guest::load_u32(outer(mutex))?;
        if outer != NONE && outer > RTP_PRIO_MAX {
            return Err(Errno::EINVAL.into());
        }
        let left = released(flags, died) | UMUTEX_CONTESTED;
        if swap(mutex.word(), owner, left)? {
            let all = left == UMUTEX_RB_NOTRECOV;
            queue(mutex.word(), flags).wake(if all { ALL } else { 1 });
            return Ok(());
        }
    }
}

/// `SET_CEILING`: waits until the mutex is free, or the caller's own.
pub(super) fn set(cx: &mut Cx, mutex: Mutex, ceiling: u32, old_at: u64) -> Return<()> {
    let flags = mutex.flags()?;
    if flags & UMUTEX_PRIO_PROTECT == 0 || ceiling > RTP_PRIO_MAX {
        return Err(Errno::EINVAL.into());
    }
    let id = own_id(cx.thread);
    let mut failed: Option<Errno> = None;
    let before = loop {
        let before = guest::load_u32(own(mutex))?;
        // Held while it changes.
        if swap(mutex.word(), UMUTEX_CONTESTED, id | UMUTEX_CONTESTED)? {
            guest::store_u32(own(mutex), ceiling)?;
            guest::store_u32(mutex.word(), UMUTEX_CONTESTED)?;
            break before;
        }
        match mutex.owner()? {
            owner if owner & !UMUTEX_CONTESTED == id => {
                guest::store_u32(own(mutex), ceiling)?;
                break before;
            }
            UMUTEX_RB_OWNERDEAD => return Err(Errno::EOWNERDEAD.into()),
            UMUTEX_RB_NOTRECOV => return Err(Errno::ENOTRECOVERABLE.into()),
            UMUTEX_CONTESTED => {}
            owner => {
                if let Some(error) = failed {
                    return Err(error.into());
                }
                failed = failure(mutex.sleep(cx, flags, owner, None)?);
            }
        }
    };
    // One wake-up may have been for us; do_set_ceiling passes it on to everybody.
    queue(mutex.word(), flags).wake(ALL);
    if old_at != 0 {
        guest::store_u32(old_at, before)?;
    }
    Ok(())
}
