//! POSIX message queues. The host's are descriptors too, under names of their own. FreeBSD has one implementation
//! (uipc_mqueue.c, [`kmq`]); NetBSD's (sys_mqueue.c, [`mq`]) is DragonFly's as well.

pub mod kmq;
pub mod mq;

use alloc::ffi::CString;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::OPEN_FLAGS;
use compat_tables::bsd::flags::open_flags::{
    O_CLOEXEC, O_CREAT, O_EXCL, O_NONBLOCK, O_RDWR, O_WRONLY,
};
use compat_translate::Cx;
use compat_translate::guest::In;
use compat_translate::host::{self, HostErrno, HostResult, nr};

use super::timer::HostEvent;
use crate::abi::time::{GuestTimespec, is_proper};
use crate::error::Return;
use crate::lower::Fd;

const O_ACCMODE: u32 = O_WRONLY | O_RDWR;
/// The host's O_NONBLOCK.
const HOST_NONBLOCK: i64 = 0o4000;

/// The host's `struct mq_attr`: flags, most messages, their size, how many there are, and room.
type HostAttr = [i64; 8];

/// Opens the queue of that name, which has no slash; a new one is made as `attr` says.
fn open(name: &CString, flags: u32, mode: u32, attr: Option<&HostAttr>) -> Return<HostResult<Fd>> {
    let kept = flags & (O_ACCMODE | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC);
    let host_flags = OPEN_FLAGS
        .to_host(u64::from(kept))
        .map_err(|_| Errno::EINVAL)?;
    let args = [
        name.as_ptr() as u64,
        host_flags,
        u64::from(mode & 0o777),
        attr.map_or(0, |attr| attr.as_ptr() as u64),
    ];
    // SAFETY: a NUL-terminated name, and a valid mq_attr or none.
    let opened = unsafe { host::call_n(nr::mq_open, args) };
    Ok(opened.map(|fd| Fd(fd as i32)))
}

fn unlink(name: &CString) -> Return<()> {
    // SAFETY: a NUL-terminated name.
    unsafe { host::call_n(nr::mq_unlink, [name.as_ptr() as u64]) }?;
    Ok(())
}

/// Says whether the queue's calls wait, having told what it was like, with the guests' O_NONBLOCK.
fn exchange(cx: &Cx, queue: Fd, waits: Option<bool>) -> Return<HostAttr> {
    let new = waits.map(|waits| [if waits { 0 } else { HOST_NONBLOCK }, 0, 0, 0, 0, 0, 0, 0]);
    let new_at = new.as_ref().map_or(0, |new: &HostAttr| new.as_ptr() as u64);
    let mut before = HostAttr::default();
    let args = [queue.checked(cx)?, new_at, before.as_mut_ptr() as u64];
    // SAFETY: valid structures, or none.
    unsafe { host::call_n(nr::mq_getsetattr, args) }?;
    let [flags, most, size, count, ..] = before;
    let flags = if flags & HOST_NONBLOCK == 0 {
        0
    } else {
        i64::from(O_NONBLOCK)
    };
    Ok([flags, most, size, count, 0, 0, 0, 0])
}

/// Takes the oldest of the most urgent messages.
fn receive(
    cx: &mut Cx,
    queue: Fd,
    (message, length): (u64, u64),
    priority: u64,
    deadline: In<GuestTimespec>,
) -> Return<u64> {
    let args = [queue.checked(cx)?, message, length, priority];
    wait(cx, nr::mq_timedreceive, args, deadline)
}

/// Adds a message; its priority is below the system's limit.
fn send(
    cx: &mut Cx,
    queue: Fd,
    (message, length): (u64, u64),
    priority: u32,
    deadline: In<GuestTimespec>,
) -> Return<()> {
    let args = [queue.checked(cx)?, message, length, u64::from(priority)];
    wait(cx, nr::mq_timedsend, args, deadline).map(drop)
}

/// Makes a call that waits until `deadline` at most. One that is no time is refused when there is something to wait for, not
/// before (mqueue_receive, mq_recv1): the host is given one that is past.
fn wait(cx: &mut Cx, number: u64, args: [u64; 4], deadline: In<GuestTimespec>) -> Return<u64> {
    let deadline = deadline.read_optional()?;
    let proper = deadline.is_none_or(is_proper);
    // The host wants a time after 1970; what is earlier is past all the same.
    let deadline = deadline.map(|[seconds, nanos]| match proper {
        true => [seconds.max(0), nanos],
        false => [0, 0],
    });
    let at = deadline
        .as_ref()
        .map_or(0, |deadline| core::ptr::from_ref(deadline) as u64);
    let [queue, message, length, priority] = args;
    // SAFETY: a valid timespec or none; the kernel checks the guest's addresses.
    match unsafe { cx.host(number, [queue, message, length, priority, at, 0]) } {
        Err(HostErrno::ETIMEDOUT) if !proper => Err(Errno::EINVAL.into()),
        result => Ok(result?),
    }
}

/// Asks for a notice when a message comes to the empty queue, or for none.
fn notify(cx: &mut Cx, queue: Fd, event: Option<HostEvent>) -> Return<()> {
    let fd = queue.checked(cx)?;
    if let Some(notice) = event.as_ref().and_then(|event| event.notice(fd as i32)) {
        return Ok(cx.process().objects.notice(notice)?);
    }
    let at = event.as_ref().map_or(0, |event| (&raw const *event) as u64);
    // SAFETY: a valid sigevent or none.
    unsafe { host::call_n(nr::mq_notify, [fd, at]) }?;
    Ok(())
}

/// Calls a notice off. Whether there was one still, rather than none since a message has come.
fn call_off(cx: &mut Cx, queue: Fd) -> Return<bool> {
    // Only where there is one already is another refused.
    let other = notify(cx, queue, Some(HostEvent::NOTHING));
    notify(cx, queue, None)?;
    Ok(other.is_err())
}
