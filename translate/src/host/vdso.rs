//! The host's vDSO: clocks without entering the kernel.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::{HostResult, Timespec, call_n, nr};

/// A function that has not been looked for.
const UNKNOWN: usize = usize::MAX;
static CLOCK_GETTIME: AtomicUsize = AtomicUsize::new(UNKNOWN);
static GETCPU: AtomicUsize = AtomicUsize::new(UNKNOWN);
static BASE: AtomicUsize = AtomicUsize::new(0);
static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

type ClockGettime = extern "C" fn(i32, *mut Timespec) -> i32;
type Getcpu = extern "C" fn(*mut u32, *mut u32, usize) -> i32;

/// The functions to look for, with their NULs, and where their addresses go.
static WANTED: [(&[u8], &AtomicUsize); 2] = [
    (b"__vdso_clock_gettime\0", &CLOCK_GETTIME),
    (b"__vdso_getcpu\0", &GETCPU),
];

#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

/// Notes where the image is (`AT_SYSINFO_EHDR`); without one, clocks go through the kernel. It is looked at when the first
/// function is wanted: most programs that live short want none.
///
/// # Safety
/// `base` is 0 or the address of the vDSO the kernel mapped.
pub unsafe fn attach(base: usize) {
    BASE.store(base, Ordering::Relaxed);
}

/// Where a wanted function is, 0 for nowhere.
#[inline]
fn found(slot: &AtomicUsize) -> usize {
    match slot.load(Ordering::Relaxed) {
        UNKNOWN => {
            find();
            slot.load(Ordering::Relaxed)
        }
        entry => entry,
    }
}

/// Finds the functions. Threads that do so at the same time find the same.
#[cold]
fn find() {
    let base = BASE.load(Ordering::Relaxed);
    if base != 0 {
        // SAFETY: the promise made to `attach`.
        unsafe { search(base) };
    }
    for (_, slot) in WANTED {
        let _ = slot.compare_exchange(UNKNOWN, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// # Safety
/// `base` is the address of the vDSO.
unsafe fn search(base: usize) {
    // SAFETY: the kernel's own image is well formed; every access below stays within what its headers name.
    unsafe {
        let read = |at: usize| (at as *const u64).read_unaligned();
        let read32 = |at: usize| (at as *const u32).read_unaligned();
        let headers = base + read(base + 32) as usize;
        let count = usize::from((base as *const u8).add(56).cast::<u16>().read_unaligned());
        let (mut dynamic, mut end, mut slide) = (0, 0, base);
        for index in 0..count {
            let header = headers + index * 56;
            match read32(header) {
                1 => {
                    slide = base + read(header + 8) as usize - read(header + 16) as usize;
                    end = end.max(slide + (read(header + 16) + read(header + 40)) as usize);
                }
                2 => dynamic = base + read(header + 8) as usize,
                _ => {}
            }
        }
        START.store(base, Ordering::Relaxed);
        END.store(end.next_multiple_of(4096), Ordering::Relaxed);
        let (mut strings, mut symbols) = (0, 0);
        while dynamic != 0 && read(dynamic) != 0 {
            match read(dynamic) {
                5 => strings = slide + read(dynamic + 8) as usize,
                6 => symbols = slide + read(dynamic + 8) as usize,
                _ => {}
            }
            dynamic += 16;
        }
        // The string table follows the symbol table in every vDSO the kernel builds, which bounds the walk.
        let mut at = symbols;
        while at != 0 && at + size_of::<Symbol>() <= strings {
            let symbol = (at as *const Symbol).read_unaligned();
            for (wanted, slot) in WANTED {
                let name = core::slice::from_raw_parts(
                    (strings + symbol.name as usize) as *const u8,
                    wanted.len(),
                );
                if symbol.section != 0 && name == wanted {
                    slot.store(slide + symbol.value as usize, Ordering::Relaxed);
                }
            }
            at += size_of::<Symbol>();
        }
    }
}

/// Whether `address` lies in the vDSO. The guest does not know of it, so code running there is ours.
pub fn contains(address: usize) -> bool {
    (START.load(Ordering::Relaxed)..END.load(Ordering::Relaxed)).contains(&address)
}

/// The host's `clock_gettime(clock)`.
///
/// # Errors
/// `EINVAL` for a clock the host does not have.
pub fn clock_gettime(clock: i32) -> HostResult<Timespec> {
    let mut now = Timespec::default();
    let entry = found(&CLOCK_GETTIME);
    // Negative ids are CPU clocks of a task: the vDSO would only fall back to the kernel with them.
    if entry != 0 && clock >= 0 {
        // SAFETY: `attach` found a function of this type there.
        let function = unsafe { core::mem::transmute::<usize, ClockGettime>(entry) };
        if function(clock, &mut now) == 0 {
            return Ok(now);
        }
    }
    // SAFETY: `now` is valid for writing.
    unsafe { call_n(nr::clock_gettime, [clock as u64, (&raw mut now) as u64]) }?;
    Ok(now)
}

/// The processor the calling thread runs on at the moment.
pub fn current_cpu() -> u32 {
    let mut cpu = 0u32;
    let at = &raw mut cpu;
    match found(&GETCPU) {
        0 => {
            // SAFETY: `cpu` is valid for writing.
            let _ = unsafe { call_n(nr::getcpu, [at as u64, 0, 0]) };
        }
        entry => {
            // SAFETY: `attach` found a function of this type there.
            let function = unsafe { core::mem::transmute::<usize, Getcpu>(entry) };
            function(at, core::ptr::null_mut(), 0);
        }
    }
    cpu
}
