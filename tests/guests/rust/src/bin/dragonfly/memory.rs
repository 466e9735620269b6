//! What only DragonFly's `mmap` takes.

use compat_guests::sys::{self, call, call_of_seven};

const MMAP: u64 = 197;
const PAGE: u64 = 4096;
const READ_WRITE: u64 = 3;
const MAP_PRIVATE: u64 = 0x2;
const MAP_FIXED: u64 = 0x10;
const MAP_STACK: u64 = 0x400;
const MAP_ANON: u64 = 0x1000;
const MAP_VPAGETABLE: u64 = 0x2000;
const MAP_TRYFIXED: u64 = 0x1_0000;
const MAP_SIZEALIGN: u64 = 0x4_0000;

/// A pad stands before the offset, which is the seventh argument and lies on the stack.
fn map(at: u64, len: u64, flags: u64) -> sys::Result {
    call_of_seven(MMAP, [at, len, READ_WRITE, flags, u64::MAX, 0], 0)
}

pub(crate) fn there_or_nowhere() {
    let at = map(0, 4 * PAGE, MAP_ANON | MAP_PRIVATE).unwrap();
    let word = at as *mut u32;
    unsafe { word.write_volatile(7) };
    // What lies there stays, even for who says both.
    assert_eq!(map(at, PAGE, MAP_ANON | MAP_TRYFIXED), Err(sys::ENOMEM));
    let both = MAP_ANON | MAP_TRYFIXED | MAP_FIXED;
    assert_eq!(map(at, PAGE, both), Err(sys::ENOMEM));
    assert_eq!(unsafe { word.read_volatile() }, 7);
    assert_eq!(map(at + 1, PAGE, MAP_ANON | MAP_TRYFIXED), Err(sys::EINVAL));
    assert_eq!(call(sys::MUNMAP, [at, PAGE]), Ok(0));
    // Neither shared nor private: a copy.
    assert_eq!(map(at, PAGE, MAP_ANON | MAP_TRYFIXED), Ok(at));
    assert_eq!(unsafe { word.read_volatile() }, 0);
}

pub(crate) fn aligned_to_its_size() {
    for _ in 0..4 {
        let at = map(0, 1 << 20, MAP_ANON | MAP_PRIVATE | MAP_SIZEALIGN).unwrap();
        assert_eq!(at % (1 << 20), 0);
    }
    let flags = MAP_ANON | MAP_PRIVATE | MAP_SIZEALIGN;
    assert_eq!(map(0, 3 * PAGE, flags), Err(sys::EINVAL));
}

pub(crate) fn other_flags() {
    // Bits without a name are not looked at.
    assert!(map(0, PAGE, MAP_ANON | MAP_PRIVATE | 0x4000).is_ok());
    // A stack is memory of nothing, like any other.
    assert!(map(0, PAGE, MAP_STACK).is_ok());
    assert_eq!(map(0, PAGE, MAP_ANON | MAP_VPAGETABLE), Err(sys::ENOTSUP));
}
