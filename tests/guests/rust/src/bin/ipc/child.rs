//! Processes that check one thing each.

use compat_guests::sys;

/// Runs `body` in a child; returns its id.
pub(crate) fn start(body: impl FnOnce()) -> u64 {
    let child = sys::raw(sys::FORK, [0; 6]);
    assert!(!child.carry, "fork");
    if child.rdx == 1 {
        body();
        sys::exit(0);
    }
    child.rax
}

/// Waits for a child that must have ended well.
#[track_caller]
pub(crate) fn join(pid: u64) {
    let mut status = -1i32;
    let args = [pid, (&raw mut status) as u64, 0, 0];
    while sys::call(sys::WAIT4, args) == Err(sys::EINTR) {}
    assert_eq!(status, 0, "the child's status");
}

/// Lets others run for a while.
pub(crate) fn pause(milliseconds: u64) {
    let time = [0, milliseconds * 1_000_000];
    let _ = sys::call(sys::NANOSLEEP, [time.as_ptr() as u64, 0]);
}
