//! What disks have done (`/proc/diskstats`).

use alloc::string::String;
use alloc::vec::Vec;

use compat_translate::host::{names_in, read_file};

use crate::machine;

/// A kind of request that a disk has carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// How many.
    pub count: u64,
    /// Of how many bytes in all.
    pub bytes: u64,
    /// How long they took, each counted for itself.
    pub millis: u64,
}

/// A whole disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// The host's name of it.
    pub name: String,
    /// What was read.
    pub reads: Transfers,
    /// What was written.
    pub writes: Transfers,
    /// What was given back.
    pub frees: Transfers,
    /// Requests to write out what the disk held.
    pub flushes: Transfers,
    /// Requests on their way.
    pub waiting: u64,
    /// How long it had some.
    pub busy_millis: u64,
}

impl Disk {
    /// One, by its line: major and minor number, name; reads, merged, sectors, milliseconds; the same of writes; requests on their way,
    /// milliseconds at work, weighted; since Linux 4.18 discards as reads.
    pub fn of_line(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(2);
        let name = words.next()?.into();
        let mut counts = [0u64; 17];
        for (slot, word) in counts.iter_mut().zip(words) {
            *slot = word.parse().ok()?;
        }
        let [
            reads,
            _,
            read,
            reading,
            writes,
            _,
            written,
            writing,
            waiting,
            busy_millis,
            _,
            frees,
            _,
            freed,
            freeing,
            flushes,
            flushing,
        ] = counts;
        let transfers = |count: u64, sectors: u64, millis| Transfers {
            count,
            bytes: sectors.saturating_mul(SECTOR),
            millis,
        };
        Some(Self {
            name,
            reads: transfers(reads, read, reading),
            writes: transfers(writes, written, writing),
            frees: transfers(frees, freed, freeing),
            flushes: transfers(flushes, 0, flushing),
            waiting,
            busy_millis,
        })
    }

    /// How many requests it has carried out.
    pub fn ended(&self) -> u64 {
        let all = [self.reads, self.writes, self.frees, self.flushes];
        all.iter().fold(0, |sum, one| sum.saturating_add(one.count))
    }
}

/// What the host counts sectors in.
pub const SECTOR: u64 = 512;

/// Whole disks, without those in memory or in files that have never been used.
pub fn disks() -> Vec<Disk> {
    const WHOLE: usize = 1 << 20;
    let whole = names_in(c"/sys/block").unwrap_or_default();
    let text = read_file(c"/proc/diskstats", WHOLE).unwrap_or_default();
    machine::lines(&text)
        .filter_map(Disk::of_line)
        .filter(|disk| whole.iter().any(|name| name == disk.name.as_bytes()))
        .filter(|disk| disk.ended() != 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Disk, Transfers};

    #[test]
    fn a_line_of_a_disk() {
        let line = " 254 0 vda 10 1 80 5 20 2 160 7 3 11 12 4 0 32 6 9 8";
        let disk = Disk::of_line(line).unwrap();
        assert_eq!(disk.name, "vda");
        let reads = Transfers {
            count: 10,
            bytes: 80 * 512,
            millis: 5,
        };
        assert_eq!(disk.reads, reads);
        assert_eq!((disk.writes.count, disk.frees.bytes), (20, 32 * 512));
        assert_eq!((disk.waiting, disk.busy_millis), (3, 11));
        assert_eq!(disk.ended(), 43);
    }
}
