//! Making nodes other than files and directories (kern_mknodat, kern_mkfifoat).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::{self, linux, nr};
use compat_translate::paths::Look;

use super::at::CWD;
use super::ids;
use super::place::located;
use crate::abi::stat::dev_to_host;
use crate::error::Return;
use crate::lower::AtFd;

/// Permission bits, with set-id and sticky.
const ALLPERMS: u32 = 0o7777;

pub fn mkfifo(cx: &mut Cx, path: Path, mode: u32) -> Return<()> {
    mkfifoat(cx, CWD, path, mode)
}

pub fn mkfifoat(cx: &mut Cx, at: AtFd, path: Path, mode: u32) -> Return<()> {
    make(cx, at, path, linux::S_IFIFO | mode & ALLPERMS, 0)
}

pub fn mknodat(cx: &mut Cx, at: AtFd, path: Path, mode: u32, dev: u64) -> Return<()> {
    match mode & linux::S_IFMT {
        // NODEV is no device.
        linux::S_IFCHR | linux::S_IFBLK if dev != u64::MAX => {
            // The host lets everybody make the one that means "no such file" there.
            ids::require_root()?;
            make(cx, at, path, mode, dev)
        }
        linux::S_IFIFO if dev == 0 => mkfifoat(cx, at, path, mode),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// An empty file, where only what `mknod` may replace is.
pub fn make_file(cx: &mut Cx, at: AtFd, path: Path, mode: u32) -> Return<()> {
    make(cx, at, path, mode, 0)
}

pub fn freebsd11_mknod(cx: &mut Cx, path: Path, mode: u32, dev: u32) -> Return<()> {
    freebsd11_mknodat(cx, CWD, path, mode, dev)
}

pub fn freebsd11_mknodat(cx: &mut Cx, at: AtFd, path: Path, mode: u32, dev: u32) -> Return<()> {
    mknodat(cx, at, path, mode, u64::from(dev))
}

fn make(cx: &mut Cx, at: AtFd, path: Path, mode: u32, dev: u64) -> Return<()> {
    let place = located(cx, at, path, Look::NAME)?;
    let mode = u64::from(mode);
    // SAFETY: the kernel checks the guest's path.
    unsafe {
        host::call_n(
            nr::mknodat,
            [place.at, place.path(), mode, dev_to_host(dev)],
        )
    }?;
    Ok(())
}
