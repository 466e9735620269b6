//! Reading tar archives: `ustar`, the `pax` and GNU extensions, and sparse files as bsdtar writes them.
//!
//! The crates for this read extension headers of any length into memory and take newlines in `pax` values for their end; an
//! archive of a stranger deserves neither. Everything here has a bound.

mod header;
mod records;
mod sparse;

use std::io::{self, Read};

use self::header::{Header, until_nul};
use self::records::{Records, parse_number, parse_records, parse_time};
use self::sparse::Sparse;
use super::entry::{Attributes, Entry, Kind, Place};
use super::failure::{Doing, Failure, Refusal, Result, refuse};
use super::flags;

const BLOCK: usize = 512;
/// The longest extension header: names are at most a few KB; extended attributes may be larger.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// An archive, an entry at a time: [`Tar::next`], then its content by [`Read`].
#[derive(Debug)]
pub(crate) struct Tar<R> {
    input: R,
    /// Bytes of the current entry's stored content that were not read yet, and the zeros behind it.
    stored: u64,
    padding: u64,
    /// Where the next byte stands.
    offset: u64,
    /// `pax` records for all entries that follow.
    global: Records,
    sparse: Option<Sparse>,
}

impl<R: Read> Tar<R> {
    pub(crate) fn new(input: R) -> Tar<R> {
        Tar {
            input,
            stored: 0,
            padding: 0,
            offset: 0,
            global: Records::new(),
            sparse: None,
        }
    }

    /// Where the current entry's content begins in the archive, and its stored size.
    pub(crate) fn content_at(&self) -> (u64, u64) {
        (self.offset, self.stored)
    }

    /// How much of the current entry is stored and its true size, if it is a sparse file.
    pub(crate) fn sparse(&self) -> Option<(u64, u64)> {
        self.sparse
            .as_ref()
            .map(|sparse| (self.stored, sparse.size))
    }

    /// The next entry; what is left of the current one's content is skipped. After the last entry all of
    /// the input has been read, so that what wraps it can check sums.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>> {
        self.sparse = None;
        let mut records = self.global.clone();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let size = header.number(124, 12)?;
            let size = u64::try_from(size).or_else(|_| damaged("a negative size"))?;
            match header.kind() {
                b'L' => {
                    let name = self.extension(size)?;
                    records.insert(b"path".to_vec(), until_nul(&name).to_vec());
                }
                b'K' => {
                    let name = self.extension(size)?;
                    records.insert(b"linkpath".to_vec(), until_nul(&name).to_vec());
                }
                b'x' => {
                    let bytes = self.extension(size)?;
                    parse_records(&bytes, &mut records)?;
                }
                b'g' => {
                    let bytes = self.extension(size)?;
                    let mut global = std::mem::take(&mut self.global);
                    parse_records(&bytes, &mut global)?;
                    records.extend(global.clone());
                    self.global = global;
                }
                // A volume's name.
                b'V' => self.store(size),
                _ => return self.entry(&header, size, &records).map(Some),
            }
        }
    }

    fn entry(&mut self, header: &Header, size: u64, records: &Records) -> Result<Entry> {
        let text = |key: &str| records.get(key.as_bytes()).map(Vec::as_slice);
        let sparse = text("GNU.sparse.major").is_some() || text("GNU.sparse.map").is_some();
        let name = match text("GNU.sparse.name").or(text("path")) {
            Some(name) => name.to_vec(),
            None => header.name(),
        };
        if name.is_empty() {
            return damaged("an entry without a name");
        }
        let place = Place::of(&name)?;
        let target =
            || text("linkpath").map_or_else(|| header.field(157, 100).to_vec(), <[u8]>::to_vec);
        let kind = match header.kind() {
            // Before ustar, a slash at the end was all that marked a directory.
            b'0' | 0 | b'7' if name.ends_with(b"/") => Kind::Directory,
            b'0' | 0 | b'7' => Kind::File,
            b'1' => Kind::HardLink(Place::of(&target())?),
            b'2' => Kind::Symlink(target()),
            b'3' => Kind::Special("character device"),
            b'4' => Kind::Special("block device"),
            b'5' => Kind::Directory,
            b'6' => Kind::Special("FIFO"),
            b'S' => {
                return refuse(format!(
                    "'{}' is a sparse file in GNU tar's old form: pack the archive again with bsdtar, or with --format=pax",
                    place.shown()
                ));
            }
            other => {
                return refuse(format!(
                    "'{}' is of the unknown type '{}'",
                    place.shown(),
                    other.escape_ascii()
                ));
            }
        };
        if kind == Kind::File {
            let size = match text("size") {
                Some(digits) => parse_number(digits)?,
                None => size,
            };
            self.store(size);
            if sparse {
                self.sparse = Some(self.sparse_map(records)?);
            }
        }
        let id = |key: &str, at: usize| -> Result<u32> {
            let id = match text(key) {
                Some(digits) => parse_number(digits)?,
                None => u64::try_from(header.number(at, 8)?).unwrap_or(u64::MAX),
            };
            Ok(u32::try_from(id).unwrap_or(0))
        };
        let mtime = match text("mtime").and_then(parse_time) {
            Some(time) => time,
            None => (header.number(136, 12)?, 0),
        };
        let attributes = Attributes {
            mode: header.number(100, 8)? as u32 & 0o7777,
            uid: id("uid", 108)?,
            gid: id("gid", 116)?,
            mtime,
            flags: text("SCHILY.fflags").map_or(0, flags::parse),
        };
        Ok(Entry {
            place,
            kind,
            attributes,
        })
    }

    /// A header block, or `None` at the end of the archive.
    fn header(&mut self) -> Result<Option<Header>> {
        let mut block = [0; BLOCK];
        let doing = || "read the archive".to_owned();
        if let Err(error) = self.input.read_exact(&mut block) {
            return match error.kind() {
                io::ErrorKind::UnexpectedEof => damaged("it ends in the middle"),
                _ => Err(error).or_cannot(doing),
            };
        }
        self.offset += BLOCK as u64;
        if block.iter().all(|&byte| byte == 0) {
            io::copy(&mut self.input, &mut io::sink()).or_cannot(doing)?;
            return Ok(None);
        }
        let header = Header(block);
        header.check_sum()?;
        Ok(Some(header))
    }

    fn store(&mut self, size: u64) {
        self.stored = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    fn skip(&mut self) -> Result<()> {
        let left = self.stored.saturating_add(self.padding);
        let skipped = io::copy(&mut (&mut self.input).take(left), &mut io::sink())
            .or_cannot(|| "read the archive".to_owned())?;
        if skipped < left {
            return damaged("it ends in the middle");
        }
        self.offset = self.offset.saturating_add(left);
        (self.stored, self.padding) = (0, 0);
        Ok(())
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>> {
        if size > LONGEST_EXTENSION {
            return damaged("an extension header of more than a megabyte");
        }
        self.store(size);
        let mut bytes = Vec::new();
        while self.stored > 0 {
            let mut buffer = [0; BLOCK];
            let count = self
                .read_stored(&mut buffer)
                .or_cannot(|| "read the archive".to_owned())?;
            bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        }
        Ok(bytes)
    }

    /// Stored bytes of the current entry; 0 only at their end.
    fn read_stored(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into
            .len()
            .min(usize::try_from(self.stored).unwrap_or(usize::MAX));
        let Some(into) = into.get_mut(..most).filter(|into| !into.is_empty()) else {
            return Ok(0);
        };
        let count = self.input.read(into)?;
        if count == 0 {
            return Err(Refusal("the archive is damaged: it ends in the middle".to_owned()).into());
        }
        self.stored -= count as u64;
        self.offset += count as u64;
        Ok(count)
    }
}

/// The current entry's content.
impl<R: Read> Read for Tar<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(sparse) = &mut self.sparse else {
            return self.read_stored(into);
        };
        while sparse.parts.front().is_some_and(|&(_, length)| length == 0) {
            sparse.parts.pop_front();
        }
        let (start, length) = sparse.parts.front().copied().unwrap_or((sparse.size, 0));
        let (zeros, left) = if sparse.at < start {
            (true, start - sparse.at)
        } else {
            (false, length)
        };
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let into = into.get_mut(..most).unwrap_or_default();
        if zeros {
            into.fill(0);
            sparse.at += most as u64;
            return Ok(most);
        }
        let count = self.read_stored(into)? as u64;
        if count == 0 && most > 0 {
            return Err(
                Refusal("the archive is damaged: a sparse file lacks content".to_owned()).into(),
            );
        }
        if let Some(sparse) = &mut self.sparse {
            sparse.at += count;
            if let Some(front) = sparse.parts.front_mut() {
                *front = (start + count, length - count);
            }
        }
        Ok(count as usize)
    }
}

fn damaged<T>(what: &str) -> Result<T> {
    Err(Failure::Refused(format!("the archive is damaged: {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of the kind with a size, and what follows it.
    fn entry(kind: u8, content: &[u8]) -> Vec<u8> {
        let mut header = [0; BLOCK];
        header[..4].copy_from_slice(b"name");
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = kind;
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:07o}").as_bytes());
        let mut bytes = [&header, content].concat();
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    fn archive() -> Vec<u8> {
        let map = [&b"1\n2\n3\n"[..], &[0; 506], b"abc"].concat();
        let sparse = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n26 GNU.sparse.realsize=10\n";
        [
            entry(b'g', b"20 comment=anything\n"),
            entry(b'x', b"17 path=new/name\n23 mtime=1234.56789012\n"),
            entry(b'0', b"content"),
            entry(b'L', b"long name\0"),
            entry(b'5', b""),
            entry(b'x', sparse),
            entry(b'0', &map),
            vec![0; 2 * BLOCK],
        ]
        .concat()
    }

    /// Reads all of an archive: how many entries and bytes of content it has.
    fn read(bytes: &[u8]) -> Result<(usize, u64)> {
        let mut tar = Tar::new(bytes);
        let (mut entries, mut content) = (0, 0);
        while tar.next()?.is_some() {
            entries += 1;
            content += io::copy(&mut (&mut tar).take(1 << 16), &mut io::sink())
                .or_cannot(|| "read".to_owned())?;
        }
        Ok((entries, content))
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(read(&archive()).unwrap(), (3, 7 + 10));
    }

    /// Whatever is damaged, reading ends, without a panic.
    #[test]
    fn damage_is_survived() {
        let whole = archive();
        let mut refused = 0;
        for at in 0..whole.len() {
            for value in [0, b'9', b'\n', 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                // The sum no longer hides what the field's reader makes of it.
                let start = at / BLOCK * BLOCK;
                let block = &mut bytes[start..start + BLOCK];
                if block[156] != 0 && at % BLOCK < 148 {
                    block[148..156].copy_from_slice(b"        ");
                    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
                    block[148..155].copy_from_slice(format!("{sum:07o}").as_bytes());
                }
                refused += u32::from(read(&bytes).is_err());
            }
            refused += u32::from(read(&whole[..at]).is_err());
        }
        assert!(refused as usize > whole.len(), "{refused}");
    }
}
