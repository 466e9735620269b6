//! Where one is, and what files are called in full (vfs_cache.c).

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Out, PATH_MAX, Path};
use compat_translate::host::{self, HostErrno, linux, nr};
use compat_translate::paths::{self, Look, Space};

use super::at::CWD;
use super::place::{Held, located};
use super::stat::statx_fd;
use crate::error::Return;
use crate::lower::{AtFd, Fd};

pub fn __getcwd(_cx: &mut Cx, buf: Out<u8>, buflen: usize) -> Return<()> {
    if buflen < 2 {
        return Err(Errno::EINVAL.into());
    }
    let path = host::working_directory().map_err(|error| match error {
        HostErrno::ERANGE => HostErrno::ENAMETOOLONG,
        error => error,
    })?;
    // A directory outside the root, or removed: the host says "(unreachable)/...".
    let mut path = known_name(&path).ok_or(Errno::ENOENT)?;
    path.push(0);
    // Some kernels stop at MAXPATHLEN, and leave the rest to libc, which goes up and reads each directory. In an overlay these do
    // not list what is the host's in them.
    if path.len() > buflen {
        return Err(Errno::ERANGE.into());
    }
    Ok(guest::write_bytes(buf.address(), &path)?)
}

/// The absolute name of a file, free of links (kern___realpathat).
pub fn __realpathat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    buf: Out<u8>,
    size: usize,
    flags: u32,
) -> Return<()> {
    if flags != 0 || size < 2 {
        return Err(Errno::EINVAL.into());
    }
    let place = located(cx, at, path, Look::FOLLOW)?;
    let how = u64::from(linux::O_PATH | linux::O_CLOEXEC);
    // SAFETY: the kernel checks the guest's path.
    let file = Held(unsafe { host::call_n(nr::openat, [place.at, place.path(), how, 0]) }?);
    let mut real = known_name(&host::name_of(file.0)?).ok_or(Errno::ENOENT)?;
    real.push(0);
    if real.len() > size.min(PATH_MAX) {
        return Err(Errno::ENOMEM.into());
    }
    Ok(guest::write_bytes(buf.address(), &real)?)
}

/// What the guest calls the file that the host calls `name`. `None` when that is no path, or leads out of the root.
pub fn known_name(name: &[u8]) -> Option<Vec<u8>> {
    let path = Some(name).filter(|name| name.starts_with(b"/"))?;
    paths::guest_name(paths::current(), path)
}

pub fn chdir(cx: &mut Cx, path: Path) -> Return<()> {
    let place = located(cx, CWD, path, Look::FOLLOW)?;
    // SAFETY: the kernel checks the guest's path.
    unsafe { host::call_n(nr::chdir, [place.path()]) }?;
    Ok(())
}

pub fn chroot(cx: &mut Cx, path: Path) -> Return<()> {
    let place = located(cx, CWD, path, Look::FOLLOW)?;
    let how = u64::from(linux::O_PATH | linux::O_DIRECTORY | linux::O_CLOEXEC);
    // SAFETY: the kernel checks the guest's path.
    let directory = Held(unsafe { host::call_n(nr::openat, [place.at, place.path(), how, 0]) }?);
    new_root(cx, directory.0)
}

pub fn fchroot(cx: &mut Cx, fd: Fd) -> Return<()> {
    let fd = fd.checked(cx)?;
    if u32::from(statx_fd(fd)?.stx_mode) & linux::S_IFMT != linux::S_IFDIR {
        return Err(Errno::ENOTDIR.into());
    }
    new_root(cx, fd)
}

/// Only what the guest sees changes: compat itself goes on needing the host's `/proc`, and the host's own `chroot` would
/// need a privilege that root in a container often lacks.
fn new_root(cx: &mut Cx, directory: u64) -> Return<()> {
    // SAFETY: no memory is involved.
    if unsafe { host::call_n(nr::geteuid, []) }? != 0 {
        return Err(Errno::EPERM.into());
    }
    let host_name = host::name_of(directory)?;
    if !host_name.starts_with(b"/") {
        return Err(Errno::ENOENT.into());
    }
    let process = cx.process();
    let space = match process.space.get() {
        Some(space) => {
            let name = space.guest_name(&host_name).ok_or(Errno::ENOENT)?;
            space.below(&host_name, &name)
        }
        None => Space {
            root: if host_name == b"/" {
                Vec::new()
            } else {
                host_name
            },
            rooted: true,
            binds: Vec::new(),
            made_for: None,
        },
    };
    process.space.set(space);
    Ok(())
}
