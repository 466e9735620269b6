//! What a host call costs a thread that has Syscall User Dispatch armed: no translation can be
//! cheaper than this.

use std::io;
use std::thread;
use std::time::Instant;

use nix::libc;

/// `linux/prctl.h`; not in the libc crate.
const PR_SET_SYSCALL_USER_DISPATCH: libc::c_int = 59;
const PR_SYS_DISPATCH_ON: libc::c_ulong = 1;

/// Nanoseconds of one call with dispatch armed, and without.
pub(crate) fn armed_and_plain() -> io::Result<(f64, f64)> {
    let plain = measure();
    // A thread of its own: dispatch ends with it.
    let armed = thread::spawn(|| arm().map(|()| measure())).join();
    Ok((
        armed.map_err(|_| io::Error::other("the thread panicked"))??,
        plain,
    ))
}

/// Arms dispatch so that every address may call: all goes its usual way, by the slower path.
fn arm() -> io::Result<()> {
    // SAFETY: the excluded range is all of user space and the selector is absent, so no call of this
    // thread is ever turned into a signal.
    let done = unsafe {
        libc::prctl(
            PR_SET_SYSCALL_USER_DISPATCH,
            PR_SYS_DISPATCH_ON,
            0_usize,
            (1_usize << 47) - 4096,
            0_usize,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn measure() -> f64 {
    const CALLS: u32 = 200_000;
    let round = || {
        let started = Instant::now();
        for _ in 0..CALLS {
            nix::unistd::getppid();
        }
        started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    (0..8).map(|_| round()).fold(f64::INFINITY, f64::min)
}
