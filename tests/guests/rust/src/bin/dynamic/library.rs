//! What the shared object offers.

use compat_guests::sys;

unsafe extern "C" {
    static GUEST_TABLE: [extern "C" fn(u64) -> u64; 2];
    static mut GUEST_COUNTER: u64;
    fn guest_count() -> u64;
    fn guest_zeroes() -> u64;
    fn guest_pid() -> u64;
}

const MAP_FIXED_PRIVATE: u64 = 0x12;

pub(crate) fn functions() {
    unsafe {
        assert_eq!(GUEST_TABLE[0](21), 42);
        assert_eq!(GUEST_TABLE[1](9), 81);
        assert_eq!(guest_count(), 41);
    }
}

pub(crate) fn data() {
    unsafe {
        assert_eq!((&raw const GUEST_COUNTER).read_volatile(), 40);
        (&raw mut GUEST_COUNTER).write_volatile(100);
        assert_eq!(guest_count(), 101, "one word for both");
        assert_eq!(guest_zeroes(), 0);
    }
}

/// More than enough for the site to be rewritten.
pub(crate) fn many_calls() {
    for _ in 0..1000 {
        assert_eq!(unsafe { guest_pid() }, sys::pid());
    }
}

/// What is mapped over the text, after calls from it, is what the guest reads and runs from then on.
pub(crate) fn its_text_can_be_mapped_again() {
    for _ in 0..10 {
        assert_eq!(unsafe { guest_pid() }, sys::pid());
    }
    let page = guest_pid as *const () as u64 & !4095;
    let before = unsafe { (guest_pid as *const () as *const [u8; 8]).read_volatile() };
    let copy = sys::map(8192, 3);
    unsafe { (copy as *mut u8).copy_from_nonoverlapping(page as *const u8, 8192) };
    let replaced = sys::call(
        sys::MMAP,
        [page, 8192, 3, MAP_FIXED_PRIVATE | 0x1000, u64::MAX, 0],
    );
    assert_eq!(replaced, Ok(page));
    assert_eq!(unsafe { (page as *const u64).read_volatile() }, 0);
    unsafe { (page as *mut u8).copy_from_nonoverlapping(copy as *const u8, 8192) };
    sys::call(sys::MPROTECT, [page, 8192, 5]).expect("mprotect");
    for _ in 0..10 {
        assert_eq!(unsafe { guest_pid() }, sys::pid());
    }
    let after = unsafe { (guest_pid as *const () as *const [u8; 8]).read_volatile() };
    assert_eq!(before, after);
}
