//! A tar archive as a source, packed or not.

use std::io::{self, BufReader, Read};

use super::compress::unpacked;
use super::entry::Place;
use super::failure::Result;
use super::limits::Limits;
use super::tar::Tar;
use super::unpack::Unpacker;

/// What names that begin with `.wh.` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whiteouts {
    /// Nothing: they are files.
    Keep,
    /// In a layer of an image: that an earlier layer's file is gone.
    Apply,
}

/// Unpacks an archive.
pub(crate) fn unpack(
    packed: Box<dyn Read + '_>,
    whiteouts: Whiteouts,
    into: &mut Unpacker,
) -> Result<()> {
    let input = unpacked(packed, &into.limits)?;
    let mut tar = Tar::new(BufReader::with_capacity(128 << 10, input));
    while let Some(entry) = tar.next()? {
        if let Some((stored, size)) = tar.sparse() {
            into.limits.check_sparse(stored, size)?;
        }
        match whiteout(&entry.place).filter(|_| whiteouts == Whiteouts::Apply) {
            None => into.entry(entry, &mut tar)?,
            Some(Whiteout::Opaque(directory)) => into.empty_of_earlier_layers(&directory)?,
            Some(Whiteout::Gone(place)) => into.remove_of_earlier_layers(&place)?,
        }
    }
    Ok(())
}

enum Whiteout {
    /// Nothing of earlier layers shows in this directory.
    Opaque(Place),
    /// This is gone.
    Gone(Place),
}

fn whiteout(place: &Place) -> Option<Whiteout> {
    let (parent, name) = place.split()?;
    let hidden = name.strip_prefix(b".wh.")?;
    if hidden == b".wh..opq" {
        return Some(Whiteout::Opaque(parent));
    }
    // Other names with the prefix twice are the storage driver's own.
    Some(Whiteout::Gone(parent.join(hidden).ok()?))
}

/// Whether this is the archive of an image layout, as far as its first file says.
pub(crate) fn looks_like_layout(packed: Box<dyn Read + '_>) -> Result<bool> {
    let mut tar = Tar::new(unpacked(packed, &Limits::usual())?);
    // Directories may come first.
    for _ in 0..8 {
        let Some(entry) = tar.next()? else {
            return Ok(false);
        };
        let name = entry.place.bytes();
        if matches!(
            name,
            b"oci-layout" | b"index.json" | b"manifest.json" | b"repositories"
        ) || name.starts_with(b"blobs/sha256")
        {
            return Ok(true);
        }
        if entry.kind != super::entry::Kind::Directory {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Writes an archive's unpacked bytes to a file, in which places can be sought.
pub(crate) fn spool(
    packed: Box<dyn Read + '_>,
    limits: &Limits,
    file: &mut impl io::Write,
) -> io::Result<u64> {
    match unpacked(packed, limits) {
        Ok(mut input) => io::copy(&mut input, file),
        Err(failure) => Err(super::failure::Refusal(failure.to_string()).into()),
    }
}
