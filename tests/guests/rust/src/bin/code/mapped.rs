//! Files with code, and mappings of them.

use compat_guests::sys;

pub(crate) const PAGE: u64 = 4096;
pub(crate) const READ_WRITE: u64 = 3;
pub(crate) const READ_EXECUTE: u64 = 5;
pub(crate) const ALL_RIGHTS: u64 = 7;
pub(crate) const SHARED: u64 = 1;
pub(crate) const PRIVATE: u64 = 2;
pub(crate) const FIXED: u64 = 0x10;

/// Where the first place of a page lies. A page's first bytes have unknown ones before them.
pub(crate) const FIRST: u64 = 16;

pub(crate) fn map(at: u64, len: u64, rights: u64, flags: u64, file: u64, offset: u64) -> u64 {
    sys::call(sys::MMAP, [at, len, rights, flags, file, offset]).expect("mmap")
}

pub(crate) fn unmap(at: u64, len: u64) {
    sys::call(sys::MUNMAP, [at, len]).expect("munmap");
}

pub(crate) fn protect(at: u64, len: u64, rights: u64) {
    sys::call(sys::MPROTECT, [at, len, rights]).expect("mprotect");
}

/// mov eax, number; syscall; ret; a byte that nobody runs
pub(crate) const fn short(number: u8) -> [u8; 9] {
    [0xb8, number, 0, 0, 0, 0x0f, 0x05, 0xc3, 0xcc]
}

/// A file of four pages. In each, 64 places of nine bytes that make a call: pages 0 and 2 ask for the process, 1 and 3 for
/// its parent. In the last two another instruction stands before the call.
pub(crate) fn code_file() -> u64 {
    const O_RDWR_CREAT_TRUNC: u64 = 0x602;
    let name = c"./code".as_ptr() as u64;
    let file = sys::call(sys::OPEN, [name, O_RDWR_CREAT_TRUNC, 0o700]).expect("open");
    for page in 0..4u8 {
        let number = if page % 2 == 0 { 20 } else { 39 };
        let mut bytes = [0x90u8; PAGE as usize];
        for (index, place) in bytes[FIRST as usize..]
            .chunks_exact_mut(9)
            .take(64)
            .enumerate()
        {
            place.copy_from_slice(&short(number));
            if page >= 2 {
                // Behind all places: mov eax, number; lea rsi, [rsp + 8]; syscall; ret
                place[..5].copy_from_slice(&jump(
                    (600 + index * 14) as i32 - (FIRST as usize + index * 9 + 5) as i32,
                ));
            }
        }
        if page >= 2 {
            for place in bytes[600..].chunks_exact_mut(14).take(64) {
                place[..5].copy_from_slice(&short(number)[..5]);
                place[5..13].copy_from_slice(&[0x48, 0x8d, 0x74, 0x24, 8, 0x0f, 0x05, 0xc3]);
            }
        }
        sys::call(sys::WRITE, [file, bytes.as_ptr() as u64, PAGE]).expect("write");
    }
    file
}

fn jump(distance: i32) -> [u8; 5] {
    let [a, b, c, d] = distance.to_le_bytes();
    [0xe9, a, b, c, d]
}
