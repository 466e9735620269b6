//! Registers, flags, vector state and the red zone across system calls and signals.
#![no_std]
#![no_main]

mod calls;
mod flags;
mod interrupted;
mod signals;

use compat_guests::check;
use compat_guests::probe::State;
use compat_guests::start::Shared;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("calls/succeeding", calls::succeeding),
        ("calls/other-sites", calls::other_sites),
        ("calls/padded", calls::padded),
        ("calls/failing", calls::failing),
        ("calls/two-values", calls::two_values),
        ("calls/random", calls::random),
        ("flags/alignment-check", flags::alignment_check),
        ("flags/single-step", flags::single_step),
        ("signals/undefined-instruction", signals::undefined),
        ("signals/breakpoint", signals::breakpoint),
        ("signals/alarm-in-user-code", signals::alarm),
        ("signals/sent-by-a-call", signals::sent_by_a_call),
        (
            "signals/handler-starts-with-default-modes",
            signals::default_modes,
        ),
        ("interrupted/nanosleep", interrupted::nanosleep),
        ("interrupted/read-fails", interrupted::read_fails),
        ("interrupted/read-restarts", interrupted::read_restarts),
        ("interrupted/sigsuspend", interrupted::sigsuspend),
        ("interrupted/calls-under-a-storm", interrupted::storm),
    ]);
}

static SET: Shared<State> = Shared::new(State::new());
static GET: Shared<State> = Shared::new(State::new());

/// The two states every check uses; they are too big for the stack.
fn states() -> (&'static mut State, &'static mut State) {
    unsafe { (&mut *SET.get(), &mut *GET.get()) }
}
