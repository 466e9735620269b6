//! What the program is told, beside what its interpreter has looked at already.

use core::ffi::CStr;

use compat_guests::start::{AT_PHDR, argument, auxiliary, base, registers};

const AT_BASE: u64 = 7;
const AT_ENTRY: u64 = 9;
const AT_EXECPATH: u64 = 15;
const AT_USRSTACKBASE: u64 = 35;
const AT_USRSTACKLIM: u64 = 36;

unsafe extern "C" {
    fn _start();
}

fn value(kind: u64) -> u64 {
    auxiliary(kind).unwrap_or_else(|| panic!("the vector has no {kind}"))
}

/// The program's path, as the kernel knows it.
pub(crate) fn path() -> &'static CStr {
    unsafe { CStr::from_ptr(value(AT_EXECPATH) as *const _) }
}

pub(crate) fn of_a_program_with_an_interpreter() {
    assert_eq!(value(AT_ENTRY), _start as *const () as u64);
    assert_eq!(value(AT_PHDR), base() + 64);
    assert_ne!(value(AT_BASE), base(), "the interpreter's");
    assert_ne!(value(AT_BASE), 0);
    assert!(argument(0).is_some());
}

/// Since 13.2: libthr lays out its stacks by them.
pub(crate) fn stack_limits() {
    let (top, limit) = (value(AT_USRSTACKBASE), value(AT_USRSTACKLIM));
    let here = registers().rsp;
    assert!(top.is_multiple_of(4096) && here < top && top - here < 64 << 20);
    assert!(limit >= 64 << 10, "{limit}");
}

/// FreeBSD's linker passes the block on in rdi and its cleanup function in rsi.
pub(crate) fn registers_as_the_interpreter_left_them() {
    let entry = registers();
    let block = entry.general[5];
    assert_eq!(entry.rsp, ((block - 8) & !15) + 8);
    let cleanup = entry.general[4] as *const ();
    let cleanup: extern "C" fn() -> u64 = unsafe { core::mem::transmute(cleanup) };
    assert_eq!(cleanup(), 4711);
}
