//! A signal at every instruction of the way into compat, through it and out again.
//!
//! A tracer learns by single steps which instructions a call runs through. Then the guest makes the call once for each of
//! them, and finds a signal arriving there, by one of the processor's own breakpoints. The guest judges what its handler
//! and the call return; the tracer how often the handler ran, and whether the call's result fits the moment.

mod cases;
mod tracee;
mod walk;

use cases::{Base, Case, Site, walks};

const HOT: Site = Site::Hot;
const COLD: Site = Site::Cold;

/// Calls that never sleep.
#[test]
fn short_calls() {
    walks(&[
        Case::new("getpid", HOT, ""),
        Case::new("getpid", COLD, ""),
        Case::new("getpid", HOT, "s"),
        Case::new("getpid", HOT, "").after(Base::First),
        Case::new("getpid", HOT, "").after(Base::Inside),
        Case::new("getpid", COLD, "").after(Base::Inside),
        Case::new("sysarch", HOT, ""),
        Case::new("sysarch", HOT, "").after(Base::Inside),
        Case::new("getpid", HOT, "a"),
        Case::new("getpid", COLD, "a"),
        Case::new("getpid", HOT, "d"),
        Case::new("read-ready", HOT, "d"),
        Case::new("sysarch", HOT, "a"),
        Case::new("read-ready", HOT, ""),
        Case::new("read-ready", COLD, "s"),
        Case::new("read-again", HOT, ""),
        Case::new("read-again", HOT, "").after(Base::Inside),
    ]);
}

/// Calls that become a host call with other arguments.
#[test]
fn prepared_calls() {
    walks(&[
        Case::new("open", HOT, ""),
        Case::new("open", HOT, "s"),
        Case::new("open", HOT, "d"),
        Case::new("open", HOT, "").after(Base::Inside),
        Case::new("open", COLD, ""),
        Case::new("stat", HOT, ""),
        Case::new("stat", HOT, "a"),
        Case::new("stat", HOT, "").after(Base::Inside),
        Case::new("stat-link", HOT, ""),
        Case::new("stat-missing", HOT, ""),
        Case::new("padded-read", HOT, ""),
        Case::new("padded-seek", HOT, ""),
        Case::new("padded-seek", HOT, "").unblockable(),
        Case::new("padded-seek", HOT, "").after(Base::Inside),
    ]);
}

/// Signals that the host never blocks.
#[test]
fn signals_that_are_never_blocked() {
    walks(&[
        Case::new("getpid", HOT, "").unblockable(),
        Case::new("getpid", COLD, "").unblockable(),
        Case::new("getpid", HOT, "")
            .unblockable()
            .after(Base::First),
        Case::new("sysarch", HOT, "").unblockable(),
        Case::new("block", HOT, "").unblockable(),
        Case::new("open", HOT, "").unblockable(),
    ]);
}

#[test]
fn sleeps_and_signals_that_are_never_blocked() {
    walks(&[
        Case::new("read", HOT, "r").unblockable(),
        Case::new("read", HOT, "")
            .unblockable()
            .after(Base::FallingAsleep),
        Case::new("sigsuspend", HOT, "").unblockable(),
        Case::new("sigsuspend", COLD, "")
            .unblockable()
            .after(Base::FallingAsleep),
        Case::new("pselect", HOT, "").unblockable(),
        Case::new("pselect", HOT, "")
            .unblockable()
            .after(Base::Asleep),
        Case::new("kevent", HOT, "")
            .unblockable()
            .after(Base::FallingAsleep),
        Case::new("read", COLD, "")
            .unblockable()
            .after(Base::Asleep),
    ]);
}

#[test]
fn reads() {
    walks(&[
        Case::new("read", HOT, ""),
        Case::new("read", HOT, "r"),
        Case::new("read", HOT, "rs"),
        Case::new("read", COLD, "r"),
        Case::new("read", HOT, "").after(Base::Asleep),
        Case::new("read", HOT, "r").after(Base::Asleep),
        Case::new("read", COLD, "").after(Base::Asleep),
    ]);
}

#[test]
fn masks() {
    walks(&[
        Case::new("block", HOT, ""),
        Case::new("block", COLD, ""),
        Case::new("block", HOT, "").after(Base::Inside),
        Case::new("unblock", HOT, ""),
        Case::new("unblock", COLD, ""),
        Case::new("unblock", HOT, "").after(Base::Inside),
        Case::new("thr_kill", HOT, "r"),
        Case::new("thr_kill", COLD, ""),
    ]);
}

#[test]
fn masks_of_a_call() {
    walks(&[
        Case::new("sigsuspend", HOT, "r"),
        Case::new("sigsuspend", COLD, ""),
        Case::new("sigsuspend", HOT, "").after(Base::Asleep),
        Case::new("sigsuspend", HOT, "s").after(Base::First),
        Case::new("pselect", HOT, ""),
        Case::new("pselect", HOT, "r").after(Base::Asleep),
        Case::new("sigwait", HOT, ""),
        Case::new("sigwait", COLD, ""),
    ]);
}

#[test]
fn waits() {
    walks(&[
        Case::new("nanosleep", HOT, "r"),
        Case::new("nanosleep", HOT, "").after(Base::Asleep),
        Case::new("kevent", HOT, "r"),
        Case::new("kevent", HOT, "").after(Base::Asleep),
        Case::new("umtx", HOT, ""),
        Case::new("umtx", HOT, "r"),
        Case::new("umtx", HOT, "r").after(Base::Asleep),
    ]);
}
