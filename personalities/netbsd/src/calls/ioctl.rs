//! `ioctl` (sys_ioctl): by the family's numbers, and the commands that only NetBSD has.

use compat_bsd::calls::interface::{self, Widths};
use compat_bsd::calls::ioctl as family;
use compat_tables::netbsd::flags::IOCTL_CMD;
use compat_translate::Cx;

use super::{kqueue, terminal};
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn ioctl(cx: &mut Cx, fd: Fd, com: u32, data: u64) -> Return<i32> {
    let known = IOCTL_CMD.to_host(i64::from(com));
    let com = known.map_or(com, |com| com as u32);
    family::ioctl(cx, fd, com, data, own_command)
}

/// Commands that the family does not know; `None` for any other.
fn own_command(cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    const WIDTHS: Widths = Widths { flags: 2, index: 4 };
    kqueue::own_command(cx, fd, com, data)
        .or_else(|| terminal::own_command(cx, fd, com, data))
        .or_else(|| interface::command(fd, com, data, WIDTHS))
}
