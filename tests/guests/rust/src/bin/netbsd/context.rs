//! `getcontext` and `setcontext`.

use core::arch::asm;

use compat_guests::start::Shared;
use compat_guests::sys::{self, call};

use crate::thread::{GETCONTEXT, RBX, RFLAGS, RIP, SETCONTEXT, UC_CPU, UC_SIGMASK, Ucontext};

static CONTEXT: Shared<Ucontext> = Shared::new(Ucontext::new());
static TIMES: Shared<u64> = Shared::new(0);

/// `getcontext`, in place: a function that has returned cannot return once more.
#[inline(always)]
fn save(context: *mut Ucontext) {
    unsafe {
        asm!("syscall", inlateout("rax") GETCONTEXT => _, in("rdi") context, lateout("rdx") _,
            lateout("rcx") _, lateout("r11") _, lateout("r8") _, lateout("r9") _, lateout("r10") _);
    }
}

pub(crate) fn twice() {
    let saved = CONTEXT.get();
    save(saved);
    TIMES.store(TIMES.load() + 1);
    let context = unsafe { &mut *saved };
    assert_eq!(context.flags & 0xf, 0xf, "mask, stack, processor, vectors");
    if TIMES.load() < 3 {
        let failed = call(SETCONTEXT, [saved as u64]);
        panic!("setcontext came back: {failed:?}");
    }
    assert_eq!(TIMES.load(), 3);
}

pub(crate) fn mask() {
    let mut set = [1u32 << 29, 0, 0, 0];
    assert_eq!(call(293, [1, set.as_ptr() as u64, 0]), Ok(0), "SIG_BLOCK");
    TIMES.store(0);
    let saved = CONTEXT.get();
    save(saved);
    TIMES.store(TIMES.load() + 1);
    assert_eq!(call(293, [1, 0, set.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(
        unsafe { set.as_ptr().read_volatile() },
        1 << 29,
        "blocked, the first time and the second"
    );
    if TIMES.load() < 2 {
        let none = [0u32; 4];
        assert_eq!(call(293, [3, none.as_ptr() as u64, 0]), Ok(0));
        unsafe { (*saved).flags = UC_CPU | UC_SIGMASK };
        let _ = call(SETCONTEXT, [saved as u64]);
        panic!("setcontext came back");
    }
}

pub(crate) fn refuses() {
    let mut context = Ucontext::current();
    context.gregs[RFLAGS] ^= 0x3000;
    assert_eq!(
        call(SETCONTEXT, [(&raw const context) as u64]),
        Err(sys::EINVAL),
        "I/O privilege"
    );
    context = Ucontext::current();
    context.gregs[RIP] = 1 << 63;
    assert_eq!(
        call(SETCONTEXT, [(&raw const context) as u64]),
        Err(sys::EINVAL)
    );
    assert_eq!(call(SETCONTEXT, [8]), Err(sys::EFAULT));
    assert_eq!(call(GETCONTEXT, [8]), Err(sys::EFAULT));
    // Nothing named, nothing changed.
    context = Ucontext::current();
    context.flags = 0;
    context.gregs[RBX] = 1;
    // Not even the number of the call is.
    assert_eq!(
        call(SETCONTEXT, [(&raw const context) as u64]),
        Ok(SETCONTEXT)
    );
}
