//! `ioctl` (sys_ioctl, kern_ioctl). What a command does is in `terminal.rs` or `file_control.rs`; the table renumbers the rest.

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{IOCTL_CMD, ioctl_cmd};
use compat_translate::Cx;
use compat_translate::host::{HostErrno, nr};

use crate::error::{Error, Return};
use crate::lower::Fd;

pub(crate) fn ioctl(cx: &mut Cx, fd: Fd, com: u32, data: u64) -> Return<i32> {
    let fd = fd.checked(cx)?;
    if let Some(command) = IOCTL_CMD.to_host(i64::from(com)) {
        // SAFETY: the kernel checks the guest's pointer.
        return match unsafe { cx.host(nr::ioctl, [fd, command as u64, data, 0, 0, 0]) } {
            // Some of the host's drivers say EINVAL for a command they do not know.
            Ok(value) => Ok(value as i32),
            Err(HostErrno::EINVAL) if com == ioctl_cmd::TIOCGPTN => Err(Errno::ENOTTY.into()),
            Err(error) => Err(error.into()),
        };
    }
    let error = Error(Errno::ENOTTY);
    Err(match IOCTL_CMD.name(i64::from(com)) {
        Some(name) => cx.gap(name, error),
        None => cx.gap("ioctl: a command without a name", error),
    })
}
