//! `<sys/dirent.h>`: directory entries as the host tells them, to be re-packed as the guest's.

use alloc::vec::Vec;

/// How a system, or a release of it, lays out directory entries.
pub struct Format {
    /// Bytes an entry takes whose name has so many.
    pub record_length: fn(usize) -> usize,
    /// Appends an entry. Names longer than 255 bytes do not exist on the host.
    pub append: fn(&Entry<'_>, &mut Vec<u8>),
    /// How many bytes of the host's records fill `room` bytes of these in no case: no record grows by more than that.
    pub sure: fn(usize) -> usize,
}

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

/// Bytes before the name in an entry with a file number of 32 bits.
const OLD_HEADER: usize = 8;

fn old_length(name: usize) -> usize {
    (OLD_HEADER + name + 1).next_multiple_of(4)
}

/// Appends an entry with these two bytes in front of its name.
fn append_old(entry: &Entry<'_>, records: &mut Vec<u8>, before_the_name: [u8; 2]) {
    let start = records.len();
    let length = old_length(entry.name.len());
    // A zero file number marks an entry as deleted.
    records.extend_from_slice(&(entry.fileno as u32).max(1).to_le_bytes());
    records.extend_from_slice(&(length as u16).to_le_bytes());
    records.extend_from_slice(&before_the_name);
    records.extend_from_slice(entry.name);
    records.resize(start + length, 0);
}

/// 4.4BSD's, which FreeBSD had up to 11 and NetBSD up to 2: file numbers of 32 bits, records a multiple of 4.
pub static BSD44: Format = Format {
    record_length: old_length,
    append: |entry, records| append_old(entry, records, [entry.kind, entry.name.len() as u8]),
    sure: |room| room,
};
/// 4.3BSD's: 16 bits for the name's length, where the type stands since.
pub static BSD43: Format = Format {
    record_length: old_length,
    append: |entry, records| append_old(entry, records, (entry.name.len() as u16).to_le_bytes()),
    sure: |room| room,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_records_have_the_old_layout() {
        let mut entry = Entry {
            fileno: 0x1_0000_0002,
            next: 77,
            kind: 8,
            name: b"abcde",
        };
        let mut old = Vec::new();
        (BSD44.append)(&entry, &mut old);
        assert_eq!(old, *b"\x02\0\0\0\x10\0\x08\x05abcde\0\0\0");
        let mut older = Vec::new();
        (BSD43.append)(&entry, &mut older);
        assert_eq!(older[4..8], [16, 0, 5, 0]);
        entry.fileno = 1 << 32;
        old.clear();
        (BSD44.append)(&entry, &mut old);
        assert_eq!(old[..4], [1, 0, 0, 0], "no file number is zero");
    }

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
}
