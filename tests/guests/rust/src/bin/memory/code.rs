//! Code that is made, mapped and changed while the program runs. The host may turn system calls in a program's text into
//! jumps; code that comes and goes must always be what its bytes say.

use compat_guests::sys;

use crate::mappings::{FIXED, PRIVATE, map, unmap};

const PAGE: u64 = 4096;
const READ_WRITE: u64 = 3;
const READ_EXECUTE: u64 = 5;
const ALL: u64 = 7;

fn call(address: u64) -> u64 {
    let function: extern "C" fn() -> u64 = unsafe { core::mem::transmute(address) };
    function()
}

fn write(address: u64, code: &[u8]) {
    unsafe { core::ptr::copy_nonoverlapping(code.as_ptr(), address as *mut u8, code.len()) };
}

/// mov eax, value; ret
fn returns(value: u8) -> [u8; 6] {
    [0xb8, value, 0, 0, 0, 0xc3]
}

/// mov eax, 20; syscall; ret
const GETPID: [u8; 8] = [0xb8, 20, 0, 0, 0, 0x0f, 0x05, 0xc3];

pub(crate) fn written() {
    let at = sys::map(PAGE, ALL);
    for value in [1, 2, 3] {
        write(at, &returns(value));
        assert_eq!(call(at), u64::from(value));
    }
    let at = sys::map(PAGE, READ_WRITE);
    write(at, &returns(4));
    sys::call(sys::MPROTECT, [at, PAGE, READ_EXECUTE]).expect("mprotect");
    assert_eq!(call(at), 4);
}

pub(crate) fn calls() {
    let pid = sys::pid();
    let at = sys::map(PAGE, ALL);
    for place in [0, 64, 61, 200] {
        write(at + place, &GETPID);
        for _ in 0..20 {
            assert_eq!(call(at + place), pid);
        }
        assert_eq!(
            unsafe { ((at + place) as *const [u8; 8]).read_volatile() },
            GETPID,
            "nobody writes there"
        );
    }
    // The same place, another call: getppid.
    for round in 0..20u8 {
        let number = if round % 2 == 0 { 39 } else { 20 };
        write(at, &[0xb8, number, 0, 0, 0, 0x0f, 0x05, 0xc3]);
        let expected = if number == 20 {
            pid
        } else {
            sys::call(sys::GETPPID, []).expect("getppid")
        };
        assert_eq!(call(at), expected);
    }
}

/// A program made of one page of code, in a file, and where its code was mapped.
fn code_file() -> u64 {
    let file = sys::call(sys::OPEN, [c"./code".as_ptr() as u64, 0x602, 0o700]).expect("open");
    let mut page = [0x90u8; PAGE as usize];
    page[..8].copy_from_slice(&GETPID);
    page[64..72].copy_from_slice(&GETPID);
    sys::call(sys::WRITE, [file, page.as_ptr() as u64, PAGE]).expect("write");
    file
}

pub(crate) fn replaced() {
    let pid = sys::pid();
    let file = code_file();
    for round in 0..10 {
        let at = map(0, PAGE, READ_EXECUTE, PRIVATE, file, 0).expect("mmap");
        let again = map(0, PAGE, READ_EXECUTE, PRIVATE, file, 0).expect("mmap");
        for _ in 0..20 {
            assert_eq!((call(at), call(at + 64), call(again)), (pid, pid, pid));
        }
        // Other memory in its place, and then the code once more.
        assert_eq!(map(at, PAGE, ALL, 0x1002 | FIXED, u64::MAX, 0), Ok(at));
        write(at, &returns(round));
        assert_eq!(call(at), u64::from(round));
        assert_eq!(
            map(at, PAGE, READ_EXECUTE, PRIVATE | FIXED, file, 0),
            Ok(at)
        );
        for _ in 0..20 {
            assert_eq!(call(at), pid);
        }
        assert_eq!(unmap(at, PAGE), Ok(0));
        assert_eq!(unmap(again, PAGE), Ok(0));
    }
}

pub(crate) fn rewritten() {
    let pid = sys::pid();
    let file = code_file();
    let at = map(0, PAGE, READ_EXECUTE, PRIVATE, file, 0).expect("mmap");
    for _ in 0..20 {
        assert_eq!(call(at), pid);
    }
    sys::call(sys::MPROTECT, [at, PAGE, ALL]).expect("mprotect");
    write(at, &returns(77));
    assert_eq!(call(at), 77);
    write(at, &GETPID);
    sys::call(sys::MPROTECT, [at, PAGE, READ_EXECUTE]).expect("mprotect");
    for _ in 0..20 {
        assert_eq!((call(at), call(at + 64)), (pid, pid));
    }
    let status = sys::in_child(|| {
        let pid = sys::pid();
        for _ in 0..20 {
            assert_eq!((call(at), call(at + 64)), (pid, pid));
        }
    });
    assert_eq!(status, 0);
}
