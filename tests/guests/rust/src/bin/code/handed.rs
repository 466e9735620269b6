//! What one image knows of its code is known to the next, as long as it is the same code.

use core::ffi::CStr;

use compat_guests::start::{argument, auxiliary};
use compat_guests::sys::{self, OFTEN};

use crate::sites::{FORMS, Place, identity};

const UNLINK: u64 = 10;
const AT_EXECPATH: u64 = 15;
/// The argument by which a next image knows that it is one.
const LOOKS: &CStr = c"--looks";

/// Enough for the next image to be told.
const PLACES: u64 = 12;

/// Places of a library's first form.
fn places() -> impl Iterator<Item = Place> {
    (0..PLACES).map(|number| Place::numbered(number * FORMS.len() as u64))
}

/// A next image: ends with how many of the places are jumps, before it has called from any.
pub(crate) fn look() {
    if argument(1) == Some(LOOKS.to_bytes()) {
        let jumps = places().filter(|place| place.is_jump()).count();
        let never_called = Place::numbered(100 * FORMS.len() as u64);
        sys::exit(if never_called.is_jump() {
            99
        } else {
            jumps as u64
        });
    }
}

fn jumps_of(program: *const u8) -> u32 {
    let status = sys::in_child(|| {
        let arguments = [program as u64, LOOKS.as_ptr() as u64, 0];
        let nothing = 0u64;
        let error = sys::call(
            sys::EXECVE,
            [
                program as u64,
                arguments.as_ptr() as u64,
                (&raw const nothing) as u64,
            ],
        );
        panic!("execve: {error:?}");
    });
    assert_eq!(status & 0xff, 0, "{status:#x}");
    status >> 8
}

pub(crate) fn to_the_next_image() {
    let (own, parent) = identity();
    for place in places() {
        for _ in 0..OFTEN {
            assert_eq!(place.call(), place.expected(own, parent));
        }
        assert!(place.is_jump());
    }
    let path = auxiliary(AT_EXECPATH).expect("a path") as *const u8;
    assert_eq!(jumps_of(path), PLACES as u32);
    // A copy is another file, whatever is in it.
    const COPY: &CStr = c"./copy-of-code";
    const CREATE: u64 = 0x1 | 0x200 | 0x400;
    let from = sys::call(sys::OPEN, [path as u64, 0, 0]).expect("open");
    let to = sys::call(sys::OPEN, [COPY.as_ptr() as u64, CREATE, 0o755]).expect("open");
    let buffer = sys::map(1 << 16, 3);
    loop {
        let count = sys::call(sys::READ, [from, buffer, 1 << 16]).expect("read");
        if count == 0 {
            break;
        }
        assert_eq!(sys::call(sys::WRITE, [to, buffer, count]), Ok(count));
    }
    for file in [from, to] {
        sys::call(sys::CLOSE, [file]).expect("close");
    }
    assert_eq!(jumps_of(COPY.as_ptr().cast()), 0);
    sys::call(UNLINK, [COPY.as_ptr() as u64]).expect("unlink");
}
