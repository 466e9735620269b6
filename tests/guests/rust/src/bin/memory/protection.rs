//! mprotect(2) (kern_mprotect).

use compat_guests::sys::{self, EINVAL};

use crate::fault::{byte, readable, set, writable};
use crate::mappings::unmap;

const PAGE: u64 = 4096;

fn protect(address: u64, len: u64, prot: u64) -> sys::Result {
    sys::call(sys::MPROTECT, [address, len, prot])
}

pub(crate) fn changes() {
    let at = sys::map(4 * PAGE, 3);
    set(at + PAGE, 8);
    assert_eq!(protect(at + PAGE, PAGE, 1), Ok(0));
    assert!(writable(at) && readable(at + PAGE) && !writable(at + PAGE) && writable(at + 2 * PAGE));
    assert_eq!(protect(at + PAGE, PAGE, 0), Ok(0));
    assert!(!readable(at + PAGE));
    assert_eq!(protect(at + PAGE, PAGE, 3), Ok(0));
    assert_eq!(byte(at + PAGE), 8);
    assert_eq!(protect(at, 0, 0), Ok(0), "nothing");
    assert!(readable(at));
    assert_eq!(protect(at, PAGE, 8), Err(EINVAL));
    assert_eq!(protect(u64::MAX - 10, 100, 1), Err(EINVAL));
}

pub(crate) fn rounds() {
    let at = sys::map(4 * PAGE, 3);
    assert_eq!(protect(at + PAGE + 100, 1, 1), Ok(0));
    assert!(writable(at) && !writable(at + PAGE) && writable(at + 2 * PAGE));
    assert_eq!(protect(at + 3 * PAGE - 1, 2, 1), Ok(0));
    assert!(!writable(at + 2 * PAGE) && !writable(at + 3 * PAGE));
}

/// Memory that is not there is no error, and does not keep what lies behind it from changing.
pub(crate) fn holes() {
    let at = sys::map(6 * PAGE, 3);
    assert_eq!(unmap(at + PAGE, PAGE), Ok(0));
    assert_eq!(unmap(at + 3 * PAGE, 2 * PAGE), Ok(0));
    assert_eq!(protect(at, 6 * PAGE, 1), Ok(0));
    for page in [0, 2, 5] {
        assert!(
            readable(at + page * PAGE) && !writable(at + page * PAGE),
            "page {page}"
        );
    }
    assert_eq!(protect(at + 3 * PAGE, PAGE, 1), Ok(0));
}

/// PROT_MAX in the upper half.
pub(crate) fn maximum() {
    const ENOTSUP: u64 = 45;
    let with = |prot: u64, max: u64| {
        sys::call(sys::MMAP, [0, PAGE, prot | max << 16, 0x1002, u64::MAX, 0])
    };
    assert_eq!(with(3, 1), Err(ENOTSUP));
    assert!(with(1, 3).is_ok());
    assert_eq!(with(3, 8), Err(EINVAL));
}
