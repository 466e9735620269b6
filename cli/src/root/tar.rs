//! Reading tar archives: `ustar`, the `pax` and GNU extensions, and sparse files as bsdtar writes them.
//!
//! The crates for this read extension headers of any length into memory and take newlines in `pax` values for their end; an
//! archive of a stranger deserves neither. Everything here has a bound.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::entry::{Attributes, Entry, Kind, Place};
use super::failure::{Doing, Failure, Refusal, Result, refuse, shown};
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

/// `pax` records by key.
type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// The parts of a sparse file that are stored; the rest are zeros.
#[derive(Debug)]
struct Sparse {
    /// Offset and length in the file, ascending; the first is the next.
    parts: std::collections::VecDeque<(u64, u64)>,
    size: u64,
    at: u64,
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

    /// Version 1.0 of the `pax` form: decimal numbers, a line each, stand before the content and are padded to a
    /// block: how many parts, then offset and length of each.
    fn sparse_map(&mut self, records: &Records) -> Result<Sparse> {
        let number = |key: &str| {
            records
                .get(key.as_bytes())
                .map(|digits| parse_number(digits))
        };
        let version = (number("GNU.sparse.major"), number("GNU.sparse.minor"));
        let (Some(Ok(1)), Some(Ok(0)), Some(size)) =
            (version.0, version.1, number("GNU.sparse.realsize"))
        else {
            return refuse(
                "it has sparse files in an old form: pack the archive again with bsdtar",
            );
        };
        let mut lines = Lines {
            tar: self,
            block: [0; BLOCK],
            at: BLOCK,
            read: 0,
        };
        let count = lines.next()?;
        let mut parts = std::collections::VecDeque::new();
        let mut end = 0;
        for _ in 0..count {
            let (offset, length) = (lines.next()?, lines.next()?);
            if offset < end {
                return damaged("a sparse file whose parts overlap");
            }
            end = offset
                .checked_add(length)
                .map_or_else(|| damaged("a sparse file beyond all sizes"), Ok)?;
            parts.push_back((offset, length));
        }
        let size = size?;
        if end > size {
            return damaged("a sparse file longer than it says");
        }
        Ok(Sparse { parts, size, at: 0 })
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

/// The numbers before a sparse file's content.
struct Lines<'a, R> {
    tar: &'a mut Tar<R>,
    block: [u8; BLOCK],
    at: usize,
    read: u64,
}

impl<R: Read> Lines<'_, R> {
    fn next(&mut self) -> Result<u64> {
        let mut digits = Vec::new();
        loop {
            if self.at == BLOCK {
                self.refill()?;
            }
            let byte = self.block.get(self.at).copied().unwrap_or_default();
            self.at += 1;
            match byte {
                b'\n' => return parse_number(&digits),
                _ if digits.len() > 20 => return damaged("a sparse file's map"),
                _ => digits.push(byte),
            }
        }
    }

    fn refill(&mut self) -> Result<()> {
        self.read += BLOCK as u64;
        if self.read > LONGEST_EXTENSION {
            return damaged("a sparse file of too many parts");
        }
        let mut filled = 0;
        while let Some(rest) = self.block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self
                .tar
                .read_stored(rest)
                .or_cannot(|| "read the archive".to_owned())?
            {
                0 => return damaged("a sparse file's map"),
                count => filled += count,
            }
        }
        self.at = 0;
        Ok(())
    }
}

/// A header block whose sum is right.
struct Header([u8; BLOCK]);

impl Header {
    fn bytes(&self, at: usize, length: usize) -> &[u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    /// A text field, up to its first NUL.
    fn field(&self, at: usize, length: usize) -> &[u8] {
        until_nul(self.bytes(at, length))
    }

    fn kind(&self) -> u8 {
        self.bytes(156, 1).first().copied().unwrap_or_default()
    }

    fn name(&self) -> Vec<u8> {
        let (name, prefix) = (self.field(0, 100), self.field(345, 155));
        // GNU's own headers, "ustar  ", have other things there.
        if self.bytes(257, 6) == b"ustar\0" && !prefix.is_empty() {
            [prefix, b"/", name].concat()
        } else {
            name.to_vec()
        }
    }

    /// Octal digits, or two's complement behind a set top bit (GNU's form, which POSIX allows).
    fn number(&self, at: usize, length: usize) -> Result<i64> {
        let field = self.bytes(at, length);
        let first = field.first().copied().unwrap_or_default();
        if first & 0x80 != 0 {
            let negative = first & 0x40 != 0;
            let start = if negative {
                -1
            } else {
                i64::from(first & 0x3f)
            };
            let mut rest = field.iter().skip(1);
            return rest
                .try_fold(start, |value: i64, &byte| {
                    Some(value.checked_mul(256)? + i64::from(byte))
                })
                .map_or_else(|| damaged("a number beyond all sizes"), Ok);
        }
        let digits = until_nul(field).trim_ascii();
        digits
            .iter()
            .try_fold(0i64, |value, &digit| match digit {
                b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
                _ => None,
            })
            .map_or_else(|| damaged("a number that is none"), Ok)
    }

    /// The sum of all bytes, with the sum's own field as spaces. Some old programs summed signed bytes.
    fn check_sum(&self) -> Result<()> {
        let Ok(stored) = self.number(148, 8) else {
            return damaged("no header where one must be");
        };
        let byte_at = |at: usize| match at {
            148..156 => b' ',
            _ => self.0.get(at).copied().unwrap_or_default(),
        };
        let unsigned: i64 = (0..BLOCK).map(|at| i64::from(byte_at(at))).sum();
        let signed: i64 = (0..BLOCK)
            .map(|at| i64::from(byte_at(at).cast_signed()))
            .sum();
        if stored == unsigned || stored == signed {
            Ok(())
        } else {
            damaged("a header's sum is wrong")
        }
    }
}

/// `LENGTH KEY=VALUE\n`, the length being that of all of it.
fn parse_records(mut bytes: &[u8], into: &mut Records) -> Result<()> {
    while !bytes.is_empty() && bytes.first() != Some(&0) {
        let record = record_at(bytes).map_or_else(|| damaged("a pax header"), Ok)?;
        bytes = bytes.get(record.length..).unwrap_or_default();
        if record.value.is_empty() {
            into.remove(record.key);
        } else {
            into.insert(record.key.to_vec(), record.value.to_vec());
        }
    }
    Ok(())
}

struct Record<'a> {
    length: usize,
    key: &'a [u8],
    value: &'a [u8],
}

fn record_at(bytes: &[u8]) -> Option<Record<'_>> {
    let space = bytes.iter().take(20).position(|&byte| byte == b' ')?;
    let length = usize::try_from(parse_number(bytes.get(..space)?).ok()?).ok()?;
    let record = bytes.get(..length)?.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
    Some(Record { length, key, value })
}

fn parse_number(digits: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(digits).ok();
    let number = text.and_then(|text| text.parse().ok());
    number.map_or_else(|| damaged(&format!("'{}' is no number", shown(digits))), Ok)
}

/// Seconds with a fraction: `1234.5678`.
fn parse_time(text: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = seconds.parse().ok()?;
    let digits: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let nanoseconds: u32 = digits.parse().ok()?;
    // Before 1970 the fraction counts downwards.
    if text.starts_with('-') && nanoseconds > 0 {
        return Some((whole.checked_sub(1)?, 1_000_000_000 - nanoseconds));
    }
    Some((whole, nanoseconds))
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn damaged<T>(what: &str) -> Result<T> {
    Err(Failure::Refused(format!("the archive is damaged: {what}")))
}
