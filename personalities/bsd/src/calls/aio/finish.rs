//! Learning how requests end.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::aio_cancel_result::{AIO_ALLDONE, AIO_CANCELED};
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, Timespec, nr};

use super::job::{self, Action, Job};
use super::submit::{store, stored};
use crate::abi::time::{GuestTimespec, is_proper, timespec};
use crate::error::Return;
use crate::lower::Fd;
use crate::system::errno_number;

/// The error number is the value; there is always one (kern_aio_error).
pub fn aio_error(_cx: &mut Cx, block: u64) -> Return<i32> {
    job::progress();
    let found = job::with(|jobs| {
        let job = jobs.iter().find(|job| job.block == block)?;
        Some(match job.outcome {
            None => i32::from(errno_number(Errno::EINPROGRESS)),
            Some(Ok(_)) => 0,
            Some(Err(error)) => error as i32,
        })
    });
    Ok(found.unwrap_or_else(|| match stored(block) {
        // A request that was refused.
        (-1, error) => error as i32,
        _ => i32::from(errno_number(Errno::EINVAL)),
    }))
}

/// Hands out the end of a request, which is forgotten then (aio_free_entry).
fn conclude(cx: &Cx, job: &Job) -> Return<u64> {
    let [own, list] = job.knotes;
    if let Some(knote) = own {
        knote.withdraw(cx);
    }
    let is_last = || job::with(|jobs| jobs.iter().all(|other| other.knotes[1] != list));
    if let Some(knote) = list
        && is_last()
    {
        knote.withdraw(cx);
    }
    match job.outcome {
        Some(Ok(count)) => {
            store(job.block, count as i64, 0);
            Ok(count)
        }
        Some(Err(error)) => {
            store(job.block, -1, error as i64);
            Err(error.into())
        }
        None => Err(Errno::EINVAL.into()),
    }
}

/// Takes the first finished request that `wanted` takes.
fn take(wanted: impl Fn(&Job) -> bool) -> Option<Job> {
    job::progress();
    job::with(|jobs| {
        let index = jobs
            .iter()
            .position(|job| job.outcome.is_some() && wanted(job))?;
        Some(jobs.remove(index))
    })
}

pub fn aio_return(cx: &mut Cx, block: u64) -> Return<u64> {
    let job = take(|job| job.block == block).ok_or(Errno::EINVAL)?;
    conclude(cx, &job)
}

/// itimerfix.
fn valid(timeout: GuestTimespec) -> Return<Timespec> {
    let [seconds, _] = timeout;
    if seconds < 0 || !is_proper(timeout) {
        return Err(Errno::EINVAL.into());
    }
    Ok(timespec(timeout))
}

/// Sleeps until `done` says something.
///
/// # Errors
/// `EAGAIN` when the time is up; `EINTR`.
pub fn wait<T>(cx: &mut Cx, timeout: Option<Timespec>, done: impl Fn() -> Option<T>) -> Return<T> {
    let now = || host::vdso::clock_gettime(1).map_or(0, Timespec::as_nanos);
    let end = timeout.map(|timeout| now().saturating_add(timeout.as_nanos()));
    loop {
        let (word, before) = job::finished();
        job::progress();
        if let Some(answer) = done() {
            return Ok(answer);
        }
        let left = end.map(|end| end.saturating_sub(now()));
        if left.is_some_and(|left| left <= 0) {
            return Err(Errno::EAGAIN.into());
        }
        sleep(cx, (word, before), left)?;
    }
}

/// Until a socket is ready, or another thread has finished a request.
fn sleep(cx: &mut Cx, (word, before): (u64, u32), left: Option<i64>) -> Return<()> {
    /// FUTEX_WAIT | FUTEX_PRIVATE_FLAG.
    const WAIT: u64 = 128;
    /// A poll does not see what other threads finish: it looks up so often, in nanoseconds.
    const GLANCE: i64 = 50_000_000;
    let mut sockets = sockets();
    let left = if sockets.is_empty() {
        left
    } else {
        Some(left.unwrap_or(GLANCE).min(GLANCE))
    };
    let left = left.map(Timespec::from_nanos);
    let left_at = left.as_ref().map_or(0, |left| (&raw const *left) as u64);
    // SAFETY: a static word; room for the answers; a valid timespec or none.
    let woken = unsafe {
        if sockets.is_empty() {
            cx.host(nr::futex, [word, WAIT, u64::from(before), left_at, 0, 0])
        } else {
            let [at, count] = [sockets.as_mut_ptr() as u64, sockets.len() as u64];
            cx.host(nr::ppoll, [at, count, left_at, 0, 8, 0])
        }
    };
    match woken {
        Err(error) if error == host::HostErrno::EINTR => Err(error.into()),
        // Whatever else it was, the caller looks again.
        _ => Ok(()),
    }
}

/// A `struct pollfd` for every waiting request.
fn sockets() -> Vec<[u32; 2]> {
    const POLLIN: u32 = 1;
    const POLLOUT: u32 = 4;
    job::with(|jobs| {
        jobs.iter()
            .filter(|job| job.outcome.is_none())
            .map(|job| {
                let events = if job.action == Action::Read {
                    POLLIN
                } else {
                    POLLOUT
                };
                [job.fd as u32, events]
            })
            .collect()
    })
}

/// Waits for one of some requests; those that are unknown have ended (kern_aio_suspend).
pub fn aio_suspend(
    cx: &mut Cx,
    blocks: In<u64>,
    count: i32,
    timeout: In<GuestTimespec>,
) -> Return<()> {
    cx.never_restart = true;
    let count = usize::try_from(count)
        .ok()
        .filter(|&count| count <= job::LIMIT)
        .ok_or(Errno::EINVAL)?;
    let timeout = timeout.read_optional()?;
    let blocks = blocks.read_array(count, job::LIMIT)?;
    let timeout = timeout.map(valid).transpose()?;
    wait(cx, timeout, || {
        job::with(|jobs| {
            let mut mine = jobs.iter().filter(|job| blocks.contains(&job.block));
            let waits = mine.clone().next().is_some();
            (!waits || mine.any(|job| job.outcome.is_some())).then_some(())
        })
    })
}

pub fn aio_waitcomplete(cx: &mut Cx, block: Out<u64>, timeout: In<GuestTimespec>) -> Return<u64> {
    let timeout = timeout.read_optional()?;
    let _ = block.write(&0);
    let timeout = timeout.map(valid).transpose()?;
    cx.never_restart = timeout.is_some();
    let job = wait(cx, timeout, || take(|_| true))?;
    let _ = block.write(&job.block);
    conclude(cx, &job)
}

pub fn aio_cancel(cx: &mut Cx, fd: Fd, block: u64) -> Return<i32> {
    const F_GETFD: u64 = 1;
    let host_fd = fd.checked(cx)?;
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::fcntl, [host_fd, F_GETFD]) }?;
    job::progress();
    let cancelled = job::with(|jobs| {
        let mut waiting = jobs.iter_mut().filter(|job| {
            job.outcome.is_none() && job.fd == fd.0 && (block == 0 || job.block == block)
        });
        let limit = if block == 0 { usize::MAX } else { 1 };
        waiting
            .by_ref()
            .take(limit)
            .map(|job| job.outcome = Some(Err(Errno::ECANCELED)))
            .count()
    });
    if cancelled == 0 {
        return Ok(AIO_ALLDONE);
    }
    job::announce();
    Ok(AIO_CANCELED)
}
