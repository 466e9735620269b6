//! Where a path argument leads.

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};

use super::at::{AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags};
use crate::error::{Error, Return};
use crate::lower::AtFd;

/// A host descriptor that is ours for the length of a call.
pub(super) struct Held(pub(super) u64);

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the descriptor was opened by us and given to nobody.
        let _ = unsafe { host::call_n(nr::close, [self.0]) };
    }
}

/// A file that a call names: what the host's `*at` call of the same meaning takes.
pub(super) struct Place {
    /// Directory descriptor, or the file's own when `path` is empty.
    pub(super) at: u64,
    /// Address of the path: the guest's, or of an empty one.
    pub(super) path: u64,
    /// The host's flags.
    pub(super) flags: u64,
    _held: Option<Held>,
}

impl Place {
    /// The place that `path` names, seen from `at`. `flags` were checked with [`AtFlags::only`].
    ///
    /// # Errors
    /// `EBADF`; with `AT_RESOLVE_BENEATH` also what the lookup says, `ENOTCAPABLE` when it leaves `at`.
    pub(super) fn find(cx: &Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Self> {
        let at = at.checked(cx)?;
        if !flags.has(AT_RESOLVE_BENEATH) {
            return Ok(Self {
                at,
                path: path.0,
                flags: flags.to_host(),
                _held: None,
            });
        }
        let mut how = linux::O_PATH;
        if flags.has(AT_SYMLINK_NOFOLLOW) {
            how |= linux::O_NOFOLLOW;
        }
        let held = Held(open_beneath(at, path.0, u64::from(how), 0)?);
        Ok(Self {
            at: held.0,
            path: c"".as_ptr() as u64,
            flags: flags.to_host() | u64::from(linux::AT_EMPTY_PATH),
            _held: Some(held),
        })
    }
}

/// Opens a path that must not lead out of `at`, close-on-exec. `how` and `mode` are the host's.
///
/// # Errors
/// As `open`; `ENOTCAPABLE` when the path is absolute or leads out (vfs_lookup with RBENEATH).
pub(super) fn open_beneath(at: u64, path: u64, how: u64, mode: u64) -> Return<u64> {
    let request = linux::open_how {
        flags: how | u64::from(linux::O_CLOEXEC),
        mode,
        resolve: u64::from(linux::RESOLVE_BENEATH),
    };
    let size = size_of_val(&request) as u64;
    loop {
        // SAFETY: the kernel checks the guest's path; the request is ours.
        let opened: HostResult = unsafe {
            host::call_n(
                nr::openat2,
                [at, path, core::ptr::from_ref(&request) as u64, size],
            )
        };
        match opened {
            // A rename raced with `..`: the kernel asks to try again.
            Err(HostErrno::EAGAIN) => {}
            Err(HostErrno::EXDEV) => return Err(Error(Errno::ENOTCAPABLE)),
            other => return Ok(other?),
        }
    }
}
