//! Values of the kernel by name.

use crate::sys;

const SYSCTLBYNAME: u64 = 570;

/// The whole value called `name`, or the error number.
pub fn ask(name: &str) -> Result<&'static [u8], u64> {
    const ROOM: u64 = 16 << 20;
    let room = sys::map(ROOM, 3);
    let mut length = ROOM;
    let args = [
        name.as_ptr() as u64,
        name.len() as u64,
        room,
        (&raw mut length) as u64,
        0,
        0,
    ];
    sys::call(SYSCTLBYNAME, args)?;
    let length = unsafe { (&raw const length).read_volatile() };
    Ok(unsafe { core::slice::from_raw_parts(room as *const u8, length as usize) })
}

/// The number of two bytes at `at`.
pub fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

/// The number of four bytes at `at`.
pub fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// The number of eight bytes at `at`.
pub fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
