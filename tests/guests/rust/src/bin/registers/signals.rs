//! A handler that changes everything, between two instructions of a program that must not notice.

use compat_guests::probe::{self, Body, PROBE_FLAG, RCX};
use compat_guests::signal::{
    self, CONTROL, MXCSR, RFLAGS, SA_NODEFER, SCRAMBLED, SIGALRM, SIGILL, SIGTRAP, SIGUSR1,
};
use compat_guests::sys;

use crate::calls::{Outcome, arrange, not_all_were_trapped, returned, site};
use crate::states;

pub(crate) fn undefined() {
    signal::handle_by_scrambling(SIGILL, 0);
    for seed in 1..=50 {
        let (set, get) = states();
        set.fill(seed);
        probe::run(Body::Undefined, set, get);
        assert_eq!(SCRAMBLED.load(), seed);
        get.must_be(set, &[], "ud2 stepped over");
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
    }
}

pub(crate) fn breakpoint() {
    signal::handle_by_scrambling(SIGTRAP, SA_NODEFER);
    for seed in 1..=50 {
        let (set, get) = states();
        set.fill(seed);
        probe::run(Body::Breakpoint, set, get);
        assert_eq!(SCRAMBLED.load(), seed);
        get.must_be(set, &[], "int3");
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
    }
}

pub(crate) fn alarm() {
    signal::handle_by_scrambling(SIGALRM, 0);
    for seed in 1..=100 {
        let (set, get) = states();
        set.fill(seed);
        PROBE_FLAG.store(0);
        signal::alarm_once(200 + 10 * seed);
        probe::run(Body::Wait, set, get);
        assert_eq!(SCRAMBLED.load(), seed);
        set.general[RCX] = PROBE_FLAG.load();
        get.must_be(set, &[], "a loop");
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
    }
}

/// kill(getpid()) returns only after the handler has run.
pub(crate) fn sent_by_a_call() {
    signal::handle_by_scrambling(SIGUSR1, 0);
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    for seed in 1..=100 {
        let (set, get) = states();
        set.fill(seed);
        arrange(set, sys::KILL, &[pid, u64::from(SIGUSR1)]);
        probe::run(site(set, seed), set, get);
        assert_eq!(SCRAMBLED.load(), seed);
        // The whole context was restored: r8 to r10 as saved, whichever way the kernel left them there.
        let expected = returned(set, get, Outcome::Value(0));
        get.must_be(&expected, &[probe::R8, probe::R9, probe::R10], "kill");
        assert!(probe::red_zone_is_intact(), "the red zone was written to");
    }
    not_all_were_trapped(sys::KILL);
}

pub(crate) fn default_modes() {
    signal::handle_by_scrambling(SIGILL, 0);
    for seed in 1..=50 {
        let (set, get) = states();
        set.fill(seed);
        probe::run(Body::Undefined, set, get);
        assert_eq!(MXCSR.load(), 0x1f80, "MXCSR in the handler");
        assert_eq!(CONTROL.load(), 0x37f, "x87 control word in the handler");
        assert_eq!(
            RFLAGS.load() & 0x500,
            0,
            "direction and trap flag in the handler"
        );
    }
}
