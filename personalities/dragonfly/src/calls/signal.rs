//! Waiting for signals, of which no more is told than in a handler.

use compat_bsd::abi::signal::Siginfo;
use compat_bsd::abi::time::GuestTimespec;
use compat_bsd::calls::signal as family;
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};

use crate::error::Return;
use crate::signals::as_sent;

/// What was told, as DragonFly tells it.
fn told(signal: i32, info: Out<Siginfo>) -> Return<i32> {
    if !info.is_null() {
        let found = guest::read(info.address())?;
        info.write(&as_sent(found))?;
    }
    Ok(signal)
}

pub(crate) fn sigtimedwait(
    cx: &mut Cx,
    set: In<[u32; 4]>,
    info: Out<Siginfo>,
    timeout: In<GuestTimespec>,
) -> Return<i32> {
    told(family::sigtimedwait(cx, set, info, timeout)?, info)
}

pub(crate) fn sigwaitinfo(cx: &mut Cx, set: In<[u32; 4]>, info: Out<Siginfo>) -> Return<i32> {
    told(family::sigwaitinfo(cx, set, info)?, info)
}
