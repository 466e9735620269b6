//! File systems (sys_statvfs1, do_sys_getvfsstat).

use compat_bsd::calls::mounts as family;
use compat_translate::Cx;
use compat_translate::guest::{Out, Path};

use crate::abi::statvfs::{Statvfs, Statvfs90};
use crate::error::Return;
use crate::lower::Fd;

/// The flags say whether to wait for fresh numbers; the host's are always fresh.
pub(crate) fn __statvfs190(cx: &mut Cx, path: Path, buf: Out<Statvfs>, _flags: i32) -> Return<()> {
    family::statfs(cx, path, buf)
}

pub(crate) fn __fstatvfs190(cx: &mut Cx, fd: Fd, buf: Out<Statvfs>, _flags: i32) -> Return<()> {
    family::fstatfs(cx, fd, buf)
}

pub(crate) fn __getvfsstat90(
    cx: &mut Cx,
    buf: Out<Statvfs>,
    bufsize: i64,
    mode: i32,
) -> Return<i32> {
    family::getfsstat(cx, buf, bufsize, mode)
}

pub(crate) fn compat_90_statvfs1(
    cx: &mut Cx,
    path: Path,
    buf: Out<Statvfs90>,
    _flags: i32,
) -> Return<()> {
    family::statfs(cx, path, buf)
}

pub(crate) fn compat_90_fstatvfs1(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<Statvfs90>,
    _flags: i32,
) -> Return<()> {
    family::fstatfs(cx, fd, buf)
}

pub(crate) fn compat_90_getvfsstat(
    cx: &mut Cx,
    buf: Out<Statvfs90>,
    bufsize: i64,
    mode: i32,
) -> Return<i32> {
    family::getfsstat(cx, buf, bufsize, mode)
}
