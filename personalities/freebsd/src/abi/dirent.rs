//! `<sys/dirent.h>`: the directory entries of each release.

use alloc::vec::Vec;

use compat_bsd::abi::dirent::{Entry, Format};

/// Which release's entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Release {
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
/// `struct dirent` of today.
pub(crate) static NOW: Format = Format {
    record_length: |name| Release::Now.record_length(name),
    append: |entry, records| Release::Now.append(entry, records),
    // No record grows by more than a third.
    sure: |room| room / 4 * 3,
};
/// `struct freebsd11_dirent`.
pub(crate) static FREEBSD11: Format = Format {
    record_length: |name| Release::Freebsd11.record_length(name),
    append: |entry, records| Release::Freebsd11.append(entry, records),
    sure: |room| room,
};
/// 4.3BSD's.
pub(crate) static BSD43: Format = Format {
    record_length: |name| Release::Bsd43.record_length(name),
    append: |entry, records| Release::Bsd43.append(entry, records),
    sure: |room| room,
};

impl Release {
    /// Bytes an entry with a name of `name` bytes takes.
    fn record_length(self, name: usize) -> usize {
        match self {
            Release::Now => (HEADER + name + 1).next_multiple_of(8),
            Release::Freebsd11 | Release::Bsd43 => (HEADER_11 + name + 1).next_multiple_of(4),
        }
    }

    /// Appends `entry` to `records`. Names longer than 255 bytes do not exist on the host.
    fn append(self, entry: &Entry<'_>, records: &mut Vec<u8>) {
        let start = records.len();
        let length = self.record_length(entry.name.len());
        // A zero file number marks an entry as deleted.
        let fileno = match self {
            Release::Now => entry.fileno.max(1),
            Release::Freebsd11 | Release::Bsd43 => u64::from((entry.fileno as u32).max(1)),
        };
        let name_length = entry.name.len() as u16;
        let reclen = (length as u16).to_le_bytes();
        match self {
            Release::Now => {
                records.extend_from_slice(&fileno.to_le_bytes());
                records.extend_from_slice(&entry.next.to_le_bytes());
                records.extend_from_slice(&reclen);
                records.extend_from_slice(&[entry.kind, 0]);
                records.extend_from_slice(&name_length.to_le_bytes());
                records.extend_from_slice(&[0; 2]);
            }
            Release::Freebsd11 | Release::Bsd43 => {
                records.extend_from_slice(&(fileno as u32).to_le_bytes());
                records.extend_from_slice(&reclen);
                if self == Release::Bsd43 {
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

    #[test]
    fn records_have_the_guests_layout() {
        let entry = Entry {
            fileno: 0x1_0000_0002,
            next: 77,
            kind: 8,
            name: b"abcde",
        };
        let mut now = Vec::new();
        Release::Now.append(&entry, &mut now);
        assert_eq!(now.len(), 32);
        assert_eq!(now[..8], 0x1_0000_0002_u64.to_le_bytes());
        assert_eq!(now[8..16], 77_u64.to_le_bytes());
        assert_eq!(now[16..24], [32, 0, 8, 0, 5, 0, 0, 0]);
        assert_eq!(&now[24..], b"abcde\0\0\0");
        let mut old = Vec::new();
        Release::Freebsd11.append(&entry, &mut old);
        assert_eq!(
            old,
            [
                2, 0, 0, 0, 16, 0, 8, 5, b'a', b'b', b'c', b'd', b'e', 0, 0, 0
            ]
        );
        let mut older = Vec::new();
        Release::Bsd43.append(&entry, &mut older);
        assert_eq!(older[4..8], [16, 0, 5, 0]);
    }

    #[test]
    fn no_file_number_is_zero() {
        for format in [Release::Now, Release::Freebsd11] {
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
