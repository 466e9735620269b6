//! FreeBSD's message queues (uipc_mqueue.c).

use alloc::ffi::CString;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::open_flags::{O_CLOEXEC, O_CREAT, O_EXEC, O_NONBLOCK};
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::HostErrno;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{HostAttr, HostEvent, O_ACCMODE};
use crate::abi::time::{GuestTimespec, Sigevent};
use crate::error::Return;
use crate::lower::Fd;

/// `struct mq_attr`, which differs from the host's in the value of `O_NONBLOCK` only.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub struct MqAttr(HostAttr);

const _: () = assert!(size_of::<MqAttr>() == 64);

/// What a queue is made with when nobody says (mqueue_alloc).
const DEFAULT: HostAttr = [0, 10, 1024, 0, 0, 0, 0, 0];

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

pub fn kmq_open(cx: &mut Cx, name: u64, flags: i32, mode: u32, attr: In<MqAttr>) -> Return<Fd> {
    let flags = flags as u32;
    if flags & O_ACCMODE == O_ACCMODE || flags & O_EXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    let attr = if flags & O_CREAT == 0 {
        None
    } else {
        Some(attr.read_optional()?.map_or(DEFAULT, |MqAttr(attr)| attr))
    };
    let name = name_of(name)?;
    // Descriptors of queues are always close-on-exec (kern_kmq_open).
    match super::open(&name, flags | O_CLOEXEC, mode, attr.as_ref())? {
        Err(HostErrno::EINVAL) if attr.is_some_and(is_allowed) => {
            let what = "kmq_open: a queue larger than the host allows (fs.mqueue.msg_max, fs.mqueue.msgsize_max)";
            Err(cx.gap(what, Errno::ENOSPC.into()))
        }
        opened => Ok(opened?),
    }
}

/// Whether a queue may be as large as this: `kern.mqueue.maxmsg` and `kern.mqueue.maxmsgsize`.
fn is_allowed([_, most, size, ..]: HostAttr) -> bool {
    (1..=100).contains(&most) && (1..=16384).contains(&size)
}

pub fn kmq_unlink(_cx: &mut Cx, name: u64) -> Return<()> {
    super::unlink(&name_of(name)?)
}

pub fn kmq_setattr(cx: &mut Cx, queue: Fd, new: In<MqAttr>, old: Out<MqAttr>) -> Return<()> {
    let new = new.read_optional()?.map(|MqAttr([flags, ..])| flags);
    if new.is_some_and(|flags| flags & !i64::from(O_NONBLOCK) != 0) {
        return Err(Errno::EINVAL.into());
    }
    let before = super::exchange(cx, queue, new.map(|flags| flags == 0))?;
    old.write_optional(&MqAttr(before))?;
    Ok(())
}

pub fn kmq_timedreceive(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u64,
    deadline: In<GuestTimespec>,
) -> Return<u64> {
    super::receive(cx, queue, (message, length), priority, deadline)
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
    queue.checked(cx)?;
    if priority >= MQ_PRIO_MAX {
        return Err(Errno::EINVAL.into());
    }
    super::send(cx, queue, (message, length), priority, deadline)
}

pub fn kmq_notify(cx: &mut Cx, queue: Fd, event: In<Sigevent>) -> Return<()> {
    let fd = queue.checked(cx)?;
    let Some(event) = event.read_optional()? else {
        return super::notify(cx, queue, None);
    };
    let event = HostEvent::of(&event)?;
    let notice = event.notice(fd as i32);
    super::notify(cx, queue, Some(event))?;
    let [_, _, _, messages, ..] = super::exchange(cx, queue, None)?;
    // The host tells of the message that comes to an empty queue; to FreeBSD those that are there are news as well.
    if messages > 0
        && super::call_off(cx, queue)?
        && let Some(notice) = notice
    {
        notice.give();
    }
    Ok(())
}
