//! File systems (sys_statvfs1, do_sys_getvfsstat).

use compat_bsd::calls::mounts as family;
use compat_translate::Cx;
use compat_translate::guest::{Out, Path};

use crate::abi::statvfs::{Statfs12, Statvfs, Statvfs90};
use crate::error::Return;
use crate::lower::Fd;

/// What the family's call wants to hear where these want nothing in particular.
const MNT_WAIT: i32 = 1;

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
    _flags: i32,
) -> Return<i32> {
    family::getfsstat(cx, buf, bufsize, MNT_WAIT)
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
    _flags: i32,
) -> Return<i32> {
    family::getfsstat(cx, buf, bufsize, MNT_WAIT)
}

pub(crate) fn compat_20_statfs(cx: &mut Cx, path: Path, buf: Out<Statfs12>) -> Return<()> {
    family::statfs(cx, path, buf)
}

pub(crate) fn compat_20_fstatfs(cx: &mut Cx, fd: Fd, buf: Out<Statfs12>) -> Return<()> {
    family::fstatfs(cx, fd, buf)
}

pub(crate) fn compat_20_getfsstat(
    cx: &mut Cx,
    buf: Out<Statfs12>,
    bufsize: i64,
    _flags: i32,
) -> Return<i32> {
    family::getfsstat(cx, buf, bufsize, MNT_WAIT)
}
