//! Files, in DragonFly's layouts (vfs_syscalls.c).

use compat_bsd::calls::at::AtFlags;
use compat_bsd::calls::path::__realpathat;
use compat_bsd::calls::{at, directory, mounts, stat as family};
use compat_translate::Cx;
use compat_translate::guest::{Out, Path};

use crate::abi::dirent::DIRENT;
use crate::abi::mount::{Statfs, Statvfs};
use crate::abi::stat::Stat;
use crate::error::Return;
use crate::lower::{AtFd, Fd};

pub(crate) fn stat(cx: &mut Cx, path: Path, ub: Out<Stat>) -> Return<()> {
    family::stat(cx, path, ub)
}

pub(crate) fn lstat(cx: &mut Cx, path: Path, ub: Out<Stat>) -> Return<()> {
    family::lstat(cx, path, ub)
}

pub(crate) fn fstat(cx: &mut Cx, fd: Fd, sb: Out<Stat>) -> Return<()> {
    family::fstat(cx, fd, sb)
}

pub(crate) fn fstatat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    sb: Out<Stat>,
    flags: AtFlags,
) -> Return<()> {
    family::fstatat(cx, at, path, sb, flags)
}

pub(crate) fn statfs(cx: &mut Cx, path: Path, buf: Out<Statfs>) -> Return<()> {
    mounts::statfs(cx, path, buf)
}

pub(crate) fn fstatfs(cx: &mut Cx, fd: Fd, buf: Out<Statfs>) -> Return<()> {
    mounts::fstatfs(cx, fd, buf)
}

pub(crate) fn getfsstat(cx: &mut Cx, buf: Out<Statfs>, size: i64, flags: i32) -> Return<i32> {
    mounts::getfsstat(cx, buf, size, flags)
}

pub(crate) fn statvfs(cx: &mut Cx, path: Path, buf: Out<Statvfs>) -> Return<()> {
    mounts::statfs(cx, path, buf)
}

pub(crate) fn fstatvfs(cx: &mut Cx, fd: Fd, buf: Out<Statvfs>) -> Return<()> {
    mounts::fstatfs(cx, fd, buf)
}

/// Both descriptions of each file system, and how many there are (sys_getvfsstat).
pub(crate) fn getvfsstat(
    cx: &mut Cx,
    buf: Out<Statfs>,
    vbuf: Out<Statvfs>,
    size: i64,
    flags: i32,
) -> Return<i32> {
    let room = size / size_of::<Statvfs>() as i64;
    let count = mounts::getfsstat(
        cx,
        buf,
        room.saturating_mul(size_of::<Statfs>() as i64),
        flags,
    )?;
    if !vbuf.is_null() {
        mounts::getfsstat(cx, vbuf, size, flags)?;
    }
    Ok(count)
}

pub(crate) fn getdirentries(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    count: u32,
    basep: Out<i64>,
) -> Return<usize> {
    directory::getdirentries(cx, fd, buf, count as usize, basep, &DIRENT)
}

pub(crate) fn getdents(cx: &mut Cx, fd: Fd, buf: Out<u8>, count: usize) -> Return<usize> {
    directory::getdirentries(cx, fd, buf, count, Out::new(0), &DIRENT)
}

pub(crate) fn __realpath(cx: &mut Cx, path: Path, buf: Out<u8>, len: u64) -> Return<u64> {
    __realpathat(cx, at::CWD, path, buf, len as usize, 0)?;
    // The length, with its NUL.
    let found = compat_translate::guest::read_string(buf.address(), len as usize)?;
    Ok(found.len() as u64 + 1)
}
