//! Whether the thread that owns a lock is alive.

use compat_translate::host::{self, HostErrno, nr};

/// Whether thread `id`, of whatever process, has ended. In doubt it has not.
pub(super) fn is_dead(id: u32) -> bool {
    // SAFETY: no pointers; signal 0 only asks.
    match unsafe { host::call_n(nr::tkill, [u64::from(id), 0]) } {
        Err(HostErrno::ESRCH) => true,
        // The first thread of a process is there until somebody waits for the process.
        Ok(_) => is_zombie(id),
        Err(_) => false,
    }
}

fn is_zombie(id: u32) -> bool {
    host::process_stat(id as i32).is_some_and(|stat| matches!(stat.state, b'Z' | b'X'))
}
