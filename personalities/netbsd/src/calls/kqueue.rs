//! kqueue, in NetBSD's layouts (kern_event.c).

use compat_bsd::calls::kqueue::exchange;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::pipe_flags::O_CLOEXEC;
use compat_translate::Cx;
use compat_translate::guest::{In, Out};

use crate::abi::event::{Kevent, Kevent100};
use crate::error::Return;
use crate::lower::Fd;

/// A kqueue of ours does not outlive its program in any case.
pub(crate) fn kqueue1(cx: &mut Cx, flags: u32) -> Return<Fd> {
    if flags & !(O_CLOEXEC | compat_tables::bsd::flags::pipe_flags::O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    super::kqueue(cx)
}

/// As the family counts them; nobody has more.
fn count(raw: u64) -> i32 {
    i32::try_from(raw).unwrap_or(i32::MAX)
}

pub(crate) fn compat_100___kevent50(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<Kevent100>,
    nchanges: u64,
    eventlist: Out<Kevent100>,
    nevents: u64,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, count(nchanges)),
        (eventlist, count(nevents)),
        timeout,
    )
}

pub(crate) fn __kevent100(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<Kevent>,
    nchanges: u64,
    eventlist: Out<Kevent>,
    nevents: u64,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, count(nchanges)),
        (eventlist, count(nevents)),
        timeout,
    )
}
