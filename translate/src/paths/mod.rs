//! Where a guest's paths lead when it lives in a root directory.
//!
//! Two modes, one resolver. In an *overlay* an absolute path is looked up in the root first and then on the host, so that
//! a program sees its own system's libraries and the user's files. In a *rooted* guest everything lies in the root, but for
//! what is bound into it. Without a root nothing here does anything: the guest's own pointer goes to the host kernel.
//!
//! A path is turned into the host's, without symbolic links on the way that the host would follow to the wrong place:
//! an absolute link inside the root means a place inside the root. That costs two host calls when no link is on the
//! way ([`check`]), and one for each component otherwise ([`walk`]).

mod check;
mod names;
mod space;
mod walk;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use alloc::boxed::Box;

use crate::guest;
use crate::host::{HostErrno, HostResult, linux};

use check::Checked;
pub use check::Kept;
pub use names::{data_directory, find_root};
use space::Found;
pub use space::{Bind, Space};

/// What a call means to do with the file a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// A symbolic link in the last place is followed.
    pub follow: bool,
    /// The file or its name is changed: not on a read-only bind.
    pub change: bool,
    /// The file may come into being here.
    pub make: bool,
    /// The file is only asked about: [`Located::file`] says whether it was found already.
    pub ask: bool,
    /// Nothing is at the one place that [`likely`] named, and no link is on the way there.
    pub absent: bool,
}

impl Look {
    /// The file.
    pub const FOLLOW: Self = Self {
        follow: true,
        change: false,
        make: false,
        ask: false,
        absent: false,
    };
    /// The file, or the link in the last place.
    pub const LINK: Self = Self {
        follow: false,
        ..Self::FOLLOW
    };
    /// The name, to be made, removed or changed.
    pub const NAME: Self = Self {
        follow: false,
        change: true,
        make: true,
        ..Self::FOLLOW
    };

    /// The same, to ask about the file.
    #[must_use]
    pub const fn ask(self) -> Self {
        Self { ask: true, ..self }
    }

    /// The same, when it is known of the root that nothing is there.
    #[must_use]
    pub const fn absent(self) -> Self {
        Self {
            absent: true,
            ..self
        }
    }

    /// The same, with a change in mind.
    #[must_use]
    pub const fn change(self) -> Self {
        Self {
            change: true,
            ..self
        }
    }

    /// The same, where the file may have to be made.
    #[must_use]
    pub const fn make(self) -> Self {
        Self {
            make: true,
            change: true,
            ..self
        }
    }
}

/// A path for the host: what an `*at` call takes.
#[derive(Debug)]
pub struct Located {
    /// The directory it is relative to.
    pub at: u64,
    guest: u64,
    text: Option<Vec<u8>>,
    file: Option<Kept>,
}

impl Located {
    /// The guest's own path, seen from `at`.
    pub fn straight(at: u64, path: u64) -> Self {
        Self {
            at,
            guest: path,
            text: None,
            file: None,
        }
    }

    /// A path of the host's own, absolute.
    pub fn host(mut text: Vec<u8>) -> Self {
        text.push(0);
        Self {
            at: i64::from(linux::AT_FDCWD) as u64,
            guest: 0,
            text: Some(text),
            file: None,
        }
    }

    /// The file itself, when it was found on the way: a descriptor that names it (`O_PATH`), for as long as this value lives.
    pub fn file(&self) -> Option<u64> {
        self.file.as_ref().map(Kept::fd)
    }

    /// The address of the path, for as long as this value lives.
    pub fn path(&self) -> u64 {
        self.text
            .as_ref()
            .map_or(self.guest, |text| text.as_ptr() as u64)
    }
}

/// Whether there is a space at all.
static ANY: AtomicBool = AtomicBool::new(false);

/// The space of the calling thread's process.
pub fn current() -> Option<&'static Space> {
    if ANY.load(Ordering::Acquire) {
        crate::task::current().process().space.get()
    } else {
        None
    }
}

/// The space of a process: none as long as there is no root. Replaced as a whole by `chroot`, and never freed, because
/// another thread may be reading it.
#[derive(Default)]
pub struct SpaceCell(AtomicPtr<Space>);

impl SpaceCell {
    /// The space, when there is a root.
    pub fn get(&self) -> Option<&'static Space> {
        // SAFETY: null, or what `set` leaked.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// From now on, paths mean this.
    pub fn set(&self, space: Space) {
        ANY.store(true, Ordering::Release);
        self.0
            .store(Box::into_raw(Box::new(space)), Ordering::Release);
    }

    /// The same space in another process (`vfork`).
    #[must_use]
    pub fn same(&self) -> Self {
        Self(AtomicPtr::new(self.0.load(Ordering::Acquire)))
    }
}

/// Where the guest's path at address `path` leads, seen from descriptor `at`.
///
/// # Errors
/// `EFAULT`, `ENAMETOOLONG`; `ELOOP`; `EROFS` for a change in what is bound read-only.
pub fn locate(space: Option<&Space>, at: u64, path: u64, look: Look) -> HostResult<Located> {
    let Some(space) = space else {
        guest::Path(path).fits()?;
        return Ok(Located::straight(at, path));
    };
    let text = guest::Path(path).copy()?;
    let relative = text.first() != Some(&b'/');
    Ok(match found(space, at, text, look)? {
        // Deep down, only a relative path is short enough for the host.
        Some(found) if found.text.len() >= linux::PATH_MAX as usize && relative => {
            Located::straight(at, path)
        }
        Some(found) if found.text.is_empty() => Located {
            file: found.file.filter(|_| look.ask),
            ..Located::straight(at, path)
        },
        Some(found) => Located {
            file: found.file.filter(|_| look.ask),
            ..Located::host(found.text)
        },
        None => Located::straight(at, path),
    })
}

/// Where a guest path seen from descriptor `at` leads; without text or `None` when it means the same to the host.
fn found(space: &Space, at: u64, path: Vec<u8>, look: Look) -> HostResult<Option<Found>> {
    match meaning(space, at, path) {
        Meaning::Hosts => Ok(None),
        Meaning::Absolute(path) => space.locate(&path, look),
        Meaning::Beside { folder, path } => beside(space, at, &folder, path, look),
    }
}

/// What a guest path says.
enum Meaning {
    /// What the host takes it to say.
    Hosts,
    /// A place, from the guest's root.
    Absolute(Vec<u8>),
    /// A place in or below a host directory that the guest sees as it is. A link may lead elsewhere.
    Beside {
        /// The directory's name.
        folder: Vec<u8>,
        /// The relative path.
        path: Vec<u8>,
    },
}

fn meaning(space: &Space, at: u64, path: Vec<u8>) -> Meaning {
    match path.first() {
        None => return Meaning::Hosts,
        Some(b'/') => return Meaning::Absolute(path),
        Some(_) => {}
    }
    let Some(folder) = names::directory(at) else {
        return Meaning::Hosts;
    };
    if space.holds(&folder) {
        return match space.guest_name(&folder) {
            Some(name) => Meaning::Absolute(joined(&name, &path)),
            None => Meaning::Hosts,
        };
    }
    if let Some(absolute) = space.above(&folder, &path) {
        Meaning::Absolute(absolute)
    } else if space.leads_below(space::without_slash(&folder)) {
        Meaning::Absolute(joined(&folder, &path))
    } else if space.is_kernels(&folder) {
        Meaning::Hosts
    } else {
        Meaning::Beside { folder, path }
    }
}

fn joined(folder: &[u8], path: &[u8]) -> Vec<u8> {
    [space::without_slash(folder), b"/", path].concat()
}

/// See [`Meaning::Beside`]. What the host finds without following a link is what the guest means.
fn beside(
    space: &Space,
    at: u64,
    folder: &[u8],
    mut path: Vec<u8>,
    look: Look,
) -> HostResult<Option<Found>> {
    let follow = look.follow || path.ends_with(b"/");
    if look.absent || !follow && !path.contains(&b'/') {
        return Ok(None);
    }
    path.push(0);
    let checked = check::look(at, &path, follow);
    path.pop();
    match checked {
        Checked::Found(file) => Ok(Some(Found {
            text: Vec::new(),
            file,
        })),
        Checked::Missing => Ok(None),
        Checked::Linked => space.walk(&joined(folder, &path), look),
    }
}

/// The one place where the file at the guest's `path`, seen from `at`, must be if no link is on the way, as a descriptor and a
/// path from there: for a call that can itself refuse links (`openat2`), and goes on with [`locate`] when it finds nothing.
///
/// # Errors
/// `EFAULT`, `ENAMETOOLONG`.
pub fn likely(space: Option<&Space>, at: u64, path: u64) -> HostResult<Option<(u64, Vec<u8>)>> {
    let Some(space) = space else {
        return Ok(None);
    };
    let text = guest::Path(path).copy()?;
    Ok(match meaning(space, at, text) {
        Meaning::Hosts => None,
        Meaning::Absolute(path) => {
            let cwd = i64::from(linux::AT_FDCWD) as u64;
            space.likely(&path).map(|found| (cwd, found))
        }
        Meaning::Beside { mut path, .. } => {
            path.push(0);
            Some((at, path))
        }
    })
}

/// The host's path for an absolute or relative guest path, without a NUL.
///
/// # Errors
/// As [`locate`].
pub fn locate_text(space: Option<&Space>, path: &[u8], look: Look) -> HostResult<Vec<u8>> {
    let Some(space) = space else {
        return Ok(path.to_vec());
    };
    if path.is_empty() {
        return Err(HostErrno::ENOENT);
    }
    let cwd = i64::from(linux::AT_FDCWD) as u64;
    let found = found(space, cwd, path.to_vec(), look)?.filter(|found| !found.text.is_empty());
    Ok(found.map_or_else(|| path.to_vec(), |found| found.text))
}

/// What the guest calls the file that the host calls `path`. `None` when it has no name for it.
pub fn guest_name(space: Option<&Space>, path: &[u8]) -> Option<Vec<u8>> {
    match space {
        Some(space) => space.guest_name(path),
        None => Some(path.to_vec()),
    }
}

#[cfg(test)]
mod tests;
