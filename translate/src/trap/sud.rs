//! Syscall User Dispatch: every `syscall` outside the stub's image raises SIGSYS.

use crate::host::{self, HostResult, nr};
use crate::signal;

const PR_SET_SYSCALL_USER_DISPATCH: u64 = 59;

/// Whether the host has it, found out by turning it off.
///
/// # Errors
/// As [`arm`].
pub(super) fn probe() -> HostResult<()> {
    const PR_SYS_DISPATCH_OFF: u64 = 0;
    // SAFETY: no pointers.
    unsafe {
        host::call_n(
            nr::prctl,
            [PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF],
        )
    }
    .map(drop)
}

/// Turns dispatch on for the calling thread. It is off again in every new task and after `execve`.
///
/// # Errors
/// `EINVAL` on hosts before Linux 5.11 or with the feature disabled.
pub(super) fn arm() -> HostResult<()> {
    const PR_SYS_DISPATCH_ON: u64 = 1;
    let (start, length) = signal::stub_range();
    // No selector byte: nothing to flip on the way in and out.
    // SAFETY: no pointers.
    unsafe {
        host::call_n(
            nr::prctl,
            [
                PR_SET_SYSCALL_USER_DISPATCH,
                PR_SYS_DISPATCH_ON,
                start,
                length,
                0,
            ],
        )
    }
    .map(drop)
}
