//! Many threads come to the same places for the first time at the same moment.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::probe::Random;
use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGALRM, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;
use compat_guests::text::Bounds;
use compat_guests::threads::{Thread, spawn};

use crate::sites::{ALL, Place, identity};

const THREADS: usize = 32;
/// More than any host waits before it looks at a place.
const TURNS: u64 = 8;

static WRONG: AtomicU64 = AtomicU64::new(0);
static STRANGE: AtomicU64 = AtomicU64::new(0);
static SIGNALS: AtomicU64 = AtomicU64::new(0);
static READY: AtomicU64 = AtomicU64::new(0);
static DONE: AtomicU64 = AtomicU64::new(0);

static BOUNDS: Shared<Bounds> = Shared::new(Bounds::NONE);

/// The program counter that a handler is shown is the program's own.
extern "C" fn looks(_: u32, _: &mut Info, context: &mut Context) {
    if !BOUNDS.load().have(context.machine.rip) {
        STRANGE.fetch_add(1, SeqCst);
    }
    SIGNALS.fetch_add(1, SeqCst);
}

/// All places in an order of its own for each seed.
fn order(seed: u64) -> [u16; ALL as usize] {
    let mut all: [u16; ALL as usize] = core::array::from_fn(|index| index as u16);
    let mut random = Random(seed + 1);
    for index in (1..all.len()).rev() {
        all.swap(index, random.below(index + 1));
    }
    all
}

extern "C" fn runs_all(_: &Thread, seed: u64) {
    let (own, parent) = identity();
    // Half of the threads come the same way, the others each by one of their own.
    let order = order(if seed.is_multiple_of(2) { 0 } else { seed });
    READY.fetch_add(1, SeqCst);
    while READY.load(SeqCst) < THREADS as u64 {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
    for number in order {
        let place = Place::numbered(u64::from(number));
        for _ in 0..TURNS {
            if place.call() != place.expected(own, parent) {
                WRONG.fetch_add(1, SeqCst);
            }
        }
    }
    DONE.fetch_add(1, SeqCst);
}

fn all_at_once(meanwhile: impl Fn(&[&Thread; THREADS])) {
    let threads: [&Thread; THREADS] = core::array::from_fn(|seed| spawn(runs_all, seed as u64));
    while DONE.load(SeqCst) < THREADS as u64 {
        meanwhile(&threads);
    }
    threads.iter().for_each(|thread| thread.join());
    assert_eq!(WRONG.load(SeqCst), 0, "calls with a wrong result");
    assert_eq!(STRANGE.load(SeqCst), 0, "signals at a strange place");
    let trapping = (0..ALL).map(Place::numbered).find(|place| !place.is_jump());
    if let Some(place) = trapping {
        panic!("not a jump: {} {}", place.form.name, place.index);
    }
}

pub(crate) fn quiet() {
    all_at_once(|_| sys::sleep_microseconds(1000));
}

pub(crate) fn under_signals() {
    BOUNDS.store(Bounds::find());
    signal::handle(SIGALRM, looks, SA_RESTART, Set::EMPTY);
    signal::handle(SIGUSR1, looks, SA_RESTART, Set::EMPTY);
    signal::alarm_every(200);
    all_at_once(|threads| {
        for thread in threads {
            let _ = sys::call(sys::THR_KILL, [thread.id(), u64::from(SIGUSR1)]);
        }
        let _ = sys::call(sys::SCHED_YIELD, []);
    });
    signal::alarm_every(0);
    assert_ne!(SIGNALS.load(SeqCst), 0);
}
