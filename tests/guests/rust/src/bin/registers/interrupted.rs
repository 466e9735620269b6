//! Calls that a signal finds asleep.

use compat_guests::probe::{self, Random};
use compat_guests::signal::{
    self, BLOCK, Context, Info, SA_RESTART, SCRAMBLED, SIGALRM, SIGUSR1, Set,
};
use compat_guests::start::Shared;
use compat_guests::sys;

use crate::calls::{Outcome, arrange, not_all_were_trapped, returned, site};
use crate::states;

/// The kernel restores the whole context after a handler, so these may be as saved.
const LOOSE: [usize; 3] = [probe::R8, probe::R9, probe::R10];

pub(crate) fn nanosleep() {
    signal::handle_by_scrambling(SIGALRM, SA_RESTART);
    for seed in 1..=20 {
        let (set, get) = states();
        set.fill(seed);
        let wanted = [10u64, 0];
        let mut left = [0u64, 0];
        arrange(
            set,
            sys::NANOSLEEP,
            &[wanted.as_ptr() as u64, left.as_mut_ptr() as u64],
        );
        signal::alarm_once(5000);
        probe::run(site(set, seed), set, get);
        assert_eq!(SCRAMBLED.load(), seed);
        get.must_be(
            &returned(set, get, Outcome::Error(sys::EINTR)),
            &LOOSE,
            "nanosleep",
        );
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
        let left = unsafe { (&raw const left).read_volatile() };
        assert!(
            left[0] == 9 && left[1] > 900_000_000,
            "nanosleep left {left:?}"
        );
    }
    not_all_were_trapped(sys::NANOSLEEP);
}

pub(crate) fn read_fails() {
    signal::handle_by_scrambling(SIGALRM, 0);
    let (read, _write) = sys::pipe();
    for seed in 1..=20 {
        let (set, get) = states();
        set.fill(seed);
        let byte = [0u8];
        arrange(set, sys::READ, &[read, byte.as_ptr() as u64, 1]);
        signal::alarm_once(5000);
        probe::run(site(set, seed), set, get);
        get.must_be(
            &returned(set, get, Outcome::Error(sys::EINTR)),
            &LOOSE,
            "read",
        );
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
    }
    not_all_were_trapped(sys::READ);
}

static WRITE_END: Shared<u64> = Shared::new(0);
static HANDLED: Shared<u64> = Shared::new(0);

extern "C" fn write_on_the_third(_: u32, _: &mut Info, _: &mut Context) {
    HANDLED.store(HANDLED.load() + 1);
    if HANDLED.load() == 3 {
        let _ = sys::call(sys::WRITE, [WRITE_END.load(), "y".as_ptr() as u64, 1]);
    }
}

/// With SA_RESTART the call starts over after each handler, until there is something to read.
pub(crate) fn read_restarts() {
    let (read, write) = sys::pipe();
    WRITE_END.store(write);
    signal::handle(SIGALRM, write_on_the_third, SA_RESTART, Set::EMPTY);
    for seed in 1..=20 {
        let (set, get) = states();
        set.fill(seed);
        let byte = [0u8];
        arrange(set, sys::READ, &[read, byte.as_ptr() as u64, 1]);
        HANDLED.store(0);
        signal::alarm_every(3000);
        probe::run(site(set, seed), set, get);
        signal::alarm_every(0);
        get.must_be(&returned(set, get, Outcome::Value(1)), &LOOSE, "read");
        assert_eq!(unsafe { (&raw const byte).read_volatile() }, *b"y");
        // More may have come between the read and the end of the timer.
        assert!(HANDLED.load() >= 3, "read returned early");
    }
    not_all_were_trapped(sys::READ);
}

pub(crate) fn sigsuspend() {
    signal::handle_by_scrambling(SIGUSR1, SA_RESTART);
    let blocked = Set::of(&[SIGUSR1]);
    signal::mask(BLOCK, blocked);
    for seed in 1..=50 {
        signal::raise(SIGUSR1);
        assert_eq!(SCRAMBLED.load(), seed - 1, "a blocked signal was delivered");
        let (set, get) = states();
        set.fill(seed);
        let nothing = Set::EMPTY;
        arrange(set, sys::SIGSUSPEND, &[(&raw const nothing) as u64]);
        probe::run(site(set, seed), set, get);
        assert_eq!(SCRAMBLED.load(), seed);
        get.must_be(
            &returned(set, get, Outcome::Error(sys::EINTR)),
            &LOOSE,
            "sigsuspend",
        );
        assert_eq!(
            signal::mask(BLOCK, Set::EMPTY),
            blocked,
            "the mask after sigsuspend"
        );
    }
    not_all_were_trapped(sys::SIGSUSPEND);
}

/// A signal every 50 microseconds, in user code, in calls and between.
pub(crate) fn storm() {
    signal::handle_by_scrambling(SIGALRM, SA_RESTART);
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    signal::alarm_every(50);
    let mut random = Random(5);
    for seed in 0..20_000 {
        let (set, get) = states();
        set.fill(random.number());
        let time = [0u64; 2];
        let outcome = match random.below(3) {
            0 => {
                arrange(set, sys::GETPID, &[]);
                Outcome::Value(pid)
            }
            1 => {
                arrange(set, sys::CLOSE, &[u64::MAX]);
                Outcome::Error(sys::EBADF)
            }
            _ => {
                arrange(set, sys::GETTIMEOFDAY, &[time.as_ptr() as u64, 0]);
                Outcome::Value(0)
            }
        };
        probe::run(site(set, seed), set, get);
        let expected = returned(set, get, outcome);
        // The flag is the handler's, and the loop's own register.
        get.must_be(&expected, &LOOSE, "a call in the storm");
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
    }
    signal::alarm_every(0);
    assert!(
        SCRAMBLED.load() > 100,
        "only {} signals came",
        SCRAMBLED.load()
    );
    for number in [sys::GETPID, sys::CLOSE, sys::GETTIMEOFDAY] {
        not_all_were_trapped(number);
    }
}
