//! `<sys/dirent.h>`: the directory entries of today.

use alloc::vec::Vec;

pub(crate) use compat_bsd::abi::dirent::{BSD43, BSD44 as FREEBSD11};
use compat_bsd::abi::dirent::{Entry, Format};

/// Bytes before the name of a `struct dirent`.
const HEADER: usize = 24;
/// `struct dirent`.
pub(crate) static NOW: Format = Format {
    record_length,
    append,
    // No record grows by more than a third.
    sure: |room| room / 4 * 3,
};

/// Bytes an entry with a name of `name` bytes takes.
fn record_length(name: usize) -> usize {
    (HEADER + name + 1).next_multiple_of(8)
}

/// Appends `entry` to `records`. Names longer than 255 bytes do not exist on the host.
fn append(entry: &Entry<'_>, records: &mut Vec<u8>) {
    let start = records.len();
    let length = record_length(entry.name.len());
    // A zero file number marks an entry as deleted.
    records.extend_from_slice(&entry.fileno.max(1).to_le_bytes());
    records.extend_from_slice(&entry.next.to_le_bytes());
    records.extend_from_slice(&(length as u16).to_le_bytes());
    records.extend_from_slice(&[entry.kind, 0]);
    records.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
    records.extend_from_slice(&[0; 2]);
    records.extend_from_slice(entry.name);
    records.resize(start + length, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_the_guests_layout() {
        let entry = Entry {
            fileno: 0x1_0000_0002,
            next: 77,
            kind: 8,
            name: b"abcde",
        };
        let mut now = Vec::new();
        append(&entry, &mut now);
        assert_eq!(now.len(), 32);
        assert_eq!(now[..8], 0x1_0000_0002_u64.to_le_bytes());
        assert_eq!(now[8..16], 77_u64.to_le_bytes());
        assert_eq!(now[16..24], [32, 0, 8, 0, 5, 0, 0, 0]);
        assert_eq!(&now[24..], b"abcde\0\0\0");
        now.clear();
        append(&Entry { fileno: 0, ..entry }, &mut now);
        assert_ne!(now[..8], [0; 8], "no file number is zero");
    }
}
