//! Reading directories in the layouts of all releases (kern_getdirentries, freebsd11_kern_getdirentries).

use compat_bsd::calls::directory as family;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Out;

use crate::abi::dirent;
use crate::error::Return;
use crate::lower::Fd;

/// FreeBSD's own limit for the older calls.
const MOST_OLD: usize = 64 * 1024;

pub(crate) fn getdirentries(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    count: usize,
    basep: Out<i64>,
) -> Return<usize> {
    if i64::try_from(count).is_err() {
        return Err(Errno::EINVAL.into());
    }
    family::getdirentries(cx, fd, buf, count, basep, &dirent::NOW)
}

pub(crate) fn freebsd11_getdirentries(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    count: u32,
    basep: Out<i64>,
) -> Return<usize> {
    let count = (count as usize).min(MOST_OLD);
    family::getdirentries(cx, fd, buf, count, basep, &dirent::FREEBSD11)
}

pub(crate) fn freebsd11_getdents(cx: &mut Cx, fd: Fd, buf: Out<u8>, count: usize) -> Return<usize> {
    freebsd11_getdirentries(cx, fd, buf, count as u32, Out::new(0))
}

pub(crate) fn ogetdirentries(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    count: u32,
    basep: Out<i64>,
) -> Return<usize> {
    let count = count as usize;
    if count > MOST_OLD {
        return Err(Errno::EINVAL.into());
    }
    family::getdirentries(cx, fd, buf, count, basep, &dirent::BSD43)
}
