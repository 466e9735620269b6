//! The first umtx, a `long` that holds its owner (do_lock_umtx, do_unlock_umtx), until FreeBSD 10.
//!
//! The protocol is that of [`super::mutex`], with the contested bit on top of 64.

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, InOut};
use compat_translate::objects::umtx::{ALL, Queue, Scope};

use super::mutex::own_id;
use super::timeout::{Timeout, failure, sleep_long};
use crate::error::Return;

const UMTX_UNOWNED: u64 = 0;
const UMTX_CONTESTED: u64 = 1 << 63;

#[expect(non_snake_case, reason = "the table's name for it")]
pub(crate) fn freebsd10__umtx_lock(cx: &mut Cx, umtx: InOut<u64>) -> Return<()> {
    let id = u64::from(own_id(cx.thread));
    lock(cx, umtx.address(), id, None)
}

#[expect(non_snake_case, reason = "the table's name for it")]
pub(crate) fn freebsd10__umtx_unlock(cx: &mut Cx, umtx: InOut<u64>) -> Return<()> {
    unlock(umtx.address(), u64::from(own_id(cx.thread)))
}

fn swap(at: u64, old: u64, new: u64) -> Return<bool> {
    Ok(guest::compare_exchange_u64(at, old, new)? == old)
}

pub(super) fn lock(cx: &mut Cx, umtx: u64, id: u64, timeout: Option<Timeout>) -> Return<()> {
    cx.never_restart = timeout.is_some();
    cx.always_restart = timeout.is_none();
    let deadline = timeout.map(Timeout::start).transpose()?;
    let queue = Queue::new(umtx, Scope::Memory);
    let mut failed: Option<Errno> = None;
    loop {
        let owner = guest::load_u64(umtx)?;
        if matches!(owner, UMTX_UNOWNED | UMTX_CONTESTED) {
            if swap(umtx, owner, id | owner)? {
                return Ok(());
            }
            continue;
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        let contested = owner | UMTX_CONTESTED;
        if owner == contested || swap(umtx, owner, contested)? {
            failed = failure(sleep_long(cx, queue, contested, deadline)?);
        }
    }
}

pub(super) fn unlock(umtx: u64, id: u64) -> Return<()> {
    let queue = Queue::new(umtx, Scope::Memory);
    loop {
        let owner = guest::load_u64(umtx)?;
        if owner & !UMTX_CONTESTED != id {
            return Err(Errno::EPERM.into());
        }
        if owner & UMTX_CONTESTED == 0 {
            if swap(umtx, owner, UMTX_UNOWNED)? {
                return Ok(());
            }
            continue;
        }
        let all = queue.sleepers() <= 1;
        let left = if all { UMTX_UNOWNED } else { UMTX_CONTESTED };
        if swap(umtx, owner, left)? {
            queue.wake(if all { ALL } else { 1 });
            return Ok(());
        }
    }
}
