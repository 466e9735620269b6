//! Memory: what NetBSD's `mmap` takes that the family's does not, and `mremap` (uvm_mmap.c, uvm_mremap.c).

use compat_bsd::calls::memory as family;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{self, nr};
use compat_translate::task::overlaps_stub;
use compat_translate::trap;

use crate::error::{Error, Return};
use crate::lower::Fd;

const MAP_SHARED: i32 = 0x1;
const MAP_PRIVATE: i32 = 0x2;
const MAP_FIXED: i32 = 0x10;
const MAP_ANON: i32 = 0x1000;
const PAGE_MASK: i64 = 0xfff;
/// Where the kernel would begin to look for room (VM_DEFAULT_ADDRESS).
const DEFAULT_ADDRESS: u64 = 0x7f7f_f7ff_f000;
/// As the host's.
const F_GETFD: u64 = 1;

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
    let pos = match flags & MAP_ANON {
        0 => pos,
        _ if fd.0 != -1 => return Err(Errno::EINVAL.into()),
        // The offset of anonymous memory is not looked at, except for where in a page it is.
        _ => pos & PAGE_MASK,
    };
    if len == 0 && pos & PAGE_MASK == 0 {
        return nothing(cx, addr, flags, fd);
    }
    let within = (pos & PAGE_MASK) as u64;
    if flags & MAP_ANON != 0 && within != 0 {
        let fixed = if flags & MAP_FIXED != 0 { within } else { 0 };
        let start = addr.checked_sub(fixed).ok_or(Errno::EINVAL)?;
        let whole = len.checked_add(within).ok_or(Errno::ENOMEM)?;
        return Ok(family::mmap(cx, start, whole, prot, flags, fd, 0)?.wrapping_add(within));
    }
    family::mmap(cx, addr, len, prot, flags, fd, pos)
}

/// A mapping of no bytes succeeds and changes nothing (uvm_mmap); run-time linkers ask for one when an object's zeroes all
/// lie in the last page of its data.
fn nothing(cx: &Cx, addr: u64, flags: i32, fd: Fd) -> Return<u64> {
    if flags & (MAP_SHARED | MAP_PRIVATE) == MAP_SHARED | MAP_PRIVATE
        || flags & MAP_FIXED != 0 && addr & PAGE_MASK as u64 != 0
    {
        return Err(Errno::EINVAL.into());
    }
    if flags & MAP_ANON == 0 {
        // SAFETY: the call takes a number only.
        unsafe { host::call_n(nr::fcntl, [fd.checked(cx)?, F_GETFD]) }?;
    }
    Ok(if addr == 0 { DEFAULT_ADDRESS } else { addr })
}

/// Memory that is not there is EFAULT (uvm_map_clean).
pub(crate) fn __msync13(cx: &mut Cx, addr: u64, len: u64, flags: i32) -> Return<()> {
    match family::msync(cx, addr, len, flags) {
        Err(Error(Errno::ENOMEM)) => Err(Errno::EFAULT.into()),
        result => result,
    }
}

/// Nothing is no range (sys_mincore).
pub(crate) fn mincore(cx: &mut Cx, addr: u64, len: u64, vector: u64) -> Return<()> {
    if len == 0 {
        return Err(Errno::EINVAL.into());
    }
    family::mincore(cx, addr, len, vector)
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
