//! Threads: `lwp_create`, `extexit`, `lwp_kill`, segment bases, `umtx_sleep` and `umtx_wakeup`.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use compat_guests::bsd::signals::{Signals, seen, seen_by};
use compat_guests::bsd::{System, map};
use compat_guests::sys::{self, call};

use crate::DragonFly;

const GETTID: u64 = 496;
const SLEEP: u64 = 469;
const WAKEUP: u64 = 470;
const EBUSY: u64 = 16;
const STACK: u64 = 128 * 1024;
/// `EXTEXIT_LWP`
const THREAD: u64 = 1 << 16;

static STEP: AtomicU64 = AtomicU64::new(0);
static RESULT: AtomicU64 = AtomicU64::new(0);
static WORD: AtomicU32 = AtomicU32::new(0);
static DONE: AtomicU32 = AtomicU32::new(0);
static TIDS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// `struct lwp_params`
#[repr(C)]
struct Parameters {
    func: u64,
    arg: u64,
    stack: u64,
    tids: [u64; 2],
}

fn start(body: extern "C" fn(u64), argument: u64) -> sys::Result {
    let parameters = Parameters {
        func: body as usize as u64,
        arg: argument,
        stack: map(STACK) + STACK,
        tids: [TIDS[0].as_ptr() as u64, TIDS[1].as_ptr() as u64],
    };
    call(495, [(&raw const parameters) as u64])
}

/// Ends the thread, and says so.
fn end() -> ! {
    let _ = call(494, [THREAD | 1, 7, DONE.as_ptr() as u64]);
    sys::exit(98)
}

fn joined() {
    while DONE.load(Ordering::SeqCst) != 7 {
        DragonFly::pause(1000);
    }
    DONE.store(0, Ordering::SeqCst);
}

extern "C" fn adds(argument: u64) {
    RESULT.fetch_add(argument, Ordering::SeqCst);
    STEP.store(call(GETTID, []).unwrap_or(0), Ordering::SeqCst);
    end()
}

pub(crate) fn made() {
    assert_eq!(start(adds, 5), Ok(0), "lwp_create");
    joined();
    assert_eq!(RESULT.load(Ordering::SeqCst), 5);
    assert_eq!(call(495, [8]), Err(sys::EFAULT));
    // The stack held a null return address.
    extern "C" fn looks(_argument: u64) {
        let here: u64;
        unsafe { asm!("mov {}, rbp", out(reg) here) };
        RESULT.store(u64::from(here != 0), Ordering::SeqCst);
        end()
    }
    assert_eq!(start(looks, 0), Ok(0));
    joined();
}

pub(crate) fn numbers() {
    let own = call(GETTID, []).expect("lwp_gettid");
    assert_eq!(start(adds, 1), Ok(0));
    joined();
    let told = TIDS
        .each_ref()
        .map(|tid| u64::from(tid.load(Ordering::SeqCst)));
    assert_eq!(
        told,
        [STEP.load(Ordering::SeqCst); 2],
        "told its maker and itself"
    );
    assert!(told[0] != own);
}

/// When the first thread ends, the others go on; the last takes the process along.
pub(crate) fn last() {
    extern "C" fn stays(_argument: u64) {
        DragonFly::pause(20_000);
        let _ = call(494, [THREAD, 33, 0]);
        sys::exit(97)
    }
    let status = sys::in_child(|| {
        assert_eq!(start(stays, 0), Ok(0));
        let _ = call(494, [THREAD, 5, 0]);
    });
    assert_eq!(status, 33 << 8);
}

/// Who has heard that the others ended is the only one left to take a signal.
pub(crate) fn retired() {
    const SIGUSR2: u64 = 31;
    let set = [1u32 << (SIGUSR2 - 1), 0, 0, 0];
    let at = set.as_ptr() as u64;
    static SET: AtomicU64 = AtomicU64::new(0);
    SET.store(at, Ordering::SeqCst);
    extern "C" fn goes(_argument: u64) {
        const SIG_UNBLOCK: u64 = 2;
        let set = SET.load(Ordering::SeqCst);
        let _ = call(DragonFly::SIGPROCMASK, [SIG_UNBLOCK, set, 0]);
        end()
    }
    let status = sys::in_child(|| {
        const SIG_BLOCK: u64 = 1;
        assert_eq!(call(DragonFly::SIGPROCMASK, [SIG_BLOCK, at, 0]), Ok(0));
        let own = call(sys::GETPID, []).expect("getpid");
        for _ in 0..4000 {
            assert_eq!(start(goes, 0), Ok(0));
            while DONE.swap(0, Ordering::SeqCst) != 7 {
                core::hint::spin_loop();
            }
            assert_eq!(call(sys::KILL, [own, SIGUSR2]), Ok(0));
            assert_eq!(call(DragonFly::SIGTIMEDWAIT, [at, 0, 0]), Ok(SIGUSR2));
        }
    });
    assert_eq!(status, 0);
}

pub(crate) fn word() {
    let status = sys::in_child(|| {
        let page = map(4096);
        assert_eq!(call(494, [77, 1, page]), Err(sys::EINVAL));
        assert_eq!(call(494, [1, 1, 8]), Err(sys::EFAULT));
        let _ = call(494, [0, 41, 0]);
    });
    assert_eq!(status, 41 << 8, "extexit ends the process");
}

extern "C" fn sleeps(_argument: u64) {
    STEP.store(1, Ordering::SeqCst);
    let result = call(SLEEP, [WORD.as_ptr() as u64, 0, 0]);
    RESULT.store(
        result.map_or_else(|error| error, |_| 1000),
        Ordering::SeqCst,
    );
    end()
}

pub(crate) fn kill() {
    DragonFly::count(30);
    assert_eq!(start(sleeps, 0), Ok(0));
    DragonFly::until(&STEP, 1);
    DragonFly::pause(5000);
    let tid = u64::from(TIDS[0].load(Ordering::SeqCst));
    assert_eq!(call(497, [u64::MAX, tid, 30]), Ok(0), "lwp_kill");
    joined();
    assert_eq!(
        (seen_by(), RESULT.load(Ordering::SeqCst)),
        (tid, sys::EINTR)
    );
    let own = call(GETTID, []).expect("lwp_gettid");
    assert_eq!(call(497, [sys::pid(), own, 0]), Ok(0));
    assert_eq!(call(497, [sys::pid(), 4_000_000, 30]), Err(sys::ESRCH));
    assert_eq!(call(497, [u64::MAX - 1, own, 30]), Err(sys::EINVAL));
}

pub(crate) fn segments() {
    static BLOCK: [AtomicU64; 2] = [AtomicU64::new(0x1234), AtomicU64::new(0x5678)];
    let info = [BLOCK.as_ptr() as u64, u64::MAX];
    let at = info.as_ptr() as u64;
    assert_eq!(call(472, [0, at, 16]), Ok(0), "set_tls_area");
    let value: u64;
    unsafe { asm!("mov {}, fs:[8]", out(reg) value) };
    assert_eq!(value, 0x5678);
    let mut found = [0u64; 2];
    assert_eq!(
        call(473, [0, found.as_mut_ptr() as u64, 16]),
        Ok(0),
        "get_tls_area"
    );
    assert_eq!(found[0], BLOCK.as_ptr() as u64);
    assert_eq!(call(472, [0, at, 12]), Err(sys::EINVAL));
    assert_eq!(call(472, [7, at, 16]), Err(sys::EINVAL));
    assert_eq!(call(472, [0, 8, 16]), Err(sys::EFAULT));
}

fn sleep(word: u64, value: u64, microseconds: u64) -> sys::Result {
    call(SLEEP, [word, value, microseconds])
}

pub(crate) fn another_value() {
    let word = WORD.as_ptr() as u64;
    assert_eq!(sleep(word, 1, 0), Err(EBUSY));
    assert_eq!(sleep(word + 1, 0, 1000), Err(sys::EFAULT), "not aligned");
    assert_eq!(sleep(8, 0, 1000), Err(sys::EFAULT));
    assert_eq!(sleep(word, 0, (-5i64) as u64), Err(sys::EINVAL));
    assert_eq!(call(WAKEUP, [word + 2, 1]), Err(sys::EFAULT));
    assert_eq!(call(WAKEUP, [word, 1]), Ok(0), "nobody sleeps");
}

pub(crate) fn timeout() {
    let now = || {
        let mut now = [0u64; 2];
        assert_eq!(call(232, [4, now.as_mut_ptr() as u64]), Ok(0));
        now[0] * 1_000_000 + now[1] / 1000
    };
    let before = now();
    assert_eq!(
        sleep(WORD.as_ptr() as u64, 0, 15_000),
        Err(sys::EAGAIN),
        "EWOULDBLOCK"
    );
    assert!(now() - before >= 15_000);
}

pub(crate) fn wakeup() {
    for count in [1, 0] {
        STEP.store(0, Ordering::SeqCst);
        assert_eq!(start(sleeps, 0), Ok(0));
        DragonFly::until(&STEP, 1);
        // Until it sleeps, waking wakes nobody.
        while DONE.load(Ordering::SeqCst) != 7 {
            assert_eq!(call(WAKEUP, [WORD.as_ptr() as u64, count]), Ok(0));
            DragonFly::pause(500);
        }
        joined();
        assert_eq!(RESULT.load(Ordering::SeqCst), 1000);
    }
}

pub(crate) fn between_processes() {
    let page = sys::call_of_seven(197, [0, 4096, 3, 0x1001, u64::MAX, 0], 0).expect("mmap");
    let word = unsafe { &*(page as *const AtomicU32) };
    let sys::Fork::Parent(child) = sys::fork() else {
        while word.load(Ordering::SeqCst) == 0 {
            let _ = sleep(page, 0, 0);
        }
        sys::exit(3)
    };
    DragonFly::pause(5000);
    word.store(1, Ordering::SeqCst);
    assert_eq!(call(WAKEUP, [page, 0]), Ok(0));
    assert_eq!(sys::wait(child), 3 << 8);
}

pub(crate) fn interrupted() {
    DragonFly::count(14);
    let timer = [0u64, 0, 0, 5000];
    assert_eq!(call(sys::SETITIMER, [0, timer.as_ptr() as u64, 0]), Ok(0));
    assert_eq!(sleep(WORD.as_ptr() as u64, 0, 0), Err(sys::EINTR));
    assert_eq!(seen(), 1);
}
