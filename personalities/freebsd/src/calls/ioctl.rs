//! `ioctl`: the family's, and FreeBSD's of network interfaces.

use compat_translate::Cx;

use super::interface::interface_command;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn ioctl(cx: &mut Cx, fd: Fd, com: u32, data: u64) -> Return<i32> {
    compat_bsd::calls::ioctl::ioctl(cx, fd, com, data, interface_command)
}
