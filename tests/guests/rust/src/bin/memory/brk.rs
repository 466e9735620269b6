//! break(2): the end of the data segment (sys_break).

use compat_guests::sys::{self, ENOMEM};

use crate::fault::{byte, readable, set};

const PAGE: u64 = 4096;

unsafe extern "C" {
    static _end: u8;
}

fn end() -> u64 {
    &raw const _end as u64
}

/// Whether the end is now that of the page of `address`, as the kernel's answer has it.
fn set_break(address: u64) -> sys::Result {
    let end = sys::call(sys::BREAK, [address])?;
    assert_eq!(end, address.next_multiple_of(PAGE));
    Ok(0)
}

/// What C libraries since FreeBSD 12 ask first.
pub(crate) fn asked_for() {
    let first = end().next_multiple_of(PAGE);
    assert_eq!(sys::call(sys::BREAK, [0]), Ok(first));
    assert_eq!(set_break(first + 3 * PAGE), Ok(0));
    assert_eq!(sys::call(sys::BREAK, [1]), Ok(first + 3 * PAGE));
    assert_eq!(byte(first + 2 * PAGE), 0);
    assert_eq!(set_break(first), Ok(0));
}

pub(crate) fn grows_and_shrinks() {
    let start = end();
    let first = (start + PAGE - 1) & !(PAGE - 1);
    assert!(!readable(first), "nothing lies behind the program");
    assert_eq!(set_break(start + 100 * PAGE), Ok(0));
    for page in 0..100 {
        assert_eq!(byte(first + page * PAGE), 0);
        set(first + page * PAGE, 7);
    }
    assert_eq!(set_break(start + 10 * PAGE), Ok(0));
    assert_eq!(byte(first + 9 * PAGE), 7);
    assert!(!readable(first + 50 * PAGE));
    assert_eq!(set_break(start + 100 * PAGE), Ok(0));
    assert_eq!(
        (byte(first), byte(first + 50 * PAGE)),
        (7, 0),
        "what comes back is new"
    );
    assert_eq!(set_break(start), Ok(0));
    // Byte by byte, as sbrk(3) may ask.
    for more in 1..=5000 {
        assert_eq!(set_break(start + more), Ok(0));
    }
    set(start + 4999, 1);
    assert_eq!(set_break(1 << 47), Err(ENOMEM));
    assert_eq!(set_break(u64::MAX), Err(ENOMEM));
}

pub(crate) fn fork() {
    let start = end();
    assert_eq!(set_break(start + 2 * PAGE), Ok(0));
    set(start + PAGE, 3);
    let status = sys::in_child(|| {
        assert_eq!(byte(start + PAGE), 3);
        assert_eq!(set_break(start + 20 * PAGE), Ok(0));
        set(start + 19 * PAGE, 1);
    });
    assert_eq!(status, 0);
    assert!(!readable(start + 19 * PAGE), "the child's is its own");
}
