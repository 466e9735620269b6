//! seccomp: a filter that raises SIGSYS for every system call made by code that lies where guests' code lies.
//!
//! A filter cannot be taken off again and stays through fork, new threads and `execve`, where it also binds programs of
//! the host. So it goes by addresses only: it traps in the low terabyte, where fixed programs lie, in a window where
//! position-independent images and all other mappings of the guest are put ([`map`]), and in our own pages of guest
//! code ([`host::own`]). The kernel puts nothing of a host's position-independent program there, with or without
//! randomisation, with any stack limit and either layout of the address space. A program of the host that is linked to
//! fixed addresses cannot be told from a guest and is not run (`stub/src/classify.rs`).

use core::sync::atomic::{AtomicU64, Ordering};

use super::way::PROBE_ARGUMENT;
use crate::host::own::TRAPPING;
use crate::host::{self, HostErrno, HostResult, nr};

/// Below: programs at fixed addresses, and FreeBSD's position-independent ones, which start low as well.
const LOW_END: u64 = 1 << 40;
/// Between where the host maps libraries under an unlimited stack (up to 0x1555_5555_5000) and where the old layout of
/// the address space begins (0x2aaa_aaaa_a000).
const WINDOW: core::ops::Range<u64> = 0x1800_0000_0000..0x2800_0000_0000;
const PAGE: u64 = 4096;

/// The error the filter gives to the probe (see [`super::probe`]): one that no call returns.
pub(super) const ANSWER: HostErrno = HostErrno(1911);

/// The next mapping of the guest's goes here, if it may go anywhere.
static NEXT: AtomicU64 = AtomicU64::new(WINDOW.start);

#[repr(C)]
#[derive(Clone, Copy)]
struct Step {
    code: u16,
    yes: u8,
    no: u8,
    value: u32,
}

const LOAD: u16 = 0x20;
const AT_LEAST: u16 = 0x35;
const EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
const ALLOW: u32 = 0x7fff_0000;
const TRAP: u32 = 0x3_0000;
const ERRNO: u32 = 0x5_0000;
// struct seccomp_data.
const NUMBER: u32 = 0;
const POINTER_HIGH: u32 = 12;
const ARGUMENT_LOW: u32 = 16;

const fn step(code: u16, value: u32, yes: u8, no: u8) -> Step {
    Step {
        code,
        yes,
        no,
        value,
    }
}

const fn high(address: u64) -> u32 {
    (address >> 32) as u32
}

/// The address is that behind the `syscall` instruction. Ranges begin and end at multiples of 4 GiB, so its upper half
/// says all.
static FILTER: [Step; 13] = [
    step(LOAD, POINTER_HIGH, 0, 0),
    step(AT_LEAST, high(TRAPPING.end), 9, 0),
    step(AT_LEAST, high(TRAPPING.start), 9, 0),
    step(AT_LEAST, high(WINDOW.end), 2, 0),
    step(AT_LEAST, high(WINDOW.start), 7, 0),
    step(AT_LEAST, high(LOW_END), 5, 6),
    // Between the window and our pages lies the stub itself: is it the probe?
    step(LOAD, NUMBER, 0, 0),
    step(EQUAL, nr::getppid as u32, 0, 3),
    step(LOAD, ARGUMENT_LOW, 0, 0),
    step(EQUAL, PROBE_ARGUMENT, 0, 1),
    step(RETURN, ERRNO | ANSWER.0 as u32, 0, 0),
    step(RETURN, ALLOW, 0, 0),
    step(RETURN, TRAP, 0, 0),
];

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: u16,
    steps: *const Step,
}

/// Puts the filter on this process for good.
///
/// # Errors
/// `EINVAL`, `ENOSYS` from a host without seccomp; whatever a filter that is there already says.
pub(super) fn install() -> HostResult<()> {
    /// Keeps older kernels from slowing the whole program down.
    const SPEC_ALLOW: u64 = 4;
    const PR_SET_NO_NEW_PRIVS: u64 = 38;
    let set = |flags| {
        const SET_MODE_FILTER: u64 = 1;
        let program = Program {
            len: FILTER.len() as u16,
            steps: FILTER.as_ptr(),
        };
        // SAFETY: a valid program, which the kernel copies.
        unsafe {
            host::call_n(
                nr::seccomp,
                [SET_MODE_FILTER, flags, (&raw const program) as u64],
            )
        }
        .map(drop)
    };
    let set = || match set(SPEC_ALLOW) {
        Err(HostErrno::EINVAL) => set(0),
        result => result,
    };
    match set() {
        // Whoever lacks privileges has to give up for good getting any.
        Err(HostErrno::EACCES) => {
            // SAFETY: no pointers.
            unsafe { host::call_n(nr::prctl, [PR_SET_NO_NEW_PRIVS, 1]) }?;
            set()
        }
        result => result,
    }
}

/// Whether all code in `start..start + len` is the filter's.
pub(super) fn covers(start: u64, len: u64) -> bool {
    let within = |range: &core::ops::Range<u64>| {
        range.contains(&start) && start.saturating_add(len) <= range.end
    };
    within(&(0..LOW_END)) || within(&WINDOW) || within(&TRAPPING)
}

/// `mmap` for the guest, in the window unless it says where. What may become code later is not known yet, so that all
/// its mappings go there while there is room.
///
/// # Errors
/// As `mmap`.
///
/// # Safety
/// As `mmap`.
pub(super) unsafe fn map(args: [u64; 6]) -> HostResult {
    const MAP_FIXED: u64 = 0x10;
    /// In the low terabyte in any case.
    const MAP_32BIT: u64 = 0x40;
    const MAP_FIXED_NOREPLACE: u64 = 0x10_0000;
    let [hint, len, protection, flags, fd, offset] = args;
    // SAFETY: the caller's promise; nothing is replaced that it does not name.
    let at = |address, flags| unsafe {
        host::call(nr::mmap, [address, len, protection, flags, fd, offset])
    };
    if flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT) != 0 || len == 0 {
        return at(hint, flags);
    }
    // Older kernels take the flag for none and the address for a hint.
    let exactly = |address| match at(address, flags | MAP_FIXED_NOREPLACE) {
        Ok(found) if found != address => {
            // SAFETY: mapped just now.
            unsafe { host::call_n(nr::munmap, [found, len]) }?;
            Err(HostErrno::EEXIST)
        }
        result => result,
    };
    if hint != 0 && covers(hint, len) {
        match exactly(hint & !(PAGE - 1)) {
            Err(HostErrno::EEXIST) => {}
            result => return result,
        }
    }
    let Some(room) = len.checked_next_multiple_of(PAGE) else {
        return Err(HostErrno::ENOMEM);
    };
    for _ in 0..TRIES {
        let Some(place) = take(room) else {
            break;
        };
        match exactly(place) {
            Err(HostErrno::EEXIST) => skip_to_hole(place, room),
            result => return result,
        }
    }
    // The window is full. Data may lie anywhere; that it becomes code later will be refused.
    at(0, flags)
}

/// How often others may be faster.
const TRIES: u32 = 16;

/// A stretch of the window that nobody was given lately.
fn take(room: u64) -> Option<u64> {
    const HUGE: u64 = 2 << 20;
    // The kernel, too, aligns what may consist of huge pages.
    let align = if room >= HUGE { HUGE } else { PAGE };
    let place = |next: u64| {
        let start = next.checked_next_multiple_of(align)?;
        let end = start.checked_add(room)?;
        (end <= WINDOW.end).then_some((start, end))
    };
    let mut taken = None;
    let _ = NEXT.fetch_update(Ordering::AcqRel, Ordering::Acquire, |next| {
        taken = place(next).or_else(|| place(WINDOW.start));
        taken.map(|(_, end)| end)
    });
    taken.map(|(start, _)| start)
}

/// The window has been gone through once: on with the first hole behind `from` that is large enough.
fn skip_to_hole(from: u64, room: u64) {
    const ALIGNMENT: u64 = 2 << 20;
    let wanted = room.saturating_add(ALIGNMENT);
    let next = host::hole(from..WINDOW.end, wanted)
        .or_else(|| host::hole(WINDOW, wanted))
        .unwrap_or(WINDOW.end);
    NEXT.store(next, Ordering::Release);
}
