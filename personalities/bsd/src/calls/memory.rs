//! Memory (vm_mmap.c, vm_unix.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{self, HostErrno, HostResult, nr};
use compat_translate::task::{ProgramBreak, overlaps_stub};
use compat_translate::trap;

use crate::error::{Error, Return};
use crate::lower::Fd;

const PAGE: u64 = 4096;

const MAP_SHARED: u64 = 0x1;
const MAP_PRIVATE: u64 = 0x2;
const MAP_FIXED: u64 = 0x10;
const MAP_STACK: u64 = 0x400;
const MAP_ANON: u64 = 0x1000;
const MAP_GUARD: u64 = 0x2000;
const MAP_EXCL: u64 = 0x4000;
const MAP_32BIT: u64 = 0x8_0000;
/// Bits accepted and without effect: two reserved ones, HASSEMAPHORE, NOSYNC, NOCORE, PREFAULT_READ.
const MAP_NO_EFFECT: u64 = 0x20 | 0x40 | 0x200 | 0x800 | 0x2_0000 | 0x4_0000;
const MAP_ALIGNMENT_SHIFT: u32 = 24;

mod linux {
    pub(super) const MAP_SHARED: u64 = 1;
    pub(super) const MAP_PRIVATE: u64 = 2;
    pub(super) const MAP_FIXED: u64 = 0x10;
    pub(super) const MAP_ANONYMOUS: u64 = 0x20;
    pub(super) const MAP_32BIT: u64 = 0x40;
    pub(super) const MAP_NORESERVE: u64 = 0x4000;
    pub(super) const MAP_FIXED_NOREPLACE: u64 = 0x10_0000;
}

/// Where FreeBSD's user space ends (VM_MAXUSER_ADDRESS); the host's ends a page earlier.
const USER_SPACE: u64 = 1 << 47;
const USER_END: u64 = 0x7fff_ffff_f000;
const PROT_WRITE: u64 = 2;
const PROT_EXEC: u64 = 4;
const PROT_ALL: u64 = 7;
const PROT_MAX_SHIFT: u32 = 16;

/// The low protection bits; `PROT_MAX` is checked and dropped, as the host keeps no maximum.
fn protection(raw: i32) -> Return<u64> {
    let raw = u64::from(raw as u32);
    let (now, max) = (raw & 0xffff, raw >> PROT_MAX_SHIFT);
    if (now | max) & !PROT_ALL != 0 {
        return Err(Errno::EINVAL.into());
    }
    if max != 0 && now & !max != 0 {
        return Err(Errno::ENOTSUP.into());
    }
    Ok(now)
}

pub fn mmap(
    cx: &mut Cx,
    addr: u64,
    len: u64,
    prot: i32,
    flags: i32,
    fd: Fd,
    pos: i64,
) -> Return<u64> {
    let mut flags = u64::from(flags as u32);
    let alignment = flags >> MAP_ALIGNMENT_SHIFT;
    flags &= (1 << MAP_ALIGNMENT_SHIFT) - 1;
    let known = MAP_SHARED
        | MAP_PRIVATE
        | MAP_FIXED
        | MAP_STACK
        | MAP_ANON
        | MAP_GUARD
        | MAP_EXCL
        | MAP_32BIT;
    let prot = protection(prot)?;
    let guard = flags & MAP_GUARD != 0;
    let stack = flags & MAP_STACK != 0;
    let shared = flags & (MAP_SHARED | MAP_PRIVATE);
    let unaligned = pos as u64 % PAGE;
    let anonymous = flags & MAP_ANON != 0 || stack || guard;
    let inconsistent = flags & !(known | MAP_NO_EFFECT) != 0
        || len == 0
        || shared == MAP_SHARED | MAP_PRIVATE
        || (flags & MAP_EXCL != 0 && flags & MAP_FIXED == 0)
        || (flags & MAP_ANON != 0 && (fd.0 != -1 || pos != 0))
        || (stack && (fd.0 != -1 || prot & 3 != 3))
        || (guard
            && (prot != 0
                || fd.0 != -1
                || pos != 0
                || flags & (MAP_ANON | MAP_SHARED | MAP_PRIVATE | MAP_STACK) != 0))
        || (shared == 0 && flags & (MAP_ANON | MAP_STACK | MAP_GUARD) == 0)
        || (!anonymous && pos < 0)
        || !(matches!(alignment, 0 | 1) || (12..64).contains(&alignment));
    if inconsistent {
        return Err(Errno::EINVAL.into());
    }
    if flags & MAP_FIXED != 0 {
        let outside = addr.checked_add(len).is_none_or(|end| end > USER_SPACE);
        if addr % PAGE != unaligned || outside {
            return Err(Errno::EINVAL.into());
        }
        if overlaps_stub(addr, len) {
            return Err(Errno::ENOMEM.into());
        }
        catchable(cx, addr, len, prot)?;
        trap::forget_text(addr, len);
    }
    let mut host_flags = match shared {
        MAP_SHARED => linux::MAP_SHARED,
        _ => linux::MAP_PRIVATE,
    };
    if anonymous {
        host_flags |= linux::MAP_ANONYMOUS;
        if shared != MAP_SHARED {
            // FreeBSD overcommits.
            host_flags |= linux::MAP_NORESERVE;
        }
    }
    if flags & MAP_FIXED != 0 {
        host_flags |= if flags & MAP_EXCL != 0 {
            linux::MAP_FIXED_NOREPLACE
        } else {
            linux::MAP_FIXED
        };
    }
    if flags & MAP_32BIT != 0 {
        host_flags |= linux::MAP_32BIT;
    }
    let fd = if anonymous { u64::MAX } else { fd.checked(cx)? };
    let len = len.checked_add(unaligned).ok_or(Errno::ENOMEM)?;
    let request = Mapping {
        len,
        prot,
        flags: host_flags,
        fd,
        pos: pos as u64 - unaligned,
    };
    // 1 asks for superpage alignment, which is advice.
    let align = if alignment > 12 {
        1 << alignment
    } else if alignment == 1 && len >= 2 << 20 {
        2 << 20
    } else {
        PAGE
    };
    // No guest is ever given memory in our part of the address space.
    let hint = if flags & MAP_FIXED == 0 && overlaps_stub(addr, len) {
        0
    } else {
        addr & !(PAGE - 1)
    };
    let at = if align > PAGE && flags & MAP_FIXED == 0 {
        request.aligned(hint, align)
    } else {
        request.at(hint)
    };
    // A collision with MAP_EXCL is ENOMEM on FreeBSD.
    let at = at.map_err(|error| {
        if error == HostErrno::EEXIST {
            HostErrno::ENOMEM
        } else {
            error
        }
    })?;
    if let Err(error) = catchable(cx, at, len, prot) {
        // SAFETY: mapped just now, where nothing was.
        let _ = unsafe { host::call_n(nr::munmap, [at, len]) };
        return Err(error);
    }
    if !anonymous && shared == MAP_PRIVATE && prot & (PROT_WRITE | PROT_EXEC) == PROT_EXEC {
        trap::register_text(at, len, Some((fd, pos as u64 - unaligned)));
    }
    Ok(at + unaligned)
}

/// Code must lie where its calls enter the stub: with some ways in, not everywhere.
fn catchable(cx: &mut Cx, addr: u64, len: u64, prot: u64) -> Return<()> {
    if prot & PROT_EXEC == 0 || trap::reaches(addr, len) {
        return Ok(());
    }
    Err(cx.gap(
        "code at this address, under --attach seccomp",
        Errno::EACCES.into(),
    ))
}

struct Mapping {
    len: u64,
    prot: u64,
    flags: u64,
    fd: u64,
    pos: u64,
}

impl Mapping {
    fn at(&self, addr: u64) -> HostResult<u64> {
        // SAFETY: without MAP_FIXED nothing is replaced; with it, the guest replaces its own memory.
        unsafe { trap::map([addr, self.len, self.prot, self.flags, self.fd, self.pos]) }
    }

    /// Reserves enough to find an aligned start, then maps there and gives the rest back.
    fn aligned(&self, hint: u64, align: u64) -> HostResult<u64> {
        if hint != 0 && hint.is_multiple_of(align) {
            let at = Self {
                flags: self.flags | linux::MAP_FIXED_NOREPLACE,
                ..*self
            }
            .at(hint);
            if at == Ok(hint) {
                return at;
            }
        }
        let len = self.len.next_multiple_of(PAGE);
        let room = len.checked_add(align).ok_or(HostErrno::ENOMEM)?;
        let flags = linux::MAP_PRIVATE
            | linux::MAP_ANONYMOUS
            | linux::MAP_NORESERVE
            | (self.flags & linux::MAP_32BIT);
        let reserved = Self {
            len: room,
            prot: 0,
            flags,
            fd: u64::MAX,
            pos: 0,
        }
        .at(0)?;
        let start = reserved.next_multiple_of(align);
        let mapped = Self {
            flags: self.flags | linux::MAP_FIXED,
            ..*self
        }
        .at(start);
        let end = start + len;
        // SAFETY: the unused parts of the reservation made above.
        unsafe {
            if start > reserved {
                let _ = host::call_n(nr::munmap, [reserved, start - reserved]);
            }
            if reserved + room > end {
                let _ = host::call_n(nr::munmap, [end, reserved + room - end]);
            }
            if mapped.is_err() {
                let _ = host::call_n(nr::munmap, [start, len]);
            }
        }
        mapped
    }
}

/// mmap of FreeBSD 6 and before: a padding argument stands before the offset.
#[expect(clippy::too_many_arguments, reason = "the call has seven")]
pub fn freebsd6_mmap(
    cx: &mut Cx,
    addr: u64,
    len: u64,
    prot: i32,
    flags: i32,
    fd: Fd,
    _pad: i32,
    pos: i64,
) -> Return<u64> {
    mmap(cx, addr, len, prot, flags, fd, pos)
}

/// FreeBSD rounds the range to pages where Linux refuses an unaligned start.
fn rounded(addr: u64, len: u64) -> Return<(u64, u64)> {
    let start = addr & !(PAGE - 1);
    let end = addr.checked_add(len).ok_or(Errno::EINVAL)?;
    let end = end.checked_add(PAGE - 1).ok_or(Errno::EINVAL)? & !(PAGE - 1);
    Ok((start, end - start))
}

fn on_range<const N: usize>(number: u64, addr: u64, len: u64, rest: [u64; N]) -> Return<()> {
    let (addr, len) = rounded(addr, len)?;
    if overlaps_stub(addr, len) {
        return Err(Errno::EINVAL.into());
    }
    if number == nr::munmap || number == nr::mprotect {
        // Code that may change from now on is not ours to patch.
        trap::forget_text(addr, len);
    }
    let mut args = [addr, len, 0, 0, 0, 0];
    for (slot, arg) in args.iter_mut().skip(2).zip(rest) {
        *slot = arg;
    }
    // SAFETY: the guest acts on its own memory.
    unsafe { host::call(number, args) }?;
    Ok(())
}

pub fn munmap(_cx: &mut Cx, addr: u64, len: u64) -> Return<()> {
    if len == 0 {
        return Err(Errno::EINVAL.into());
    }
    on_range::<0>(nr::munmap, addr, len, [])
}

pub fn mprotect(cx: &mut Cx, addr: u64, len: u64, prot: i32) -> Return<()> {
    let prot = protection(prot)?;
    if len == 0 {
        return Ok(());
    }
    catchable(cx, addr, len, prot)?;
    match on_range(nr::mprotect, addr, len, [prot]) {
        Err(Error(Errno::ENOMEM)) => {
            let (start, length) = rounded(addr, len)?;
            protect_what_is_there(start, length, prot, &mut 10_000)
        }
        result => result,
    }
}

/// The host stops at the first hole; FreeBSD changes what lies around it (vm_map_protect). Halves the range until the
/// holes are alone, with at most `tries` calls.
fn protect_what_is_there(start: u64, len: u64, prot: u64, tries: &mut u32) -> Return<()> {
    *tries = tries.saturating_sub(1);
    match on_range(nr::mprotect, start, len, [prot]) {
        Err(Error(Errno::ENOMEM)) if len > PAGE && *tries > 0 => {
            let half = (len / 2).next_multiple_of(PAGE);
            protect_what_is_there(start, half, prot, tries)?;
            protect_what_is_there(start + half, len - half, prot, tries)
        }
        Err(Error(Errno::ENOMEM)) => Ok(()),
        result => result,
    }
}

pub fn madvise(_cx: &mut Cx, addr: u64, len: u64, advice: i32) -> Return<()> {
    let advice = match advice {
        // FreeBSD's DONTNEED keeps the contents; Linux's throws anonymous pages away.
        4 => 20, // MADV_COLD
        0..=3 => advice as u64,
        5 => 8,
        // NOSYNC and AUTOSYNC steer a writer the host does not have.
        6 | 7 => return Ok(()),
        8 => 16,
        9 => 17,
        // PROTECT asks not to be killed when memory runs out: a privilege.
        10 => return Err(Errno::EPERM.into()),
        _ => return Err(Errno::EINVAL.into()),
    };
    let (start, length) = rounded(addr, len)?;
    // FreeBSD wants the range in user space, mapped or not.
    if start.checked_add(length).is_none_or(|end| end > USER_END) {
        return Err(Errno::EINVAL.into());
    }
    match on_range(nr::madvise, addr, len, [advice]) {
        // Holes are no error on FreeBSD; neither is memory the host cannot free lazily (file or shared pages).
        Err(Error(Errno::ENOMEM)) => Ok(()),
        Err(Error(Errno::EINVAL)) if matches!(advice, 8 | 20) => Ok(()),
        result => result,
    }
}

pub fn minherit(cx: &mut Cx, addr: u64, len: u64, inherit: i32) -> Return<()> {
    let (start, length) = rounded(addr, len)?;
    // A child shares what its parent shares, and has a copy of what it does not.
    let (some_shared, all_shared) = host::sharing(start..start.saturating_add(length))?;
    match inherit {
        0 if all_shared => on_range(nr::madvise, addr, len, [11]),
        // Private memory cannot become shared after the fact.
        0 => Err(cx.gap("minherit: INHERIT_SHARE", Errno::EINVAL.into())),
        1 | 3 if some_shared => {
            Err(cx.gap("minherit: a copy of shared memory", Errno::EINVAL.into()))
        }
        1 => on_range(nr::madvise, addr, len, [11])
            .and_then(|()| on_range(nr::madvise, addr, len, [19])),
        2 => on_range(nr::madvise, addr, len, [10]),
        // Which would not matter to memory that a child does not get.
        3 => on_range(nr::madvise, addr, len, [11])
            .and_then(|()| on_range(nr::madvise, addr, len, [18])),
        _ => Err(Errno::EINVAL.into()),
    }
}

pub fn msync(_cx: &mut Cx, addr: u64, len: u64, flags: i32) -> Return<()> {
    // MS_SYNC is 0 on FreeBSD, 4 on Linux; ASYNC 1 and INVALIDATE 2 are equal.
    let flags = match flags {
        0 => 4,
        1 => 1,
        2 => 4 | 2,
        _ => return Err(Errno::EINVAL.into()),
    };
    on_range(nr::msync, addr, len, [flags])
}

pub fn mincore(_cx: &mut Cx, addr: u64, len: u64, vector: u64) -> Return<()> {
    let (start, length) = rounded(addr, len)?;
    let mut done = 0;
    let mut states = [0u8; 512];
    while done < length {
        let step = (length - done).min(states.len() as u64 * PAGE);
        // SAFETY: `states` holds a byte a page.
        unsafe {
            host::call_n(
                nr::mincore,
                [start + done, step, states.as_mut_ptr() as u64],
            )
        }?;
        let pages = (step / PAGE) as usize;
        for state in states.iter_mut().take(pages) {
            // Resident: INCORE | REFERENCED.
            *state = if *state & 1 != 0 { 0x3 } else { 0 };
        }
        let bytes = states.get(..pages).unwrap_or_default();
        compat_translate::guest::write_bytes(vector.wrapping_add(done / PAGE), bytes)?;
        done += step;
    }
    Ok(())
}

/// `break`: the end of the data segment. What the program's file gave it always stays.
pub fn r#break(cx: &mut Cx, end: u64) -> Return<()> {
    if end < cx.process().program_break.lock().base {
        return Err(Errno::EINVAL.into());
    }
    set_break(cx, end).map(drop)
}

/// The same with the end for an answer, which an address before the segment only asks for (kern_break since FreeBSD 12).
pub fn set_break(cx: &mut Cx, end: u64) -> Return<u64> {
    const LIMIT: u64 = 32 << 30;
    let mut current = cx.process().program_break.lock();
    let ProgramBreak {
        base,
        floor,
        mapped,
    } = *current;
    if end < base {
        return Ok(mapped);
    }
    if end - base > LIMIT {
        return Err(Errno::ENOMEM.into());
    }
    let wanted = end.next_multiple_of(PAGE).max(floor);
    if wanted > mapped {
        let flags = linux::MAP_PRIVATE
            | linux::MAP_ANONYMOUS
            | linux::MAP_NORESERVE
            | linux::MAP_FIXED_NOREPLACE;
        let request = Mapping {
            len: wanted - mapped,
            prot: 3,
            flags,
            fd: u64::MAX,
            pos: 0,
        };
        // Something else lies there: the segment cannot grow.
        request.at(mapped).map_err(|_| Error(Errno::ENOMEM))?;
    } else if wanted < mapped {
        // SAFETY: the top of the guest's own data segment.
        unsafe { host::call_n(nr::munmap, [wanted, mapped - wanted]) }?;
    }
    current.mapped = wanted;
    Ok(wanted)
}
