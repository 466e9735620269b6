//! POSIX message queues (uipc_mqueue.c). The host's are descriptors too, under names of their own.

use alloc::ffi::CString;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::OPEN_FLAGS;
use compat_tables::bsd::flags::open_flags::{
    O_CREAT, O_EXCL, O_EXEC, O_NONBLOCK, O_RDWR, O_WRONLY,
};
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::{self, nr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::timer::HostEvent;
use crate::abi::time::{GuestTimespec, Sigevent, is_proper};
use crate::error::Return;
use crate::lower::Fd;

/// `struct mq_attr`, which differs from the host's in the value of `O_NONBLOCK` only.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub struct MqAttr {
    flags: i64,
    maxmsg: i64,
    msgsize: i64,
    curmsgs: i64,
    reserved: [i64; 4],
}

const _: () = assert!(size_of::<MqAttr>() == 64);

const O_ACCMODE: u32 = O_WRONLY | O_RDWR;
/// The host's O_NONBLOCK.
const HOST_NONBLOCK: i64 = 0o4000;
const HOST_CLOEXEC: u64 = 0o200_0000;

/// What a queue is made with when nobody says (mqueue_alloc).
const DEFAULT: MqAttr = MqAttr {
    flags: 0,
    maxmsg: 10,
    msgsize: 1024,
    curmsgs: 0,
    reserved: [0; 4],
};

/// A queue's name: a slash and no further one. The host's call wants it without.
fn name_of(address: u64) -> Return<CString> {
    /// MQFS_NAMELEN and the NUL.
    const LIMIT: usize = 256;
    let name = guest::read_string(address, LIMIT)?;
    match name.split_first() {
        Some((b'/', rest)) if !rest.is_empty() && !rest.contains(&b'/') => {
            if matches!(rest, b"." | b"..") {
                return Err(Errno::EINVAL.into());
            }
            CString::new(rest).map_err(|_| Errno::EINVAL.into())
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

pub fn kmq_open(_cx: &mut Cx, name: u64, flags: i32, mode: u32, attr: In<MqAttr>) -> Return<Fd> {
    let flags = flags as u32;
    if flags & O_ACCMODE == O_ACCMODE || flags & O_EXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    let attr = if flags & O_CREAT == 0 {
        None
    } else {
        Some(attr.read_optional()?.unwrap_or(DEFAULT))
    };
    let name = name_of(name)?;
    let attr_at = attr.as_ref().map_or(0, |attr| (&raw const *attr) as u64);
    let kept = flags & (O_ACCMODE | O_CREAT | O_EXCL | O_NONBLOCK);
    let host_flags = OPEN_FLAGS
        .to_host(u64::from(kept))
        .map_err(|_| Errno::EINVAL)?;
    // Descriptors of queues are always close-on-exec (kern_kmq_open).
    let args = [
        name.as_ptr() as u64,
        host_flags | HOST_CLOEXEC,
        u64::from(mode & 0o777),
        attr_at,
    ];
    // SAFETY: a NUL-terminated name, and a valid mq_attr or none.
    let fd = unsafe { host::call_n(nr::mq_open, args) }?;
    Ok(Fd(fd as i32))
}

pub fn kmq_unlink(_cx: &mut Cx, name: u64) -> Return<()> {
    let name = name_of(name)?;
    // SAFETY: a NUL-terminated name.
    unsafe { host::call_n(nr::mq_unlink, [name.as_ptr() as u64]) }?;
    Ok(())
}

pub fn kmq_setattr(cx: &mut Cx, queue: Fd, new: In<MqAttr>, old: Out<MqAttr>) -> Return<()> {
    let nonblock = i64::from(O_NONBLOCK);
    let new = new.read_optional()?;
    if new.is_some_and(|new| new.flags & !nonblock != 0) {
        return Err(Errno::EINVAL.into());
    }
    let new = new.map(|new| MqAttr {
        flags: if new.flags == 0 { 0 } else { HOST_NONBLOCK },
        ..new
    });
    let new_at = new.as_ref().map_or(0, |new| (&raw const *new) as u64);
    let mut before = MqAttr::default();
    let args = [queue.checked(cx)?, new_at, (&raw mut before) as u64];
    // SAFETY: valid structures, or none.
    unsafe { host::call_n(nr::mq_getsetattr, args) }?;
    before.flags = if before.flags & HOST_NONBLOCK == 0 {
        0
    } else {
        nonblock
    };
    before.reserved = [0; 4];
    old.write_optional(&before)?;
    Ok(())
}

/// The host wants a time after 1970; what is earlier is past all the same.
fn deadline_of(deadline: In<GuestTimespec>) -> Return<Option<GuestTimespec>> {
    let deadline = deadline.read_optional()?;
    if deadline.is_some_and(|deadline| !is_proper(deadline)) {
        return Err(Errno::EINVAL.into());
    }
    Ok(deadline.map(|[seconds, nanos]| [seconds.max(0), nanos]))
}

fn address(deadline: Option<&GuestTimespec>) -> u64 {
    deadline.map_or(0, |deadline| core::ptr::from_ref(deadline) as u64)
}

pub fn kmq_timedreceive(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u64,
    deadline: In<GuestTimespec>,
) -> Return<u64> {
    let deadline = deadline_of(deadline)?;
    let at = address(deadline.as_ref());
    let args = [queue.checked(cx)?, message, length, priority, at, 0];
    // SAFETY: a valid timespec or none; the kernel checks the guest's addresses.
    Ok(unsafe { cx.host(nr::mq_timedreceive, args) }?)
}

pub fn kmq_timedsend(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u32,
    deadline: In<GuestTimespec>,
) -> Return<()> {
    const MQ_PRIO_MAX: u32 = 64;
    let fd = queue.checked(cx)?;
    let deadline = deadline_of(deadline)?;
    if priority >= MQ_PRIO_MAX {
        return Err(Errno::EINVAL.into());
    }
    let at = address(deadline.as_ref());
    let args = [fd, message, length, u64::from(priority), at, 0];
    // SAFETY: as above.
    unsafe { cx.host(nr::mq_timedsend, args) }?;
    Ok(())
}

pub fn kmq_notify(cx: &mut Cx, queue: Fd, event: In<Sigevent>) -> Return<()> {
    let fd = queue.checked(cx)?;
    let event = match event.read_optional()? {
        Some(event) => Some(HostEvent::of(&event)?),
        None => None,
    };
    if let Some(notice) = event.as_ref().and_then(|event| event.notice(fd as i32)) {
        return Ok(cx.process().objects.notice(notice)?);
    }
    let at = event.as_ref().map_or(0, |event| (&raw const *event) as u64);
    // SAFETY: a valid sigevent or none.
    unsafe { host::call_n(nr::mq_notify, [fd, at]) }?;
    Ok(())
}
