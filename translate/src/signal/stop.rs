//! Where a message finds a thread that another one wants stopped (see `task::hold`).

use core::sync::atomic::Ordering;

use super::handler::{in_window, is_ours, keep_awake, wake};
use super::{NEVER_BLOCKED, UContext};
use crate::host::compat_window_ended;
use crate::task::current;
use crate::trap;

/// Stops the thread if another wants it to and nothing of ours is under way. The host keeps one message a thread: any may have
/// taken the place of the one that asks.
pub(super) fn stop_if_asked(frame: &mut UContext) {
    let thread = current();
    if !thread.hold.is_wanted() {
        return;
    }
    let rip = frame.regs.rip;
    if !is_ours(rip) {
        thread.presence.sleeps();
        thread.hold.obey();
        thread.presence.runs();
        return;
    }
    thread.disturbed.store(true, Ordering::Relaxed);
    if in_window(rip) || rip == compat_window_ended as *const () as u64 {
        // `fork` makes its call with locks held, as one that does not sleep.
        if !thread.presence.is_asleep() {
            return;
        }
        thread.hold.obey();
        // What was heard meanwhile, this code has not seen.
        if thread.sleepless.load(Ordering::Acquire) {
            wake(frame, true);
        }
        if thread.signal_waiting() {
            frame.sigmask = !NEVER_BLOCKED;
            keep_awake(frame, None);
        }
    } else {
        // From an express way it comes to a window.
        keep_awake(frame, trap::leaving(rip));
    }
}
