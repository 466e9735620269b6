//! Memory: what DragonFly's `mmap` takes that the family's does not (`kern_mmap`, `vm_mmap` in vm_mmap.c).

use compat_bsd::calls::memory as family;
use compat_tables::bsd::Errno;
use compat_translate::Cx;

use crate::error::Return;
use crate::lower::Fd;

const PROT_ALL: i32 = 7;
const PROT_READ_WRITE: i32 = 3;

const MAP_SHARED: i32 = 0x1;
const MAP_PRIVATE: i32 = 0x2;
const MAP_FIXED: i32 = 0x10;
const MAP_STACK: i32 = 0x400;
const MAP_ANON: i32 = 0x1000;
const MAP_VPAGETABLE: i32 = 0x2000;
const MAP_TRYFIXED: i32 = 0x1_0000;
const MAP_SIZEALIGN: i32 = 0x4_0000;

/// The family's flag for "there or nowhere".
const MAP_EXCL: i32 = 0x4000;
/// The family's field for an alignment, as a power of two.
const MAP_ALIGNMENT_SHIFT: u32 = 24;

#[expect(clippy::too_many_arguments, reason = "the call has seven")]
pub(crate) fn mmap(
    cx: &mut Cx,
    addr: u64,
    len: u64,
    prot: i32,
    flags: i32,
    fd: Fd,
    _pad: i32,
    pos: i64,
) -> Return<u64> {
    let stack = flags & MAP_STACK != 0;
    if stack && (fd.0 != -1 || prot & PROT_READ_WRITE != PROT_READ_WRITE) {
        return Err(Errno::EINVAL.into());
    }
    if flags & MAP_VPAGETABLE != 0 {
        // As with vm.vkernel_enable off, which it is unless somebody runs virtual kernels.
        return Err(Errno::EOPNOTSUPP.into());
    }
    // Other bits are not looked at, and who says neither gets a copy.
    let mut wanted = if flags & MAP_SHARED != 0 {
        MAP_SHARED
    } else {
        MAP_PRIVATE
    };
    if stack || flags & MAP_ANON != 0 {
        wanted |= MAP_ANON;
    }
    if flags & (MAP_FIXED | MAP_TRYFIXED) != 0 {
        wanted |= MAP_FIXED;
    }
    if flags & MAP_TRYFIXED != 0 {
        wanted |= MAP_EXCL;
    }
    if flags & MAP_SIZEALIGN != 0 {
        let size = len.checked_next_multiple_of(4096).ok_or(Errno::EINVAL)?;
        if !size.is_power_of_two() {
            return Err(Errno::EINVAL.into());
        }
        wanted |= (size.trailing_zeros() as i32) << MAP_ALIGNMENT_SHIFT;
    }
    let pos = if stack { 0 } else { pos };
    family::mmap(cx, addr, len, prot & PROT_ALL, wanted, fd, pos)
}
