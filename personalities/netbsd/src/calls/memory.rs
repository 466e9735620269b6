//! Memory: what NetBSD's `mmap` takes that the family's does not, and `mremap` (uvm_mmap.c, uvm_mremap.c).

use compat_bsd::calls::memory as family;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{self, nr};
use compat_translate::task::overlaps_stub;
use compat_translate::trap;

use crate::error::Return;
use crate::lower::Fd;

const MAP_SHARED: i32 = 0x1;
const MAP_PRIVATE: i32 = 0x2;
const MAP_ANON: i32 = 0x1000;

#[expect(clippy::too_many_arguments, reason = "the call has seven")]
pub(crate) fn mmap(
    cx: &mut Cx,
    addr: u64,
    len: u64,
    prot: i32,
    mut flags: i32,
    fd: Fd,
    _pad: i64,
    pos: i64,
) -> Return<u64> {
    if flags & (MAP_SHARED | MAP_PRIVATE) == 0 {
        // Who says neither gets a copy (sys_mmap).
        flags |= MAP_PRIVATE;
    }
    // The descriptor and the offset of anonymous memory are not looked at.
    let (fd, pos) = if flags & MAP_ANON != 0 {
        (Fd(-1), 0)
    } else {
        (fd, pos)
    };
    family::mmap(cx, addr, len, prot, flags, fd, pos)
}

/// `MAP_FIXED` is the host's flag by the table; without it the memory may move.
pub(crate) fn mremap(
    _cx: &mut Cx,
    old: u64,
    old_size: u64,
    new: u64,
    new_size: u64,
    flags: u32,
) -> Return<u64> {
    const MREMAP_MAYMOVE: u64 = 1;
    const MREMAP_FIXED: u64 = 2;
    let flags = compat_tables::netbsd::flags::MREMAP_FLAGS
        .to_host(u64::from(flags))
        .map_err(|_| Errno::EINVAL)?;
    let fixed = flags & MREMAP_FIXED != 0;
    if new_size == 0 || overlaps_stub(old, old_size) || fixed && overlaps_stub(new, new_size) {
        return Err(Errno::EINVAL.into());
    }
    trap::forget_text(old, old_size);
    let target = if fixed { new } else { 0 };
    // SAFETY: the guest acts on its own memory.
    Ok(unsafe {
        host::call_n(
            nr::mremap,
            [old, old_size, new_size, flags | MREMAP_MAYMOVE, target],
        )
    }?)
}
