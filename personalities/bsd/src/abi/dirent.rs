//! `<sys/dirent.h>`: directory entries, and the host's re-packed as such.

use alloc::vec::Vec;

/// Which release's entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `struct dirent`: 64-bit file numbers, records a multiple of 8.
    Now,
    /// `struct freebsd11_dirent`: 32-bit file numbers, records a multiple of 4.
    Freebsd11,
    /// The same with 16 bits for the name's length, where the type stands since 4.4BSD.
    Bsd43,
}

/// Bytes before the name.
const HEADER: usize = 24;
const HEADER_11: usize = 8;
const HOST_HEADER: usize = 19;

/// One entry as the host tells it (`struct linux_dirent64`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    pub fileno: u64,
    /// Where the next entry starts: a value for `lseek`.
    pub next: i64,
    pub kind: u8,
    pub name: &'a [u8],
}

/// The entries in a buffer that the host filled.
pub fn entries(mut records: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    core::iter::from_fn(move || {
        let (fileno, rest) = records.split_first_chunk::<8>()?;
        let (next, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (&kind, _) = rest.split_first()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let name = records.get(HOST_HEADER..length)?;
        let end = name.iter().position(|&byte| byte == 0)?;
        records = records.get(length..)?;
        Some(Entry {
            fileno: u64::from_le_bytes(*fileno),
            next: i64::from_le_bytes(*next),
            kind,
            name: name.get(..end)?,
        })
    })
}

impl Format {
    /// Bytes an entry with a name of `name` bytes takes.
    pub fn record_length(self, name: usize) -> usize {
        match self {
            Format::Now => (HEADER + name + 1).next_multiple_of(8),
            Format::Freebsd11 | Format::Bsd43 => (HEADER_11 + name + 1).next_multiple_of(4),
        }
    }

    /// Appends `entry` to `records`. Names longer than 255 bytes do not exist on the host.
    pub fn append(self, entry: &Entry<'_>, records: &mut Vec<u8>) {
        let start = records.len();
        let length = self.record_length(entry.name.len());
        // A zero file number marks an entry as deleted.
        let fileno = match self {
            Format::Now => entry.fileno.max(1),
            Format::Freebsd11 | Format::Bsd43 => u64::from((entry.fileno as u32).max(1)),
        };
        let name_length = entry.name.len() as u16;
        let reclen = (length as u16).to_le_bytes();
        match self {
            Format::Now => {
                records.extend_from_slice(&fileno.to_le_bytes());
                records.extend_from_slice(&entry.next.to_le_bytes());
                records.extend_from_slice(&reclen);
                records.extend_from_slice(&[entry.kind, 0]);
                records.extend_from_slice(&name_length.to_le_bytes());
                records.extend_from_slice(&[0; 2]);
            }
            Format::Freebsd11 | Format::Bsd43 => {
                records.extend_from_slice(&(fileno as u32).to_le_bytes());
                records.extend_from_slice(&reclen);
                if self == Format::Bsd43 {
                    records.extend_from_slice(&name_length.to_le_bytes());
                } else {
                    records.extend_from_slice(&[entry.kind, name_length as u8]);
                }
            }
        }
        records.extend_from_slice(entry.name);
        records.resize(start + length, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the host packs them.
    fn host_record(fileno: u64, next: i64, kind: u8, name: &[u8]) -> Vec<u8> {
        let length = (HOST_HEADER + name.len() + 1).next_multiple_of(8);
        let mut record = Vec::new();
        record.extend_from_slice(&fileno.to_le_bytes());
        record.extend_from_slice(&next.to_le_bytes());
        record.extend_from_slice(&(length as u16).to_le_bytes());
        record.push(kind);
        record.extend_from_slice(name);
        record.resize(length, 0);
        record
    }

    #[test]
    fn host_records_are_read_one_by_one() {
        let mut records = host_record(1, 10, 4, b".");
        records.extend(host_record(u64::MAX, i64::MAX, 8, &[b'x'; 255]));
        let found: Vec<_> = entries(&records).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].fileno, found[0].next, found[0].kind, found[0].name),
            (1, 10, 4, &b"."[..])
        );
        assert_eq!((found[1].fileno, found[1].name.len()), (u64::MAX, 255));
        // A truncated tail is no entry.
        assert_eq!(entries(&records[..records.len() - 1]).count(), 1);
    }

    #[test]
    fn records_have_the_guests_layout() {
        let entry = Entry {
            fileno: 0x1_0000_0002,
            next: 77,
            kind: 8,
            name: b"abcde",
        };
        let mut now = Vec::new();
        Format::Now.append(&entry, &mut now);
        assert_eq!(now.len(), 32);
        assert_eq!(now[..8], 0x1_0000_0002_u64.to_le_bytes());
        assert_eq!(now[8..16], 77_u64.to_le_bytes());
        assert_eq!(now[16..24], [32, 0, 8, 0, 5, 0, 0, 0]);
        assert_eq!(&now[24..], b"abcde\0\0\0");
        let mut old = Vec::new();
        Format::Freebsd11.append(&entry, &mut old);
        assert_eq!(
            old,
            [
                2, 0, 0, 0, 16, 0, 8, 5, b'a', b'b', b'c', b'd', b'e', 0, 0, 0
            ]
        );
        let mut older = Vec::new();
        Format::Bsd43.append(&entry, &mut older);
        assert_eq!(older[4..8], [16, 0, 5, 0]);
    }

    #[test]
    fn no_file_number_is_zero() {
        for format in [Format::Now, Format::Freebsd11] {
            let mut record = Vec::new();
            let entry = Entry {
                fileno: 0,
                next: 0,
                kind: 0,
                name: b"a",
            };
            format.append(&entry, &mut record);
            assert_ne!(record[..4], [0; 4]);
        }
    }
}
