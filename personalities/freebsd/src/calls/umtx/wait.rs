//! Plain waiting on a word and waking (do_wait, kern_umtx_wake).
//!
//! The word is the guest's alone. It changes the word, then wakes, and the host compares when a thread falls asleep, so
//! nothing is needed from us but to compare all 64 bits of a long.

use core::sync::atomic::{AtomicU32, Ordering};

use compat_tables::freebsd::Errno;
use compat_translate::guest::{self, In};
use compat_translate::objects::umtx::{ALL, ANY, End, Queue, Scope};
use compat_translate::signal::interrupted_restarts;
use compat_translate::{Cx, Progress};

use super::timeout::{Timeout, sleep, sleep_long};
use super::word::settle;
use crate::error::Return;

/// Threads of this process that sleep by a word of memory, and by a word's address.
///
/// FreeBSD files a wait without "private" under the address too when the memory is not shared, and a private wake-up
/// ends it, and the other way round. For the host those are two queues. So whoever sleeps counts himself before the
/// host compares, and whoever wakes looks at the counts after the guest changed its word: either he sees the sleeper,
/// or the sleeper sees the word.
static BY_MEMORY: AtomicU32 = AtomicU32::new(0);
static BY_ADDRESS: AtomicU32 = AtomicU32::new(0);

/// In a forked child nobody sleeps.
pub(super) fn after_fork() {
    for count in [&BY_MEMORY, &BY_ADDRESS] {
        // A page that is only read is not copied.
        if count.load(Ordering::Relaxed) != 0 {
            count.store(0, Ordering::Relaxed);
        }
    }
}

pub(super) fn wait_long(cx: &mut Cx, obj: u64, val: u64, timeout: Option<Timeout>) -> Return<()> {
    let deadline = timeout.map(Timeout::start).transpose()?;
    let queue = Queue::new(obj, Scope::Memory);
    counted(cx, &BY_MEMORY, |cx| {
        if guest::load_u64(obj)? != val {
            return Ok(End::Changed);
        }
        sleep_long(cx, queue, val, deadline)
    })
}

pub(super) fn wait(cx: &mut Cx, obj: u64, val: u32, timeout: Option<Timeout>) -> Return<()> {
    let deadline = timeout.map(Timeout::start).transpose()?;
    let queue = Queue::new(obj, Scope::Memory);
    counted(cx, &BY_MEMORY, |cx| sleep(cx, queue, val, ANY, deadline))
}

pub(super) fn wait_private(
    cx: &mut Cx,
    obj: u64,
    val: u32,
    timeout: Option<Timeout>,
) -> Return<()> {
    let deadline = timeout.map(Timeout::start).transpose()?;
    let queue = Queue::new(obj, Scope::Process);
    counted(cx, &BY_ADDRESS, |cx| sleep(cx, queue, val, ANY, deadline))
}

fn counted(
    cx: &mut Cx,
    count: &AtomicU32,
    sleep: impl FnOnce(&mut Cx) -> Return<End>,
) -> Return<()> {
    cx.never_restart = true;
    count.fetch_add(1, Ordering::SeqCst);
    let end = sleep(cx);
    count.fetch_sub(1, Ordering::Relaxed);
    match end? {
        End::Woken | End::Changed => Ok(()),
        End::TimedOut => Err(Errno::ETIMEDOUT.into()),
        // No handler will run. Starting over would start the interval over too; callers expect to be woken for nothing.
        End::Interrupted if will_be_ignored(cx) => Ok(()),
        End::Interrupted => Err(Errno::EINTR.into()),
    }
}

/// Whether a call that slept was interrupted by a signal of which the guest will hear nothing.
pub(super) fn will_be_ignored(cx: &Cx) -> bool {
    cx.progress == Progress::Made && interrupted_restarts(cx.thread, true) == Some(true)
}

/// The count is an `int` in the kernel, and whoever asks for nobody wakes one (umtxq_signal_queue).
fn count_of(val: u64) -> u32 {
    u32::try_from(val as i32).unwrap_or(1).max(1)
}

pub(super) fn wake(obj: u64, val: u64) -> Return<()> {
    // Which memory it is matters, so there must be some; a private wake-up asks for none.
    guest::load_u32(obj)?;
    wake_first(obj, count_of(val), Scope::Memory);
    Ok(())
}

pub(super) fn wake_private(obj: u64, val: u64) -> Return<()> {
    wake_first(obj, count_of(val), Scope::Process);
    Ok(())
}

pub(super) fn wake_many_private(array: u64, val: u64) -> Return<()> {
    let array = In::<u64>::new(array);
    for index in 0..usize::try_from(val as i32).unwrap_or(0) {
        wake_first(array.at(index).read()?, ALL, Scope::Process);
    }
    Ok(())
}

/// Wakes everybody who waits on a word, in this process and others.
pub(crate) fn umtx_wake_all(address: u64) {
    wake_first(address, ALL, Scope::Memory);
}

/// Wakes up to `count` in the queue that is asked for, and what is left of them in the other one.
fn wake_first(address: u64, count: u32, scope: Scope) {
    settle();
    let (other, others) = match scope {
        Scope::Memory => (Scope::Process, &BY_ADDRESS),
        Scope::Process => (Scope::Memory, &BY_MEMORY),
    };
    let woken = Queue::new(address, scope).wake(count);
    if woken < count && others.load(Ordering::SeqCst) != 0 {
        Queue::new(address, other).wake(count - woken);
    }
}
