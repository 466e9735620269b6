//! A storm of signals over threads that do everything that can block. `$COMPAT_STORM_SECONDS` says for how long, a few
//! seconds unless it is set.
#![no_std]
#![no_main]

mod calls;
mod children;
mod locks;
mod own;
mod pipes;
mod rain;
mod registers;
mod sockets;
mod waits;

use core::ffi::CStr;
use core::fmt::Write;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use compat_guests::output::Line;
use compat_guests::probe::Random;
use compat_guests::start::{Shared, environment};
use compat_guests::threads::{Thread, spawn};
use compat_guests::{check, sys};

use rain::{SENDERS, WORKERS};

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[("storm", storm)]);
}

const SECONDS: u64 = 3;

/// No worker begins anything new.
static STOP: AtomicBool = AtomicBool::new(false);
/// Senders that send no more.
static FINISHED: AtomicU64 = AtomicU64::new(0);
/// Workers that are done altogether.
static DRY: AtomicU64 = AtomicU64::new(0);
static PID: Shared<u64> = Shared::new(0);

/// What a worker is to its work.
pub(crate) struct Worker {
    number: usize,
    pub(crate) random: Random,
}

static OPERATIONS: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
static INTERRUPTED: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];

impl Worker {
    /// Whether to go on. Between two pieces of work it sends some signals, and looks whether its registers are kept.
    pub(crate) fn goes_on(&mut self) -> bool {
        for _ in 0..3 {
            rain::send(self.number, PID.load(), &mut self.random);
        }
        registers::are_kept(self.random.number());
        if self.random.below(8) == 0 {
            rain::undisturbed(self.number, || {
                let _ = sys::pid();
            });
        }
        rain::all_is_well();
        OPERATIONS[self.number].fetch_add(1, SeqCst);
        !STOP.load(SeqCst)
    }

    /// A call that a signal may end unless all handlers restart it.
    pub(crate) fn call(&mut self, what: &str, number: u64, args: [u64; 6]) -> sys::Result {
        let result = self.either_way(number, args);
        if result == Err(sys::EINTR) {
            assert!(!rain::restarts(self.number), "{what} was not restarted");
            INTERRUPTED[self.number].fetch_add(1, SeqCst);
        }
        result
    }

    /// The same until something else than a signal ends it.
    pub(crate) fn insist(&mut self, what: &str, number: u64, args: [u64; 6]) -> sys::Result {
        loop {
            match self.call(what, number, args) {
                Err(sys::EINTR) => {}
                result => return result,
            }
        }
    }

    /// From a place that the host can make a jump of, or from one that it has to trap.
    fn either_way(&mut self, number: u64, args: [u64; 6]) -> sys::Result {
        if self.random.below(4) == 0 {
            sys::call(number, args)
        } else {
            calls::hot(number, &args)
        }
    }

    /// A call that no handler restarts.
    pub(crate) fn sleep(&mut self, number: u64, args: [u64; 6]) -> sys::Result {
        let result = self.either_way(number, args);
        if result == Err(sys::EINTR) {
            INTERRUPTED[self.number].fetch_add(1, SeqCst);
        }
        result
    }
}

extern "C" fn work(_: &Thread, number: u64) {
    let number = number as usize;
    rain::stand_in_the_rain(number);
    let mut worker = Worker {
        number,
        random: Random(number as u64 * 7919 + 1),
    };
    // Even ones are restarted.
    match number {
        0 => pipes::writes(&mut worker),
        1 => pipes::reads(&mut worker),
        2 => sockets::serves(&mut worker),
        3 => sockets::asks(&mut worker),
        4 | 5 => locks::works(&mut worker),
        6 => children::works(&mut worker),
        _ => waits::works(&mut worker),
    }
    FINISHED.fetch_add(1, SeqCst);
    while FINISHED.load(SeqCst) < SENDERS as u64 {
        sys::sleep_microseconds(1000);
    }
    rain::dry(number);
    rain::all_is_well();
    DRY.fetch_add(1, SeqCst);
}

fn seconds() -> u64 {
    const NAME: &[u8] = b"COMPAT_STORM_SECONDS=";
    let mut at = environment();
    unsafe {
        while *at != 0 {
            let text = CStr::from_ptr(*at as *const _).to_bytes();
            if let Some(number) = text.strip_prefix(NAME) {
                let digits = number.iter().take_while(|digit| digit.is_ascii_digit());
                return digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
            }
            at = at.add(1);
        }
    }
    SECONDS
}

fn now() -> u64 {
    const CLOCK_MONOTONIC: u64 = 4;
    let mut time = [0u64; 2];
    sys::call(
        sys::CLOCK_GETTIME,
        [CLOCK_MONOTONIC, time.as_mut_ptr() as u64],
    )
    .expect("clock");
    unsafe { (&raw const time[0]).read_volatile() }
}

fn report(second: u64) {
    let [queued, ordinary, timers] = rain::taken();
    let mut line = Line::new();
    let _ = write!(
        line,
        "{second} s: {queued} queued, {ordinary} ordinary, {timers} of timers; operations"
    );
    for (operations, interrupted) in OPERATIONS.iter().zip(&INTERRUPTED) {
        let _ = write!(
            line,
            " {}({})",
            operations.load(SeqCst),
            interrupted.load(SeqCst)
        );
    }
    let _ = writeln!(line);
    line.flush(2);
}

fn storm() {
    let seconds = seconds();
    PID.store(sys::pid());
    rain::prepare();
    pipes::prepare();
    sockets::prepare();
    let threads: [&Thread; WORKERS] = core::array::from_fn(|number| spawn(work, number as u64));
    rain::timers(true);
    let begin = now();
    let mut reported = 0;
    let mut random = Random(99);
    loop {
        for _ in 0..20 {
            rain::send(WORKERS, PID.load(), &mut random);
        }
        let _ = sys::call(sys::SCHED_YIELD, []);
        let elapsed = now() - begin;
        if elapsed >= reported + 10 {
            reported = elapsed;
            report(elapsed);
        }
        rain::all_is_well();
        if elapsed >= seconds {
            break;
        }
    }
    report(seconds);
    STOP.store(true, SeqCst);
    rain::timers(false);
    FINISHED.fetch_add(1, SeqCst);
    threads.iter().for_each(|thread| thread.join());
    rain::all_is_well();
    assert_eq!(DRY.load(SeqCst), WORKERS as u64);
    let [queued, ordinary, timers] = rain::taken();
    assert!(queued > 0 && ordinary > 0 && timers > 0);
    assert!(calls::is_jump(), "all calls were trapped");
}
