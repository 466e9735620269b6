//! `inotify_add_watch_at`. Its records and bits are the host's, and so is `inotify_rm_watch`.

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::INOTIFY_MASK;
use compat_tables::freebsd::flags::inotify_mask::IN_DONT_FOLLOW;
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, linux, nr};
use compat_translate::paths::Look;

use super::at::CWD;
use super::place::{Held, located};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

pub(crate) fn inotify_add_watch_at(
    cx: &mut Cx,
    fd: Fd,
    at: AtFd,
    path: Path,
    mask: u32,
) -> Return<i32> {
    let fd = fd.checked(cx)?;
    let wanted = INOTIFY_MASK
        .to_host(u64::from(mask))
        .map_err(|_| Errno::EINVAL)?;
    let add = |path: u64, mask: u64| -> Return<i32> {
        // SAFETY: the kernel checks the path.
        Ok(unsafe { host::call_n(nr::inotify_add_watch, [fd, path, mask]) }? as i32)
    };
    let look = if mask & IN_DONT_FOLLOW != 0 {
        Look::LINK
    } else {
        Look::FOLLOW
    };
    let absolute = guest::read::<u8>(path.0)? == b'/';
    let place = located(cx, if absolute { CWD } else { at }, path, look)?;
    if absolute || place.at == CWD.0 as u64 {
        return add(place.path(), wanted);
    }
    let mut how = linux::O_PATH | linux::O_CLOEXEC;
    if mask & IN_DONT_FOLLOW != 0 {
        how |= linux::O_NOFOLLOW;
    }
    // SAFETY: the kernel checks the path.
    let file =
        Held(unsafe { host::call_n(nr::openat, [place.at, place.path(), u64::from(how), 0]) }?);
    let name = alloc::format!("/proc/self/fd/{}\0", file.0);
    add(
        name.as_ptr() as u64,
        wanted & !u64::from(linux::IN_DONT_FOLLOW),
    )
}
