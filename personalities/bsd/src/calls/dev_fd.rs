//! `/dev/stdin`, `/dev/fd/3` and their like: devices, and opening one copies a descriptor (kern_descrip.c: fdopen,
//! dupfdopen).
//!
//! On the host they are links to the open files, and opening one opens the file anew: with an offset of its own, truncated
//! if that is asked for, and not at all when the file is somebody else's.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::open_flags::{O_CLOEXEC, O_RDWR, O_WRONLY};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, linux, nr};

use super::descriptor::{dup, set_cloexec};
use crate::abi::stat::Stat;
use crate::error::Return;
use crate::lower::Fd;

const O_ACCMODE: u32 = O_WRONLY | O_RDWR;

/// The descriptor that `path` is a name of.
pub fn named(path: Path) -> Option<Fd> {
    /// What the names begin with; nearly no other path does.
    const HEADS: [&[u8; 8]; 2] = [b"/dev/std", b"/dev/fd/"];
    let head = guest::read::<[u8; 8]>(path.0).ok()?;
    if !HEADS.contains(&&head) {
        return None;
    }
    number(&path.copy().ok()?).map(Fd)
}

fn number(path: &[u8]) -> Option<i32> {
    match path {
        b"/dev/stdin" => Some(0),
        b"/dev/stdout" => Some(1),
        b"/dev/stderr" => Some(2),
        _ => {
            let digits = path.strip_prefix(b"/dev/fd/")?;
            let plain = digits.iter().all(u8::is_ascii_digit);
            let text = core::str::from_utf8(digits).ok().filter(|_| plain)?;
            text.parse().ok()
        }
    }
}

/// Another descriptor for the open file of `fd`.
///
/// # Errors
/// `EBADF`; `EACCES` when it was not opened for what `flags` ask for.
pub fn copied(cx: &mut Cx, fd: Fd, flags: u32) -> Return<Fd> {
    let host_fd = fd.checked(cx)?;
    // SAFETY: no memory is involved.
    let now = unsafe { host::call_n(nr::fcntl, [host_fd, u64::from(linux::F_GETFL)]) }? as u32;
    let readable = now & linux::O_ACCMODE != linux::O_WRONLY;
    let writable = now & linux::O_ACCMODE != linux::O_RDONLY;
    let reads = flags & O_ACCMODE != O_WRONLY;
    let writes = flags & O_ACCMODE != 0;
    if reads && !readable || writes && !writable {
        return Err(Errno::EACCES.into());
    }
    let copy = dup(cx, fd)?;
    if flags & O_CLOEXEC != 0 {
        set_cloexec(copy.0 as u64, true)?;
    }
    Ok(copy)
}

/// What is told of `path`, where the host `found` the open file instead: a device that all may read and write.
#[inline]
pub fn status(path: Path, follow: bool, found: &mut Stat) {
    let Some(Fd(fd)) = named(path) else {
        return;
    };
    if !follow && !is_device(path) {
        return;
    }
    found.mode = linux::S_IFCHR as u16 | 0o666;
    found.nlink = 1;
    (found.uid, found.gid) = (0, 0);
    found.rdev = fd as u64;
    (found.size, found.blocks) = (0, 0);
    found.flags = 0;
}

/// The others are links, on FreeBSD too.
fn is_device(path: Path) -> bool {
    guest::read::<[u8; 8]>(path.0).is_ok_and(|head| &head == b"/dev/fd/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_descriptors_are_known() {
        assert_eq!(number(b"/dev/stderr"), Some(2));
        assert_eq!(number(b"/dev/fd/17"), Some(17));
        for other in [
            "/dev/stdio",
            "/dev/fd/",
            "/dev/fd/+1",
            "/dev/fd/1/",
            "/dev/fd/99999999999",
        ] {
            assert_eq!(number(other.as_bytes()), None, "{other}");
        }
    }
}
