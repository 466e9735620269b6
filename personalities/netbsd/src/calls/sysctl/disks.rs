//! `hw.iostats` and the names of what counts there (subr_iostat.c).

use alloc::vec::Vec;

use compat_bsd::statistics::disks::{Disk, disks};
use compat_tables::netbsd::Errno;
use zerocopy::FromZeros;

use super::array::{Wish, array};
use super::terminated;
use crate::abi::iostat::{IOSTAT_DISK, IOSTATNAMELEN, IoSysctl};
use crate::error::Return;

/// `{size}` behind the name; without it, names alone.
pub(super) fn all(more: &[i32]) -> Return<Vec<u8>> {
    let size = match *more {
        [] => IOSTATNAMELEN as i32,
        [size] => size,
        _ => return Err(Errno::EINVAL.into()),
    };
    let found: Vec<IoSysctl> = disks().iter().map(shown).collect();
    array(&found, Wish { size, slop: None })
}

fn shown(disk: &Disk) -> IoSysctl {
    let (reads, writes) = (disk.reads, disk.writes);
    let mut name = [0; IOSTATNAMELEN];
    for (slot, byte) in name
        .iter_mut()
        .take(IOSTATNAMELEN - 1)
        .zip(disk.name.bytes())
    {
        *slot = byte;
    }
    let busy = disk.busy_millis;
    IoSysctl {
        name,
        busy: disk.waiting as i32,
        kind: IOSTAT_DISK,
        xfer: reads.count.saturating_add(writes.count),
        bytes: reads.bytes.saturating_add(writes.bytes),
        time: [(busy / 1000) as u32, (busy % 1000 * 1000) as u32],
        rxfer: reads.count,
        rbytes: reads.bytes,
        wxfer: writes.count,
        wbytes: writes.bytes,
        ..IoSysctl::new_zeroed()
    }
}

/// `hw.disknames`, `hw.iostatnames`.
pub(super) fn names() -> Vec<u8> {
    let names: Vec<_> = disks().into_iter().map(|disk| disk.name).collect();
    terminated(names.join(" ").as_bytes())
}
