//! File flags (`chflags`) that the host has no equal for, or does not let the caller set: an extended attribute keeps them.
//!
//! They are kept for guests that live in a root, where `tar`, `install` and `ls -lo` expect them; unpacking a root keeps
//! them in the same attribute. What is only kept there is shown, not enforced.

use alloc::string::String;

use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::paths;

use super::place::Place;

/// Where `st_flags` is kept: four bytes, least significant first.
const ATTRIBUTE: &core::ffi::CStr = c"user.freebsd.flags";

/// A file, as the host's calls for attributes take it.
pub(super) enum File<'a> {
    /// An open one.
    Open(u64),
    /// A named one.
    Named(&'a Place),
}

impl File<'_> {
    /// The name through which every call reaches the file; calls on descriptors would refuse some.
    fn name(&self) -> Option<String> {
        match self {
            File::Open(fd) => Some(super::place::own_name(*fd)),
            File::Named(place) => place.open_file().map(super::place::own_name),
        }
    }

    /// The address of a path that leads to the file from the working directory.
    fn path(&self, name: Option<&String>) -> Option<u64> {
        match (self, name) {
            (_, Some(name)) => Some(name.as_ptr() as u64),
            (File::Named(place), None) => {
                (place.at as i32 == linux::AT_FDCWD).then_some(place.path)
            }
            (File::Open(_), None) => None,
        }
    }
}

/// Whether a file can have attributes of the user's, and the guest lives where they are looked at.
fn can_have(found: &linux::statx) -> bool {
    let kind = u32::from(found.stx_mode) & linux::S_IFMT;
    paths::current().is_some() && matches!(kind, linux::S_IFREG | linux::S_IFDIR)
}

/// The flags of a file that was `found`, when they are kept here: all of them, those that the host has too included.
pub(super) fn kept(file: &File, found: &linux::statx) -> Option<u32> {
    if !can_have(found) {
        return None;
    }
    let name = file.name();
    let path = file.path(name.as_ref())?;
    let mut flags = [0u8; 4];
    let request = [
        path,
        ATTRIBUTE.as_ptr() as u64,
        flags.as_mut_ptr() as u64,
        flags.len() as u64,
    ];
    // SAFETY: a path that the kernel checks, a name and a buffer of ours.
    match unsafe { host::call_n(nr::getxattr, request) } {
        Ok(4) => Some(u32::from_le_bytes(flags)),
        _ => None,
    }
}

/// Keeps `flags` for a file that was `found`; 0 means that nothing need be kept.
///
/// # Errors
/// `EOPNOTSUPP` where nothing can be kept; as `setxattr`.
pub(super) fn keep(file: &File, found: &linux::statx, flags: u32) -> HostResult<()> {
    if !can_have(found) {
        return if flags == 0 {
            Ok(())
        } else {
            Err(HostErrno::EOPNOTSUPP)
        };
    }
    if kept(file, found).unwrap_or(0) == flags {
        return Ok(());
    }
    let name = file.name();
    let path = file.path(name.as_ref()).ok_or(HostErrno::EOPNOTSUPP)?;
    if flags == 0 {
        // SAFETY: a path that the kernel checks and a name of ours.
        return unsafe { host::call_n(nr::removexattr, [path, ATTRIBUTE.as_ptr() as u64]) }
            .map(drop);
    }
    let value = flags.to_le_bytes();
    let request = [
        path,
        ATTRIBUTE.as_ptr() as u64,
        value.as_ptr() as u64,
        value.len() as u64,
        0,
    ];
    // SAFETY: as above, and a value of ours.
    unsafe { host::call_n(nr::setxattr, request) }.map(drop)
}
