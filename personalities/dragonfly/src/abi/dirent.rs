//! `<sys/dirent.h>`. A record does not say how long it is: that follows from its name.

use alloc::vec::Vec;

use compat_bsd::abi::dirent::{Entry, Format};

/// Bytes before the name.
const HEADER: usize = 16;

/// `struct dirent`: 64-bit file numbers, records a multiple of 8 (_DIRENT_RECLEN).
pub(crate) static DIRENT: Format = Format {
    record_length,
    append,
    // The host's header is longer.
    sure: |room| room,
};

fn record_length(name: usize) -> usize {
    (HEADER + name + 1).next_multiple_of(8)
}

fn append(entry: &Entry<'_>, records: &mut Vec<u8>) {
    let start = records.len();
    // A zero file number marks an entry as deleted.
    records.extend_from_slice(&entry.fileno.max(1).to_le_bytes());
    records.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
    records.extend_from_slice(&[entry.kind, 0, 0, 0, 0, 0]);
    records.extend_from_slice(entry.name);
    records.resize(start + record_length(entry.name.len()), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_as_long_as_its_name_says() {
        let entry = Entry {
            fileno: 0x1_0000_0002,
            next: 77,
            kind: 8,
            name: b"abcdefg",
        };
        let mut records = Vec::new();
        append(&entry, &mut records);
        assert_eq!(records.len(), 24);
        assert_eq!(records[..8], 0x1_0000_0002_u64.to_le_bytes());
        assert_eq!(records[8..16], [7, 0, 8, 0, 0, 0, 0, 0]);
        assert_eq!(&records[16..], b"abcdefg\0");
    }
}
