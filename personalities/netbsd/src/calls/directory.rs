//! Reading directories (sys___getdents30).

use compat_bsd::abi::dirent::BSD44;
use compat_bsd::calls::directory::getdirentries;
use compat_translate::Cx;
use compat_translate::guest::Out;

use crate::abi::dirent::NOW;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn __getdents30(cx: &mut Cx, fd: Fd, buf: Out<u8>, count: usize) -> Return<usize> {
    getdirentries(cx, fd, buf, count, Out::new(0), &NOW)
}

pub(crate) fn compat_30_getdents(cx: &mut Cx, fd: Fd, buf: Out<u8>, count: usize) -> Return<usize> {
    getdirentries(cx, fd, buf, count, Out::new(0), &BSD44)
}
