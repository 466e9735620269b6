//! Mappings of files and of objects without a name.

use compat_guests::sys::{self, EINVAL};

use crate::fault::{byte, set, writable};
use crate::mappings::{PRIVATE, SHARED, map, unmap};

const PAGE: u64 = 4096;
const O_RDONLY: u64 = 0;
const O_WRONLY: u64 = 1;
const O_RDWR: u64 = 2;
const O_CREAT: u64 = 0x200;

/// A file of three pages whose bytes say where they are.
fn file(flags: u64) -> u64 {
    let name = c"./mapped".as_ptr() as u64;
    let made = sys::call(sys::OPEN, [name, O_RDWR | O_CREAT, 0o644]).expect("open");
    for page in 0..3u8 {
        let content: [u8; PAGE as usize] =
            core::array::from_fn(|index| (index as u8).wrapping_add(page * 64));
        sys::call(sys::WRITE, [made, content.as_ptr() as u64, PAGE]).expect("write");
    }
    sys::call(sys::CLOSE, [made]).expect("close");
    sys::call(sys::OPEN, [name, flags, 0]).expect("open")
}

fn expected(offset: u64) -> u8 {
    ((offset % PAGE) as u8).wrapping_add((offset / PAGE) as u8 * 64)
}

pub(crate) fn private() {
    let file = file(O_RDONLY);
    let at = map(0, 3 * PAGE, 3, PRIVATE, file, 0).expect("mmap");
    for offset in [0, 1, 4095, 4096, 9000] {
        assert_eq!(byte(at + offset), expected(offset));
    }
    set(at, 0xee);
    let other = map(0, PAGE, 1, SHARED, file, 0).expect("mmap");
    assert_eq!(byte(other), expected(0), "the file is as it was");
    // The mapping outlives the descriptor.
    sys::call(sys::CLOSE, [file]).expect("close");
    assert_eq!((byte(at), byte(at + 1)), (0xee, expected(1)));
}

pub(crate) fn shared() {
    let file = file(O_RDWR);
    let at = map(0, 2 * PAGE, 3, SHARED, file, PAGE).expect("mmap");
    assert_eq!(byte(at), expected(PAGE));
    set(at + 3, 0xdd);
    const MS_SYNC: u64 = 0;
    const MSYNC: u64 = 65;
    assert_eq!(
        sys::call(MSYNC, [at + 3, 1, MS_SYNC]),
        Ok(0),
        "an address within a page"
    );
    let content = [0u8];
    const PREAD: u64 = 475;
    assert_eq!(
        sys::call(PREAD, [file, content.as_ptr() as u64, 1, PAGE + 3]),
        Ok(1)
    );
    assert_eq!(unsafe { (&raw const content).read_volatile() }, [0xdd]);
    let status = sys::in_child(|| set(at + 4, 0xcc));
    assert_eq!((status, byte(at + 4)), (0, 0xcc), "shared with children");
}

/// The address has the offset's place within the page.
pub(crate) fn unaligned_offset() {
    let file = file(O_RDONLY);
    for offset in [1u64, 100, 4095, 4097, 8000] {
        let at = map(0, 50, 1, PRIVATE, file, offset).expect("mmap");
        assert_eq!(at % PAGE, offset % PAGE);
        for index in [0, 1, 49] {
            assert_eq!(
                byte(at + index),
                expected(offset + index),
                "offset {offset}"
            );
        }
        assert_eq!(unmap(at, 50), Ok(0));
    }
    // With MAP_FIXED the address must have it, too.
    const FIXED: u64 = 0x10;
    let place = map(0, PAGE, 1, PRIVATE, file, 0).expect("mmap");
    assert_eq!(map(place, 50, 1, PRIVATE | FIXED, file, 100), Err(EINVAL));
    assert_eq!(
        map(place + 100, 50, 1, PRIVATE | FIXED, file, 100),
        Ok(place + 100)
    );
}

pub(crate) fn refused() {
    const ENODEV: u64 = 19;
    let readable = file(O_RDONLY);
    assert_eq!(
        map(0, PAGE, 3, SHARED, readable, 0),
        Err(sys::EACCES),
        "writing to a file that is open for reading"
    );
    let writable_only = file(O_WRONLY);
    assert_eq!(map(0, PAGE, 1, PRIVATE, writable_only, 0), Err(sys::EACCES));
    assert_eq!(map(0, PAGE, 1, PRIVATE, 999, 0), Err(sys::EBADF));
    let (read, _) = sys::pipe();
    assert_eq!(map(0, PAGE, 1, PRIVATE, read, 0), Err(ENODEV));
    assert_eq!(
        map(0, PAGE, 1, PRIVATE, readable, -4096i64 as u64),
        Err(EINVAL),
        "a negative offset"
    );
}

pub(crate) fn object() {
    const SHM_ANON: u64 = 1;
    let object = sys::call(sys::SHM_OPEN2, [SHM_ANON, O_RDWR, 0o600, 0, 0]).expect("shm_open2");
    sys::call(sys::FTRUNCATE, [object, 2 * PAGE]).expect("ftruncate");
    let one = map(0, 2 * PAGE, 3, SHARED, object, 0).expect("mmap");
    let two = map(0, 2 * PAGE, 3, SHARED, object, 0).expect("mmap");
    assert!(writable(one));
    set(one + PAGE, 5);
    assert_eq!(byte(two + PAGE), 5);
}
