//! Names: making, changing, resolving and removing them (vfs_syscalls.c, vfs_cache.c).

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Out};
use compat_translate::host::{self, HostErrno, nr};

use crate::error::Return;

/// MAXPATHLEN, the NUL included.
pub(super) const PATH_MAX: usize = 1024;

pub(crate) fn __getcwd(_cx: &mut Cx, buf: Out<u8>, buflen: usize) -> Return<()> {
    if buflen < 2 {
        return Err(Errno::EINVAL.into());
    }
    let mut path = [0_u8; 4096];
    // SAFETY: the kernel writes into the array only.
    let length = unsafe { host::call_n(nr::getcwd, [path.as_mut_ptr() as u64, path.len() as u64]) }
        .map_err(|error| match error {
            HostErrno::ERANGE => HostErrno::ENAMETOOLONG,
            error => error,
        })?;
    // A directory outside the root, or removed: the host says "(unreachable)/...".
    let path = path
        .get(..length as usize)
        .filter(|path| path.first() == Some(&b'/'))
        .ok_or(Errno::ENOENT)?;
    if path.len() > buflen.min(PATH_MAX) {
        return Err(Errno::ERANGE.into());
    }
    Ok(guest::write_bytes(buf.address(), path)?)
}
