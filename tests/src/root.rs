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

/// The systems whose names begin with `prefix` and that have a shell; none, and a line, when there is none.
pub fn all(prefix: &str) -> Vec<PathBuf> {
    let Some(roots) = env::var_os("COMPAT_TEST_ROOTS") else {
        println!("skipped: COMPAT_TEST_ROOTS does not say where {prefix}* is");
        return Vec::new();
    };
    let entries = std::fs::read_dir(&roots).into_iter().flatten().flatten();
    let found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .filter(|root| root.join("bin/sh").exists())
        .collect();
    if found.is_empty() {
        println!("skipped: no {prefix}* in {}", Path::new(&roots).display());
    }
    found
}

/// Shows `source` as `system` in the directory `stage`, to the calling thread and all it starts from
/// now on. For them nothing outside `stage` can be changed any more, `/proc` and shared memory
/// excepted: some of the programs that the suites run as root remove what they could not finish,
/// be it `/dev/null`.
///
/// Whoever may not enter the directories above `source` can then still use it. Needs the right to
/// mount. All of it ends with the thread and its children.
pub fn show(source: &Path, stage: &Path) -> io::Result<PathBuf> {
    let place = stage.join("system");
    std::fs::create_dir(&place)?;
    // SAFETY: only a flag; threads of a process may be in different mount namespaces.
    result(unsafe { libc::unshare(libc::CLONE_NEWNS) }.into())?;
    mount(
        Path::new("none"),
        Path::new("/"),
        libc::MS_REC | libc::MS_PRIVATE,
    )?;
    mount(stage, stage, libc::MS_BIND)?;
    mount(source, &place, libc::MS_BIND)?;
    let read_only = libc::MOUNT_ATTR_RDONLY;
    set(Path::new("/"), libc::AT_RECURSIVE, read_only, 0)?;
    set(stage, 0, 0, read_only)?;
    for open in ["/proc", "/dev/shm"] {
        // Where it is no mount of its own, it stays as it is.
        let _ = set(Path::new(open), 0, 0, read_only);
    }
    Ok(place)
}

fn mount(source: &Path, place: &Path, flags: libc::c_ulong) -> io::Result<()> {
    let (source, place) = (text(source)?, text(place)?);
    let none = std::ptr::null();
    // SAFETY: both names are strings that end; a bind mount needs neither a type nor data.
    let done = unsafe { libc::mount(source.as_ptr(), place.as_ptr(), none, flags, none.cast()) };
    result(done.into())
}

/// Sets and clears attributes of the mount at `place`.
fn set(place: &Path, how: libc::c_int, set: u64, clear: u64) -> io::Result<()> {
    let place = text(place)?;
    let change = libc::mount_attr {
        attr_set: set,
        attr_clr: clear,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: a string that ends, and a structure of the size given.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            place.as_ptr(),
            how,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    result(done)
}

fn text(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

fn result(returned: libc::c_long) -> io::Result<()> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
