//! vfork(2): a child in the parent's memory, on the parent's stack, while the parent waits.

use core::arch::asm;

use compat_guests::signal::{self, Context, Info, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

use crate::image;

/// Runs `body` in a vfork child, which ends with the code it returns. One piece of assembly, because the child may not
/// return from the function that made it.
fn in_child(body: extern "C" fn() -> u64) -> (u64, u64) {
    let (pid, second): (u64, u64);
    unsafe {
        asm!(
            "mov eax, 66",
            "syscall",
            "jc 23f",
            "test eax, eax",
            "jnz 22f",
            // The child: its second value is 1.
            "cmp edx, 1",
            "jne 23f",
            "and rsp, -16",
            "sub rsp, 256",
            "call {body}",
            "mov edi, eax",
            "mov eax, 1",
            "syscall",
            "23:",
            "ud2",
            "22:",
            body = in(reg) body,
            out("rax") pid, out("rdx") second, out("rcx") _, out("r11") _, out("rdi") _, out("rsi") _,
            out("r8") _, out("r9") _, out("r10") _,
        );
    }
    (pid, second)
}

static WORD: Shared<u64> = Shared::new(0);

extern "C" fn writes() -> u64 {
    WORD.store(sys::pid());
    7
}

pub(crate) fn memory_is_shared() {
    for _ in 0..20 {
        let (pid, second) = in_child(writes);
        assert_eq!(second, 0);
        assert_eq!(WORD.load(), pid);
        assert_ne!(pid, sys::pid());
        assert_eq!(sys::wait(pid), 7 << 8);
    }
}

extern "C" fn takes_its_time() -> u64 {
    sys::sleep_microseconds(30_000);
    WORD.store(99);
    0
}

pub(crate) fn parent_waits() {
    let (pid, _) = in_child(takes_its_time);
    assert_eq!(
        WORD.load(),
        99,
        "the parent went on before the child had ended"
    );
    assert_eq!(sys::wait(pid), 0);
}

/// A child that has ended can be waited for as soon as its parent goes on.
pub(crate) fn no_need_to_wait() {
    const WAIT4: u64 = 7;
    const WNOHANG: u64 = 1;
    for _ in 0..500 {
        let (pid, _) = in_child(writes);
        let status = [0u32];
        let args = [pid, status.as_ptr() as u64, WNOHANG, 0];
        assert_eq!(sys::call(WAIT4, args), Ok(pid));
    }
}

static PIPE: Shared<(u64, u64)> = Shared::new((0, 0));

extern "C" fn closes() -> u64 {
    let (read, write) = PIPE.load();
    sys::call(sys::CLOSE, [read]).expect("close");
    sys::call(sys::CLOSE, [write]).expect("close");
    0
}

pub(crate) fn own_descriptors() {
    PIPE.store(sys::pipe());
    let (pid, _) = in_child(closes);
    assert_eq!(sys::wait(pid), 0);
    let (read, write) = PIPE.load();
    assert_eq!(
        sys::call(sys::WRITE, [write, "q".as_ptr() as u64, 1]),
        Ok(1)
    );
    assert_eq!(sys::call(sys::CLOSE, [read]), Ok(0));
}

static CAME: Shared<u64> = Shared::new(0);

extern "C" fn notes(_: u32, _: &mut Info, _: &mut Context) {
    CAME.store(sys::pid());
}

extern "C" fn ignores() -> u64 {
    // The action is inherited; changing it, or the mask, changes nothing for the parent.
    signal::raise(SIGUSR1);
    if CAME.load() != sys::pid() {
        return 1;
    }
    signal::action(SIGUSR1, 1, 0, Set::EMPTY);
    signal::mask(signal::BLOCK, Set::of(&[SIGUSR1]));
    0
}

pub(crate) fn own_signal_actions() {
    signal::handle(SIGUSR1, notes, 0, Set::EMPTY);
    let (pid, _) = in_child(ignores);
    assert_eq!(sys::wait(pid), 0);
    signal::raise(SIGUSR1);
    assert_eq!(CAME.load(), sys::pid());
}

extern "C" fn becomes_another() -> u64 {
    image::become_role(c"as-exit-42")
}

pub(crate) fn exec() {
    for _ in 0..20 {
        let (pid, _) = in_child(becomes_another);
        assert_eq!(sys::wait(pid), 42 << 8);
    }
    // The child had a table of its own.
    let (read, write) = sys::pipe();
    assert!(read < write);
}
