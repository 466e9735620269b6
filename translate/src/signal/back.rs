//! Signals go back to where they wait: those that came too early, or to a thread that should not have them.

use core::sync::atomic::Ordering;

use super::SigInfo;
use crate::host::{self, HostResult, nr};
use crate::task::Thread;

/// Sends the calling thread host signal `signal` with this information.
///
/// # Errors
/// `EAGAIN` when the queue is full.
pub fn signal_self(thread: &Thread, signal: u8, info: &SigInfo) -> HostResult<()> {
    let tid = thread.tid.load(Ordering::Relaxed) as u64;
    let (signal, info) = (u64::from(signal), core::ptr::from_ref(info) as u64);
    // SAFETY: a valid siginfo_t; the kernel lets a process send itself any code.
    unsafe {
        let pid = host::call_n(nr::getpid, [])?;
        host::call_n(nr::rt_tgsigqueueinfo, [pid, tid, signal, info])
    }
    .map(drop)
}

/// Takes no more signals of the process's: for a thread that is about to end and to say so, because who hears it may count
/// on being the only one left to take them. One that was noted and not delivered is anybody's again. Returns a mask for
/// [`restore_mask`](super::restore_mask), should the thread stay after all.
pub fn retire(thread: &Thread) -> u64 {
    let before = super::block_all();
    let noted = thread.pending.load(Ordering::Acquire) as u8;
    if noted != 0 {
        // SAFETY: written before `pending`, and with every signal blocked nobody writes it now.
        let info = unsafe { *thread.pending_info.get() };
        if was_for_process(noted, &info) && put_back(thread, noted, &info).is_ok() {
            thread.pending.store(0, Ordering::Release);
        }
    }
    before
}

/// Lets a signal that came too early wait where it has come from: a process's own is anybody's again.
pub(super) fn put_back(thread: &Thread, signal: u8, info: &SigInfo) -> HostResult<()> {
    if !was_for_process(signal, info) {
        return signal_self(thread, signal, info);
    }
    let (signal, info) = (u64::from(signal), core::ptr::from_ref(info) as u64);
    // SAFETY: as above.
    unsafe {
        let pid = host::call_n(nr::getpid, [])?;
        host::call_n(nr::rt_sigqueueinfo, [pid, signal, info])
    }
    .map(drop)
}

/// Whether a signal was sent to the process, as far as its information tells.
fn was_for_process(signal: u8, info: &SigInfo) -> bool {
    const SIGPIPE: u8 = 13;
    const SIGCHLD: u8 = 17;
    /// By the guest's libraries, for themselves.
    const LIBRARIES: core::ops::RangeInclusive<u8> = 32..=33;
    const SI_USER: i32 = 0;
    const SI_KERNEL: i32 = 0x80;
    const QUEUED: core::ops::RangeInclusive<i32> = -5..=-1;
    match info.code {
        // Who writes into a broken pipe gets it himself.
        SI_USER | SI_KERNEL => signal != SIGPIPE,
        // By value, timer, message queue, finished transfer, descriptor.
        code if QUEUED.contains(&code) => !LIBRARIES.contains(&signal),
        _ => signal == SIGCHLD,
    }
}
