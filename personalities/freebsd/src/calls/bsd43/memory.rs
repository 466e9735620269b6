//! Memory before mmap was what it is (vm_mmap.c).

use compat_tables::freebsd::flags::{mmap_flags, prot};
use compat_translate::Cx;

use crate::calls::memory;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn ogetpagesize(_cx: &mut Cx) -> Return<i32> {
    Ok(4096)
}

const OMAP_ANON: i32 = 0x2;
const OMAP_SHARED: i32 = 0x10;
const OMAP_FIXED: i32 = 0x100;

/// The protection bits stood in the opposite order, and the flags elsewhere; what is not shared is private.
pub(crate) fn ommap(
    cx: &mut Cx,
    addr: u64,
    len: i32,
    protection: i32,
    flags: i32,
    fd: Fd,
    pos: i64,
) -> Return<u64> {
    let moved = |from: i32, old: i32, new: u32| if from & old != 0 { new as i32 } else { 0 };
    let wanted = moved(protection, 4, prot::PROT_READ)
        | moved(protection, 2, prot::PROT_WRITE)
        | moved(protection, 1, prot::PROT_EXEC);
    let sharing = if flags & OMAP_SHARED != 0 {
        mmap_flags::MAP_SHARED
    } else {
        mmap_flags::MAP_PRIVATE
    };
    let flags = moved(flags, OMAP_ANON, mmap_flags::MAP_ANON)
        | moved(flags, OMAP_FIXED, mmap_flags::MAP_FIXED)
        | sharing as i32;
    memory::mmap(cx, addr, i64::from(len) as u64, wanted, flags, fd, pos)
}
