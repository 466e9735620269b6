//! Calls from code that the host has to trap, while something makes the host send the thread the very signal that it traps
//! with: none of the calls may vanish.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGSYS, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

const CALLS: u64 = 100_000;
const SETUID: u64 = 23;

static WRONG: AtomicU64 = AtomicU64::new(0);
static DONE: AtomicU64 = AtomicU64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Code that the program makes is never patched: mov eax, 20; syscall; ret
extern "C" fn traps(_: &Thread, pid: u64) {
    let at = sys::map(4096, 7);
    let code = [0xb8, 20, 0, 0, 0, 0x0f, 0x05, 0xc3];
    unsafe { (at as *mut [u8; 8]).write(code) };
    let call: extern "C" fn() -> u64 = unsafe { core::mem::transmute(at) };
    for _ in 0..CALLS {
        if call() != pid {
            WRONG.fetch_add(1, SeqCst);
        }
    }
    DONE.fetch_add(1, SeqCst);
}

extern "C" fn counts(_: u32, _: &mut Info, _: &mut Context) {
    TAKEN.fetch_add(1, SeqCst);
}

/// Every thread takes on new credentials.
pub(crate) fn under_new_credentials() {
    let uid = sys::call(sys::GETUID, []).expect("getuid");
    let thread = spawn(traps, sys::pid());
    while DONE.load(SeqCst) == 0 {
        sys::call(SETUID, [uid]).expect("setuid");
    }
    thread.join();
    assert_eq!(WRONG.load(SeqCst), 0, "calls that were not made");
}

/// A program sends itself SIGSYS.
pub(crate) fn under_sigsys() {
    signal::handle(SIGSYS, counts, SA_RESTART, Set::EMPTY);
    let thread = spawn(traps, sys::pid());
    while DONE.load(SeqCst) == 0 {
        let _ = sys::call(sys::THR_KILL, [thread.id(), u64::from(SIGSYS)]);
    }
    thread.join();
    assert_ne!(TAKEN.load(SeqCst), 0);
    assert_eq!(WRONG.load(SeqCst), 0, "calls that were not made");
}
