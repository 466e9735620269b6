//! Robust mutexes: what a thread that ends still holds is passed on (umtx_thread_cleanup, umtx_handle_rb).

use core::sync::atomic::Ordering;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::umutex_flags::UMUTEX_ROBUST;
use compat_tables::freebsd::flags::umutex_owner::UMUTEX_CONTESTED;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::task::{self, Thread};
use zerocopy::IntoBytes;

use super::mutex::{Mutex, own_id};
use crate::abi::umtx::{UmtxRobustListsParams, Umutex};
use crate::error::Return;

/// Where `Thread::words` keeps the addresses that hold the two lists' heads and the mutex being worked on.
const LIST: usize = 0;
const PRIVATE_LIST: usize = 1;
const INACTIVE: usize = 2;

/// `umtx_max_rb`: a list that is longer is taken for a loop.
const MOST: usize = 1000;

pub(super) fn register(cx: &Cx, size: u64, address: u64) -> Return<()> {
    let mut given = UmtxRobustListsParams::default();
    let part = usize::try_from(size)
        .ok()
        .and_then(|size| given.as_mut_bytes().get_mut(..size))
        .ok_or(Errno::EINVAL)?;
    guest::read_bytes(address, part)?;
    for (index, value) in [
        (LIST, given.robust_list_offset),
        (PRIVATE_LIST, given.robust_priv_list_offset),
        (INACTIVE, given.robust_inact_offset),
    ] {
        if let Some(word) = cx.thread.words.get(index) {
            word.store(value, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// What the kernel does about locks when a thread ends.
///
/// A thread that is killed does not come here. Others who wait for a robust mutex in shared memory find that out for
/// themselves (see [`super::owner`]); its own process is gone with it.
pub(crate) fn umtx_thread_exit(cx: &Cx) {
    pass_on_all(cx.thread);
}

/// The same for all threads of the process, which a new image ends (umtx_exec). The first of them lives on as far as
/// others can see.
pub(crate) fn umtx_exec(cx: &Cx) {
    task::with_all_threads(|thread| {
        if core::ptr::eq(thread.process(), cx.process()) {
            pass_on_all(thread);
        }
        true
    });
}

fn pass_on_all(thread: &Thread) {
    let take = |index: usize| {
        let word = thread.words.get(index);
        word.map_or(0, |word| word.swap(0, Ordering::Relaxed))
    };
    let (list, private, inactive) = (take(LIST), take(PRIVATE_LIST), take(INACTIVE));
    let mut inactive = match inactive {
        0 => 0,
        at => guest::load_u64(at).unwrap_or(at),
    };
    pass_on_list(thread, list, &mut inactive);
    pass_on_list(thread, private, &mut inactive);
    if inactive != 0 {
        let _ = pass_on(thread, inactive, true);
    }
}

fn pass_on_list(thread: &Thread, list: u64, inactive: &mut u64) {
    if list == 0 {
        return;
    }
    let Ok(mut next) = guest::load_u64(list) else {
        return;
    };
    for _ in 0..MOST {
        if next == 0 {
            return;
        }
        let is_inactive = next == *inactive;
        if is_inactive {
            *inactive = 0;
        }
        match pass_on(thread, next, is_inactive) {
            Ok(after) => next = after,
            // A list that is damaged is not followed any further.
            Err(_) => return,
        }
    }
}

/// Takes the mutex at `address` from the thread that ends; returns the next one of the list.
fn pass_on(thread: &Thread, address: u64, inactive: bool) -> Return<u64> {
    let found: Umutex = guest::read(address)?;
    if found.m_flags & UMUTEX_ROBUST == 0 {
        return Err(Errno::EINVAL.into());
    }
    if found.m_owner & !UMUTEX_CONTESTED != own_id(thread) {
        // The note of the mutex being worked on is cleared only after its unlocking.
        return if inactive {
            Ok(found.m_rb_lnk)
        } else {
            Err(Errno::EINVAL.into())
        };
    }
    Mutex::at(address).release(own_id(thread), true)?;
    Ok(found.m_rb_lnk)
}
