//! Flags of files (setfflags): the host's own where it has an equal, the others in an extended attribute.
//!
//! Programs in a root see the others; without one, no file is asked for them, because that costs every `stat` a second
//! call.

use compat_tables::bsd::flags::FILE_FLAGS;
use compat_tables::bsd::flags::file_flags::{
    SF_APPEND, SF_ARCHIVED, SF_IMMUTABLE, UF_APPEND, UF_ARCHIVE, UF_HIDDEN, UF_IMMUTABLE,
    UF_NODUMP, UF_OFFLINE, UF_OPAQUE, UF_READONLY, UF_REPARSE, UF_SPARSE, UF_SYSTEM,
};
use compat_tables::bsd::{Errno, FILE_FLAGS_ATTRIBUTE as ATTRIBUTE};
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};

use super::at::{AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags, CWD};
use super::attribute::{kind, owns};
use super::ids;
use super::place::{Held, Place, own_name};
use super::stat::{statx, statx_fd};
use crate::abi::stat::{HOST_FLAGS, Stat};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

/// What these calls take.
const USUAL: u32 = AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH;
const LINK_ITSELF: AtFlags = AtFlags(AT_SYMLINK_NOFOLLOW);

const HOST_LOCKS: u64 = 0x30;
/// Flags that the host has an equal for.
const HOSTS: u32 = UF_NODUMP | UF_IMMUTABLE | UF_APPEND | SF_IMMUTABLE | SF_APPEND;
/// Flags that only tell something: nothing has to heed them.
const TOLD: u32 = UF_OPAQUE
    | UF_SYSTEM
    | UF_SPARSE
    | UF_OFFLINE
    | UF_REPARSE
    | UF_ARCHIVE
    | UF_READONLY
    | UF_HIDDEN
    | SF_ARCHIVED;

/// Whether `name`, an attribute's of the user, is that of the flags: guests do not see it.
pub fn keeps_flags(name: &[u8]) -> bool {
    ATTRIBUTE.to_bytes().strip_prefix(b"user.") == Some(name)
}

pub fn chflags(cx: &mut Cx, path: Path, flags: u64) -> Return<()> {
    chflagsat(cx, CWD, path, flags, AtFlags::NONE)
}

pub fn lchflags(cx: &mut Cx, path: Path, flags: u64) -> Return<()> {
    chflagsat(cx, CWD, path, flags, LINK_ITSELF)
}

pub fn chflagsat(cx: &mut Cx, at: AtFd, path: Path, flags: u64, atflag: AtFlags) -> Return<()> {
    let place = Place::to_change(cx, at, path, atflag.only(USUAL)?)?;
    let found = statx(place.at, place.path, place.flags)?;
    set_flags(cx, &found, flags, || {
        let name = place.open_file().map(own_name);
        let (at, path) = name.as_ref().map_or((place.at, place.path), |name| {
            (CWD.0 as u64, name.as_ptr() as u64)
        });
        let mut how = linux::O_RDONLY | linux::O_NONBLOCK | linux::O_NOCTTY | linux::O_CLOEXEC;
        if atflag.has(AT_SYMLINK_NOFOLLOW) && name.is_none() {
            how |= linux::O_NOFOLLOW;
        }
        // SAFETY: the kernel checks the guest's path, or it is a name of ours.
        unsafe { host::call_n(nr::openat, [at, path, u64::from(how), 0]) }.map(Held)
    })
}

pub fn fchflags(cx: &mut Cx, fd: Fd, flags: u64) -> Return<()> {
    let fd = fd.checked(cx)?;
    set_flags(cx, &statx_fd(fd)?, flags, || {
        let name = own_name(fd);
        let how = linux::O_RDONLY | linux::O_NONBLOCK | linux::O_NOCTTY | linux::O_CLOEXEC;
        // SAFETY: a NUL-terminated name of ours.
        unsafe {
            host::call_n(
                nr::openat,
                [CWD.0 as u64, name.as_ptr() as u64, u64::from(how), 0],
            )
        }
        .map(Held)
    })
}

/// Adds what `file`, an open file or a place, has of the flags that the host does not know.
#[inline]
pub fn complete(cx: &Cx, file: Where, found: &mut Stat) {
    let may_have = matches!(
        u32::from(found.mode) & linux::S_IFMT,
        linux::S_IFREG | linux::S_IFDIR
    );
    if may_have && cx.process().space.get().is_some() {
        found.flags |= file.told();
    }
}

/// How a file is named whose attribute is read.
#[derive(Clone, Copy)]
pub enum Where {
    Open(u64),
    /// A descriptor of a directory and the address of a path.
    Path(u64, u64),
}

impl Where {
    /// The flags kept for the file. Those that an unpacked root came with are all there: shown, although nothing heeds
    /// `schg` and its like until `chflags` has handed them to the host.
    fn told(self) -> u32 {
        let mut bytes = [0u8; 4];
        let name = ATTRIBUTE.as_ptr() as u64;
        let (value, size) = (bytes.as_mut_ptr() as u64, bytes.len() as u64);
        let read = match self {
            // SAFETY: the kernel writes at most the four bytes.
            Self::Open(fd) => unsafe { host::call_n(nr::fgetxattr, [fd, name, value, size]) },
            Self::Path(at, path) if at as i32 == linux::AT_FDCWD => {
                // SAFETY: as above; the kernel checks the guest's path.
                unsafe { host::call_n(nr::getxattr, [path, name, value, size]) }
            }
            // Seen from a directory outside the root: nothing is kept there.
            Self::Path(..) => return 0,
        };
        match read {
            Ok(4) => u32::from_le_bytes(bytes),
            _ => 0,
        }
    }
}

/// Sets the flags of the file that was `found` and that `open` opens.
fn set_flags(
    cx: &Cx,
    found: &linux::statx,
    flags: u64,
    open: impl FnOnce() -> HostResult<Held>,
) -> Return<()> {
    let in_root = cx.process().space.get().is_some();
    let known = if in_root { HOSTS | TOLD } else { HOSTS };
    if flags & !u64::from(known) != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if !owns(found) {
        return Err(Errno::EPERM.into());
    }
    if flags & u64::from(SF_ARCHIVED) != 0 {
        ids::require_root()?;
    }
    let told = flags as u32 & TOLD;
    let wanted = FILE_FLAGS
        .to_host(flags & u64::from(HOSTS))
        .unwrap_or_default();
    let now = found.stx_attributes & HOST_FLAGS;
    if !matches!(kind(found), linux::S_IFREG | linux::S_IFDIR) {
        return match (wanted == now, told) {
            (true, 0) => Ok(()),
            _ => Err(Errno::EOPNOTSUPP.into()),
        };
    }
    if !in_root && wanted == now {
        return Ok(());
    }
    let file = match open() {
        // The host tells kept flags only to whoever may read the file: nobody here sees any.
        Err(HostErrno::EACCES) if wanted == now && told == 0 => return Ok(()),
        opened => opened?,
    };
    // A locked file's attributes cannot be changed either: before it is locked, after it is unlocked.
    if in_root && now & HOST_LOCKS == 0 {
        tell(&file, told)?;
    }
    if wanted != now {
        set_host(&file, wanted, flags)?;
    }
    if in_root && now & HOST_LOCKS != 0 {
        tell(&file, told)?;
    }
    Ok(())
}

/// Keeps the flags that the host does not know.
fn tell(file: &Held, told: u32) -> Return<()> {
    if Where::Open(file.0).told() == told {
        return Ok(());
    }
    let name = ATTRIBUTE.as_ptr() as u64;
    let value = told.to_le_bytes();
    // SAFETY: a name and a value of ours.
    let done = unsafe {
        if told == 0 {
            host::call_n(nr::fremovexattr, [file.0, name])
        } else {
            host::call_n(
                nr::fsetxattr,
                [file.0, name, value.as_ptr() as u64, value.len() as u64, 0],
            )
        }
    };
    done?;
    Ok(())
}

/// Sets the flags that the host knows to `wanted`, for the guest's `flags`.
fn set_host(file: &Held, wanted: u64, flags: u64) -> Return<()> {
    let mut attributes: u32 = 0;
    let at = core::ptr::from_mut(&mut attributes) as u64;
    // SAFETY: the kernel reads and writes the four bytes.
    let changed = unsafe {
        host::call_n(
            nr::ioctl,
            [file.0, u64::from(host::ioctl::FS_IOC_GETFLAGS), at],
        )
        .and_then(|_| {
            attributes = attributes & !(HOST_FLAGS as u32) | wanted as u32;
            host::call_n(
                nr::ioctl,
                [file.0, u64::from(host::ioctl::FS_IOC_SETFLAGS), at],
            )
        })
    };
    let privileged = u64::from(SF_IMMUTABLE | SF_APPEND);
    match changed {
        Ok(_) => Ok(()),
        Err(HostErrno::ENOTTY | HostErrno::ENOSYS) => Err(Errno::EOPNOTSUPP.into()),
        // An owner's own flags: on the host a privilege that the owner lacks.
        Err(HostErrno::EPERM) if flags & privileged == 0 => Err(Errno::EOPNOTSUPP.into()),
        Err(error) => Err(error.into()),
    }
}
