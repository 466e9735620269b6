//! What the program sees of its own code.

use core::ffi::CStr;

use compat_guests::start::{auxiliary, environment};
use compat_guests::sys::{self, OFTEN};

use crate::mapped::{PAGE, PRIVATE, map};
use crate::sites::{ALL, Place, bounds, identity};

const AT_EXECPATH: u64 = 15;
const JUMP: usize = 5;

/// The program's text in memory and in its file, as far as both are the same pages.
fn both() -> (&'static [u8], &'static [u8]) {
    let path = auxiliary(AT_EXECPATH).expect("a path");
    let file = sys::call(sys::OPEN, [path, 0, 0]).unwrap_or_else(|error| {
        panic!("{:?}: {error}", unsafe { CStr::from_ptr(path as *const _) })
    });
    let (from, to) = bounds();
    let length = to - from;
    // The places have a page-aligned section: its file offset is found by the program headers.
    let offset = offset_of(from);
    let in_file = map(0, length.next_multiple_of(PAGE), 1, PRIVATE, file, offset);
    unsafe {
        (
            core::slice::from_raw_parts(from as *const u8, length as usize),
            core::slice::from_raw_parts(in_file as *const u8, length as usize),
        )
    }
}

/// Where in the file the byte at `address` stands.
fn offset_of(address: u64) -> u64 {
    use compat_guests::start::{AT_PHDR, AT_PHNUM};
    const PT_LOAD: u32 = 1;
    let headers = auxiliary(AT_PHDR).expect("program headers");
    let count = auxiliary(AT_PHNUM).expect("their number");
    for index in 0..count {
        // Type and flags, offset, address, physical address, size in the file.
        let header = unsafe { *((headers + 56 * index) as *const [u64; 5]) };
        if header[0] as u32 == PT_LOAD && (header[2]..header[2] + header[4]).contains(&address) {
            return header[1] + (address - header[2]);
        }
    }
    panic!("no segment at {address:#x}")
}

fn heat() {
    let (own, parent) = identity();
    for number in 0..ALL {
        let place = Place::numbered(number);
        for _ in 0..OFTEN {
            assert_eq!(place.call(), place.expected(own, parent));
        }
    }
}

/// A program that compares its code with its file finds nothing, when nothing is patched; otherwise it finds the jumps,
/// each where a place is, and nothing else.
pub(crate) fn compared_with_the_file() {
    heat();
    let (memory, file) = both();
    let different = memory.iter().zip(file).filter(|(a, b)| a != b).count();
    if patching_is_off() {
        assert_eq!(different, 0);
        return;
    }
    let (from, _) = bounds();
    for number in 0..ALL {
        let place = Place::numbered(number);
        let at = (place.address() + place.form.before - from) as usize;
        assert!(place.is_jump());
        assert_eq!(memory[at + JUMP..][..2], file[at + JUMP..][..2]);
    }
    assert!(different <= ALL as usize * JUMP, "{different} bytes");
}

/// Whether the program was started with `COMPAT_PATCH=off`.
fn patching_is_off() -> bool {
    let mut at = environment();
    unsafe {
        while *at != 0 {
            if CStr::from_ptr(*at as *const _) == c"COMPAT_PATCH=off" {
                return true;
            }
            at = at.add(1);
        }
    }
    false
}
