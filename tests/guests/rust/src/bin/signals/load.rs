//! Many signals, and none lost.

use compat_guests::probe::Random;
use compat_guests::signal::{self, BLOCK, Context, Info, SIGALRM, SIGUSR1, SIGUSR2, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

static CAME: Shared<u64> = Shared::new(0);

extern "C" fn counts(_: u32, _: &mut Info, _: &mut Context) {
    CAME.store(CAME.load() + 1);
}

static ALARMS: Shared<u64> = Shared::new(0);

extern "C" fn counts_alarms(_: u32, _: &mut Info, _: &mut Context) {
    ALARMS.store(ALARMS.load() + 1);
}

/// Each is handled before the call that sent it returns, while a timer fires all the time.
pub(crate) fn ten_thousand() {
    signal::handle(SIGUSR1, counts, 0, Set::EMPTY);
    signal::handle(SIGALRM, counts_alarms, 0, Set::EMPTY);
    signal::alarm_every(70);
    for round in 1..=10_000 {
        signal::raise(SIGUSR1);
        assert_eq!(CAME.load(), round);
    }
    signal::alarm_every(0);
    assert!(ALARMS.load() > 50, "{} alarms", ALARMS.load());
}

fn suspend() {
    let nothing = Set::EMPTY;
    assert_eq!(
        sys::call(sys::SIGSUSPEND, [(&raw const nothing) as u64]),
        Err(sys::EINTR)
    );
}

/// Two processes wake each other five thousand times.
pub(crate) fn two_processes() {
    signal::handle(SIGUSR1, counts, 0, Set::EMPTY);
    signal::mask(BLOCK, Set::of(&[SIGUSR1]));
    let parent = sys::pid();
    let send = |other: u64| sys::call(sys::KILL, [other, u64::from(SIGUSR1)]).expect("kill");
    let receive = |round: u64| {
        suspend();
        assert_eq!(CAME.load(), round);
    };
    match sys::fork() {
        sys::Fork::Child => {
            for round in 1..=5000 {
                receive(round);
                send(parent);
            }
            sys::exit(0);
        }
        sys::Fork::Parent(child) => {
            for round in 1..=5000 {
                send(child);
                receive(round);
            }
            assert_eq!(sys::wait(child), 0);
        }
    }
}

/// A signal at any moment around the call that waits for it must end that call.
pub(crate) fn no_lost_wake_up() {
    signal::handle(SIGALRM, counts, 0, Set::EMPTY);
    signal::handle(SIGUSR2, counts_alarms, 0, Set::EMPTY);
    signal::mask(BLOCK, Set::of(&[SIGALRM]));
    let mut random = Random(1);
    for round in 1..=5000 {
        signal::alarm_once(1 + random.below(60) as u64);
        if random.below(2) == 0 {
            signal::raise(SIGUSR2);
        }
        suspend();
        assert_eq!(CAME.load(), round);
    }
}
