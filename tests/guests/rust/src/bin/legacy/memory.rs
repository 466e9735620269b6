//! Mapping memory by the first numbers and bits.

use compat_guests::sys;

const OGETPAGESIZE: u64 = 64;
const OMMAP: u64 = 71;

pub(crate) fn mmap() {
    assert_eq!(sys::call(OGETPAGESIZE, []), Ok(4096));
    // Read is 4 and write is 2; anonymous is 2.
    let args = [0, 8192, 4 | 2, 2, u64::MAX, 0];
    let at = sys::call(OMMAP, args).expect("ommap");
    let word = at as *mut u64;
    unsafe {
        assert_eq!(word.read_volatile(), 0);
        word.write_volatile(7);
        assert_eq!(word.read_volatile(), 7);
    }
    // Fixed: over the second page, which is fresh again.
    let second = at + 4096;
    unsafe { (second as *mut u64).write_volatile(7) };
    assert_eq!(
        sys::call(OMMAP, [second, 4096, 4 | 2, 2 | 0x100, u64::MAX, 0]),
        Ok(second)
    );
    assert_eq!(unsafe { (second as *mut u64).read_volatile() }, 0);
    sys::call(sys::MUNMAP, [at, 8192]).expect("munmap");
}
