//! Names of directories and of roots.

use alloc::vec::Vec;

use crate::host::{self, HostResult, linux, nr};

/// The host's name of the directory `at` refers to.
pub(super) fn directory(at: u64) -> Option<Vec<u8>> {
    let host = if at as i32 == linux::AT_FDCWD {
        host::working_directory()
    } else {
        host::name_of(at)
    }
    .ok()?;
    host.starts_with(b"/").then_some(host)
}

/// Where a user's roots are kept: `$XDG_DATA_HOME/compat/roots`, by default in `~/.local/share`. `variable` looks up the
/// environment.
pub fn data_directory<'a>(variable: impl Fn(&[u8]) -> Option<&'a [u8]>) -> Option<Vec<u8>> {
    if let Some(data) = variable(b"XDG_DATA_HOME").filter(|data| data.starts_with(b"/")) {
        return Some([data, b"/compat/roots"].concat());
    }
    let home = variable(b"HOME").filter(|home| home.starts_with(b"/"))?;
    Some([home, b"/.local/share/compat/roots"].concat())
}

/// The real path of the directory `name`: a path when it has a slash, else a root that `compat root add` made; no name
/// means the default one.
///
/// # Errors
/// `ENOENT` and the like when there is none; `ENOTDIR`.
pub fn find_root<'a>(
    name: Option<&[u8]>,
    variable: impl Fn(&[u8]) -> Option<&'a [u8]>,
) -> HostResult<Vec<u8>> {
    let path = match name {
        Some(path) if path.contains(&b'/') || path == b"." || path == b".." => path.to_vec(),
        name => {
            let roots = data_directory(variable).ok_or(host::HostErrno::ENOENT)?;
            [&roots, &b"/"[..], name.unwrap_or(b"default"), b"/root"].concat()
        }
    };
    real(path)
}

/// A directory's path, absolute and free of links.
fn real(mut path: Vec<u8>) -> HostResult<Vec<u8>> {
    path.push(0);
    let how = linux::O_PATH | linux::O_DIRECTORY | linux::O_CLOEXEC;
    let request = [
        i64::from(linux::AT_FDCWD) as u64,
        path.as_ptr() as u64,
        u64::from(how),
        0,
    ];
    // SAFETY: a NUL-terminated path.
    let fd = unsafe { host::call_n(nr::openat, request) }?;
    let name = host::name_of(fd);
    // SAFETY: our own descriptor.
    let _ = unsafe { host::call_n(nr::close, [fd]) };
    name
}
