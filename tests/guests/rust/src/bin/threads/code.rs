//! Calls from places that the host may be turning into jumps at that very moment.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGALRM, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

const SITES: u64 = 64;

// 64 places that ask for the process number, 16 bytes apart: whole within a cache line or not.
global_asm!(
    ".p2align 6",
    "sites_from:",
    ".rept 64",
    ".p2align 4",
    "mov eax, 20",
    "syscall",
    "ret",
    ".endr",
);

unsafe extern "C" {
    fn sites_from();
}

static WRONG: AtomicU64 = AtomicU64::new(0);
static ROUND: AtomicU64 = AtomicU64::new(0);

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

extern "C" fn runs_all(_: &Thread, pid: u64) {
    let first = sites_from as *const () as u64;
    for site in 0..SITES {
        let call: extern "C" fn() -> u64 = unsafe { core::mem::transmute(first + 16 * site) };
        // All threads come to a site together.
        while ROUND.load(SeqCst) < site {
            core::hint::spin_loop();
        }
        for _ in 0..50 {
            if call() != pid {
                WRONG.fetch_add(1, SeqCst);
            }
        }
        ROUND.fetch_max(site + 1, SeqCst);
    }
}

pub(crate) fn hot_sites() {
    signal::handle(SIGALRM, nothing, SA_RESTART, Set::EMPTY);
    signal::alarm_every(100);
    let pid = sys::pid();
    let threads: [&Thread; 4] = core::array::from_fn(|_| spawn(runs_all, pid));
    threads.iter().for_each(|thread| thread.join());
    signal::alarm_every(0);
    assert_eq!(WRONG.load(SeqCst), 0, "calls with a wrong result");
}
