//! The guest's mask as the host's.

use super::{NEVER_BLOCKED, SigSet, UContext, bit};
use crate::cx::Cx;
use crate::host::{self, nr};
use crate::personality::attached;
use crate::task::Thread;

const SIG_SETMASK: u64 = 2;

/// The host mask that blocks what `set` blocks. Signals the host has no number for, and those that must always reach
/// us, are left to the thread block's own copy.
pub fn host_mask(set: SigSet) -> u64 {
    whole_host_mask(set) & !NEVER_BLOCKED
}

/// [`host_mask`] with the signals that must always reach us.
pub(super) fn whole_host_mask(set: SigSet) -> u64 {
    let Some(personality) = attached() else {
        return 0;
    };
    let mut mask = 0;
    if set.0 != 0 {
        for signal in set.iter() {
            if let Some(host) = (personality.signal_to_host)(signal) {
                mask |= bit(host);
            }
        }
    }
    mask
}

/// Makes `set` the thread's mask from the moment the frame is resumed.
pub fn install_guest_mask(thread: &Thread, frame: &mut UContext, set: SigSet) {
    thread.mask.set(set);
    frame.sigmask = host_mask(set);
    super::release_held(thread);
}

/// Blocks every signal that can be blocked safely; returns the mask to hand to [`restore_mask`].
pub fn block_all() -> u64 {
    set(!NEVER_BLOCKED)
}

/// Puts a mask of [`block_all`] back.
pub fn restore_mask(mask: u64) {
    set(mask);
}

/// Makes `mask` the host's for the calling `thread`, unless a signal waits for the guest already: then everything stays
/// blocked.
pub(crate) fn put_mask_unless_waiting(thread: &Thread, mask: u64) {
    let args = [SIG_SETMASK, (&raw const mask) as u64, 0, 8, 0, 0];
    // SAFETY: a valid mask.
    let _ = unsafe { thread.call_before_signals(nr::rt_sigprocmask, args) };
}

/// Has the calling thread block `signals` besides its own mask while it waits for them with `wait`: those that would end the
/// process are not kept for whoever waits for them by the host, unless they are blocked.
pub fn while_blocked<T>(cx: &mut Cx, signals: SigSet, wait: impl FnOnce(&mut Cx) -> T) -> T {
    if signals == SigSet::EMPTY {
        return wait(cx);
    }
    let mask = cx.thread.mask.get();
    // One that came just before has been noted: then the wait does not begin.
    put_mask_unless_waiting(cx.thread, host_mask(mask.union(signals)));
    let result = wait(cx);
    put_mask_unless_waiting(cx.thread, host_mask(mask));
    result
}

fn set(mask: u64) -> u64 {
    let mut old = 0u64;
    let args = [
        SIG_SETMASK,
        (&raw const mask) as u64,
        (&raw mut old) as u64,
        8,
    ];
    // SAFETY: both masks are valid 8-byte words.
    let _ = unsafe { host::call_n(nr::rt_sigprocmask, args) };
    old
}
