//! Mapping the shared object, with the calls and flags of FreeBSD's own dynamic linker (map_object).

use compat_guests::sys;

const PREAD: u64 = 475;
const O_RDONLY_CLOEXEC_VERIFY: u64 = 0x0030_0000;
const MAP_PRIVATE: u64 = 0x2;
const MAP_FIXED: u64 = 0x10;
const MAP_ANON: u64 = 0x1000;
const MAP_GUARD: u64 = 0x2000;
const MAP_NOCORE: u64 = 0x2_0000;
const MAP_PREFAULT_READ: u64 = 0x4_0000;
const PAGE: u64 = 4096;
const PT_LOAD: u32 = 1;

/// Maps the object at `path`; its base and its program headers.
pub(crate) fn map(path: &[u8]) -> (u64, &'static [[u64; 7]]) {
    let file = sys::call(sys::OPEN, [path.as_ptr() as u64, O_RDONLY_CLOEXEC_VERIFY])
        .expect("the shared object is there");
    let first = sys::map(PAGE, 3);
    sys::call(PREAD, [file, first, PAGE, 0]).expect("pread");
    let (offset, count) = unsafe {
        (
            ((first + 32) as *const u64).read(),
            ((first + 56) as *const u16).read(),
        )
    };
    let headers: &'static [[u64; 7]] =
        unsafe { core::slice::from_raw_parts((first + offset) as *const _, count.into()) };
    let loads = || headers.iter().filter(|header| header[0] as u32 == PT_LOAD);
    let span = loads()
        .map(|&[_, _, address, _, _, size, _]| address + size)
        .max()
        .expect("something to load")
        .next_multiple_of(PAGE);
    let base =
        sys::call(sys::MMAP, [0, span, 0, MAP_GUARD, u64::MAX, 0]).expect("room for the object");
    for &[kind, offset, address, _, in_file, in_memory, _] in loads() {
        let flags = kind >> 32;
        let protection = (flags & 4) >> 2 | flags & 2 | (flags & 1) << 2;
        let start = base + (address & !(PAGE - 1));
        let file_end = (base + address + in_file).next_multiple_of(PAGE);
        let end = (base + address + in_memory).next_multiple_of(PAGE);
        let placed = sys::call(
            sys::MMAP,
            [
                start,
                file_end - start,
                protection,
                MAP_PRIVATE | MAP_FIXED | MAP_NOCORE | MAP_PREFAULT_READ,
                file,
                offset & !(PAGE - 1),
            ],
        );
        assert_eq!(placed, Ok(start));
        if in_memory > in_file {
            let zeroes = base + address + in_file;
            unsafe { (zeroes as *mut u8).write_bytes(0, (file_end - zeroes) as usize) };
        }
        if end > file_end {
            let flags = MAP_PRIVATE | MAP_FIXED | MAP_ANON;
            let placed = sys::call(
                sys::MMAP,
                [file_end, end - file_end, protection, flags, u64::MAX, 0],
            );
            assert_eq!(placed, Ok(file_end));
        }
    }
    sys::call(sys::CLOSE, [file]).expect("close");
    (base, headers)
}
