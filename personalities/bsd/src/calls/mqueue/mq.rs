//! NetBSD's message queues, and DragonFly's (sys_mqueue.c).

use alloc::ffi::CString;
use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::open_flags::{O_CREAT, O_NONBLOCK};
use compat_tables::bsd::flags::sigev_notify::{SIGEV_NONE, SIGEV_SIGNAL};
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::HostErrno;
use zerocopy::FromBytes;

use super::{HostAttr, HostEvent};
use crate::abi::time::{GuestTimespec, Sigevent};
use crate::calls::descriptor;
use crate::error::Return;
use crate::lower::Fd;

/// `struct mq_attr`: flags, most messages, their size, how many there are.
type MqAttr = [i64; 4];

const MQ_PRIO_MAX: u32 = 32;

/// What a queue is made with when nobody says (mqueue_create): `mq_def_maxmsg`, and `MQ_DEF_MSGSIZE` without the header.
const DEFAULT: HostAttr = [0, 32, 992, 0, 0, 0, 0, 0];

/// Any name will do there; the host's call wants one without slashes. One at the front makes no difference here, and others
/// become a byte that nobody has in a name.
fn name_of(address: u64, none: Errno) -> Return<CString> {
    const FOR_SLASH: u8 = 1;
    /// MQ_NAMELEN.
    const LIMIT: usize = 255;
    let name = guest::read_string(address, LIMIT)?;
    let name = name.strip_prefix(b"/").unwrap_or(&name);
    if name.is_empty() {
        return Err(none.into());
    }
    let without = |&byte: &u8| if byte == b'/' { FOR_SLASH } else { byte };
    let name: Vec<u8> = name.iter().map(without).collect();
    CString::new(name).map_err(|_| Errno::EINVAL.into())
}

pub fn mq_open(_cx: &mut Cx, name: u64, flags: u32, mode: u32, attr: In<MqAttr>) -> Return<Fd> {
    let creates = flags & O_CREAT != 0;
    let name = name_of(
        name,
        if creates {
            Errno::EINVAL
        } else {
            Errno::ENOENT
        },
    )?;
    if !creates {
        return Ok(super::open(&name, flags, mode, None)??);
    }
    if let Some([flags_of, most, size, _]) = attr.read_optional()? {
        let attr = [flags_of, most, size, 0, 0, 0, 0, 0];
        return Ok(super::open(&name, flags, mode, Some(&attr))??);
    }
    match super::open(&name, flags, mode, Some(&DEFAULT))? {
        // More than an ordinary user of the host may have: then as many as usual there.
        Err(HostErrno::EINVAL) => Ok(super::open(&name, flags, mode, None)??),
        opened => Ok(opened?),
    }
}

pub fn mq_close(cx: &mut Cx, queue: Fd) -> Return<()> {
    descriptor::close(cx, queue)
}

pub fn mq_unlink(_cx: &mut Cx, name: u64) -> Return<()> {
    super::unlink(&name_of(name, Errno::ENOENT)?)
}

fn shown([flags, most, size, count, ..]: HostAttr) -> MqAttr {
    [flags, most, size, count]
}

pub fn mq_getattr(cx: &mut Cx, queue: Fd, now: Out<MqAttr>) -> Return<()> {
    Ok(now.write(&shown(super::exchange(cx, queue, None)?))?)
}

/// Nothing but O_NONBLOCK is looked at.
pub fn mq_setattr(cx: &mut Cx, queue: Fd, new: In<MqAttr>, old: Out<MqAttr>) -> Return<()> {
    let [flags, ..] = new.read()?;
    let waits = flags & i64::from(O_NONBLOCK) == 0;
    let before = super::exchange(cx, queue, Some(waits))?;
    old.write_optional(&shown(before))?;
    Ok(())
}

pub fn mq_receive(cx: &mut Cx, queue: Fd, message: u64, length: u64, priority: u64) -> Return<u64> {
    mq_timedreceive(cx, queue, message, length, priority, In::new(0))
}

/// A signal always ends it (mq_recv1), unlike `mq_send`.
pub fn mq_timedreceive(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u64,
    deadline: In<GuestTimespec>,
) -> Return<u64> {
    cx.never_restart = true;
    super::receive(cx, queue, (message, length), priority, deadline)
}

pub fn mq_send(cx: &mut Cx, queue: Fd, message: u64, length: u64, priority: u32) -> Return<()> {
    mq_timedsend(cx, queue, message, length, priority, In::new(0))
}

pub fn mq_timedsend(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u32,
    deadline: In<GuestTimespec>,
) -> Return<()> {
    if priority >= MQ_PRIO_MAX {
        return Err(Errno::EINVAL.into());
    }
    if length == 0 {
        // There are no empty messages. What is no queue is said first.
        super::exchange(cx, queue, None)?;
        return Err(Errno::EMSGSIZE.into());
    }
    super::send(cx, queue, (message, length), priority, deadline)
}

/// Every way of notice is taken, and a signal is the only one that comes.
pub fn mq_notify<T: FromBytes + Into<Sigevent>>(
    cx: &mut Cx,
    queue: Fd,
    event: In<T>,
) -> Return<()> {
    let event = event.read_optional()?.map(|event| {
        let mut event: Sigevent = event.into();
        if event.notify != SIGEV_SIGNAL {
            event.notify = SIGEV_NONE;
        }
        event
    });
    super::notify(cx, queue, event.as_ref().map(HostEvent::of).transpose()?)
}
