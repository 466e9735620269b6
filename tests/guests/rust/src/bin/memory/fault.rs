//! Looking at memory that may not be there.

use core::arch::asm;

use compat_guests::signal::{self, Context, Info, SIGBUS, SIGSEGV, Set};
use compat_guests::start::Shared;

static RECOVER: Shared<u64> = Shared::new(0);
static FAULTED: Shared<u32> = Shared::new(0);

extern "C" fn goes_on(signal: u32, _: &mut Info, context: &mut Context) {
    FAULTED.store(signal);
    context.machine.rip = RECOVER.load();
}

fn guarded(access: impl FnOnce()) -> bool {
    for signal in [SIGSEGV, SIGBUS] {
        signal::handle(signal, goes_on, 0, Set::EMPTY);
    }
    FAULTED.store(0);
    access();
    FAULTED.load() == 0
}

/// Whether `address` can be read.
pub(crate) fn readable(address: u64) -> bool {
    guarded(|| unsafe {
        asm!("lea {t}, [rip + 22f]", "mov [{r}], {t}", "mov al, [{a}]", "22:",
            t = out(reg) _, r = in(reg) RECOVER.get(), a = in(reg) address, out("al") _);
    })
}

/// Whether `address` can be written; what is there stays.
pub(crate) fn writable(address: u64) -> bool {
    guarded(|| unsafe {
        asm!("lea {t}, [rip + 22f]", "mov [{r}], {t}", "lock or byte ptr [{a}], 0", "22:",
            t = out(reg) _, r = in(reg) RECOVER.get(), a = in(reg) address);
    })
}

/// The byte at `address`.
pub(crate) fn byte(address: u64) -> u8 {
    unsafe { (address as *const u8).read_volatile() }
}

/// Sets it.
pub(crate) fn set(address: u64, value: u8) {
    unsafe { (address as *mut u8).write_volatile(value) }
}
