//! What of POSIX message queues is NetBSD's own: a layout, and times of before 5.0.

use compat_bsd::calls::mqueue::mq;
use compat_translate::Cx;
use compat_translate::guest::In;

use super::before_5::{address, widened};
use crate::abi::signal::Sigevent;
use crate::abi::time::Timespec50;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn mq_notify(cx: &mut Cx, queue: Fd, event: In<Sigevent>) -> Return<()> {
    mq::mq_notify(cx, queue, event)
}

pub(crate) fn compat_50_mq_timedsend(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u32,
    deadline: In<Timespec50>,
) -> Return<()> {
    let deadline = widened(deadline)?;
    let deadline = In::new(address(deadline.as_ref()));
    mq::mq_timedsend(cx, queue, message, length, priority, deadline)
}

pub(crate) fn compat_50_mq_timedreceive(
    cx: &mut Cx,
    queue: Fd,
    message: u64,
    length: u64,
    priority: u64,
    deadline: In<Timespec50>,
) -> Return<u64> {
    let deadline = widened(deadline)?;
    let deadline = In::new(address(deadline.as_ref()));
    mq::mq_timedreceive(cx, queue, message, length, priority, deadline)
}
