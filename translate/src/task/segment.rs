//! The `fs` base, which is the guest's, the `gs` base, which is ours, and which memory is not the guest's.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::host::{self, HostResult, nr};
use crate::trap;

static INSTRUCTIONS: AtomicBool = AtomicBool::new(false);

/// Tells whether user code may use `rdfsbase` and `wrfsbase` (bit 1 of `AT_HWCAP2`).
pub fn use_fsgsbase(available: bool) {
    INSTRUCTIONS.store(available, Ordering::Relaxed);
}

/// See [`use_fsgsbase`].
pub(crate) fn has_fsgsbase() -> bool {
    INSTRUCTIONS.load(Ordering::Relaxed)
}

const ARCH_SET_FS: u64 = 0x1002;
const ARCH_GET_FS: u64 = 0x1003;

/// The calling thread's `fs` base. The guest may have set it without a system call.
pub fn fs_base() -> u64 {
    let mut base = 0u64;
    if INSTRUCTIONS.load(Ordering::Relaxed) {
        // SAFETY: the instruction is enabled; it reads a register.
        unsafe { asm!("rdfsbase {}", out(reg) base, options(nomem, nostack, preserves_flags)) };
    } else {
        // SAFETY: `base` is valid for writing.
        let _ = unsafe { host::call_n(nr::arch_prctl, [ARCH_GET_FS, (&raw mut base) as u64]) };
    }
    base
}

/// Sets it. Non-canonical addresses, which would fault, are left out.
pub fn set_fs_base(base: u64) {
    if base >= 0x8000_0000_0000 {
        return;
    }
    if INSTRUCTIONS.load(Ordering::Relaxed) {
        // SAFETY: the instruction is enabled and our own code uses no `fs`.
        unsafe { asm!("wrfsbase {}", in(reg) base, options(nostack, preserves_flags)) };
    } else {
        // SAFETY: as above.
        let _ = unsafe { host::call_n(nr::arch_prctl, [ARCH_SET_FS, base]) };
    }
}

/// Sets the `gs` base, which is ours.
///
/// # Errors
/// None for a canonical address.
pub(super) fn set_gs_base(base: u64) -> HostResult<()> {
    const ARCH_SET_GS: u64 = 0x1001;
    if INSTRUCTIONS.load(Ordering::Relaxed) {
        // SAFETY: the instruction is enabled, and the caller's address is canonical.
        unsafe { asm!("wrgsbase {}", in(reg) base, options(nostack, preserves_flags)) };
        return Ok(());
    }
    // SAFETY: nothing else in the process uses gs.
    unsafe { host::call_n(nr::arch_prctl, [ARCH_SET_GS, base]) }.map(drop)
}

/// Whether a range touches memory of ours, which the guest must not map over: the stub's image and what lies behind it,
/// and the trampolines near the guest's code.
pub fn overlaps_stub(start: u64, len: u64) -> bool {
    host::own::overlaps(start, len) || trap::overlaps_trampoline(start, len)
}
