//! What of POSIX message queues is DragonFly's own: the layout of a wish for notice.

use compat_bsd::calls::mqueue::mq;
use compat_translate::Cx;
use compat_translate::guest::In;

use crate::abi::signal::Sigevent;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn mq_notify(cx: &mut Cx, queue: Fd, event: In<Sigevent>) -> Return<()> {
    mq::mq_notify(cx, queue, event)
}
