//! `<sys/dirent.h>`.

use alloc::vec::Vec;

use compat_bsd::abi::dirent::{Entry, Format};

/// Bytes before the name of a `struct dirent`: file number, length of the record, length of the name, type.
const HEADER: usize = 13;

/// `struct dirent`.
pub(crate) static NOW: Format = Format {
    record_length,
    append,
    // The host's are never shorter.
    sure: |room| room,
};

/// Bytes that an entry with a name of `name` bytes takes.
fn record_length(name: usize) -> usize {
    (HEADER + name + 1).next_multiple_of(8)
}

/// Appends `entry` to `records`.
fn append(entry: &Entry<'_>, records: &mut Vec<u8>) {
    let start = records.len();
    let length = record_length(entry.name.len());
    // A zero file number marks an entry as deleted.
    records.extend_from_slice(&entry.fileno.max(1).to_le_bytes());
    records.extend_from_slice(&(length as u16).to_le_bytes());
    records.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
    records.push(entry.kind);
    records.extend_from_slice(entry.name);
    records.resize(start + length, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_the_guests_layout() {
        let mut records = Vec::new();
        let entry = Entry {
            fileno: 0x1_0000_0002,
            next: 77,
            kind: 8,
            name: b"abcde",
        };
        append(&entry, &mut records);
        assert_eq!(records.len(), 24);
        assert_eq!(records[..8], 0x1_0000_0002_u64.to_le_bytes());
        assert_eq!(records[8..13], [24, 0, 5, 0, 8]);
        assert_eq!(&records[13..], b"abcde\0\0\0\0\0\0");
    }
}
