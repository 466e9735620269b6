//! Comparing a root with its manifest.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;

use rustix::fs::{FileType, Stat, fstat};
use sha2::{Digest, Sha256};

use super::entry::Place;
use super::failure::{Doing, Result};
use super::manifest::{Line, LineKind, hex};
use super::tree::{Tree, kind_of};
use super::writing::{CHUNK, fill};

/// One way in which a root is not what it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `changed`, `missing` or `extra`.
    pub(crate) what: &'static str,
    pub(crate) place: String,
    /// What has changed.
    pub(crate) detail: String,
}

/// Every difference, in the order of names.
pub(crate) fn compare(tree: &mut Tree, manifest: Vec<Line>) -> Result<Vec<Difference>> {
    let expected = manifest
        .into_iter()
        .map(|line| (line.place, line.kind))
        .collect();
    let mut comparison = Comparison {
        tree,
        expected,
        sums: HashMap::new(),
        found: Vec::new(),
    };
    comparison.place(&Place::default())?;
    let missing = std::mem::take(&mut comparison.expected);
    for place in missing.into_keys() {
        comparison.tell("missing", &place, String::new());
    }
    let mut found = comparison.found;
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found
        .into_iter()
        .map(|(_, difference)| difference)
        .collect())
}

struct Comparison<'a> {
    tree: &'a mut Tree,
    /// What was not met yet.
    expected: BTreeMap<Place, LineKind>,
    /// Sums by device and inode: a file with a hundred names is read once.
    sums: HashMap<(u64, u64), String>,
    found: Vec<(Place, Difference)>,
}

impl Comparison<'_> {
    fn tell(&mut self, what: &'static str, place: &Place, detail: String) {
        let difference = Difference {
            what,
            place: place.shown(),
            detail,
        };
        self.found.push((place.clone(), difference));
    }

    fn place(&mut self, place: &Place) -> Result<()> {
        let Some(stat) = self.tree.stat(place)? else {
            return Ok(());
        };
        let kind = kind_of(&stat);
        match self.expected.remove(place) {
            Some(expected) => {
                let changes = self.changes(place, &stat, &expected)?;
                if !changes.is_empty() {
                    self.tell("changed", place, changes.join(", "));
                }
            }
            None => self.tell("extra", place, String::new()),
        }
        if kind == FileType::Directory {
            let names = match self.tree.open_existing(place)? {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    self.tell("changed", place, "cannot be read".to_owned());
                    Vec::new()
                }
                _ => self.tree.list(place)?,
            };
            for name in names {
                self.place(&place.join(&name)?)?;
            }
        }
        Ok(())
    }

    fn changes(&mut self, place: &Place, stat: &Stat, expected: &LineKind) -> Result<Vec<String>> {
        let mut changes = Vec::new();
        let mode_of =
            |mode: u32| format!("mode {:04o} instead of {mode:04o}", stat.st_mode & 0o7777);
        match (expected, kind_of(stat)) {
            (&LineKind::Directory { mode }, FileType::Directory) => {
                if stat.st_mode & 0o7777 != mode {
                    changes.push(mode_of(mode));
                }
            }
            (LineKind::File { mode, size, sha256 }, FileType::RegularFile) => {
                if stat.st_mode & 0o7777 != *mode {
                    changes.push(mode_of(*mode));
                }
                let found = u64::try_from(stat.st_size).unwrap_or(0);
                if found != *size {
                    changes.push(format!("{found} bytes instead of {size}"));
                } else {
                    match self.sum(place)? {
                        Some(sum) if sum != *sha256 => changes.push("content".to_owned()),
                        Some(_) => {}
                        None => changes.push("cannot be read".to_owned()),
                    }
                }
            }
            (LineKind::Symlink { target }, FileType::Symlink) => {
                if self.tree.read_link(place)? != *target {
                    changes.push("the target".to_owned());
                }
            }
            _ => changes.push("it is something else now".to_owned()),
        }
        Ok(changes)
    }

    /// The SHA-256 of a file's content, or `None` for one that this user may not read.
    fn sum(&mut self, place: &Place) -> Result<Option<String>> {
        let doing = || format!("read '{}'", place.shown());
        let file = match self.tree.open_existing(place)? {
            Ok(file) => File::from(file),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
            Err(error) => return Err(error).or_cannot(doing),
        };
        let stat = fstat(&file).or_cannot(doing)?;
        let identity = (stat.st_dev, stat.st_ino);
        if let Some(sum) = self.sums.get(&identity) {
            return Ok(Some(sum.clone()));
        }
        let mut sha256 = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = fill(&mut &file, &mut chunk).or_cannot(doing)?;
            match chunk.get(..count) {
                Some(bytes) if count > 0 => sha256.update(bytes),
                _ => break,
            }
        }
        let sum = hex(&sha256.finalize());
        if stat.st_nlink > 1 {
            self.sums.insert(identity, sum.clone());
        }
        Ok(Some(sum))
    }
}
