//! Making a tree from entries, such that a second run over what a killed one has left costs only reading.
//!
//! There is no journal. An entry that already lies in the tree as it should is left alone, content being compared while it
//! streams by; anything else is made anew, and what no entry of this run has named is removed at the end. So the
//! result depends on the source alone, whatever lay there before.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;

use rustix::fs::{FileType, Gid, Mode, Uid, fchmod, fchown, fstat, futimens};
use rustix::io::Errno;

use super::entry::{Attributes, Entry, Kind, Place};
use super::failure::{Doing, Result, refuse};
use super::flags;
use super::limits::Limits;
use super::made::{Contents, Made, MadeKind, below, below_is_empty, implied};
use super::notes::{Loss, Notes};
use super::progress::Progress;
use super::tree::{Tree, kind_of, times};
use super::writing::{CHUNK, Writing, fill};

/// Set-user-ID and set-group-ID.
const SET_ID: u32 = 0o6000;

/// A run over a source.
pub(crate) struct Unpacker {
    tree: Tree,
    made: Contents,
    /// Files that this run has named: a further entry must not write to them.
    inodes: HashSet<u64>,
    /// Which layer is being unpacked.
    pub(crate) layer: u32,
    pub(crate) limits: Limits,
    pub(crate) notes: Notes,
    progress: Progress,
    /// Files that an earlier run had made whole.
    pub(crate) kept: u64,
    /// Owners are only root's to give.
    owners: bool,
}

impl Unpacker {
    pub(crate) fn new(tree: Tree, limits: Limits, progress: Progress) -> Unpacker {
        Unpacker {
            tree,
            made: Contents::new(),
            inodes: HashSet::new(),
            layer: 0,
            limits,
            notes: Notes::default(),
            progress,
            kept: 0,
            owners: rustix::process::geteuid().is_root(),
        }
    }

    /// Makes one entry. `content` is a file's; others leave it unread.
    pub(crate) fn entry(&mut self, entry: Entry, content: &mut dyn Read) -> Result<()> {
        self.limits.count_entry()?;
        self.progress
            .show(self.made.len() as u64, self.limits.bytes());
        let Entry {
            place,
            kind,
            mut attributes,
        } = entry;
        if attributes.mode & SET_ID != 0 && kind != Kind::Directory {
            self.notes.add(Loss::SetId, &place);
        }
        attributes.mode &= !SET_ID;
        if !matches!(kind, Kind::Special(_)) {
            self.parents(&place)?;
        }
        let kind = match kind {
            Kind::Special(_) => {
                self.notes.add(Loss::Special, &place);
                return Ok(());
            }
            Kind::Directory => self.directory(&place)?,
            Kind::File => self.file(&place, &attributes, content)?,
            Kind::Symlink(target) => self.symlink(&place, &attributes, target)?,
            Kind::HardLink(existing) => return self.hard_link(place, &existing),
        };
        let layer = self.layer;
        self.made.insert(
            place,
            Made {
                kind,
                attributes,
                layer,
            },
        );
        Ok(())
    }

    /// Removes what earlier layers have put at a place, which may be a directory.
    pub(crate) fn remove_of_earlier_layers(&mut self, place: &Place) -> Result<()> {
        self.empty_of_earlier_layers(place)?;
        let old = self
            .made
            .get(place)
            .is_some_and(|made| made.layer < self.layer);
        if old && below_is_empty(&self.made, place) {
            self.remove(place)?;
        }
        Ok(())
    }

    /// Removes what was made at a place, with all below it.
    fn remove(&mut self, place: &Place) -> Result<()> {
        self.forget_below(place);
        self.made.remove(place);
        self.tree.remove(place)
    }

    /// Removes what earlier layers have put into a directory.
    pub(crate) fn empty_of_earlier_layers(&mut self, place: &Place) -> Result<()> {
        let layer = self.layer;
        let below = below(&self.made, place);
        let old = below.filter(|(_, made)| made.layer < layer);
        let old: Vec<Place> = old.map(|(place, _)| place.clone()).collect();
        // Contents before their directories, which stay when they have got something from this layer.
        for place in old.iter().rev() {
            if below_is_empty(&self.made, place) {
                self.remove(place)?;
            }
        }
        Ok(())
    }

    /// Removes what no entry has named, gives directories their attributes, and says what the tree holds.
    pub(crate) fn finish(mut self) -> Result<(Contents, Notes, u64)> {
        let top = Place::default();
        let layer = self.layer;
        self.made
            .entry(top.clone())
            .or_insert_with(|| implied(layer));
        self.sweep(&top)?;
        let directories: Vec<(Place, Attributes)> = self
            .made
            .iter()
            .filter(|(_, made)| matches!(made.kind, MadeKind::Directory))
            .map(|(place, made)| (place.clone(), made.attributes))
            .collect();
        // Children first: changing them changes their directory's time, and it may become unwritable.
        for (place, attributes) in directories.into_iter().rev() {
            let opened = self.tree.open_existing(&place)?;
            let opened = opened.or_cannot(|| format!("open '{}'", place.shown()))?;
            self.set_attributes(&opened.into(), &place, &attributes)?;
        }
        self.progress.done();
        Ok((self.made, self.notes, self.kept))
    }

    fn sweep(&mut self, directory: &Place) -> Result<()> {
        for name in self.tree.list(directory)? {
            let place = directory.join(&name)?;
            match self.made.get(&place).map(|made| &made.kind) {
                Some(MadeKind::Directory) => self.sweep(&place)?,
                Some(_) => {}
                None => self.tree.remove(&place)?,
            }
        }
        Ok(())
    }

    /// Makes the directories on the way that no entry has named.
    fn parents(&mut self, place: &Place) -> Result<()> {
        let Some((parent, _)) = place.split() else {
            return Ok(());
        };
        match self.made.get(&parent).map(|made| &made.kind) {
            Some(MadeKind::Directory) => return Ok(()),
            Some(_) => {
                return refuse(format!(
                    "'{}' leads through '{}', which is not a directory but a symlink or a file",
                    place.shown(),
                    parent.shown()
                ));
            }
            None => {}
        }
        self.parents(&parent)?;
        self.directory(&parent)?;
        let layer = self.layer;
        self.made.insert(parent, implied(layer));
        Ok(())
    }

    fn directory(&mut self, place: &Place) -> Result<MadeKind> {
        if !place.is_top() {
            match self.tree.stat(place)?.map(|stat| kind_of(&stat)) {
                Some(FileType::Directory) => {}
                found => {
                    if found.is_some() {
                        self.tree.remove(place)?;
                    }
                    self.tree.create_directory(place)?;
                }
            }
        }
        Ok(MadeKind::Directory)
    }

    fn symlink(
        &mut self,
        place: &Place,
        attributes: &Attributes,
        target: Vec<u8>,
    ) -> Result<MadeKind> {
        if target.is_empty() || target.contains(&0) {
            return refuse(format!("the symlink '{}' has no target", place.shown()));
        }
        let found = self.tree.stat(place)?.map(|stat| kind_of(&stat));
        let same = found == Some(FileType::Symlink) && self.tree.read_link(place)? == target;
        if !same {
            self.make_way(place, found)?;
            self.tree.create_symlink(place, &target)?;
        }
        if self.owners
            && self
                .tree
                .set_link_owner(place, attributes.uid, attributes.gid)?
                .is_err()
        {
            self.notes.add(Loss::Owner, place);
        }
        self.tree.set_link_times(place, attributes.mtime)?;
        Ok(MadeKind::Symlink(target))
    }

    /// Another name of what this run has made: nothing else can be linked to.
    fn hard_link(&mut self, place: Place, existing: &Place) -> Result<()> {
        let inode = match self.made.get(existing).map(|made| &made.kind) {
            Some(&MadeKind::File { inode, .. }) => Some(inode),
            Some(MadeKind::Symlink(_)) => None,
            Some(MadeKind::Directory) | None => {
                return refuse(format!(
                    "'{}' is a hard link to '{}', which no entry before it has made",
                    place.shown(),
                    existing.shown()
                ));
            }
        };
        if place == *existing {
            return Ok(());
        }
        let found = self.tree.stat(&place)?;
        let same = inode.is_some() && found.as_ref().map(|stat| stat.st_ino) == inode;
        if same {
            self.kept += 1;
        } else {
            self.make_way(&place, found.map(|stat| kind_of(&stat)))?;
            self.tree.create_hard_link(&place, existing)?;
        }
        if let Some(mut made) = self.made.get(existing).cloned() {
            made.layer = self.layer;
            self.made.insert(place, made);
        }
        Ok(())
    }

    fn file(
        &mut self,
        place: &Place,
        attributes: &Attributes,
        content: &mut dyn Read,
    ) -> Result<MadeKind> {
        let found = self.tree.stat(place)?;
        let left = match &found {
            Some(stat)
                if kind_of(stat) == FileType::RegularFile
                    && !self.inodes.contains(&stat.st_ino) =>
            {
                self.tree.open_existing(place)?.ok().map(File::from)
            }
            _ => None,
        };
        let found = found.map(|stat| kind_of(&stat));
        let mut writing = Writing::over(left);
        let mut chunk = vec![0; CHUNK];
        loop {
            let count =
                fill(content, &mut chunk).or_cannot(|| format!("unpack '{}'", place.shown()))?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            self.limits.count_bytes(count)?;
            self.progress
                .show(self.made.len() as u64, self.limits.bytes());
            writing.next(place, bytes, || self.new_file(place, found))?;
        }
        let written = writing.end(place, || self.new_file(place, found))?;
        self.kept += u64::from(written.kept);
        self.set_attributes(&written.file, place, attributes)?;
        let stat = fstat(&written.file).or_cannot(|| format!("look at '{}'", place.shown()))?;
        self.inodes.insert(stat.st_ino);
        Ok(MadeKind::File {
            size: written.size,
            sha256: written.sha256,
            inode: stat.st_ino,
        })
    }

    fn new_file(&mut self, place: &Place, found: Option<FileType>) -> Result<File> {
        self.make_way(place, found)?;
        self.tree.create_file(place).map(File::from)
    }

    /// Clears a place for something that is not a directory. A later entry replaces an earlier one.
    fn make_way(&mut self, place: &Place, found: Option<FileType>) -> Result<()> {
        if place.is_top() {
            return refuse("the top of the archive is not a directory");
        }
        if found.is_none() {
            return Ok(());
        }
        self.forget_below(place);
        self.tree.remove(place)
    }

    fn forget_below(&mut self, place: &Place) {
        if matches!(
            self.made.get(place),
            Some(Made {
                kind: MadeKind::Directory,
                ..
            })
        ) {
            let below: Vec<Place> = below(&self.made, place)
                .map(|(place, _)| place.clone())
                .collect();
            for place in below {
                self.made.remove(&place);
            }
        }
    }

    /// Flags need a writable file and times come after everything else, so the order matters.
    fn set_attributes(
        &mut self,
        file: &File,
        place: &Place,
        attributes: &Attributes,
    ) -> Result<()> {
        let doing = || format!("set the attributes of '{}'", place.shown());
        let stat = fstat(file).or_cannot(doing)?;
        let owner = (attributes.uid, attributes.gid);
        if self.owners && (stat.st_uid, stat.st_gid) != owner {
            let (uid, gid) = (Uid::from_raw(owner.0), Gid::from_raw(owner.1));
            if fchown(file, Some(uid), Some(gid)).is_err() {
                self.notes.add(Loss::Owner, place);
            }
        }
        if flags::get(file) != attributes.flags {
            fchmod(file, Mode::from_raw_mode(stat.st_mode & 0o777 | 0o700)).or_cannot(doing)?;
            match flags::set(file, attributes.flags) {
                Ok(()) => {}
                Err(Errno::OPNOTSUPP | Errno::PERM | Errno::NOSPC) => {
                    self.notes.add(Loss::Flags, place)
                }
                Err(error) => Err(error).or_cannot(doing)?,
            }
        }
        fchmod(file, Mode::from_raw_mode(attributes.mode)).or_cannot(doing)?;
        futimens(file, &times(attributes.mtime)).or_cannot(doing)
    }
}
