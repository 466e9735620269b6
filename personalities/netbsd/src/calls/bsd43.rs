//! The calls of 4.3BSD that kernels for this machine have (COMPAT_43), the family's under the names they have here. None of
//! NetBSD's own programs makes them.

use compat_bsd::machine;
use compat_translate::Cx;
use compat_translate::guest;

use crate::error::Return;

pub(crate) use compat_bsd::calls::extent::{
    oftruncate as compat_43_ftruncate, olseek as compat_43_lseek, otruncate as compat_43_truncate,
};
pub(crate) use compat_bsd::calls::limits::{
    ogetrlimit as compat_43_getrlimit, osetrlimit as compat_43_setrlimit,
};
pub(crate) use compat_bsd::calls::message::{
    orecv as compat_43_recv, orecvfrom as compat_43_recvfrom, orecvmsg as compat_43_recvmsg,
    osend as compat_43_send, osendmsg as compat_43_sendmsg,
};
pub(crate) use compat_bsd::calls::open::ocreat as compat_43_creat;
pub(crate) use compat_bsd::calls::signal::okillpg as compat_43_killpg;
pub(crate) use compat_bsd::calls::socket::oaccept as compat_43_accept;
pub(crate) use compat_bsd::calls::socket_name::{
    ogetpeername as compat_43_getpeername, ogetsockname as compat_43_getsockname,
};
pub(crate) use compat_bsd::calls::wait::owait as compat_43_wait;

pub(crate) fn compat_43_getpagesize(_cx: &mut Cx) -> Return<i32> {
    Ok(4096)
}

/// As much of the name as there is room for, with a NUL where that fits too.
pub(crate) fn compat_43_gethostname(_cx: &mut Cx, name: u64, room: u32) -> Return<()> {
    let mut found = machine::hostname();
    found.push(0);
    found.truncate(room as usize);
    Ok(guest::write_bytes(name, &found)?)
}

/// `kern.hostid`, which nobody sets.
pub(crate) fn compat_43_gethostid(_cx: &mut Cx) -> Return<i32> {
    Ok(0)
}
