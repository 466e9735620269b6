//! `_lwp_*` and `__futex`.

use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use compat_guests::bsd::signals::{SIGUSR1, Signals, raise, seen, seen_by};
use compat_guests::bsd::{System, pipe};
use compat_guests::sys::{self, call};

use crate::NetBsd;
use crate::thread::{DETACHED, join, start};

const PARK: u64 = 478;
const UNPARK: u64 = 321;
const ALREADY: u64 = 37;
const MONOTONIC: u64 = 3;

static STEP: AtomicU64 = AtomicU64::new(0);
static RESULT: AtomicU64 = AtomicU64::new(0);

fn own() -> u64 {
    call(311, []).expect("_lwp_self")
}

extern "C" fn adds(argument: u64) {
    RESULT.fetch_add(argument, Ordering::SeqCst);
    STEP.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn joined() {
    let id = start(adds, 5, 0).expect("_lwp_create");
    assert!(id != own());
    assert_eq!(join(id), Ok(id));
    assert_eq!(RESULT.load(Ordering::SeqCst), 5);
    assert!(join(id).is_err(), "gone");
    assert_eq!(join(own()), Err(11), "EDEADLK");
    // A context without registers.
    let nothing = [0u64; 98];
    assert_eq!(call(309, [nothing.as_ptr() as u64, 0, 0]), Err(sys::EINVAL));
}

pub(crate) fn detached() {
    let id = start(waits, 0, DETACHED).expect("_lwp_create");
    NetBsd::until(&STEP, 1);
    assert_eq!(
        join(id),
        Err(sys::EINVAL),
        "nobody waits for a detached thread"
    );
    assert_eq!(call(319, [id]), Err(sys::EINVAL), "it is detached already");
    assert_eq!(call(UNPARK, [id, 0]), Ok(0));
    NetBsd::until(&STEP, 2);
    let second = start(waits, 0, 0).expect("_lwp_create");
    NetBsd::until(&STEP, 3);
    assert_eq!(call(319, [second]), Ok(0), "_lwp_detach");
    assert_eq!(join(second), Err(sys::EINVAL));
    assert_eq!(call(UNPARK, [second, 0]), Ok(0));
    assert_eq!(call(319, [4_000_000]), Err(sys::ESRCH));
}

/// Parks until it is unparked.
extern "C" fn waits(_argument: u64) {
    STEP.fetch_add(1, Ordering::SeqCst);
    let result = call(PARK, [MONOTONIC, 0, 0, 0, 0, 0]);
    RESULT.store(result.unwrap_or_else(|error| error), Ordering::SeqCst);
    STEP.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn any() {
    let first = start(adds, 1, 0).expect("_lwp_create");
    let second = start(adds, 1, 0).expect("_lwp_create");
    let (a, b) = (join(0).expect("one"), join(0).expect("the other"));
    assert!((a, b) == (first, second) || (a, b) == (second, first));
    assert_eq!(join(0), Err(sys::ESRCH), "nobody left");
}

pub(crate) fn token() {
    let own = own();
    assert_eq!(call(UNPARK, [own, 0]), Ok(0));
    assert_eq!(call(UNPARK, [own, 0]), Ok(0), "there is one token only");
    let short = [0u64, 1_000_000];
    assert_eq!(
        call(PARK, [MONOTONIC, 0, short.as_ptr() as u64, 0, 0, 0]),
        Err(ALREADY)
    );
    assert_eq!(
        call(PARK, [MONOTONIC, 0, short.as_ptr() as u64, 0, 0, 0]),
        Err(sys::ETIMEDOUT)
    );
    assert_eq!(call(UNPARK, [4_000_000, 0]), Err(sys::ESRCH));
}

pub(crate) fn park() {
    for _ in 0..50 {
        STEP.store(0, Ordering::SeqCst);
        let id = start(waits, 0, 0).expect("_lwp_create");
        NetBsd::until(&STEP, 1);
        assert_eq!(call(UNPARK, [id, 0]), Ok(0));
        assert_eq!(join(id), Ok(id));
        let result = RESULT.load(Ordering::SeqCst);
        assert!(result == 0 || result == ALREADY, "{result}");
    }
}

pub(crate) fn park_until() {
    let mut time = [0u64, 3_000_000];
    let at = time.as_mut_ptr() as u64;
    assert_eq!(call(PARK, [MONOTONIC, 0, at, 0, 0, 0]), Err(sys::ETIMEDOUT));
    assert_eq!(
        unsafe { time.as_ptr().read_volatile() },
        0,
        "nothing is left of it"
    );
    let now = |clock: u64| {
        let mut now = [0u64; 2];
        assert_eq!(call(427, [clock, now.as_mut_ptr() as u64]), Ok(0));
        unsafe { (&raw const now).read_volatile() }
    };
    for clock in [0, MONOTONIC] {
        let mut then = now(clock);
        then[1] += 5_000_000;
        (then[0], then[1]) = (then[0] + then[1] / 1_000_000_000, then[1] % 1_000_000_000);
        assert_eq!(
            call(PARK, [clock, 1, then.as_ptr() as u64, 0, 0, 0]),
            Err(sys::ETIMEDOUT)
        );
        assert!(now(clock) >= then);
        // What is over already.
        assert_eq!(
            call(PARK, [clock, 1, [0u64, 0].as_ptr() as u64, 0, 0, 0]),
            Err(sys::ETIMEDOUT)
        );
    }
    let wrong = [0u64, 1_000_000_000];
    assert_eq!(
        call(PARK, [MONOTONIC, 0, wrong.as_ptr() as u64, 0, 0, 0]),
        Err(sys::EINVAL)
    );
    assert_eq!(
        call(PARK, [77, 0, time.as_ptr() as u64, 0, 0, 0]),
        Err(sys::EINVAL)
    );
}

pub(crate) fn older_park() {
    // A time of the day.
    assert_eq!(
        call(434, [[1u64, 0].as_ptr() as u64, 0, 0, 0]),
        Err(sys::ETIMEDOUT)
    );
    assert_eq!(call(UNPARK, [own(), 0]), Ok(0));
    assert_eq!(call(434, [0, 0, 0, 0]), Err(ALREADY));
}

pub(crate) fn unpark_all() {
    let most = call(322, [0, 0, 0]).expect("how many at most");
    assert!(most >= 16);
    let first = start(waits, 0, 0).expect("_lwp_create");
    let second = start(waits, 0, 0).expect("_lwp_create");
    NetBsd::until(&STEP, 2);
    let targets = [first as u32, second as u32];
    assert!(call(322, [targets.as_ptr() as u64, 2, 0]).is_ok());
    assert_eq!(join(first), Ok(first));
    assert_eq!(join(second), Ok(second));
    assert_eq!(
        call(322, [targets.as_ptr() as u64, most + 1, 0]),
        Err(sys::EINVAL)
    );
}

pub(crate) fn hand_over() {
    let id = start(waits, 0, 0).expect("_lwp_create");
    NetBsd::until(&STEP, 1);
    // Parks itself and unparks the other in one call.
    let short = [0u64, 2_000_000];
    let result = call(PARK, [MONOTONIC, 0, short.as_ptr() as u64, id, 0, 0]);
    assert_eq!(result, Err(sys::ETIMEDOUT));
    assert_eq!(join(id), Ok(id));
    assert_eq!(
        call(PARK, [MONOTONIC, 0, short.as_ptr() as u64, 4_000_000, 0, 0]),
        Err(sys::ESRCH)
    );
}

fn at_fs(offset: u64) -> u64 {
    let value;
    unsafe { asm!("mov {}, fs:[{}]", out(reg) value, in(reg) offset) };
    value
}

pub(crate) fn private() {
    static BLOCK: [AtomicU64; 2] = [AtomicU64::new(0x1234), AtomicU64::new(0x5678)];
    let address = BLOCK.as_ptr() as u64;
    assert_eq!(call(317, [address]), Ok(0), "_lwp_setprivate");
    assert_eq!(call(316, []), Ok(address), "_lwp_getprivate");
    assert_eq!((at_fs(0), at_fs(8)), (0x1234, 0x5678));
    assert_eq!(call(317, [1 << 63]), Err(sys::EINVAL));
    extern "C" fn looks(_address: u64) {
        RESULT.store(at_fs(8), Ordering::SeqCst);
    }
    // A thread begins with the base of its context.
    let id = start(looks, address, 0).expect("_lwp_create");
    assert_eq!(join(id), Ok(id));
    assert_eq!(RESULT.load(Ordering::SeqCst), 0x5678);
}

pub(crate) fn names() {
    let mut name = [0xaau8; 32];
    let at = name.as_mut_ptr() as u64;
    assert_eq!(
        call(323, [0, c"worker".as_ptr() as u64]),
        Ok(0),
        "_lwp_setname"
    );
    assert_eq!(call(324, [own(), at, 32]), Ok(0), "_lwp_getname");
    assert_eq!(&name[..7], b"worker\0");
    assert_eq!(call(324, [own(), at, 4]), Ok(0));
    assert_eq!(&name[..4], b"wor\0");
    assert_eq!(
        call(323, [4_000_000, c"x".as_ptr() as u64]),
        Err(sys::ESRCH)
    );
}

pub(crate) fn kill() {
    NetBsd::count(30);
    let id = start(waits, 0, 0).expect("_lwp_create");
    NetBsd::until(&STEP, 1);
    NetBsd::pause(2000);
    assert_eq!(call(318, [id, 30]), Ok(0), "_lwp_kill");
    // The handler ran on that thread, whose sleep it ended.
    assert_eq!(join(id), Ok(id));
    assert_eq!(seen_by(), id);
    assert_eq!(RESULT.load(Ordering::SeqCst), sys::EINTR);
    assert_eq!(call(318, [own(), 0]), Ok(0));
    assert_eq!(call(318, [own(), 99]), Err(sys::EINVAL));
    assert_eq!(call(318, [4_000_000, 30]), Err(sys::ESRCH));
}

/// `__sigprocmask14` as the C library calls it.
#[unsafe(naked)]
unsafe extern "C" fn sigprocmask(how: u64, set: *const u32, old: *mut u32) -> i64 {
    naked_asm!(
        "mov eax, 293",
        "mov r10, rcx",
        "syscall",
        "jb 2f",
        "ret",
        "2: neg rax",
        "ret"
    )
}

/// Who is roused though it does not sleep still gets its mask back, from sites that no longer trap as well.
pub(crate) fn roused() {
    NetBsd::count(SIGUSR1);
    let set = [1u32 << (SIGUSR1 - 1), 0, 0, 0];
    let change = |how| unsafe { sigprocmask(how, set.as_ptr(), core::ptr::null_mut()) };
    for round in 1..=40 {
        assert_eq!(change(1), 0, "SIG_BLOCK");
        // The thread is awake, and told so or not.
        let _ = call(315, [own()]);
        assert_eq!(change(2), 0, "SIG_UNBLOCK");
        raise(SIGUSR1);
        assert_eq!(seen(), round);
    }
    // The first sleep after it ends at once, as if it had been roused from that.
    let long = [60u64, 0];
    let woken = call(PARK, [MONOTONIC, 0, long.as_ptr() as u64, 0, 0, 0]);
    assert!(
        woken == Err(sys::EINTR) || woken == Err(ALREADY),
        "{woken:?}"
    );
}

pub(crate) fn control() {
    let mut address = 0u64;
    assert_eq!(call(325, [1, (&raw mut address) as u64]), Ok(0), "_lwp_ctl");
    let address = unsafe { (&raw const address).read_volatile() };
    let cpu = unsafe { (address as *const i32).read_volatile() };
    assert!((0..4096).contains(&cpu), "who reads its own runs: {cpu}");
    let mut again = 0u64;
    assert_eq!(call(325, [3, (&raw mut again) as u64]), Ok(0));
    assert_eq!(
        unsafe { (&raw const again).read_volatile() },
        address,
        "the same block"
    );
    assert_eq!(
        call(325, [0x100, (&raw mut again) as u64]),
        Err(19),
        "ENODEV"
    );
    // A parked thread runs nowhere, and nobody spins for it.
    let parked = start(tells_and_parks, 0, 0).expect("_lwp_create");
    NetBsd::until(&STEP, 1);
    let block = RESULT.load(Ordering::SeqCst) as *const i32;
    while unsafe { block.read_volatile() } != -1 {
        let _ = call(350, []);
    }
    assert_eq!(call(UNPARK, [parked, 0]), Ok(0));
    assert_eq!(join(parked), Ok(parked));
}

extern "C" fn tells_and_parks(_: u64) {
    let mut address = 0u64;
    call(325, [1, (&raw mut address) as u64]).expect("_lwp_ctl");
    let address = unsafe { (&raw const address).read_volatile() };
    RESULT.store(address, Ordering::SeqCst);
    STEP.fetch_add(1, Ordering::SeqCst);
    call(PARK, [MONOTONIC, 0, 0, 0, 0, 0]).expect("___lwp_park60");
    // It sleeps no more.
    let cpu = unsafe { (address as *const i32).read_volatile() };
    assert!(cpu >= 0, "{cpu}");
}

const WAKEUP: u64 = 315;
const NANOSLEEP: u64 = 430;
/// An empty pipe.
static EMPTY: AtomicU64 = AtomicU64::new(0);

fn nap(seconds: u64, nanos: u64) -> sys::Result {
    call(NANOSLEEP, [[seconds, nanos].as_ptr() as u64, 0])
}

/// Sleeps in a read, then parks twice.
extern "C" fn is_woken(_: u64) {
    let mut block = 0u64;
    call(325, [1, (&raw mut block) as u64]).expect("_lwp_ctl");
    RESULT.store(
        unsafe { (&raw const block).read_volatile() },
        Ordering::SeqCst,
    );
    STEP.fetch_add(1, Ordering::SeqCst);
    let mut byte = 0u8;
    let read = [EMPTY.load(Ordering::SeqCst), (&raw mut byte) as u64, 1];
    assert_eq!(call(3, read), Err(sys::EINTR));
    // What ended a sleep is forgotten by the next (sleepq_block).
    assert_eq!(nap(1000, 0), Err(sys::EINTR));
    assert_eq!(nap(0, 1_000_000), Ok(0), "twice");
    let park = || call(PARK, [MONOTONIC, 0, 0, 0, 0, 0]);
    assert_eq!(park(), Err(ALREADY), "it left a token");
    STEP.fetch_add(1, Ordering::SeqCst);
    assert_eq!(park(), Err(sys::EINTR));
    assert_eq!(park(), Err(ALREADY));
    assert_eq!(nap(0, 1_000_000), Ok(0), "the token was all");
}

pub(crate) fn wakeup() {
    let (to_read, to_write) = pipe();
    EMPTY.store(to_read, Ordering::SeqCst);
    let other = start(is_woken, 0, 0).expect("_lwp_create");
    for step in 1..=2 {
        NetBsd::until(&STEP, step);
        let cpu = RESULT.load(Ordering::SeqCst) as *const i32;
        while unsafe { cpu.read_volatile() } != -1 {
            let _ = call(350, []);
        }
        // Once it sleeps in the host as well.
        NetBsd::pause(2000);
        assert_eq!(call(WAKEUP, [other]), Ok(0));
    }
    assert_eq!(join(other), Ok(other));
    assert_eq!(call(WAKEUP, [4_000_000]), Err(sys::ESRCH));

    // Of one that does not sleep, the next sleep, whatever calls come before.
    const ENODEV: u64 = 19;
    let byte = 0u8;
    assert_eq!(call(WAKEUP, [own()]), Err(ENODEV));
    for _ in 0..100 {
        assert_eq!(call(4, [to_write, (&raw const byte) as u64, 1]), Ok(1));
        assert_eq!(call(3, [to_read, (&raw const byte) as u64, 1]), Ok(1));
    }
    assert_eq!(nap(1000, 0), Err(sys::EINTR));
    assert_eq!(nap(0, 5_000_000), Ok(0), "once");
    assert_eq!(call(WAKEUP, [own()]), Err(ENODEV));
    let read = call(3, [to_read, (&raw const byte) as u64, 1]);
    assert_eq!(read, Err(sys::EINTR), "nothing there");
    assert_eq!(call(PARK, [MONOTONIC, 0, 0, 0, 0, 0]), Err(ALREADY));
    assert_eq!(call(WAKEUP, [own()]), Err(ENODEV));
    assert_eq!(call(PARK, [MONOTONIC, 0, 0, 0, 0, 0]), Err(ALREADY));
    assert_eq!(nap(0, 5_000_000), Ok(0), "that was all");
}

pub(crate) fn futex() {
    static WORD: AtomicU32 = AtomicU32::new(0);
    let word = WORD.as_ptr() as u64;
    let wait = |value: u64, time: u64| sys::call(166, [word, 0x80, value, time, 0, 0]);
    assert_eq!(wait(1, 0), Err(sys::EAGAIN), "another value");
    assert_eq!(
        wait(0, [0u64, 1_000_000].as_ptr() as u64),
        Err(sys::ETIMEDOUT)
    );
    extern "C" fn wakes(_argument: u64) {
        WORD.store(1, Ordering::SeqCst);
        let _ = call(166, [WORD.as_ptr() as u64, 0x81, 1, 0, 0, 0]);
    }
    let id = start(wakes, 0, 0).expect("_lwp_create");
    while WORD.load(Ordering::SeqCst) == 0 {
        let result = wait(0, 0);
        assert!(
            matches!(result, Ok(0) | Err(sys::EAGAIN | sys::EINTR)),
            "{result:?}"
        );
    }
    assert_eq!(join(id), Ok(id));
    assert_eq!(call(166, [word, 77, 0, 0, 0, 0]), Err(sys::ENOSYS));
}
