//! One look at a host path: is it there, and are there links on the way?

use core::sync::atomic::{AtomicBool, Ordering};

use alloc::vec::Vec;

use crate::host::{self, HostErrno, linux, nr};

/// What was found at a host path.
#[derive(Debug)]
pub(super) enum Checked {
    /// The file is there, and no link is on the way to it: this is it, unless it may not be looked at.
    Found(Option<Kept>),
    /// Nothing is there, and no link is on the way to where it is missing.
    Missing,
    /// There are links, or nobody can tell: the path must be walked.
    Linked,
}

/// A descriptor of ours that stands for a file, however its name changes. It serves for no more than to ask about the file.
#[derive(Debug)]
pub struct Kept(u64);

impl Kept {
    /// The number.
    pub fn fd(&self) -> u64 {
        self.0
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: our own descriptor, which nobody else knows.
        let _ = unsafe { host::call_n(nr::close, [self.0]) };
    }
}

/// Sandboxes that know nothing of `openat2` answer with these.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Looks at `path`, which is left as it is; with `follow`, a link in the last place counts as one on the way.
pub(super) fn check(path: &mut Vec<u8>, follow: bool) -> Checked {
    path.push(0);
    let found = look(i64::from(linux::AT_FDCWD) as u64, path, follow);
    path.pop();
    found
}

/// The same for a path with its NUL, seen from `at`.
pub(super) fn look(at: u64, text: &[u8], follow: bool) -> Checked {
    if REFUSED.load(Ordering::Relaxed) {
        return Checked::Linked;
    }
    let mut flags = linux::O_PATH | linux::O_CLOEXEC;
    if !follow {
        flags |= linux::O_NOFOLLOW;
    }
    let how = linux::open_how {
        flags: u64::from(flags),
        mode: 0,
        resolve: u64::from(linux::RESOLVE_NO_SYMLINKS),
    };
    let request = [
        at,
        text.as_ptr() as u64,
        core::ptr::from_ref(&how) as u64,
        size_of_val(&how) as u64,
    ];
    // SAFETY: a NUL-terminated path and a request, both ours.
    match unsafe { host::call_n(nr::openat2, request) } {
        Ok(fd) => Checked::Found(Some(Kept(fd))),
        Err(HostErrno::ENOENT | HostErrno::ENOTDIR) => Checked::Missing,
        // Whoever uses the path gets the same answer.
        Err(HostErrno::EACCES | HostErrno::ENAMETOOLONG) => Checked::Found(None),
        Err(HostErrno::ENOSYS | HostErrno::EPERM) => {
            REFUSED.store(true, Ordering::Relaxed);
            Checked::Linked
        }
        Err(_) => Checked::Linked,
    }
}
