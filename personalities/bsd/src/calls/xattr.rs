//! Extended attributes (vfs_extattr.c) on the host's, whose names begin with their namespace.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::extattr_namespace::{
    EXTATTR_NAMESPACE_SYSTEM, EXTATTR_NAMESPACE_USER,
};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, HostResult, nr};
use compat_translate::paths::Look;

use super::at::CWD;
use super::file_flags;
use super::place::located;
use crate::error::{Error, Return};
use crate::lower::Fd;

/// EXTATTR_MAXNAMELEN
const MAX_NAME: usize = 255;
/// The host's limit for a value, and for a list.
const MAX_VALUE: usize = 65536;

/// The host's calls for one way to name a file.
pub struct Way {
    set: u64,
    get: u64,
    remove: u64,
    list: u64,
}

/// By a path, whose last link is followed.
pub const FILE: Way = Way {
    set: nr::setxattr,
    get: nr::getxattr,
    remove: nr::removexattr,
    list: nr::listxattr,
};
/// By a path, whose last link is meant.
pub const LINK: Way = Way {
    set: nr::lsetxattr,
    get: nr::lgetxattr,
    remove: nr::lremovexattr,
    list: nr::llistxattr,
};
/// By a descriptor.
pub const DESCRIPTOR: Way = Way {
    set: nr::fsetxattr,
    get: nr::fgetxattr,
    remove: nr::fremovexattr,
    list: nr::flistxattr,
};

/// The host's prefix for a namespace.
///
/// # Errors
/// `EPERM` for a namespace nobody knows (extattr_check_cred).
fn prefix(namespace: i32) -> Return<&'static [u8]> {
    match namespace {
        EXTATTR_NAMESPACE_USER => Ok(b"user."),
        // Root's own, as on FreeBSD.
        EXTATTR_NAMESPACE_SYSTEM => Ok(b"trusted."),
        _ => Err(Errno::EPERM.into()),
    }
}

/// The host's name of an attribute, with its NUL.
fn host_name(namespace: i32, name: Path) -> Return<Vec<u8>> {
    let own = guest::read_string(name.0, MAX_NAME + 1)?;
    let prefix = prefix(namespace)?;
    if own.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    if file_flags::keeps_flags(&own) {
        // Ours: no guest has ever seen it.
        return Err(Errno::ENOATTR.into());
    }
    Ok([prefix, &own, b"\0"].concat())
}

fn refused(error: HostErrno) -> Error {
    match error {
        HostErrno::ENODATA => Error(Errno::ENOATTR),
        // The host's limit for a name is shorter by the prefix; a value too long for it has no room.
        HostErrno::ERANGE => Error(Errno::ENAMETOOLONG),
        HostErrno::E2BIG => Error(Errno::ENOSPC),
        error => error.into(),
    }
}

impl Way {
    fn set(&self, file: u64, namespace: i32, name: Path, data: u64, size: u64) -> Return<u64> {
        self.set_how(file, namespace, name, (data, size), 0)
    }

    /// The same for one that must or must not be there, by the host's flags.
    pub fn set_how(
        &self,
        file: u64,
        namespace: i32,
        name: Path,
        (data, size): (u64, u64),
        flags: u64,
    ) -> Return<u64> {
        let name = host_name(namespace, name)?;
        let request = [file, name.as_ptr() as u64, data, size, flags];
        // SAFETY: the name is ours; the kernel checks the guest's path and data.
        unsafe { host::call_n(self.set, request) }.map_err(refused)?;
        Ok(size)
    }

    /// As much of a value as there is room for, or its length where there is no buffer.
    pub fn get(
        &self,
        file: u64,
        namespace: i32,
        name: Path,
        data: u64,
        size: usize,
    ) -> Return<usize> {
        let name = host_name(namespace, name)?;
        let name = name.as_ptr() as u64;
        let value = whole(|buffer| {
            let request = [file, name, buffer.as_mut_ptr() as u64, buffer.len() as u64];
            // SAFETY: the kernel fills the buffer, and checks the guest's path.
            unsafe { host::call_n(self.get, request) }
        });
        hand_out(&value.map_err(refused)?, data, size)
    }

    /// Takes an attribute away.
    pub fn remove(&self, file: u64, namespace: i32, name: Path) -> Return<()> {
        let name = host_name(namespace, name)?;
        // SAFETY: the name is ours; the kernel checks the guest's path.
        unsafe { host::call_n(self.remove, [file, name.as_ptr() as u64]) }.map_err(refused)?;
        Ok(())
    }

    fn list(&self, file: u64, namespace: i32, data: u64, size: usize) -> Return<usize> {
        let mut list = Vec::new();
        for name in self.names(file, namespace)? {
            if let Ok(length) = u8::try_from(name.len()) {
                list.push(length);
                list.extend_from_slice(&name);
            }
        }
        hand_out(&list, data, size)
    }

    /// The names of one namespace.
    pub fn names(&self, file: u64, namespace: i32) -> Return<Vec<Vec<u8>>> {
        let prefix = prefix(namespace)?;
        let names = whole(|buffer| {
            let request = [file, buffer.as_mut_ptr() as u64, buffer.len() as u64];
            // SAFETY: the kernel fills the buffer, and checks the guest's path.
            unsafe { host::call_n(self.list, request) }
        });
        Ok(own(&names.map_err(refused)?, prefix))
    }
}

/// All of what `fill` writes into a buffer that is long enough.
fn whole(fill: impl Fn(&mut [u8]) -> HostResult) -> HostResult<Vec<u8>> {
    let mut size = 256;
    loop {
        let mut buffer = alloc::vec![0; size];
        match fill(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length as usize);
                return Ok(buffer);
            }
            Err(HostErrno::ERANGE) if size < MAX_VALUE => size = MAX_VALUE,
            Err(error) => return Err(error),
        }
    }
}

/// Without a buffer only the length counts; a short buffer gets the beginning.
pub fn hand_out(value: &[u8], data: u64, size: usize) -> Return<usize> {
    if data == 0 {
        return Ok(value.len());
    }
    let part = value.get(..size).unwrap_or(value);
    guest::write_bytes(data, part)?;
    Ok(part.len())
}

/// Those of the host's names that are in a namespace, as the guest knows them.
fn own(names: &[u8], prefix: &[u8]) -> Vec<Vec<u8>> {
    names
        .split(|&byte| byte == 0)
        .filter_map(|name| name.strip_prefix(prefix))
        .filter(|own| !own.is_empty() && !file_flags::keeps_flags(own))
        .map(<[u8]>::to_vec)
        .collect()
}

pub fn extattr_set_file(
    cx: &mut Cx,
    path: Path,
    namespace: i32,
    name: Path,
    data: u64,
    nbytes: u64,
) -> Return<u64> {
    FILE.set(
        located(cx, CWD, path, Look::FOLLOW.change())?.path(),
        namespace,
        name,
        data,
        nbytes,
    )
}

pub fn extattr_set_link(
    cx: &mut Cx,
    path: Path,
    namespace: i32,
    name: Path,
    data: u64,
    nbytes: u64,
) -> Return<u64> {
    LINK.set(
        located(cx, CWD, path, Look::LINK.change())?.path(),
        namespace,
        name,
        data,
        nbytes,
    )
}

pub fn extattr_set_fd(
    cx: &mut Cx,
    fd: Fd,
    namespace: i32,
    name: Path,
    data: u64,
    nbytes: u64,
) -> Return<u64> {
    DESCRIPTOR.set(fd.checked(cx)?, namespace, name, data, nbytes)
}

pub fn extattr_get_file(
    cx: &mut Cx,
    path: Path,
    namespace: i32,
    name: Path,
    data: u64,
    nbytes: usize,
) -> Return<usize> {
    FILE.get(
        located(cx, CWD, path, Look::FOLLOW)?.path(),
        namespace,
        name,
        data,
        nbytes,
    )
}

pub fn extattr_get_link(
    cx: &mut Cx,
    path: Path,
    namespace: i32,
    name: Path,
    data: u64,
    nbytes: usize,
) -> Return<usize> {
    LINK.get(
        located(cx, CWD, path, Look::LINK)?.path(),
        namespace,
        name,
        data,
        nbytes,
    )
}

pub fn extattr_get_fd(
    cx: &mut Cx,
    fd: Fd,
    namespace: i32,
    name: Path,
    data: u64,
    nbytes: usize,
) -> Return<usize> {
    DESCRIPTOR.get(fd.checked(cx)?, namespace, name, data, nbytes)
}

pub fn extattr_delete_file(cx: &mut Cx, path: Path, namespace: i32, name: Path) -> Return<()> {
    FILE.remove(
        located(cx, CWD, path, Look::FOLLOW.change())?.path(),
        namespace,
        name,
    )
}

pub fn extattr_delete_link(cx: &mut Cx, path: Path, namespace: i32, name: Path) -> Return<()> {
    LINK.remove(
        located(cx, CWD, path, Look::LINK.change())?.path(),
        namespace,
        name,
    )
}

pub fn extattr_delete_fd(cx: &mut Cx, fd: Fd, namespace: i32, name: Path) -> Return<()> {
    DESCRIPTOR.remove(fd.checked(cx)?, namespace, name)
}

pub fn extattr_list_file(
    cx: &mut Cx,
    path: Path,
    namespace: i32,
    data: u64,
    nbytes: usize,
) -> Return<usize> {
    FILE.list(
        located(cx, CWD, path, Look::FOLLOW)?.path(),
        namespace,
        data,
        nbytes,
    )
}

pub fn extattr_list_link(
    cx: &mut Cx,
    path: Path,
    namespace: i32,
    data: u64,
    nbytes: usize,
) -> Return<usize> {
    LINK.list(
        located(cx, CWD, path, Look::LINK)?.path(),
        namespace,
        data,
        nbytes,
    )
}

pub fn extattr_list_fd(
    cx: &mut Cx,
    fd: Fd,
    namespace: i32,
    data: u64,
    nbytes: usize,
) -> Return<usize> {
    DESCRIPTOR.list(fd.checked(cx)?, namespace, data, nbytes)
}

/// Starts and stops attributes on old UFS volumes; no other file system knows it (vfs_stdextattrctl).
pub fn extattrctl(
    cx: &mut Cx,
    path: Path,
    _cmd: i32,
    _filename: Path,
    _namespace: i32,
    _name: Path,
) -> Return<()> {
    let place = located(cx, CWD, path, Look::FOLLOW)?;
    super::stat::statx(place.at, place.path(), 0)?;
    Err(Errno::EOPNOTSUPP.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_one_namespace() {
        let names = b"user.a\0security.selinux\0user.long.name\0trusted.user.x\0";
        assert_eq!(own(names, b"user."), [&b"a"[..], b"long.name"]);
        assert_eq!(own(names, b"trusted."), [b"user.x"]);
        assert!(own(b"", b"user.").is_empty());
    }

    #[test]
    fn namespaces_are_two() {
        assert_eq!(prefix(1), Ok(&b"user."[..]));
        assert_eq!(prefix(3), Err(Error(Errno::EPERM)));
    }
}
