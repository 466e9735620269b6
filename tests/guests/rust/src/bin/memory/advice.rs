//! minherit(2), madvise(2), mincore(2).

use compat_guests::sys::{self, EINVAL};

use crate::fault::{byte, readable, set};
use crate::mappings::{ANON, SHARED, map};

const PAGE: u64 = 4096;

pub(crate) fn inherit() {
    const COPY: u64 = 1;
    const NONE: u64 = 2;
    const ZERO: u64 = 3;
    let at = sys::map(4 * PAGE, 3);
    for page in 0..4 {
        set(at + page * PAGE, 1);
    }
    let set_inherit =
        |page: u64, how: u64| sys::call(sys::MINHERIT, [at + page * PAGE + 10, 20, how]);
    assert_eq!(set_inherit(1, NONE), Ok(0));
    assert_eq!(set_inherit(2, ZERO), Ok(0));
    assert_eq!(set_inherit(3, NONE), Ok(0));
    assert_eq!(set_inherit(3, COPY), Ok(0));
    assert_eq!(set_inherit(0, 9), Err(EINVAL));
    let status = sys::in_child(|| {
        assert_eq!(
            (byte(at), byte(at + 2 * PAGE), byte(at + 3 * PAGE)),
            (1, 0, 1)
        );
        assert!(!readable(at + PAGE));
        set(at, 2);
    });
    assert_eq!(status, 0);
    for page in 0..4 {
        assert_eq!(byte(at + page * PAGE), 1);
    }
}

pub(crate) fn shared_mapping() {
    let at = map(0, PAGE, 3, ANON | SHARED, u64::MAX, 0).expect("mmap");
    assert_eq!(sys::in_child(|| set(at, 6)), 0);
    assert_eq!(byte(at), 6);
}

pub(crate) fn advice() {
    let advise = |address: u64, len: u64, how: u64| sys::call(sys::MADVISE, [address, len, how]);
    let at = sys::map(4 * PAGE, 3);
    set(at, 3);
    set(at + PAGE, 4);
    const DONTNEED: u64 = 4;
    const FREE: u64 = 5;
    for how in [0, 1, 2, 3, DONTNEED, 6, 7, 8, 9] {
        assert_eq!(advise(at + 5, PAGE, how), Ok(0), "advice {how}");
        assert_eq!(
            (byte(at), byte(at + PAGE)),
            (3, 4),
            "advice {how} keeps what is there"
        );
    }
    assert_eq!(advise(at, PAGE, FREE), Ok(0));
    // Gone or still there, and good for use.
    assert!([0, 3].contains(&byte(at)));
    set(at, 9);
    assert_eq!(byte(at), 9);
    assert_eq!(advise(at, PAGE, 11), Err(EINVAL));
    assert_eq!(advise(at, PAGE, u64::MAX), Err(EINVAL));
    assert_eq!(advise(u64::MAX - 10, 100, 0), Err(EINVAL));
}

pub(crate) fn resident() {
    const MINCORE: u64 = 78;
    let at = sys::map(3 * PAGE, 3);
    set(at, 1);
    set(at + 2 * PAGE, 1);
    let pages = [9u8; 3];
    assert_eq!(
        sys::call(MINCORE, [at, 3 * PAGE, pages.as_ptr() as u64]),
        Ok(0)
    );
    let pages = unsafe { (&raw const pages).read_volatile() };
    assert_eq!((pages[0] & 1, pages[2] & 1), (1, 1));
    assert_eq!(sys::call(MINCORE, [at, 3 * PAGE, 8]), Err(sys::EFAULT));
}
