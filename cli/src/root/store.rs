//! Where roots are kept.
//!
//! ```text
//! <data>/compat/roots/NAME/root/      the tree that guests see
//! <data>/compat/roots/NAME/about      where it came from, `key value` lines
//! <data>/compat/roots/NAME/manifest   what it held then, as mtree(5)
//! <data>/compat/roots/default         a symlink whose target is the NAME of the default root
//! <data>/compat/roots/.adding-NAME/   an `add` that runs or was killed
//! <data>/compat/roots/.new-default    the same symlink before it has its name
//! <data>/compat/roots/.removing-NAME/ a `remove` that runs or was killed
//! ```
//!
//! `<data>` is `$XDG_DATA_HOME` if that is an absolute path, else `$HOME/.local/share`. The stub finds roots by these names, with
//! nothing but `readlink` and `open`; a name that is no root's never resolves to a half-made one, because a root appears by one
//! `rename`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, fsync, open, syncfs};
use rustix::io::Errno;

use super::failure::{Doing, Failure, Result, refuse, shown};
use super::tree::remove_below;

const DEFAULT: &str = "default";
const NEW_DEFAULT: &str = ".new-default";
const ADDING: &str = ".adding-";
const REMOVING: &str = ".removing-";

/// The directory of all roots.
#[derive(Debug)]
pub(crate) struct Store(PathBuf);

/// A root's name: what the shell, a path and a person can take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn new(name: &str) -> Option<Name> {
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte));
        let begins = name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        (plain && begins && name.len() <= 64 && name != DEFAULT).then(|| Name(name.to_owned()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl Store {
    /// The store of this user.
    pub(crate) fn of_user() -> Result<Store> {
        let absolute = |name: &str| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let data =
            absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
        match data {
            Some(data) => Ok(Store(data.join("compat/roots"))),
            None => Err(Failure::Machine(
                "there is no place for roots: set HOME or XDG_DATA_HOME to an absolute path"
                    .to_owned(),
            )),
        }
    }

    /// The tree of a root, which need not exist.
    pub(crate) fn tree(&self, name: &Name) -> PathBuf {
        self.0.join(name.text()).join("root")
    }

    pub(crate) fn about(&self, name: &Name) -> PathBuf {
        self.0.join(name.text()).join("about")
    }

    pub(crate) fn manifest(&self, name: &Name) -> PathBuf {
        self.0.join(name.text()).join("manifest")
    }

    /// Device and inode of the directory itself.
    pub(crate) fn identity(&self) -> Result<(u64, u64)> {
        let found = fs::metadata(&self.0).or_cannot(|| format!("look at {}", self.0.display()))?;
        Ok((found.dev(), found.ino()))
    }

    pub(crate) fn has(&self, name: &Name) -> bool {
        self.tree(name).is_dir()
    }

    /// Fails, with the way out, unless there is such a root.
    pub(crate) fn must_have(&self, name: &Name) -> Result<()> {
        if self.has(name) {
            return Ok(());
        }
        let name = name.text();
        let known: Vec<String> = self.names()?.into_iter().map(|name| name.0).collect();
        refuse(match &known[..] {
            [] => format!(
                "there is no root '{name}', nor any other: `compat root add {name} --from base.txz` makes it"
            ),
            known => format!("there is no root '{name}', only: {}", known.join(" ")),
        })
    }

    /// All roots, sorted.
    pub(crate) fn names(&self) -> Result<Vec<Name>> {
        let mut names: Vec<Name> = self
            .entries()?
            .iter()
            .filter_map(|name| Name::new(name))
            .collect();
        names.retain(|name| self.has(name));
        Ok(names)
    }

    /// The names of `add`s that have not come to their end.
    pub(crate) fn unfinished(&self) -> Result<Vec<Name>> {
        let entries = self.entries()?;
        Ok(entries
            .iter()
            .filter_map(|name| Name::new(name.strip_prefix(ADDING)?))
            .collect())
    }

    fn entries(&self) -> Result<Vec<String>> {
        let doing = || format!("read {}", self.0.display());
        let directory = match fs::read_dir(&self.0) {
            Ok(directory) => directory,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).or_cannot(doing),
        };
        let mut names = Vec::new();
        for entry in directory {
            names.extend(entry.or_cannot(doing)?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    /// The default root, if one is set and there.
    pub(crate) fn default(&self) -> Option<Name> {
        let target = fs::read_link(self.0.join(DEFAULT)).ok()?;
        Name::new(target.to_str()?).filter(|name| self.has(name))
    }

    pub(crate) fn set_default(&self, name: &Name) -> Result<()> {
        let (link, new) = (self.0.join(DEFAULT), self.0.join(NEW_DEFAULT));
        let _ = fs::remove_file(&new);
        std::os::unix::fs::symlink(name.text(), &new)
            .and_then(|()| fs::rename(&new, &link))
            .or_cannot(|| format!("set {}", link.display()))
    }

    /// Begins or goes on with an `add`, which nobody else may do at the same time.
    pub(crate) fn stage(&self, name: &Name) -> Result<Staging> {
        fs::create_dir_all(&self.0).or_cannot(|| format!("make {}", self.0.display()))?;
        let path = self.0.join(format!("{ADDING}{}", name.text()));
        loop {
            let made = fs::DirBuilder::new().mode(0o700).create(&path);
            let resumed = match made {
                Ok(()) => false,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => true,
                Err(error) => return Err(error).or_cannot(|| format!("make {}", path.display())),
            };
            // An `add` that has just ended may have taken it away: then there is a new one to make.
            if let Some(lock) = lock(&path, name)? {
                return Ok(Staging {
                    path,
                    lock,
                    resumed,
                });
            }
        }
    }

    /// Makes a staged root appear, whole and on disk.
    pub(crate) fn commit(&self, staging: Staging, name: &Name) -> Result<()> {
        let doing = || format!("finish {}", self.0.join(name.text()).display());
        fs::set_permissions(&staging.path, fs::Permissions::from_mode(0o755)).or_cannot(doing)?;
        syncfs(&staging.lock).or_cannot(doing)?;
        // A root is never empty, so this cannot replace one.
        fs::rename(&staging.path, self.0.join(name.text())).or_cannot(doing)?;
        let directory = open(&self.0, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        directory.and_then(fsync).or_cannot(doing)
    }

    /// Takes away what is left of an `add`. Whether there was anything.
    pub(crate) fn discard(&self, name: &Name) -> Result<bool> {
        let path = self.0.join(format!("{ADDING}{}", name.text()));
        if !path.exists() {
            return Ok(false);
        }
        let _lock = lock(&path, name)?;
        self.delete(&format!("{ADDING}{}", name.text()))?;
        Ok(true)
    }

    /// Removes a root: it is gone at once, and its files soon after.
    pub(crate) fn remove(&self, name: &Name) -> Result<()> {
        let doomed = format!("{REMOVING}{}", name.text());
        self.delete(&doomed)?;
        if self.default().as_ref() == Some(name) {
            fs::remove_file(self.0.join(DEFAULT))
                .or_cannot(|| "unset the default root".to_owned())?;
        }
        fs::rename(self.0.join(name.text()), self.0.join(&doomed))
            .or_cannot(|| format!("remove the root {}", name.text()))?;
        self.delete(&doomed)
    }

    /// Clears up what killed commands have left, but for unfinished `add`s.
    pub(crate) fn sweep(&self) -> Result<()> {
        for name in self
            .entries()?
            .iter()
            .filter(|name| name.starts_with(REMOVING) || *name == NEW_DEFAULT)
        {
            self.delete(name)?;
        }
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<()> {
        let doing = || format!("remove {}", self.0.join(name).display());
        let directory =
            open(&self.0, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).or_cannot(doing)?;
        remove_below(directory.as_fd(), name.as_bytes()).or_cannot(doing)
    }
}

/// The directory that `--root` means, as the stub's `find_root` has it: a path when it has a slash, else a root's name; the
/// default root when there is none.
pub(crate) fn find(wanted: Option<&OsStr>) -> Option<PathBuf> {
    let Some(wanted) = wanted else {
        let store = Store::of_user().ok()?;
        return store.default().map(|name| store.tree(&name));
    };
    let bytes = wanted.as_bytes();
    if bytes.contains(&b'/') || bytes == b"." || bytes == b".." {
        return Some(PathBuf::from(wanted));
    }
    let name = Name::new(wanted.to_str()?)?;
    Some(Store::of_user().ok()?.tree(&name)).filter(|tree| tree.is_dir())
}

/// Takes the lock of a staging directory; `None` if it has gone meanwhile.
fn lock(path: &Path, name: &Name) -> Result<Option<OwnedFd>> {
    let doing = || format!("open {}", path.display());
    let opened = match open(
        path,
        OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    ) {
        Ok(opened) => opened,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error).or_cannot(doing),
    };
    match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            return Err(Failure::Machine(format!(
                "the root '{}' is being added by another process: wait for it",
                shown(name.text().as_bytes())
            )));
        }
        Err(error) => return Err(error).or_cannot(doing),
    }
    let ours = fstat(&opened).or_cannot(doing)?;
    let same = fs::symlink_metadata(path)
        .is_ok_and(|there| (there.dev(), there.ino()) == (ours.st_dev, ours.st_ino));
    Ok(same.then_some(opened))
}

/// The directory of an `add`, locked.
#[derive(Debug)]
pub(crate) struct Staging {
    path: PathBuf,
    lock: OwnedFd,
    /// Whether an earlier `add` has left it.
    pub(crate) resumed: bool,
}

impl Staging {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["13.2", "freebsd-14.1_amd64", "x", "a+b"] {
            assert!(Name::new(name).is_some(), "{name}");
        }
        let long = "x".repeat(65);
        for name in [
            "", ".", "..", ".x", "-x", "a/b", "a b", "default", "\u{e4}", &long,
        ] {
            assert!(Name::new(name).is_none(), "{name}");
        }
    }
}
