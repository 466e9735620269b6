//! sigaltstack(2) (kern_sigaltstack, sendsig).

use core::arch::asm;

use compat_guests::signal::{
    self, Context, Info, SA_ONSTACK, SIGILL, SIGSEGV, SIGUSR1, SIGUSR2, Set, Stack,
};
use compat_guests::start::Shared;
use compat_guests::sys;

const SS_ONSTACK: i32 = 1;
const SS_DISABLE: i32 = 4;
const SIZE: u64 = 64 * 1024;

fn set(stack: &Stack) -> sys::Result {
    sys::call(sys::SIGALTSTACK, [core::ptr::from_ref(stack) as u64, 0])
}

fn current() -> Stack {
    let mut found = Stack::default();
    sys::call(sys::SIGALTSTACK, [0, (&raw mut found) as u64]).expect("sigaltstack");
    unsafe { (&raw const found).read_volatile() }
}

fn made(sp: u64, size: u64, flags: i32) -> Stack {
    Stack {
        sp,
        size,
        flags,
        pad: 0,
    }
}

pub(crate) fn rules() {
    assert_eq!(current(), made(0, 0, SS_DISABLE));
    assert_eq!(set(&made(0x1000, 2047, 0)), Err(sys::ENOMEM));
    assert_eq!(set(&made(0x1000, SIZE, SS_ONSTACK)), Err(sys::EINVAL));
    assert_eq!(set(&made(0x1000, SIZE, 8)), Err(sys::EINVAL));
    assert_eq!(current(), made(0, 0, SS_DISABLE));
    assert_eq!(set(&made(0x1000, 2048, 0)), Ok(0));
    assert_eq!(current(), made(0x1000, 2048, 0));
    // Disabling forgets nothing.
    assert_eq!(set(&made(0, 0, SS_DISABLE)), Ok(0));
    assert_eq!(current(), made(0x1000, 2048, SS_DISABLE));
    assert_eq!(sys::call(sys::SIGALTSTACK, [0, 0]), Ok(0));
    assert_eq!(sys::call(sys::SIGALTSTACK, [8, 0]), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::SIGALTSTACK, [0, 8]), Err(sys::EFAULT));
    // Old and new in one call; the old is the one before.
    let new = made(0x5000, 4096, 0);
    let mut old = Stack::default();
    assert_eq!(
        sys::call(
            sys::SIGALTSTACK,
            [(&raw const new) as u64, (&raw mut old) as u64]
        ),
        Ok(0)
    );
    assert_eq!(
        unsafe { (&raw const old).read_volatile() },
        made(0x1000, 2048, SS_DISABLE)
    );
}

static PLACE: Shared<[u64; 2]> = Shared::new([0; 2]);
static STACK: Shared<Stack> = Shared::new(Stack {
    sp: 0,
    size: 0,
    flags: 0,
    pad: 0,
});

fn on_stack(address: u64) -> bool {
    let stack = STACK.load();
    (stack.sp..stack.sp + stack.size).contains(&address)
}

fn enable() {
    let stack = made(sys::map(SIZE, 3), SIZE, 0);
    STACK.store(stack);
    set(&stack).expect("sigaltstack");
}

extern "C" fn notes_its_place(signal: u32, info: &mut Info, context: &mut Context) {
    let local = 0u8;
    let mut place = PLACE.load();
    place[usize::from(signal == SIGUSR2)] = (&raw const local) as u64;
    PLACE.store(place);
    let here = on_stack((&raw const local) as u64);
    assert_eq!(on_stack(core::ptr::from_ref(info) as u64), here);
    let before = on_stack(context.machine.rsp);
    assert_eq!(context.machine.onstack, u64::from(before));
    assert_eq!(context.stack.flags, if before { SS_ONSTACK } else { 0 });
    assert_eq!(context.stack.sp, STACK.load().sp);
    assert_eq!(current().flags, if here { SS_ONSTACK } else { 0 });
    if here {
        assert_eq!(set(&made(0x1000, SIZE, 0)), Err(sys::EPERM), "in use");
        assert_eq!(set(&made(0, 0, SS_DISABLE)), Err(sys::EPERM), "in use");
    }
    if signal == SIGUSR1 {
        signal::raise(SIGUSR2);
    }
}

pub(crate) fn used() {
    enable();
    for (flags, here) in [(SA_ONSTACK, true), (0, false)] {
        signal::handle(SIGUSR2, notes_its_place, flags, Set::EMPTY);
        signal::raise(SIGUSR2);
        assert_eq!(on_stack(PLACE.load()[1]), here);
        assert_eq!(current().flags, 0);
    }
}

/// Whoever is on the alternate stack stays there, with or without SA_ONSTACK.
pub(crate) fn nested() {
    enable();
    for flags in [0, SA_ONSTACK] {
        signal::handle(SIGUSR1, notes_its_place, SA_ONSTACK, Set::EMPTY);
        signal::handle(SIGUSR2, notes_its_place, flags, Set::EMPTY);
        signal::raise(SIGUSR1);
        let [first, second] = PLACE.load();
        assert!(on_stack(first) && on_stack(second));
        assert!(second < first);
    }
}

/// The smallest stack that is accepted has no room for a frame with AVX-512; nobody checks before it is written.
pub(crate) fn too_small() {
    let area = sys::map(8192, 3);
    sys::call(sys::MUNMAP, [area, 4096]).expect("munmap");
    let status = sys::in_child(|| {
        set(&made(area + 4096, 2048, 0)).expect("sigaltstack");
        signal::handle(SIGUSR1, notes_its_place, SA_ONSTACK, Set::EMPTY);
        // Half of what even the smallest frame needs.
        set(&made(area + 4096 - 1500, 2048, 0)).expect("sigaltstack");
        signal::raise(SIGUSR1);
    });
    assert_eq!(status & 0x7f, SIGILL, "status {status:#x}");
}

static RECOVER: Shared<[u64; 2]> = Shared::new([0; 2]);

extern "C" fn recovers(_: u32, _: &mut Info, context: &mut Context) {
    assert!(
        on_stack((&raw const context) as u64),
        "the handler runs on the alternate stack"
    );
    let [rip, rsp] = RECOVER.load();
    context.machine.rip = rip;
    context.machine.rsp = rsp;
}

pub(crate) fn overflow() {
    enable();
    signal::handle(SIGSEGV, recovers, SA_ONSTACK, Set::EMPTY);
    for _ in 0..100 {
        let guard = sys::map(8192, 0);
        unsafe {
            asm!(
                "lea {t}, [rip + 22f]",
                "mov [{r}], {t}",
                "mov [{r} + 8], rsp",
                "mov rsp, {g}",
                "push rax",
                "22:",
                t = out(reg) _, r = in(reg) RECOVER.get(), g = in(reg) guard + 4096,
            );
        }
        sys::call(sys::MUNMAP, [guard, 8192]).expect("munmap");
    }
}

/// A handler that has nowhere to run ends the process by SIGILL.
pub(crate) fn bad_stack() {
    for stack in [0x1000u64, 1 << 47, !15] {
        let status = sys::in_child(|| {
            signal::handle(SIGUSR1, notes_its_place, 0, Set::EMPTY);
            let pid = sys::pid();
            unsafe {
                asm!(
                    "mov rsp, {s}",
                    "syscall",
                    "ud2",
                    s = in(reg) stack, in("rax") sys::KILL, in("rdi") pid, in("rsi") u64::from(SIGUSR1),
                    options(noreturn)
                );
            }
        });
        assert_eq!(
            status & 0x7f,
            SIGILL,
            "stack {stack:#x}: status {status:#x}"
        );
    }
}
