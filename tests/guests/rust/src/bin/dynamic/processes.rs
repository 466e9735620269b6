//! New processes of a program that has an interpreter.

use core::ffi::CStr;

use compat_guests::start::argument;
use compat_guests::sys;

use crate::{library, vector};

/// What the program does when one of these checks has started it.
pub(crate) fn answer() {
    if argument(1) == Some(b"answer") {
        library::functions();
        assert_eq!(argument(0), Some(&b"a name"[..]));
        sys::exit(33);
    }
}

pub(crate) fn fork() {
    assert_eq!(
        sys::in_child(|| {
            library::many_calls();
            library::functions();
        }),
        0
    );
    library::functions();
}

pub(crate) fn vfork_and_exec() {
    let path = vector::path().as_ptr() as u64;
    let arguments = [c"a name".as_ptr() as u64, c"answer".as_ptr() as u64, 0];
    let child = sys::vfork_and_exec(path, &arguments, &[0]);
    assert_eq!(sys::wait(child), 33 << 8);
}

pub(crate) fn pathname() {
    const SYSCTL: u64 = 202;
    let name = [1u32, 14, 12, u32::MAX];
    let mut path = [0u8; 1024];
    let mut length = path.len() as u64;
    let args = [
        name.as_ptr() as u64,
        4,
        path.as_mut_ptr() as u64,
        (&raw mut length) as u64,
        0,
        0,
    ];
    sys::call(SYSCTL, args).expect("kern.proc.pathname");
    let told = CStr::from_bytes_until_nul(&path).expect("text");
    assert_eq!(told, vector::path(), "the program's, not the interpreter's");
}
