//! `struct _usem2`, and `struct _usem` before FreeBSD 11 (do_sem2_wait, do_sem2_wake, do_sem_wait, do_sem_wake).
//!
//! The count and the mark "has waiters" are what a sleeper expects: 0 and set. The guest adds to the count before it
//! calls to wake (rule 1). The mark is taken away when one thread or none sleeps, and then all are woken: they find a
//! count, or mark the semaphore again (rule 2). With nobody asleep nothing is touched (rule 3).

use core::mem::offset_of;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::usem2_count::USEM_HAS_WAITERS;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::Timespec;
use compat_translate::objects::umtx::{ALL, ANY, End};

use super::mutex::queue;
use super::timeout::{Deadline, Timeout, failure, sleep, sleep_long};
use super::wait::will_be_ignored;
use super::word::{settle, swap, update};
use crate::abi::time::GuestTimespec;
use crate::abi::umtx::{UmtxTime, Usem, Usem2};
use crate::error::Return;

pub(super) fn wait(cx: &mut Cx, sem: u64, size: u64, timeout_at: u64) -> Return<()> {
    let timeout = Timeout::read(size, timeout_at)?;
    let relative = timeout.is_some_and(|timeout| !timeout.is_absolute());
    cx.never_restart = relative;
    let deadline = timeout.map(Timeout::start).transpose()?;
    match sleep_empty(cx, sem, deadline)? {
        End::Interrupted if relative => {}
        end => return failure(end).map_or(Ok(()), |error| Err(error.into())),
    }
    if will_be_ignored(cx) {
        // The caller looks at the count again.
        return Ok(());
    }
    // What is left goes behind the timeout, if the caller has room for it there.
    let room = size_of::<UmtxTime>() + size_of::<GuestTimespec>();
    if let Some(deadline) = deadline
        && size >= room as u64
    {
        let left = Timespec::from_nanos(deadline.remaining()?.max(0));
        let at = timeout_at.wrapping_add(size_of::<UmtxTime>() as u64);
        guest::write(at, &[left.sec, left.nsec])?;
    }
    Err(Errno::EINTR.into())
}

/// Sleeps until the semaphore has a count.
fn sleep_empty(cx: &mut Cx, sem: u64, deadline: Option<Deadline>) -> Return<End> {
    let flags = guest::load_u32(sem.wrapping_add(offset_of!(Usem2, _flags) as u64))?;
    loop {
        match guest::load_u32(sem)? {
            0 if !swap(sem, 0, USEM_HAS_WAITERS)? => continue,
            0 | USEM_HAS_WAITERS => {}
            _ => return Ok(End::Woken),
        }
        match sleep(cx, queue(sem, flags), USEM_HAS_WAITERS, ANY, deadline)? {
            End::Changed => {}
            end => return Ok(end),
        }
    }
}

pub(super) fn wake(sem: u64) -> Return<()> {
    let flags = guest::load_u32(sem.wrapping_add(offset_of!(Usem2, _flags) as u64))?;
    let queue = queue(sem, flags);
    settle();
    match queue.sleepers() {
        0 => {}
        1 => {
            let mark = |count: u32| count & USEM_HAS_WAITERS != 0;
            let _ = update(sem, |count| {
                mark(count).then_some(count & !USEM_HAS_WAITERS)
            })?;
            queue.wake(ALL);
        }
        _ => {
            queue.wake(1);
        }
    }
    Ok(())
}

/// `_has_waiters` is 1 and `_count`, behind it, 0.
const EMPTY_AND_MARKED: u64 = 1;

pub(super) fn old_wait(cx: &mut Cx, sem: u64, timeout: Option<Timeout>) -> Return<()> {
    cx.never_restart = timeout.is_some_and(|timeout| !timeout.is_absolute());
    let deadline = timeout.map(Timeout::start).transpose()?;
    let flags = guest::load_u32(sem.wrapping_add(offset_of!(Usem, _flags) as u64))?;
    let queue = queue(sem, flags);
    let end = loop {
        let marked = swap(sem, 0, 1)?;
        if guest::load_u32(sem.wrapping_add(offset_of!(Usem, _count) as u64))? != 0 {
            if marked {
                guest::store_u32(sem, 0)?;
                queue.wake(ALL);
            }
            return Ok(());
        }
        // Two words, of which another thread may clear the one and take the count from the other.
        match sleep_long(cx, queue, EMPTY_AND_MARKED, deadline)? {
            End::Changed => {}
            end => break end,
        }
    };
    failure(end).map_or(Ok(()), |error| Err(error.into()))
}

pub(super) fn old_wake(sem: u64) -> Return<()> {
    let flags = guest::load_u32(sem.wrapping_add(offset_of!(Usem, _flags) as u64))?;
    let queue = queue(sem, flags);
    settle();
    match queue.sleepers() {
        0 => {}
        1 => {
            guest::store_u32(sem, 0)?;
            queue.wake(ALL);
        }
        _ => {
            queue.wake(1);
        }
    }
    Ok(())
}
