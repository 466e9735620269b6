//! Files below one directory, reached so that nothing leads out of it.
//!
//! Every name is walked one directory at a time with `O_NOFOLLOW`, from a descriptor of the top: a symlink on the way is an
//! error, never a way out, and places hold no `..`. This is what `openat2` with `RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS` does,
//! on every kernel and under every seccomp profile. The walk to an entry's directory is remembered, because
//! entries mostly come a directory at a time.

use std::io;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::entry::Place;
use super::failure::{Doing, Failure, Result, refuse};

const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A directory and what lies below it.
#[derive(Debug)]
pub(crate) struct Tree {
    top: OwnedFd,
    /// The directory of the last walk.
    last: Option<(Place, OwnedFd)>,
}

impl Tree {
    /// The tree below an existing directory. `path` itself may be a symlink.
    pub(crate) fn open(path: &std::path::Path) -> io::Result<Tree> {
        let top = fs::openat(
            CWD,
            path,
            OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY,
            Mode::empty(),
        )?;
        Ok(Tree { top, last: None })
    }

    /// The directory `place` lies in, and its name there. The top has neither.
    fn parent<'a>(&mut self, place: &'a Place) -> Result<(BorrowedFd<'_>, &'a [u8])> {
        let Some((parent, _)) = place.split() else {
            return refuse("the top of a root can only be a directory");
        };
        // The name is borrowed from `place` rather than from its copy.
        let name =
            &place.bytes()[place.bytes().len() - place.split().map_or(0, |(_, name)| name.len())..];
        Ok((self.directory(&parent)?, name))
    }

    /// An existing directory of the tree.
    fn directory(&mut self, place: &Place) -> Result<BorrowedFd<'_>> {
        if place.is_top() {
            return Ok(self.top.as_fd());
        }
        if self.last.as_ref().is_none_or(|(last, _)| last != place) {
            let opened = self.walk(place)?;
            self.last = Some((place.clone(), opened));
        }
        Ok(self
            .last
            .as_ref()
            .map_or(self.top.as_fd(), |(_, fd)| fd.as_fd()))
    }

    fn walk(&self, place: &Place) -> Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        for name in place.names() {
            let from = at.as_ref().map_or(self.top.as_fd(), AsFd::as_fd);
            match fs::openat(from, name, DIRECTORY | OFlags::PATH, Mode::empty()) {
                Ok(next) => at = Some(next),
                Err(Errno::LOOP | Errno::NOTDIR) => {
                    return refuse(format!(
                        "'{}' leads through something that is not a directory of the root (a symlink or a file)",
                        place.shown()
                    ));
                }
                Err(error) => return Err(error).or_cannot(|| format!("open '{}'", place.shown())),
            }
        }
        at.map_or_else(
            || {
                self.top
                    .try_clone()
                    .or_cannot(|| "duplicate a descriptor".to_owned())
            },
            Ok,
        )
    }

    /// What lies at `place` itself, not what it may point to.
    pub(crate) fn stat(&mut self, place: &Place) -> Result<Option<Stat>> {
        if place.is_top() {
            return fs::fstat(&self.top)
                .map(Some)
                .or_cannot(|| "look at the root".to_owned());
        }
        let (parent, name) = self.parent(place)?;
        match fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error).or_cannot(|| format!("look at '{}'", place.shown())),
        }
    }

    /// Opens an existing file or directory for reading. A symlink is ELOOP; a FIFO does not block.
    pub(crate) fn open_existing(&mut self, place: &Place) -> Result<io::Result<OwnedFd>> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        if place.is_top() {
            return Ok(fs::openat(&self.top, c".", flags, Mode::empty()).map_err(Into::into));
        }
        let (parent, name) = self.parent(place)?;
        Ok(fs::openat(parent, name, flags, Mode::empty()).map_err(Into::into))
    }

    /// A new file, for writing; only its owner can open it yet.
    pub(crate) fn create_file(&mut self, place: &Place) -> Result<OwnedFd> {
        let (parent, name) = self.parent(place)?;
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fs::openat(parent, name, flags, Mode::from_raw_mode(0o600))
            .or_cannot(|| format!("make '{}'", place.shown()))
    }

    /// A new directory that only its owner can enter yet.
    pub(crate) fn create_directory(&mut self, place: &Place) -> Result<()> {
        let (parent, name) = self.parent(place)?;
        fs::mkdirat(parent, name, Mode::from_raw_mode(0o700))
            .or_cannot(|| format!("make '{}'", place.shown()))
    }

    pub(crate) fn create_symlink(&mut self, place: &Place, target: &[u8]) -> Result<()> {
        let (parent, name) = self.parent(place)?;
        fs::symlinkat(target, parent, name)
            .or_cannot(|| format!("make the symlink '{}'", place.shown()))
    }

    /// A new name for what lies at `existing`, be it a symlink.
    pub(crate) fn create_hard_link(&mut self, place: &Place, existing: &Place) -> Result<()> {
        let Some((from, old_name)) = existing.split() else {
            return refuse(format!("'{}' is a hard link to a directory", place.shown()));
        };
        let from = self.walk(&from)?;
        let (parent, name) = self.parent(place)?;
        fs::linkat(from, old_name, parent, name, AtFlags::empty())
            .or_cannot(|| format!("link '{}' to '{}'", place.shown(), existing.shown()))
    }

    pub(crate) fn set_link_times(&mut self, place: &Place, mtime: (i64, u32)) -> Result<()> {
        let (parent, name) = self.parent(place)?;
        fs::utimensat(parent, name, &times(mtime), AtFlags::SYMLINK_NOFOLLOW)
            .or_cannot(|| format!("set the time of '{}'", place.shown()))
    }

    pub(crate) fn set_link_owner(
        &mut self,
        place: &Place,
        uid: u32,
        gid: u32,
    ) -> Result<io::Result<()>> {
        let (parent, name) = self.parent(place)?;
        let owner = (fs::Uid::from_raw(uid), fs::Gid::from_raw(gid));
        Ok(fs::chownat(
            parent,
            name,
            Some(owner.0),
            Some(owner.1),
            AtFlags::SYMLINK_NOFOLLOW,
        )
        .map_err(Into::into))
    }

    /// The target of the symlink at `place`.
    pub(crate) fn read_link(&mut self, place: &Place) -> Result<Vec<u8>> {
        let (parent, name) = self.parent(place)?;
        fs::readlinkat(parent, name, Vec::new())
            .map(|target| target.into_bytes())
            .or_cannot(|| format!("read the symlink '{}'", place.shown()))
    }

    /// The names in a directory, sorted.
    pub(crate) fn list(&mut self, place: &Place) -> Result<Vec<Vec<u8>>> {
        let directory = self.open_existing(place)?;
        directory
            .and_then(|directory| names_in(&directory))
            .or_cannot(|| format!("read the directory '{}'", place.shown()))
    }

    /// Removes what lies at `place`, with everything below it. Nothing there is fine.
    pub(crate) fn remove(&mut self, place: &Place) -> Result<()> {
        // What is remembered may be what goes.
        if self
            .last
            .as_ref()
            .is_some_and(|(last, _)| last == place || place.holds(last))
        {
            self.last = None;
        }
        let (parent, name) = self.parent(place)?;
        remove_below(parent, name).or_cannot(|| format!("remove '{}'", place.shown()))
    }

    /// Gives the owner every right to every directory, so that all can be reached.
    pub(crate) fn open_up(&self) -> Result<()> {
        open_up(self.top.as_fd()).or_cannot(|| "open what an earlier run has left".to_owned())
    }
}

/// For `futimens` and `utimensat`: the modification time, and the same as access time.
pub(crate) fn times((seconds, nanoseconds): (i64, u32)) -> Timestamps {
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: i64::from(nanoseconds),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

/// The kind of file that a `stat` found.
pub(crate) fn kind_of(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Removes a file, or a directory with everything in it, whatever its permissions. It may be missing.
pub(crate) fn remove_below(parent: BorrowedFd, name: &[u8]) -> io::Result<()> {
    match fs::unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    let directory = enter(parent, name)?;
    for name in names_in(&directory)? {
        remove_below(directory.as_fd(), &name)?;
    }
    Ok(fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

/// Opens a directory for its owner, who may have had no right to it.
fn enter(parent: BorrowedFd, name: &[u8]) -> io::Result<OwnedFd> {
    let stat = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    // chmod follows symlinks: only what is known to be a directory gets it.
    if kind_of(&stat) == FileType::Directory && stat.st_mode & 0o700 != 0o700 {
        let mode = Mode::from_raw_mode(stat.st_mode & 0o777 | 0o700);
        fs::chmodat(parent, name, mode, AtFlags::empty())?;
    }
    Ok(fs::openat(
        parent,
        name,
        DIRECTORY | OFlags::RDONLY,
        Mode::empty(),
    )?)
}

fn open_up(directory: BorrowedFd) -> io::Result<()> {
    for name in names_in(directory)? {
        let stat = fs::statat(directory, &name[..], AtFlags::SYMLINK_NOFOLLOW)?;
        if kind_of(&stat) == FileType::Directory {
            open_up(enter(directory, &name)?.as_fd())?;
        }
    }
    Ok(())
}

fn names_in(directory: impl AsFd) -> io::Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_vec());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The failure of a source that changed while it was read.
pub(crate) fn vanished(place: &Place) -> Failure {
    Failure::Machine(format!(
        "'{}' vanished while it was being read: try again",
        place.shown()
    ))
}
