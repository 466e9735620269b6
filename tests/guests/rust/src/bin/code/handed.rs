//! What one image knows of a library's code is known to the next, as long as it is the same code.

use core::ffi::CStr;

use compat_guests::start::{argument, auxiliary};
use compat_guests::sys::{self, OFTEN};

use crate::mapped::{FIRST, PAGE, PRIVATE, READ_EXECUTE, code_file, map};
use crate::sites::{call, identity};

const AT_EXECPATH: u64 = 15;
const LSEEK: u64 = 478;
const JUMP: u8 = 0xe9;
/// The argument by which a next image knows that it is one.
const LOOKS: &CStr = c"--looks";
/// Its descriptor of the library.
const LIBRARY: u64 = 77;

const PLACES: u64 = 16;

/// Where the places of the library at `at` are that are called, and one that never is.
fn places(at: u64) -> (impl Iterator<Item = u64>, u64) {
    let place = move |number: u64| at + FIRST + 9 * number;
    ((0..PLACES).map(place), place(PLACES))
}

fn is_jump(place: u64) -> bool {
    unsafe { (place as *const u8).read_volatile() == JUMP }
}

fn library(file: u64) -> u64 {
    map(0, PAGE, READ_EXECUTE, PRIVATE, file, 0)
}

/// A next image: ends with how many of the places are jumps, before it has called from any.
pub(crate) fn look() {
    if argument(1) == Some(LOOKS.to_bytes()) {
        let (places, never_called) = places(library(LIBRARY));
        let jumps = places.filter(|&place| is_jump(place)).count();
        sys::exit(if is_jump(never_called) {
            99
        } else {
            jumps as u64
        });
    }
}

/// How many are jumps in the next image.
fn jumps_then() -> u64 {
    let program = auxiliary(AT_EXECPATH).expect("a path");
    let status = sys::in_child(|| {
        let arguments = [program, LOOKS.as_ptr() as u64, 0];
        let nothing = 0u64;
        let request = [
            program,
            arguments.as_ptr() as u64,
            (&raw const nothing) as u64,
        ];
        panic!("execve: {:?}", sys::call(sys::EXECVE, request));
    });
    assert_eq!(status & 0xff, 0, "{status:#x}");
    u64::from(status >> 8)
}

pub(crate) fn to_the_next_image() {
    const DUP2: u64 = 90;
    let (own, _) = identity();
    let file = code_file();
    assert_eq!(sys::call(DUP2, [file, LIBRARY]), Ok(LIBRARY));
    let (places, _) = places(library(LIBRARY));
    for place in places {
        for _ in 0..OFTEN {
            assert_eq!(call(place), own);
        }
        assert!(is_jump(place));
    }
    assert_eq!(jumps_then(), PLACES);
    // Written to, it is another file, whatever was written.
    sys::call(LSEEK, [file, 0, 0]).expect("lseek");
    sys::call(sys::WRITE, [file, [0x90u8].as_ptr() as u64, 1]).expect("write");
    assert_eq!(jumps_then(), 0);
    for file in [file, LIBRARY] {
        sys::call(sys::CLOSE, [file]).expect("close");
    }
}
