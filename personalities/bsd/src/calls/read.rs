//! `read` and `readv`, which differ from the host's at one end of one kind of file: when the last one has closed a
//! pseudo-terminal, its master reads an end of file (ptsdev_read) and not an error.

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{HostErrno, HostResult, nr};

use super::terminal::is_master;
use crate::error::Return;
use crate::lower::Fd;

pub fn read(cx: &mut Cx, fd: Fd, buf: u64, size: u64) -> Return<u64> {
    let fd = fd.checked(cx)?;
    can_be_told(size)?;
    // SAFETY: the kernel checks the guest's buffer.
    let result = unsafe { cx.host(nr::read, [fd, buf, size, 0, 0, 0]) };
    Ok(ended(fd, result)?)
}

/// How much is read or written must be a number that the call can return (IOSIZE_MAX).
pub(super) fn can_be_told(size: u64) -> Return<()> {
    match i64::try_from(size) {
        Ok(_) => Ok(()),
        Err(_) => Err(Errno::EINVAL.into()),
    }
}

pub fn readv(cx: &mut Cx, fd: Fd, iov: u64, count: u32) -> Return<u64> {
    let fd = fd.checked(cx)?;
    // SAFETY: the kernel checks the guest's buffers.
    let result = unsafe { cx.host(nr::readv, [fd, iov, u64::from(count), 0, 0, 0]) };
    Ok(ended(fd, result)?)
}

fn ended(fd: u64, result: HostResult) -> HostResult {
    match result {
        Err(HostErrno::EIO) if is_master(fd) => Ok(0),
        result => result,
    }
}
