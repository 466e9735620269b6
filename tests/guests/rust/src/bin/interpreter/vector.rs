//! What the kernel tells a dynamic linker.

use core::ffi::CStr;

use compat_guests::start::{AT_PHDR, AT_PHNUM, auxiliary, base, registers};

pub(crate) const AT_PHENT: u64 = 4;
pub(crate) const AT_BASE: u64 = 7;
pub(crate) const AT_ENTRY: u64 = 9;
const AT_EXECPATH: u64 = 15;
const PT_PHDR: u32 = 6;
const PT_INTERP: u32 = 3;

unsafe extern "C" {
    fn _start();
}

fn value(kind: u64) -> u64 {
    auxiliary(kind).unwrap_or_else(|| panic!("the vector has no {kind}"))
}

/// Run as a program of its own: the vector then describes this image.
pub(crate) fn started_by_hand() -> bool {
    if value(AT_ENTRY) != _start as *const () as u64 {
        return false;
    }
    assert_eq!(value(AT_BASE), base());
    assert_eq!(value(AT_PHDR), base() + 64);
    true
}

pub(crate) fn look() {
    assert_eq!(value(AT_BASE), base(), "where the interpreter lies");
    assert_eq!(value(AT_PHENT), 56);
    let (program, count) = (program_base(), value(AT_PHNUM));
    assert_ne!(program, base());
    assert!(program.is_multiple_of(4096) && count > 0);
    assert_eq!(
        unsafe { (program as *const u32).read() },
        u32::from_le_bytes(*b"\x7fELF")
    );
    let named = headers()
        .iter()
        .find(|header| header[0] as u32 == PT_INTERP);
    let named = named.expect("the program names its interpreter")[2];
    let named = unsafe { CStr::from_ptr(program.wrapping_add(named) as *const _) };
    assert_eq!(named, c"/libexec/ld-guest.so.1");
    let path = unsafe { CStr::from_ptr(value(AT_EXECPATH) as *const _) }.to_bytes();
    assert!(path.starts_with(b"/"), "an absolute path");
    assert!(
        path.windows(13).any(|part| part == b"guest-dynamic"),
        "the program's, not the interpreter's"
    );
    assert_eq!(registers().rsp % 16, 8);
    assert_eq!(
        registers().rsp,
        ((registers().block() as u64 - 8) & !15) + 8
    );
}

/// The program's headers.
pub(crate) fn headers() -> &'static [[u64; 7]] {
    let count = value(AT_PHNUM) as usize;
    unsafe { core::slice::from_raw_parts(value(AT_PHDR) as *const _, count) }
}

/// Where the program lies.
pub(crate) fn program_base() -> u64 {
    let table = headers().iter().find(|header| header[0] as u32 == PT_PHDR);
    value(AT_PHDR) - table.expect("PT_PHDR")[2]
}
