//! Universally unique identifiers (kern_uuid.c).

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, nr};

use crate::error::Return;

/// Identifiers made of the time and a node, here a random one (kern_uuidgen).
pub fn uuidgen(_cx: &mut Cx, store: u64, count: i32) -> Return<()> {
    const LIMIT: i32 = 2048;
    /// From the Gregorian reform to 1970, in units of 100 ns.
    const EPOCH: u64 = 0x01b2_1dd2_1381_4000;
    if !(1..=LIMIT).contains(&count) {
        return Err(Errno::EINVAL.into());
    }
    // Sequence number and node: fresh ones each time need no memory of the last.
    let mut rest = [0u8; 8];
    // SAFETY: `rest` is valid for writing.
    unsafe { host::call_n(nr::getrandom, [rest.as_mut_ptr() as u64, 8, 0]) }?;
    let [variant, _, node, ..] = &mut rest;
    *variant = (*variant & 0x3f) | 0x80;
    // A multicast address, which no network card has.
    *node |= 1;
    let now = host::vdso::clock_gettime(0).unwrap_or_default();
    let start = EPOCH.wrapping_add(now.as_nanos() as u64 / 100);
    let identifiers: Vec<u8> = (0..count as u64)
        .flat_map(|index| uuid(start.wrapping_add(index), rest))
        .collect();
    guest::write_bytes(store, &identifiers)?;
    Ok(())
}

/// `struct uuid` of version 1: the time's low, middle and high parts, each in the machine's order, then the rest.
fn uuid(time: u64, rest: [u8; 8]) -> [u8; 16] {
    let high = (time >> 48) & 0xfff | 1 << 12;
    let head = (time & 0xffff_ffff_ffff) | high << 48;
    let mut bytes = [0; 16];
    for (slot, byte) in bytes
        .iter_mut()
        .zip(head.to_le_bytes().into_iter().chain(rest))
    {
        *slot = byte;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_time_and_version() {
        let made = uuid(0x0abc_def0_1234_5678, [0x80, 1, 3, 4, 5, 6, 7, 8]);
        assert_eq!(
            made,
            [
                0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x1a, 0x80, 1, 3, 4, 5, 6, 7, 8
            ]
        );
    }
}
