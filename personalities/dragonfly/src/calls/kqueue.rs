//! kqueue, in DragonFly's layout (kern_event.c).

use compat_bsd::calls::kqueue::exchange;
use compat_translate::Cx;
use compat_translate::guest::{In, Out};

use crate::abi::event::KeventDragonFly;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn kevent(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<KeventDragonFly>,
    nchanges: i32,
    eventlist: Out<KeventDragonFly>,
    nevents: i32,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, nchanges),
        (eventlist, nevents),
        timeout,
    )
}
