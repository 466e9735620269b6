//! Sleeping on a word of memory (kern_umtx.c). The host's futexes are the same thing: they too are known by the memory
//! behind the address, so that processes that share it meet.

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{self, HostErrno, Timespec, nr};

use crate::error::Return;

const FUTEX_WAIT: u64 = 0;
const FUTEX_WAKE: u64 = 1;

/// Sleeps while the word holds `value`, at most `timeout` microseconds; 0 is no limit. The real kernel never sleeps longer
/// than two seconds at a time (kern.umtx_timeout_max): its callers expect to be woken for nothing, and need not be.
pub(crate) fn umtx_sleep(cx: &mut Cx, word: u64, value: u32, timeout: i32) -> Return<()> {
    let micros = i64::from(timeout);
    if micros < 0 {
        return Err(Errno::EINVAL.into());
    }
    aligned(word)?;
    let limit = Timespec {
        sec: micros / 1_000_000,
        nsec: micros % 1_000_000 * 1000,
    };
    let limit = if micros == 0 {
        0
    } else {
        core::ptr::from_ref(&limit) as u64
    };
    cx.never_restart = true;
    // SAFETY: the kernel checks the guest's address; the timeout lives through the call.
    let slept = unsafe { cx.host(nr::futex, [word, FUTEX_WAIT, u64::from(value), limit, 0, 0]) };
    match slept {
        Ok(_) => Ok(()),
        Err(HostErrno::EAGAIN) => Err(Errno::EBUSY.into()),
        Err(HostErrno::ETIMEDOUT) => Err(Errno::EWOULDBLOCK.into()),
        Err(error) => Err(error.into()),
    }
}

/// Wakes `count` sleepers, 0 for all.
pub(crate) fn umtx_wakeup(_cx: &mut Cx, word: u64, count: i32) -> Return<()> {
    aligned(word)?;
    let count = if count <= 0 { i32::MAX } else { count };
    // SAFETY: the kernel checks the guest's address.
    unsafe { host::call_n(nr::futex, [word, FUTEX_WAKE, count as u64]) }?;
    Ok(())
}

fn aligned(word: u64) -> Return<()> {
    if word & 3 != 0 {
        return Err(Errno::EFAULT.into());
    }
    Ok(())
}
