//! Code that a program makes while it runs. Nobody but the program changes a byte of it.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::sys::{self, OFTEN};
use compat_guests::threads::{Thread, spawn};

use crate::mapped::{
    ALL_RIGHTS, FIRST, PAGE, PRIVATE, READ_EXECUTE, READ_WRITE, SHARED, code_file, map, protect,
    short,
};
use crate::sites::{call, identity};

const LSEEK: u64 = 478;

fn write(at: u64, code: &[u8]) {
    unsafe { core::ptr::copy_nonoverlapping(code.as_ptr(), at as *mut u8, code.len()) };
}

fn bytes(at: u64) -> [u8; 9] {
    unsafe { (at as *const [u8; 9]).read_volatile() }
}

/// Written, then executable, and again with another number.
pub(crate) fn in_turns() {
    let (own, parent) = identity();
    let at = sys::map(PAGE, READ_WRITE);
    for round in 0..200u8 {
        let number = if round % 2 == 0 { 20 } else { 39 };
        for place in 0..20 {
            write(at + place * 41, &short(number));
        }
        protect(at, PAGE, READ_EXECUTE);
        for place in 0..20 {
            let expected = if number == 20 { own } else { parent };
            for _ in 0..OFTEN {
                assert_eq!(call(at + place * 41), expected);
            }
            assert_eq!(bytes(at + place * 41), short(number));
        }
        protect(at, PAGE, READ_WRITE);
    }
}

/// The same memory at two addresses, one to write and one to run.
pub(crate) fn by_two_names() {
    let (own, parent) = identity();
    const SHM_ANON: u64 = 1;
    const O_RDWR: u64 = 2;
    let object = sys::call(sys::SHM_OPEN2, [SHM_ANON, O_RDWR, 0, 0, 0]).expect("shm_open2");
    sys::call(sys::FTRUNCATE, [object, PAGE]).expect("ftruncate");
    let writable = map(0, PAGE, READ_WRITE, SHARED, object, 0);
    let code = map(0, PAGE, READ_EXECUTE, SHARED, object, 0);
    for round in 0..100u8 {
        let (number, expected) = if round % 2 == 0 {
            (20, own)
        } else {
            (39, parent)
        };
        write(writable, &short(number));
        for _ in 0..OFTEN {
            assert_eq!(call(code), expected);
        }
        assert_eq!(bytes(code), short(number));
    }
}

/// A file that is mapped to be shared, run, and written by calls. What others see of it is what the program wrote.
pub(crate) fn in_a_shared_file() {
    let (own, parent) = identity();
    let file = code_file();
    let shared = map(0, PAGE, READ_EXECUTE, SHARED, file, 0) + FIRST;
    let private = map(0, PAGE, READ_EXECUTE, PRIVATE, file, PAGE) + FIRST;
    for round in 0..50u8 {
        let (number, expected) = if round % 2 == 0 {
            (39, parent)
        } else {
            (20, own)
        };
        let code = short(number);
        sys::call(LSEEK, [file, FIRST + 18, 0]).expect("lseek");
        sys::call(sys::WRITE, [file, code.as_ptr() as u64, 9]).expect("write");
        for _ in 0..OFTEN {
            assert_eq!(call(shared + 18), expected);
            assert_eq!((call(shared), call(private)), (own, parent));
        }
        assert_eq!(bytes(shared + 18), short(number));
    }
    // The jumps of the private mapping are not the file's.
    assert_ne!(bytes(private), short(39));
    let mut found = [0u8; 9];
    sys::call(LSEEK, [file, PAGE + FIRST, 0]).expect("lseek");
    sys::call(sys::READ, [file, found.as_mut_ptr() as u64, 9]).expect("read");
    assert_eq!(unsafe { (&raw const found).read_volatile() }, short(39));
}

static TURN: AtomicU64 = AtomicU64::new(0);
static WRONG: AtomicU64 = AtomicU64::new(0);

/// Calls what another thread rewrites: either number is right.
extern "C" fn calls(_: &Thread, at: u64) {
    let (own, parent) = identity();
    while TURN.load(SeqCst) == 0 {
        let found = call(at);
        if found != own && found != parent {
            WRONG.fetch_add(1, SeqCst);
        }
    }
}

/// A number that changes under threads that run it.
pub(crate) fn under_load() {
    let at = sys::map(PAGE, ALL_RIGHTS);
    write(at, &short(20));
    let threads = [spawn(calls, at), spawn(calls, at), spawn(calls, at)];
    for round in 0..20_000u64 {
        // One byte, which every processor sees whole.
        unsafe { ((at + 1) as *mut u8).write_volatile(if round % 2 == 0 { 39 } else { 20 }) };
        if round % 100 == 0 {
            let _ = sys::call(sys::SCHED_YIELD, []);
        }
    }
    TURN.store(1, SeqCst);
    threads.iter().for_each(|thread| thread.join());
    assert_eq!(WRONG.load(SeqCst), 0);
}
