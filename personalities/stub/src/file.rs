//! A program file, read through the host.

use alloc::string::String;
use alloc::vec::Vec;

use compat_loader::{ReadAt, ReadError};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::settings::Opened;

use crate::why;

/// An open file; closed when dropped.
pub(crate) struct File {
    fd: u64,
    /// The path it was opened by, when no link is on it.
    opened: Option<Vec<u8>>,
    size: u64,
    changes_identity: bool,
}

const AT_FDCWD: u64 = -100i64 as u64;
const AT_EMPTY_PATH: u64 = 0x1000;
/// With `O_NONBLOCK`, so that a FIFO in place of a program does not block.
const O_CLOEXEC_NONBLOCK: u64 = 0o2000000 | 0o4000;
const WANTED: u32 =
    linux::STATX_TYPE | linux::STATX_MODE | linux::STATX_UID | linux::STATX_GID | linux::STATX_SIZE;
const S_ISUID: u16 = 0o4000;
const S_ISGID: u16 = 0o2000;
const S_IFMT: u16 = 0o170000;
const S_IFREG: u16 = 0o100000;

impl File {
    /// Opens a file that the process may execute.
    ///
    /// # Errors
    /// As `execve`: `ENOENT`, `EACCES` (no execute permission, not a regular file), ...
    pub(crate) fn open_executable(path: &[u8]) -> HostResult<Self> {
        let file = Self::open(path)?;
        let empty = [0u8];
        // X_OK with the effective ids (AT_EACCESS), on the file that is open.
        // SAFETY: a valid empty path.
        unsafe {
            host::call_n(
                nr::faccessat2,
                [file.fd, empty.as_ptr() as u64, 1, AT_EMPTY_PATH | 0x200],
            )
        }?;
        Ok(file)
    }

    /// Opens a regular file.
    ///
    /// # Errors
    /// As `open`; `EACCES` for anything else.
    pub(crate) fn open(path: &[u8]) -> HostResult<Self> {
        let mut text = path.to_vec();
        text.push(0);
        let (fd, straight) = match open_straight(&text) {
            Ok(fd) => (fd, true),
            // SAFETY: a NUL-terminated path.
            Err(_) => unsafe {
                let args = [AT_FDCWD, text.as_ptr() as u64, O_CLOEXEC_NONBLOCK, 0];
                (host::call_n(nr::openat, args)?, false)
            },
        };
        text.pop();
        let mut file = Self {
            fd,
            opened: straight.then_some(text),
            size: 0,
            changes_identity: false,
        };
        let found = host::statx_of(fd, WANTED)?;
        let mode = found.stx_mode;
        file.changes_identity = changes_identity(mode, found.stx_uid, found.stx_gid);
        file.size = found.stx_size;
        if mode & S_IFMT != S_IFREG {
            return Err(HostErrno::EACCES);
        }
        Ok(file)
    }

    /// Whether the file's own kernel would run it as another user or group.
    pub(crate) fn changes_identity(&self) -> bool {
        self.changes_identity
    }

    /// Leaves the file to the next image.
    pub(crate) fn hand_over(mut self) -> Opened {
        // Freed: this memory may be the creator's.
        let straight = self.opened.take().is_some();
        let file = core::mem::ManuallyDrop::new(self);
        Opened {
            fd: file.fd,
            size: file.size,
            changes_identity: file.changes_identity,
            straight,
        }
    }

    /// Takes over what the image before opened by `path`.
    pub(crate) fn taken_over(opened: Opened, path: &[u8]) -> Self {
        Self {
            fd: opened.fd,
            opened: opened.straight.then(|| path.to_vec()),
            size: opened.size,
            changes_identity: opened.changes_identity,
        }
    }

    /// The descriptor.
    pub(crate) fn fd(&self) -> u64 {
        self.fd
    }

    /// The absolute path the host knows the file by.
    pub(crate) fn path(&self) -> Option<Vec<u8>> {
        // Its own name in /proc is dear: the host makes three directory entries for it first.
        self.opened
            .as_deref()
            .and_then(without_links)
            .or_else(|| host::name_of(self.fd).ok())
    }
}

/// Why [`File::open_executable`] said so, and what helps.
#[cold]
pub(crate) fn why_not_opened(path: &[u8], error: HostErrno) -> String {
    match error {
        HostErrno::EACCES => String::from(why_not_allowed(path)),
        error => alloc::format!("cannot be opened: {}", why(error)),
    }
}

fn why_not_allowed(path: &[u8]) -> &'static str {
    const S_IFDIR: u16 = 0o040000;
    const EXECUTE: u16 = 0o111;
    const X_OK: u64 = 1;
    const AT_EACCESS: u64 = 0x200;
    let text = [path, b"\0"].concat();
    let Ok(found) = host::statx(AT_FDCWD, text.as_ptr() as u64, 0, WANTED) else {
        return "no permission to search a directory on the way to it";
    };
    // SAFETY: a NUL-terminated path.
    let executable = unsafe {
        let args = [AT_FDCWD, text.as_ptr() as u64, X_OK, AT_EACCESS];
        host::call_n(nr::faccessat2, args)
    };
    match found.stx_mode & S_IFMT {
        S_IFDIR => "a directory: name a file in it",
        S_IFREG if executable.is_ok() => "no permission to read it: chmod +r it",
        S_IFREG if found.stx_mode & EXECUTE == 0 => "no execute permission: chmod +x it",
        S_IFREG => "no permission to execute it, or not on its file system (noexec)",
        _ => "neither file nor link: name a program",
    }
}

/// See [`File::changes_identity`].
fn changes_identity(mode: u16, user: u32, group: u32) -> bool {
    let differs = |bit: u16, number: u64, id: u32| {
        // SAFETY: no arguments.
        mode & bit != 0 && unsafe { host::call_n(number, []) } != Ok(u64::from(id))
    };
    differs(S_ISUID, nr::geteuid, user) || differs(S_ISGID, nr::getegid, group)
}

/// Opens a path with its NUL that has no link on it.
fn open_straight(text: &[u8]) -> HostResult<u64> {
    let how = linux::open_how {
        flags: O_CLOEXEC_NONBLOCK,
        mode: 0,
        resolve: u64::from(linux::RESOLVE_NO_SYMLINKS),
    };
    let request = [
        AT_FDCWD,
        text.as_ptr() as u64,
        core::ptr::from_ref(&how) as u64,
        size_of_val(&how) as u64,
    ];
    // SAFETY: a NUL-terminated path and a request, both ours.
    unsafe { host::call_n(nr::openat2, request) }
}

/// A path that has no link on it as an absolute one; `None` when it has other detours.
fn without_links(path: &[u8]) -> Option<Vec<u8>> {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let (mut whole, names) = match path.strip_prefix(b"/") {
        Some(names) => (Vec::new(), names),
        None => (host::working_directory().ok()?, path),
    };
    let proper = |name: &[u8]| !matches!(name, b"" | b"." | b"..");
    if !names.split(|&byte| byte == b'/').all(proper) {
        return None;
    }
    // Below the root directory nothing stands before the slash; a directory that is out of reach has no name.
    match whole.as_slice() {
        b"/" => whole.clear(),
        b"" => {}
        [b'/', ..] => {}
        _ => return None,
    }
    whole.push(b'/');
    whole.extend_from_slice(names);
    Some(whole)
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: our own descriptor.
        let _ = unsafe { host::call_n(nr::close, [self.fd]) };
    }
}

impl ReadAt for File {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let args = [self.fd, into.as_mut_ptr() as u64, into.len() as u64, offset];
        // SAFETY: `into` is valid for its length.
        match unsafe { host::call_n(nr::pread64, args) } {
            Ok(count) => Ok(count as usize),
            Err(error) => Err(ReadError(i32::from(error.0))),
        }
    }

    fn size(&self) -> u64 {
        self.size
    }
}
