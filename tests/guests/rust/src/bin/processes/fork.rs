//! fork(2).

use core::arch::asm;

use compat_guests::probe::{self, Body, CARRY, R8, R9, R10, R11, RAX, RCX, RDX, State};
use compat_guests::start::Shared;
use compat_guests::sys;

static SET: Shared<State> = Shared::new(State::new());
static GET: Shared<State> = Shared::new(State::new());

/// The child's second value is 1, the parent's 0.
pub(crate) fn returns() {
    let back = sys::raw(sys::FORK, [0; 6]);
    if back.rax == 0 {
        let right = (back.rdx, back.carry) == (1, false);
        sys::exit(if right { 17 } else { 18 });
    }
    assert_eq!((back.rdx, back.carry), (0, false));
    assert_eq!(sys::wait(back.rax), 17 << 8);
}

/// Everything else is the same in both.
pub(crate) fn registers() {
    for seed in 1..=10 {
        let (set, get) = unsafe { (&mut *SET.get(), &mut *GET.get()) };
        set.fill(seed);
        set.general[RAX] = sys::FORK;
        probe::run(Body::Syscall, set, get);
        let child = get.general[RAX] == 0;
        set.general[RAX] = get.general[RAX];
        set.general[RDX] = u64::from(child);
        set.general[RCX] = probe::after_syscall();
        set.rflags &= !CARRY;
        get.must_be(
            set,
            &[R8, R9, R10, R11],
            if child { "the child" } else { "the parent" },
        );
        assert!(probe::stack_is_intact(), "the guest's stack was written to");
        if child {
            sys::exit(0);
        }
        assert_eq!(sys::wait(get.general[RAX]), 0, "the child's registers");
    }
}

static WORD: Shared<u64> = Shared::new(1);

pub(crate) fn memory_is_copied() {
    let parent = sys::pid();
    let status = sys::in_child(|| {
        assert_eq!(WORD.load(), 1);
        WORD.store(2);
        assert_ne!(sys::pid(), parent);
        assert_eq!(sys::call(sys::GETPPID, []), Ok(parent));
        assert_ne!(sys::tid(), 0);
    });
    assert_eq!((status, WORD.load()), (0, 1));
}

/// Both have both ends; a byte goes from one to the other.
pub(crate) fn descriptors() {
    let (read, write) = sys::pipe();
    let status = sys::in_child(|| {
        sys::call(sys::CLOSE, [read]).expect("close");
        sys::call(sys::WRITE, [write, "z".as_ptr() as u64, 1]).expect("write");
    });
    assert_eq!(status, 0);
    sys::call(sys::CLOSE, [write]).expect("close");
    let byte = [0u8];
    assert_eq!(sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]), Ok(1));
    assert_eq!(unsafe { (&raw const byte).read_volatile() }, *b"z");
    assert_eq!(sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]), Ok(0));
}

pub(crate) fn segment_base() {
    let mine = [0u64; 4];
    let wanted = mine.as_ptr() as u64;
    unsafe { asm!("wrfsbase {}", in(reg) wanted) };
    let status = sys::in_child(|| {
        let base: u64;
        unsafe { asm!("rdfsbase {}", out(reg) base) };
        assert_eq!(base, wanted);
    });
    assert_eq!(status, 0);
}

pub(crate) fn a_hundred() {
    let mut children = [0u64; 100];
    for (index, child) in children.iter_mut().enumerate() {
        match sys::fork() {
            sys::Fork::Child => sys::exit(index as u64),
            sys::Fork::Parent(pid) => *child = pid,
        }
    }
    for (index, &child) in children.iter().enumerate() {
        assert_eq!(sys::wait(child), (index as u32) << 8);
    }
}
