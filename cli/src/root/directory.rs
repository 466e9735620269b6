//! A directory as a source.

use std::collections::HashMap;
use std::io;

use rustix::fs::{FileType, Stat};

use super::entry::{Attributes, Entry, Kind, Place};
use super::failure::{Doing, Result};
use super::flags;
use super::notes::Loss;
use super::tree::{Tree, kind_of, vanished};
use super::unpack::Unpacker;

/// Copies a directory. `own` is the device and inode of the directory all roots lie in, which may lie in the source.
pub(crate) fn copy(mut source: Tree, own: (u64, u64), into: &mut Unpacker) -> Result<()> {
    let mut links = HashMap::new();
    copy_below(&mut source, &Place::default(), own, &mut links, into)
}

/// First names of files that have several.
type Links = HashMap<(u64, u64), Place>;

fn copy_below(
    source: &mut Tree,
    place: &Place,
    own: (u64, u64),
    links: &mut Links,
    into: &mut Unpacker,
) -> Result<()> {
    let stat = source.stat(place)?.ok_or_else(|| vanished(place))?;
    let identity = (stat.st_dev, stat.st_ino);
    let mut attributes = attributes_of(&stat);
    let kind = match kind_of(&stat) {
        FileType::Directory if identity == own => {
            into.notes.add(Loss::Itself, place);
            return Ok(());
        }
        FileType::Directory => Kind::Directory,
        FileType::RegularFile => match links.get(&identity) {
            Some(first) => Kind::HardLink(first.clone()),
            None => Kind::File,
        },
        FileType::Symlink => Kind::Symlink(source.read_link(place)?),
        FileType::Fifo => Kind::Special("FIFO"),
        FileType::Socket => Kind::Special("socket"),
        _ => Kind::Special("device"),
    };
    if !matches!(kind, Kind::File | Kind::Directory) {
        return into.entry(
            Entry {
                place: place.clone(),
                kind,
                attributes,
            },
            &mut io::empty(),
        );
    }
    let opened = match source.open_existing(place)? {
        Ok(opened) => std::fs::File::from(opened),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            into.notes.add(Loss::Unreadable, place);
            return Ok(());
        }
        Err(error) => return Err(error).or_cannot(|| format!("open '{}'", place.shown())),
    };
    attributes.flags = flags::get(&opened);
    let is_directory = kind == Kind::Directory;
    into.entry(
        Entry {
            place: place.clone(),
            kind,
            attributes,
        },
        &mut &opened,
    )?;
    if is_directory {
        for name in source.list(place)? {
            copy_below(source, &place.join(&name)?, own, links, into)?;
        }
    } else if stat.st_nlink > 1 {
        links.insert(identity, place.clone());
    }
    Ok(())
}

fn attributes_of(stat: &Stat) -> Attributes {
    Attributes {
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: (
            stat.st_mtime,
            u32::try_from(stat.st_mtime_nsec).unwrap_or(0),
        ),
        flags: 0,
    }
}
