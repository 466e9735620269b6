//! mmap(2) and munmap(2) (kern_mmap).

use compat_guests::sys::{self, EINVAL, ENOMEM};

use crate::fault::{byte, readable, set, writable};

pub(crate) const SHARED: u64 = 1;
pub(crate) const PRIVATE: u64 = 2;
pub(crate) const FIXED: u64 = 0x10;
const STACK: u64 = 0x400;
pub(crate) const ANON: u64 = 0x1000;
const GUARD: u64 = 0x2000;
const EXCL: u64 = 0x4000;
const BELOW_2G: u64 = 0x8_0000;
const NO_FILE: u64 = u64::MAX;
const PAGE: u64 = 4096;

pub(crate) fn map(
    address: u64,
    len: u64,
    prot: u64,
    flags: u64,
    file: u64,
    offset: u64,
) -> sys::Result {
    sys::call(sys::MMAP, [address, len, prot, flags, file, offset])
}

pub(crate) fn unmap(address: u64, len: u64) -> sys::Result {
    sys::call(sys::MUNMAP, [address, len])
}

pub(crate) fn anonymous() {
    for flags in [ANON | PRIVATE, ANON | SHARED, ANON] {
        let at = map(0, 3 * PAGE - 1, 3, flags, NO_FILE, 0).expect("mmap");
        assert_eq!(at % PAGE, 0);
        for page in 0..3 {
            assert_eq!(byte(at + page * PAGE + 17), 0, "fresh memory is zero");
            set(at + page * PAGE, 1);
        }
        assert_eq!(unmap(at, 3 * PAGE), Ok(0));
        assert!(!readable(at) && !readable(at + 2 * PAGE));
    }
    // Flags without effect here.
    for flags in [0x20, 0x40, 0x200, 0x800, 0x2_0000, 0x4_0000] {
        assert!(
            map(0, PAGE, 3, ANON | PRIVATE | flags, NO_FILE, 0).is_ok(),
            "flag {flags:#x}"
        );
    }
}

pub(crate) fn refused() {
    let bad: [(&str, u64, u64, u64, u64, u64); 14] = [
        ("no length", 0, 3, ANON | PRIVATE, NO_FILE, 0),
        (
            "shared and private",
            PAGE,
            3,
            ANON | PRIVATE | SHARED,
            NO_FILE,
            0,
        ),
        ("a file with MAP_ANON", PAGE, 3, ANON | PRIVATE, 0, 0),
        (
            "an offset with MAP_ANON",
            PAGE,
            3,
            ANON | PRIVATE,
            NO_FILE,
            PAGE,
        ),
        (
            "an unknown flag",
            PAGE,
            3,
            ANON | PRIVATE | 0x100,
            NO_FILE,
            0,
        ),
        ("an unknown protection", PAGE, 8, ANON | PRIVATE, NO_FILE, 0),
        ("neither shared nor private", PAGE, 1, 0, 0, 0),
        (
            "exclusive but not fixed",
            PAGE,
            3,
            ANON | PRIVATE | EXCL,
            NO_FILE,
            0,
        ),
        ("a guard with protection", PAGE, 3, GUARD, NO_FILE, 0),
        (
            "a guard that is anonymous memory",
            PAGE,
            0,
            GUARD | ANON,
            NO_FILE,
            0,
        ),
        ("a guard on a file", PAGE, 0, GUARD, 0, 0),
        ("a stack that cannot be written", PAGE, 1, STACK, NO_FILE, 0),
        ("a stack on a file", PAGE, 3, STACK, 0, 0),
        (
            "alignment below a page",
            PAGE,
            3,
            ANON | PRIVATE | 11 << 24,
            NO_FILE,
            0,
        ),
    ];
    for (what, len, prot, flags, file, offset) in bad {
        assert_eq!(
            map(0, len, prot, flags, file, offset),
            Err(EINVAL),
            "{what}"
        );
    }
    assert_eq!(
        map(0, PAGE, 3, ANON | PRIVATE | 64 << 24, NO_FILE, 0),
        Err(EINVAL),
        "alignment of 2^64"
    );
    assert_eq!(
        map(0, PAGE, 3, ANON | PRIVATE | 60 << 24, NO_FILE, 0),
        Err(ENOMEM),
        "alignment of 2^60"
    );
    assert_eq!(
        map(0, 1 << 47, 3, ANON | PRIVATE, NO_FILE, 0),
        Err(ENOMEM),
        "all there is"
    );
    assert_eq!(
        map(0, u64::MAX - 100, 3, ANON | PRIVATE, NO_FILE, 0),
        Err(ENOMEM),
        "more than there is"
    );
}

pub(crate) fn fixed() {
    let at = map(0, 4 * PAGE, 3, ANON | PRIVATE, NO_FILE, 0).expect("mmap");
    set(at + PAGE, 9);
    assert_eq!(
        map(at + PAGE, PAGE, 3, ANON | PRIVATE | FIXED, NO_FILE, 0),
        Ok(at + PAGE)
    );
    assert_eq!(byte(at + PAGE), 0, "replaced");
    assert_eq!(
        map(at + 5, PAGE, 3, ANON | PRIVATE | FIXED, NO_FILE, 0),
        Err(EINVAL),
        "not aligned"
    );
    for outside in [1 << 47, 1 << 63, u64::MAX - PAGE + 1] {
        assert_eq!(
            map(outside, PAGE, 3, ANON | PRIVATE | FIXED, NO_FILE, 0),
            Err(EINVAL),
            "{outside:#x}"
        );
    }
    assert_eq!(
        map(
            (1 << 47) - PAGE,
            2 * PAGE,
            3,
            ANON | PRIVATE | FIXED,
            NO_FILE,
            0
        ),
        Err(EINVAL),
        "over the edge"
    );
}

pub(crate) fn exclusive() {
    let at = map(0, 4 * PAGE, 3, ANON | PRIVATE, NO_FILE, 0).expect("mmap");
    set(at, 7);
    assert_eq!(
        map(at, PAGE, 3, ANON | PRIVATE | FIXED | EXCL, NO_FILE, 0),
        Err(ENOMEM)
    );
    assert_eq!(byte(at), 7);
    assert_eq!(unmap(at + PAGE, PAGE), Ok(0));
    assert_eq!(
        map(
            at + PAGE,
            PAGE,
            3,
            ANON | PRIVATE | FIXED | EXCL,
            NO_FILE,
            0
        ),
        Ok(at + PAGE)
    );
}

pub(crate) fn guard() {
    let at = map(0, 8 * PAGE, 0, GUARD, NO_FILE, 0).expect("mmap");
    assert!(!readable(at) && !writable(at + 7 * PAGE));
    assert_eq!(
        map(at + PAGE, PAGE, 3, ANON | PRIVATE | FIXED, NO_FILE, 0),
        Ok(at + PAGE)
    );
    assert!(writable(at + PAGE) && !readable(at + 2 * PAGE));
    assert_eq!(
        map(
            at + 2 * PAGE,
            PAGE,
            3,
            ANON | PRIVATE | FIXED | EXCL,
            NO_FILE,
            0
        ),
        Err(ENOMEM),
        "a guard is a mapping"
    );
    assert_eq!(unmap(at, 8 * PAGE), Ok(0));
}

pub(crate) fn stack() {
    let len = 1 << 20;
    for flags in [STACK, STACK | PRIVATE, STACK | PRIVATE | ANON] {
        let at = map(0, len, 3, flags, NO_FILE, 0).expect("mmap");
        // From the top downwards, as a stack is used. The lowest page is a guard on FreeBSD.
        for page in (1..len / PAGE).rev() {
            assert!(writable(at + page * PAGE));
        }
        assert_eq!(unmap(at, len), Ok(0));
    }
}

pub(crate) fn aligned() {
    for power in [12, 13, 16, 20, 21, 24, 30, 33] {
        let at = map(0, 5 * PAGE, 3, ANON | PRIVATE | power << 24, NO_FILE, 0).expect("mmap");
        assert_eq!(at % (1 << power), 0, "2^{power}");
        assert!(writable(at) && writable(at + 4 * PAGE));
        // Nothing else was left behind, so the neighbours are free or somebody else's.
        assert_eq!(unmap(at, 5 * PAGE), Ok(0));
        assert!(!readable(at));
    }
    const SUPERPAGES: u64 = 1 << 24;
    let at = map(0, 4 << 20, 3, ANON | PRIVATE | SUPERPAGES, NO_FILE, 0).expect("mmap");
    assert!(writable(at));
}

pub(crate) fn low() {
    for _ in 0..10 {
        let at = map(0, 16 * PAGE, 3, ANON | PRIVATE | BELOW_2G, NO_FILE, 0).expect("mmap");
        assert!(at + 16 * PAGE <= 1 << 31, "{at:#x}");
    }
    let at = map(
        0,
        16 * PAGE,
        3,
        ANON | PRIVATE | BELOW_2G | 20 << 24,
        NO_FILE,
        0,
    )
    .expect("mmap");
    assert!(at < 1 << 31 && at.is_multiple_of(1 << 20));
}

pub(crate) fn hint() {
    let wanted = 0x3_0000_0000;
    assert_eq!(map(wanted, PAGE, 3, ANON | PRIVATE, NO_FILE, 0), Ok(wanted));
    set(wanted, 1);
    let other = map(wanted, PAGE, 3, ANON | PRIVATE, NO_FILE, 0).expect("mmap");
    assert_ne!(other, wanted, "a hint replaces nothing");
    assert_eq!(byte(wanted), 1);
}

/// mmap of before FreeBSD 7 has a word of padding before the offset.
pub(crate) fn old_number() {
    const OLD_MMAP: u64 = 197;
    let stack_arguments: u64;
    // The seventh and eighth argument lie above a return address.
    unsafe {
        core::arch::asm!(
            "push 0", "push 0", "push 0",
            "syscall",
            "lea rsp, [rsp + 24]",
            inlateout("rax") OLD_MMAP => stack_arguments,
            in("rdi") 0, in("rsi") PAGE, inlateout("rdx") 3u64 => _, inlateout("r10") ANON | PRIVATE => _,
            inlateout("r8") u64::MAX => _, inlateout("r9") 0u64 => _, lateout("rcx") _, lateout("r11") _,
        );
    }
    assert!(writable(stack_arguments));
    set(stack_arguments, 1);
}

pub(crate) fn unmap_rounds() {
    let at = map(0, 4 * PAGE, 3, ANON | PRIVATE, NO_FILE, 0).expect("mmap");
    assert_eq!(unmap(at + PAGE + 100, 200), Ok(0));
    assert!(readable(at) && !readable(at + PAGE) && readable(at + 2 * PAGE));
    assert_eq!(unmap(at + 3 * PAGE - 1, 2), Ok(0));
    assert!(!readable(at + 2 * PAGE) && !readable(at + 3 * PAGE));
    assert_eq!(unmap(at, 4 * PAGE), Ok(0), "holes do not matter");
    assert_eq!(unmap(at, 0), Err(EINVAL));
    assert_eq!(unmap(u64::MAX - 10, 100), Err(EINVAL));
    assert_eq!(unmap(1 << 47, PAGE), Err(EINVAL));
    assert_eq!(unmap(1 << 63, PAGE), Err(EINVAL));
}

/// Whatever a program unmaps or maps over, compat's own memory lies elsewhere: nothing the program was given is ours.
pub(crate) fn ours_stay() {
    for len in [PAGE, 1 << 16, 1 << 21, 1 << 26] {
        let at = map(0, len, 3, ANON | PRIVATE, NO_FILE, 0).expect("mmap");
        assert_eq!(unmap(at, len), Ok(0));
        assert_eq!(
            map(at, len, 3, ANON | PRIVATE | FIXED | EXCL, NO_FILE, 0),
            Ok(at)
        );
        assert_eq!(unmap(at, len), Ok(0));
        let _ = sys::pid();
    }
}

pub(crate) fn overcommit() {
    let at = map(0, 1 << 40, 3, ANON | PRIVATE, NO_FILE, 0)
        .expect("a terabyte, of which little is used");
    set(at, 1);
    set(at + (1 << 40) - 1, 1);
    assert_eq!(unmap(at, 1 << 40), Ok(0));
}
