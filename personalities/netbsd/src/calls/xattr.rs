//! Linux's calls for extended attributes (vfs_xattr.c). They see the same attributes as `extattr_*`, by names of which the
//! namespace is told, and which are the whole name there.

use alloc::vec::Vec;

use compat_bsd::calls::at::CWD;
use compat_bsd::calls::place::located;
use compat_bsd::calls::xattr::{DESCRIPTOR, FILE, LINK, Way, hand_out};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::extattr_namespace::{
    EXTATTR_NAMESPACE_SYSTEM, EXTATTR_NAMESPACE_USER,
};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::paths::Look;

use crate::error::{Error, Return};
use crate::lower::Fd;

/// xattr_native.
fn namespace(name: Path) -> Return<i32> {
    /// XATTR_NAME_MAX.
    const LIMIT: usize = 255;
    let name = guest::read_string(name.0, LIMIT)?;
    let system = [&b"system."[..], b"security.", b"trusted."];
    Ok(if system.iter().any(|prefix| name.starts_with(prefix)) {
        EXTATTR_NAMESPACE_SYSTEM
    } else {
        EXTATTR_NAMESPACE_USER
    })
}

fn set(way: &Way, file: u64, name: Path, value: (u64, u64), flags: i32) -> Return<()> {
    // XATTR_CREATE and XATTR_REPLACE are the host's.
    const FLAGS: i32 = 3;
    way.set_how(file, namespace(name)?, name, value, (flags & FLAGS) as u64)?;
    Ok(())
}

fn get(way: &Way, file: u64, name: Path, value: u64, size: usize) -> Return<usize> {
    way.get(file, namespace(name)?, name, value, size)
}

/// Each name with its NUL; those of the system for who may see them.
fn list(way: &Way, file: u64, data: u64, size: usize) -> Return<usize> {
    let mut names = way.names(file, EXTATTR_NAMESPACE_USER)?;
    match way.names(file, EXTATTR_NAMESPACE_SYSTEM) {
        Ok(system) => names.extend(system),
        Err(Error(Errno::EPERM)) => {}
        Err(error) => return Err(error),
    }
    let list: Vec<u8> = names
        .into_iter()
        .flat_map(|name| name.into_iter().chain([0]))
        .collect();
    hand_out(&list, data, size)
}

/// The calls for one way to name a file.
macro_rules! calls {
    ($way:ident, $kind:ty, $cx:ident, $file:ident, $changed:expr, $read:expr,
     $set:ident $get:ident $list:ident $remove:ident) => {
        pub(crate) fn $set(
            $cx: &mut Cx,
            $file: $kind,
            name: Path,
            value: u64,
            size: u64,
            flags: i32,
        ) -> Return<()> {
            set(&$way, $changed, name, (value, size), flags)
        }

        pub(crate) fn $get(
            $cx: &mut Cx,
            $file: $kind,
            name: Path,
            value: u64,
            size: usize,
        ) -> Return<usize> {
            get(&$way, $read, name, value, size)
        }

        pub(crate) fn $list($cx: &mut Cx, $file: $kind, data: u64, size: usize) -> Return<usize> {
            list(&$way, $read, data, size)
        }

        pub(crate) fn $remove($cx: &mut Cx, $file: $kind, name: Path) -> Return<()> {
            $way.remove($changed, namespace(name)?, name)
        }
    };
}

calls!(
    FILE, Path, cx, path, located(cx, CWD, path, Look::FOLLOW.change())?.path(),
    located(cx, CWD, path, Look::FOLLOW)?.path(), setxattr getxattr listxattr removexattr
);
calls!(
    LINK, Path, cx, path, located(cx, CWD, path, Look::LINK.change())?.path(),
    located(cx, CWD, path, Look::LINK)?.path(), lsetxattr lgetxattr llistxattr lremovexattr
);
calls!(
    DESCRIPTOR, Fd, cx, fd, fd.checked(cx)?, fd.checked(cx)?, fsetxattr fgetxattr flistxattr fremovexattr
);
