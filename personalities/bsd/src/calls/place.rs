//! Where a path argument leads.

use alloc::string::String;
use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::paths::{self, Located, Look};

use super::at::{
    AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, AtFlags,
};
use crate::error::{Error, Return};
use crate::lower::AtFd;

/// A host descriptor that is ours for the length of a call.
pub struct Held(pub u64);

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the descriptor was opened by us and given to nobody.
        let _ = unsafe { host::call_n(nr::close, [self.0]) };
    }
}

/// The host's path for the guest's `path`, seen from `at`.
///
/// # Errors
/// `EBADF`; see [`paths::locate`].
pub fn located(cx: &Cx, at: AtFd, path: Path, look: Look) -> Return<Located> {
    let at = at.checked(cx)?;
    if look.follow && is_own_program(path) {
        return Ok(Located::host(cx.process().program.lock().clone()));
    }
    Ok(paths::locate(cx.process().space.get(), at, path.0, look)?)
}

/// Whether `path` is a name of the running program's own file: to the host that is compat.
pub fn is_own_program(path: Path) -> bool {
    const NAMES: [&[u8]; 4] = [
        b"/proc/curproc/file",
        b"/proc/curproc/exe",
        b"/proc/self/exe",
        b"/proc/self/file",
    ];
    /// What they begin with; nearly no path does.
    const HEADS: [&[u8; 8]; 2] = [b"/proc/cu", b"/proc/se"];
    guest::read::<[u8; 8]>(path.0).is_ok_and(|head| HEADS.contains(&&head))
        && path.copy().is_ok_and(|path| NAMES.contains(&&path[..]))
}

/// The address of the empty path.
fn empty() -> u64 {
    c"".as_ptr() as u64
}

/// The name that `fd` has in `/proc`, with its NUL.
pub fn own_name(fd: u64) -> String {
    alloc::format!("/proc/self/fd/{fd}\0")
}

/// A file that a call names: what the host's `*at` call of the same meaning takes.
pub struct Place {
    /// Directory descriptor, or the file's own when `path` is empty.
    pub at: u64,
    /// Address of the path: the guest's, or of an empty one.
    pub path: u64,
    /// The host's flags.
    pub flags: u64,
    held: Option<Held>,
    located: Option<Located>,
}

impl Place {
    /// The place that `path` names, seen from `at`, links followed unless `AT_SYMLINK_NOFOLLOW`. `flags` were checked with
    /// [`AtFlags::only`].
    ///
    /// # Errors
    /// `EBADF`; with `AT_RESOLVE_BENEATH` also what the lookup says, `ENOTCAPABLE` when it leaves `at`.
    pub fn find(cx: &Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Self> {
        Self::seen(cx, at, path, flags, looking(flags))
    }

    /// The same for a call that only asks about the file, and can do so by a descriptor that names it.
    ///
    /// # Errors
    /// As [`Place::find`].
    pub fn to_ask(cx: &Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Self> {
        let mut place = Self::seen(cx, at, path, flags, looking(flags).ask())?;
        if let Some(file) = place.located.as_ref().and_then(Located::file) {
            (place.at, place.path) = (file, empty());
            place.flags |= u64::from(linux::AT_EMPTY_PATH);
        }
        Ok(place)
    }

    /// The same for a call that changes the file.
    ///
    /// # Errors
    /// As [`Place::find`]; `EROFS`.
    pub fn to_change(cx: &Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Self> {
        Self::seen(cx, at, path, flags, looking(flags).change())
    }

    /// The same for `linkat`, which follows links only with `AT_SYMLINK_FOLLOW`.
    ///
    /// # Errors
    /// As [`Place::find`].
    pub fn find_link(cx: &Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Self> {
        let look = if flags.has(AT_SYMLINK_FOLLOW) {
            Look::FOLLOW
        } else {
            Look::LINK
        };
        Self::seen(cx, at, path, flags, look)
    }

    fn seen(cx: &Cx, at: AtFd, path: Path, flags: AtFlags, look: Look) -> Return<Self> {
        if !flags.has(AT_RESOLVE_BENEATH) {
            let nameless = flags.has(AT_EMPTY_PATH) && guest::read::<u8>(path.0)? == 0;
            let located = if nameless {
                Located::straight(at.checked(cx)?, empty())
            } else {
                located(cx, at, path, look)?
            };
            return Ok(Self {
                at: located.at,
                path: located.path(),
                flags: flags.to_host(),
                held: None,
                located: Some(located),
            });
        }
        let at = at.checked(cx)?;
        path.fits()?;
        let mut how = linux::O_PATH;
        if !look.follow {
            how |= linux::O_NOFOLLOW;
        }
        let held = Held(found_beneath(at, path.0, how)?);
        Ok(Self {
            at: held.0,
            path: empty(),
            flags: flags.to_host() | u64::from(linux::AT_EMPTY_PATH),
            held: Some(held),
            located: None,
        })
    }

    /// The path of the file that [`Place::to_ask`] found: the descriptor to start from, and the address of it.
    pub fn found_at(&self) -> Option<(u64, u64)> {
        let located = self.located.as_ref()?;
        located.file().map(|_| (located.at, located.path()))
    }

    /// The open file this place is, when it is one.
    pub fn open_file(&self) -> Option<u64> {
        let at_cwd = self.held.is_none() && self.at as i32 == linux::AT_FDCWD;
        (self.path == empty() && !at_cwd).then_some(self.at)
    }
}

fn looking(flags: AtFlags) -> Look {
    if flags.has(AT_SYMLINK_NOFOLLOW) {
        Look::LINK
    } else {
        Look::FOLLOW
    }
}

/// A name in a directory, for calls that change the directory.
pub struct Parent {
    /// The directory.
    pub at: u64,
    /// Address of the path from there: the guest's, the host's, or of the last name.
    pub path: u64,
    _held: Option<(Held, Vec<u8>)>,
    _located: Option<Located>,
}

impl Parent {
    /// What `path` names, seen from `at`.
    ///
    /// # Errors
    /// As [`Place::find`].
    pub fn find(cx: &Cx, at: AtFd, path: Path, flags: AtFlags) -> Return<Self> {
        if !flags.has(AT_RESOLVE_BENEATH) {
            let located = located(cx, at, path, Look::NAME)?;
            return Ok(Self {
                at: located.at,
                path: located.path(),
                _held: None,
                _located: Some(located),
            });
        }
        let at = at.checked(cx)?;
        let (directory, name) = split(&path.copy()?)?;
        let how = linux::O_PATH | linux::O_DIRECTORY;
        let held = Held(found_beneath(at, directory.as_ptr() as u64, how)?);
        Ok(Self {
            at: held.0,
            path: name.as_ptr() as u64,
            _held: Some((held, name)),
            _located: None,
        })
    }
}

/// A path's directory and last name (with the slashes behind it), each with its NUL.
fn split(path: &[u8]) -> Return<(Vec<u8>, Vec<u8>)> {
    let end = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .ok_or(Errno::ENOENT)?;
    let start = path
        .get(..=end)
        .and_then(|path| path.iter().rposition(|&byte| byte == b'/'))
        .map_or(0, |slash| slash + 1);
    let (directory, name) = path.split_at_checked(start).ok_or(Errno::ENOENT)?;
    if name.starts_with(b"..") && name.iter().skip(2).all(|&byte| byte == b'/') {
        return Err(Errno::ENOTCAPABLE.into());
    }
    let terminated = |bytes: &[u8]| {
        let mut owned = Vec::from(bytes);
        owned.push(0);
        owned
    };
    Ok(if directory.is_empty() {
        (terminated(b"."), terminated(name))
    } else {
        (terminated(directory), terminated(name))
    })
}

/// Where `path` leads, with its NUL, when it is the name of a symbolic link with a slash behind it: FreeBSD follows such a
/// link even where a name is made or removed (vfs_lookup: TRAILINGSLASH). `None` for any other path.
///
/// # Errors
/// `EFAULT`, `ENAMETOOLONG`; `ELOOP` when links lead to links without end.
pub fn through_link(at: u64, path: Path) -> HostResult<Option<Vec<u8>>> {
    /// MAXSYMLINKS
    const MOST: usize = 32;
    let mut path = path.copy()?;
    let mut followed = false;
    for _ in 0..MOST {
        let Some(target) = trailing_target(at, &path) else {
            return Ok(followed.then(|| {
                path.push(0);
                path
            }));
        };
        path = target;
        followed = true;
    }
    Err(HostErrno::ELOOP)
}

/// One step of [`through_link`].
fn trailing_target(at: u64, path: &[u8]) -> Option<Vec<u8>> {
    let end = path.iter().rposition(|&byte| byte != b'/')? + 1;
    let (name, slashes) = path.split_at_checked(end)?;
    if slashes.is_empty() {
        return None;
    }
    let mut target = host::read_link_at(at, name).ok()?;
    let directory = name
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |slash| slash + 1);
    let mut whole = if target.starts_with(b"/") {
        Vec::new()
    } else {
        name.get(..directory).unwrap_or_default().to_vec()
    };
    whole.append(&mut target);
    whole.push(b'/');
    Some(whole)
}

/// Opens a path that must not lead out of `at`, close-on-exec; it may wait, as any open of a FIFO. `how` and `mode` are the
/// host's.
///
/// # Errors
/// As `open`; `ENOTCAPABLE` when the path is absolute or leads out (vfs_lookup with RBENEATH).
pub fn open_beneath(cx: &mut Cx, at: u64, path: u64, how: u64, mode: u64) -> Return<u64> {
    // SAFETY: the kernel checks the guest's path; the request is ours.
    beneath(at, path, how, mode, |args| unsafe {
        cx.host(nr::openat2, args)
    })
}

/// The same of what need not be opened to be named (`O_PATH`).
fn found_beneath(at: u64, path: u64, how: u32) -> Return<u64> {
    // SAFETY: as above.
    beneath(at, path, how.into(), 0, |args| unsafe {
        host::call(nr::openat2, args)
    })
}

fn beneath(
    at: u64,
    path: u64,
    how: u64,
    mode: u64,
    mut open: impl FnMut([u64; 6]) -> HostResult,
) -> Return<u64> {
    let request = linux::open_how {
        flags: how | u64::from(linux::O_CLOEXEC),
        mode,
        resolve: u64::from(linux::RESOLVE_BENEATH),
    };
    let size = size_of_val(&request) as u64;
    let request = [at, path, core::ptr::from_ref(&request) as u64, size, 0, 0];
    /// How often a lookup that a rename raced with is begun anew.
    const TRIES: usize = 64;
    let mut opened = Err(HostErrno::EAGAIN);
    for _ in 0..TRIES {
        opened = open(request);
        if opened != Err(HostErrno::EAGAIN) {
            break;
        }
    }
    match opened {
        Err(HostErrno::EXDEV) => Err(Error(Errno::ENOTCAPABLE)),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_its_directory_and_its_last_name() {
        for (path, directory, name) in [
            ("file", ".\0", "file\0"),
            ("a/b", "a/\0", "b\0"),
            ("/a//b//", "/a//\0", "b//\0"),
            ("a/..x", "a/\0", "..x\0"),
        ] {
            let found = split(path.as_bytes()).unwrap();
            assert_eq!(found, (directory.into(), name.into()), "{path}");
        }
        assert_eq!(split(b"//"), Err(Error(Errno::ENOENT)));
        assert_eq!(split(b"a/../"), Err(Error(Errno::ENOTCAPABLE)));
    }
}
