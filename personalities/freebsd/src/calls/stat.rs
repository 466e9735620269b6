//! File status, in the layouts of all releases (kern_statat, kern_fstat).

use compat_bsd::calls::at::AtFlags;
use compat_bsd::calls::stat::{self, of_fd, of_path};
use compat_translate::Cx;
use compat_translate::guest::{Out, Path};

use crate::abi::stat::{Freebsd11Stat, Nstat, Ostat, Stat};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

pub(crate) fn fstatat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    buf: Out<Stat>,
    flag: AtFlags,
) -> Return<()> {
    // Without a copy: the layout that handlers know is this one.
    of_path(cx, at, path, flag, |found| buf.write(found))
}

pub(crate) fn fstat(cx: &mut Cx, fd: Fd, sb: Out<Stat>) -> Return<()> {
    of_fd(cx, fd, |found| sb.write(found))
}

pub(crate) fn freebsd11_fstatat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    buf: Out<Freebsd11Stat>,
    flag: AtFlags,
) -> Return<()> {
    stat::fstatat(cx, at, path, buf, flag)
}

macro_rules! by_path {
    ($($name:ident, $layout:ty, $call:ident;)*) => {
        $(pub(crate) fn $name(cx: &mut Cx, path: Path, ub: Out<$layout>) -> Return<()> { stat::$call(cx, path, ub) })*
    };
}
by_path! {
    freebsd11_stat, Freebsd11Stat, stat;
    freebsd11_lstat, Freebsd11Stat, lstat;
    freebsd11_nstat, Nstat, stat;
    freebsd11_nlstat, Nstat, lstat;
    ostat, Ostat, stat;
    olstat, Ostat, lstat;
}

macro_rules! by_descriptor {
    ($($name:ident, $layout:ty;)*) => {
        $(pub(crate) fn $name(cx: &mut Cx, fd: Fd, sb: Out<$layout>) -> Return<()> { stat::fstat(cx, fd, sb) })*
    };
}
by_descriptor! {
    freebsd11_fstat, Freebsd11Stat;
    freebsd11_nfstat, Nstat;
    ofstat, Ostat;
}
