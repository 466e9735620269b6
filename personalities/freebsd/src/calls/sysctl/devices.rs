//! `kern.devstat` and `hw.intrcnt`: what disks and interrupts have done (subr_devstat.c, kern_intr.c).

use alloc::string::String;
use alloc::vec::Vec;

use compat_bsd::statistics::disks::{Disk, SECTOR, disks};
use compat_translate::host::{self, read_file};
use zerocopy::{FromZeros, IntoBytes};

use crate::abi::devstat::{Bintime, DEVSTAT_PRIORITY_DISK, DISK, Devstat};
use compat_bsd::machine;

const WHOLE: usize = 1 << 20;

/// `kern.devstat.all`: a generation, then the disks. The host does not count generations: it is always the same.
pub(super) fn all() -> Vec<u8> {
    let mut out = GENERATION.to_le_bytes().to_vec();
    for (number, disk) in disks().iter().enumerate() {
        out.extend_from_slice(devstat(number as u32, disk).as_bytes());
    }
    out
}

/// `kern.devstat.generation`.
pub(super) const GENERATION: i64 = 1;

/// `kern.devstat.numdevs`.
pub(super) fn count() -> i64 {
    disks().len() as i64
}

/// The one with this number.
fn devstat(number: u32, disk: &Disk) -> Devstat {
    let [frees, reads, writes, flushes] = [disk.frees, disk.reads, disk.writes, disk.flushes];
    let kinds = [flushes, reads, writes, frees];
    let end_count = disk.ended() as u32;
    let mut shown = Devstat {
        allocated: 1,
        device_number: number,
        bytes: kinds.map(|kind| kind.bytes),
        operations: kinds.map(|kind| kind.count),
        duration: kinds.map(|kind| Bintime::of_millis(kind.millis)),
        busy_time: Bintime::of_millis(disk.busy_millis),
        block_size: SECTOR as u32,
        device_type: DISK,
        priority: DEVSTAT_PRIORITY_DISK,
        id: 0xffff_f800_0000_0000 | u64::from(number) << 9,
        end_count,
        start_count: end_count.wrapping_add(disk.waiting as u32),
        ..Devstat::new_zeroed()
    };
    let up = host::vdso::clock_gettime(machine::HOST_BOOTTIME).unwrap_or_default();
    shown.busy_from = Bintime::of_millis((up.as_nanos() / 1_000_000) as u64);
    // A number at the end is the unit: `nvme0n1` is unit 1 of `nvme0n`.
    let stem = disk
        .name
        .trim_end_matches(|digit: char| digit.is_ascii_digit());
    let unit = disk.name.get(stem.len()..).unwrap_or_default();
    shown.unit_number = unit.parse().unwrap_or(0);
    for (slot, byte) in shown.device_name.iter_mut().take(15).zip(stem.bytes()) {
        *slot = byte;
    }
    shown
}

/// `hw.intrcnt`: how often each interrupt has come.
pub(super) fn interrupt_counts() -> Vec<u8> {
    interrupts()
        .iter()
        .flat_map(|(_, count)| count.to_le_bytes())
        .collect()
}

/// `hw.intrnames`: their names, each filled up with blanks to MAXCOMLEN and ended by a NUL.
pub(super) fn interrupt_names() -> Vec<u8> {
    const MAXCOMLEN: usize = 19;
    interrupts()
        .iter()
        .flat_map(|(name, _)| {
            let mut name: Vec<u8> = name.bytes().take(MAXCOMLEN).collect();
            name.resize(MAXCOMLEN, b' ');
            name.push(0);
            name
        })
        .collect()
}

fn interrupts() -> Vec<(String, u64)> {
    let text = read_file(c"/proc/interrupts", WHOLE).unwrap_or_default();
    let mut lines = machine::lines(&text);
    let cpus = lines
        .next()
        .map_or(0, |line| line.split_whitespace().count());
    lines.filter_map(|line| interrupt(line, cpus)).collect()
}

/// Number or letters, a count for each CPU, controller and device.
fn interrupt(line: &str, cpus: usize) -> Option<(String, u64)> {
    let (number, rest) = line.trim_start().split_once(':')?;
    let mut words = rest.split_whitespace();
    let mut count = 0u64;
    for _ in 0..cpus {
        match words
            .clone()
            .next()
            .and_then(|word| word.parse::<u64>().ok())
        {
            Some(one) => count = count.saturating_add(one),
            // `ERR` and `MIS` have one count for all.
            None => break,
        }
        words.next();
    }
    let name = match number.parse::<u32>() {
        Ok(number) => alloc::format!("irq{number}: {}", words.last().unwrap_or_default()),
        Err(_) => alloc::format!("cpu: {number}"),
    };
    Some((name, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_in_lines_of_old_and_new_hosts() {
        let shown = |number, line| devstat(number, &Disk::of_line(line).unwrap());
        let old = shown(4, "  8  0 sda 10 1 80 500 20 2 160 1500 3 1250 2000");
        assert_eq!(old.device_name.get(..4).unwrap(), b"sda\0");
        assert_eq!(
            (old.bytes, old.operations),
            ([0, 40_960, 81_920, 0], [0, 10, 20, 0])
        );
        assert_eq!(
            (old.start_count, old.end_count, old.unit_number),
            (33, 30, 0)
        );
        assert_eq!((old.busy_time.sec, old.busy_time.frac >> 62), (1, 0));
        let new = shown(0, "259 0 nvme0n1 1 0 8 1 1 0 8 1 0 2 4 5 0 16 7 6 9");
        assert_eq!(new.device_name.get(..7).unwrap(), b"nvme0n\0");
        assert_eq!((new.unit_number, new.operations), (1, [6, 1, 1, 5]));
    }

    #[test]
    fn interrupts_of_devices_and_of_processors() {
        let line = " 36:          7    2673406 PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0";
        assert_eq!(
            interrupt(line, 2).unwrap(),
            ("irq36: virtio1-req.0".into(), 2_673_413)
        );
        let line = "LOC:     100     200   Local timer interrupts";
        assert_eq!(interrupt(line, 2).unwrap(), ("cpu: LOC".into(), 300));
        assert_eq!(
            interrupt("ERR:          5", 2).unwrap(),
            ("cpu: ERR".into(), 5)
        );
    }
}
