//! The auxiliary vector.

use core::ffi::CStr;

use compat_guests::start::{self, auxiliary, registers};

const AT_PHDR: u64 = 3;
const AT_PHENT: u64 = 4;
const AT_PHNUM: u64 = 5;
const AT_PAGESZ: u64 = 6;
const AT_BASE: u64 = 7;
const AT_FLAGS: u64 = 8;
const AT_ENTRY: u64 = 9;
const AT_EXECPATH: u64 = 15;
const AT_CANARY: u64 = 16;
const AT_CANARYLEN: u64 = 17;
const AT_OSRELDATE: u64 = 18;
const AT_NCPUS: u64 = 19;
const AT_PAGESIZES: u64 = 20;
const AT_PAGESIZESLEN: u64 = 21;
const AT_STACKPROT: u64 = 23;
const AT_EHDRFLAGS: u64 = 24;
const AT_BSDFLAGS: u64 = 27;
const AT_ARGC: u64 = 28;
const AT_ARGV: u64 = 29;
const AT_ENVC: u64 = 30;
const AT_ENVV: u64 = 31;
const AT_PS_STRINGS: u64 = 32;

fn value(kind: u64) -> u64 {
    match auxiliary(kind) {
        Some(value) => value,
        None => panic!("the vector has no {kind}"),
    }
}

unsafe extern "C" {
    fn _start();
    static __ehdr_start: u8;
}

pub(crate) fn program_headers() {
    let header = &raw const __ehdr_start;
    assert_eq!(
        value(AT_PHDR),
        header as u64 + 64,
        "right behind the ELF header"
    );
    assert_eq!(value(AT_PHENT), 56);
    let count = unsafe { header.add(56).cast::<u16>().read() };
    assert_eq!(value(AT_PHNUM), u64::from(count));
    assert_eq!(value(AT_ENTRY), _start as *const () as u64);
    assert_eq!(
        value(AT_BASE),
        0,
        "a program at fixed addresses without an interpreter"
    );
}

pub(crate) fn values() {
    assert_eq!(value(AT_PAGESZ), 4096);
    assert_eq!(value(AT_FLAGS), 0);
    assert_eq!(value(AT_EHDRFLAGS), 0);
    assert!((1..=1024).contains(&value(AT_NCPUS)));
    assert!(value(AT_OSRELDATE) >= 1_302_001, "older than this program");
    assert_eq!(value(AT_STACKPROT), 3);
    assert_eq!(value(AT_BSDFLAGS) & 1, 0, "no sigfastblock");
    assert_eq!(value(AT_PAGESIZESLEN), 24);
    let sizes = unsafe { (value(AT_PAGESIZES) as *const [u64; 3]).read() };
    assert_eq!(sizes[..2], [4096, 2 << 20]);
}

pub(crate) fn path() {
    let path = unsafe { CStr::from_ptr(value(AT_EXECPATH) as *const _) }.to_bytes();
    assert!(path.starts_with(b"/") && crate::block::contains_name(path));
}

pub(crate) fn canary() {
    assert_eq!(value(AT_CANARYLEN), 64);
    let canary = unsafe { (value(AT_CANARY) as *const [u64; 8]).read() };
    assert!(canary.iter().all(|&word| word != 0), "64 random bytes");
}

pub(crate) fn copies() {
    let block = registers().block() as u64;
    let argc = unsafe { *registers().block() };
    assert_eq!(value(AT_ARGC), argc);
    assert_eq!(value(AT_ARGV), block + 8);
    assert_eq!(value(AT_ENVV), start::environment() as u64);
    assert_eq!(value(AT_ENVV), block + 8 * (argc + 2));
    let envc = value(AT_ENVC);
    assert_eq!(unsafe { *start::environment().add(envc as usize) }, 0);
    let vector = start::auxiliary_vector() as u64;
    assert_eq!(
        vector,
        value(AT_ENVV) + 8 * (envc + 1),
        "right behind the environment"
    );
}

/// Linux's entries have other meanings here, and the kernel's own come each once.
pub(crate) fn nothing_of_the_host() {
    let mut at = start::auxiliary_vector();
    let mut seen = 0u64;
    loop {
        let [kind, _] = unsafe { at.read() };
        if kind == 0 {
            break;
        }
        assert!((2..=36).contains(&kind), "kind {kind}");
        assert_eq!(seen & (1 << kind), 0, "kind {kind} comes twice");
        seen |= 1 << kind;
        at = unsafe { at.add(1) };
    }
    assert_ne!(seen & (1 << AT_PS_STRINGS), 0);
}
