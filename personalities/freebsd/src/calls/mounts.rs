//! Mounted file systems, in the layouts of all releases (kern_statfs, kern_getfsstat).

use compat_bsd::calls::mounts as family;
use compat_translate::Cx;
use compat_translate::guest::{Out, Path};

use crate::abi::statfs::{Freebsd11Statfs, Ostatfs, Statfs};
use crate::error::Return;
use crate::lower::Fd;

macro_rules! in_layout {
    ($($layout:ty: $statfs:ident $fstatfs:ident $getfsstat:ident;)*) => { $(
        pub(crate) fn $statfs(cx: &mut Cx, path: Path, buf: Out<$layout>) -> Return<()> {
            family::statfs(cx, path, buf)
        }

        pub(crate) fn $fstatfs(cx: &mut Cx, fd: Fd, buf: Out<$layout>) -> Return<()> {
            family::fstatfs(cx, fd, buf)
        }

        pub(crate) fn $getfsstat(cx: &mut Cx, buf: Out<$layout>, bufsize: i64, mode: i32) -> Return<i32> {
            family::getfsstat(cx, buf, bufsize, mode)
        }
    )* };
}
in_layout! {
    Statfs: statfs fstatfs getfsstat;
    Freebsd11Statfs: freebsd11_statfs freebsd11_fstatfs freebsd11_getfsstat;
    Ostatfs: freebsd4_statfs freebsd4_fstatfs freebsd4_getfsstat;
}
