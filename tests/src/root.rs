//! Whole FreeBSD systems that the suites run but the repository does not hold.
//!
//! `$COMPAT_TEST_ROOTS` names a directory with unpacked systems in it, such as `freebsd-10.1`. A
//! suite whose system is absent says so in one line and passes.

use std::env;
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The system of that name, or `None` and a line that says what is skipped.
pub fn find(name: &str) -> Option<PathBuf> {
    let Some(roots) = env::var_os("COMPAT_TEST_ROOTS") else {
        println!("skipped: COMPAT_TEST_ROOTS does not say where {name} is");
        return None;
    };
    let root = Path::new(&roots).join(name);
    if !root.join("libexec").is_dir() {
        println!("skipped: no {name} in {}", roots.display());
        return None;
    }
    Some(root)
}

/// Shows `source` at `place`, read-only, to the calling thread and all it starts from now on.
///
/// Whoever may not enter the directories above `source` can then still use it. Needs the right to
/// mount. The mount ends with the thread and its children.
pub fn show(source: &Path, place: &Path) -> io::Result<()> {
    let source = CString::new(source.as_os_str().as_bytes())?;
    let place = CString::new(place.as_os_str().as_bytes())?;
    // SAFETY: only a flag; threads of a process may be in different mount namespaces.
    result(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    mount(c"none", c"/", libc::MS_REC | libc::MS_PRIVATE)?;
    mount(&source, &place, libc::MS_BIND)?;
    mount(
        c"none",
        &place,
        libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY,
    )
}

fn mount(source: &std::ffi::CStr, place: &std::ffi::CStr, flags: libc::c_ulong) -> io::Result<()> {
    let none = std::ptr::null();
    // SAFETY: both names are strings that end; a bind mount needs neither a type nor data.
    result(unsafe { libc::mount(source.as_ptr(), place.as_ptr(), none, flags, none.cast()) })
}

fn result(returned: libc::c_int) -> io::Result<()> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
