//! The guests that judge for themselves.

use crate::program::{all_checks_hold, program, these_checks_hold_in};

#[test]
fn registers_survive_calls_and_signals() {
    all_checks_hold("guest-registers");
}

#[test]
fn signals_are_delivered_as_freebsd_delivers_them() {
    all_checks_hold("guest-signals");
}

#[test]
fn programs_begin_as_on_freebsd() {
    all_checks_hold("guest-start");
}

#[test]
fn processes_are_born_and_die_as_on_freebsd() {
    all_checks_hold("guest-processes");
}

#[test]
fn threads_behave_as_on_freebsd() {
    all_checks_hold("guest-threads");
}

#[test]
fn memory_behaves_as_on_freebsd() {
    all_checks_hold("guest-memory");
}

#[test]
fn pointers_that_lead_nowhere_are_refused() {
    all_checks_hold("guest-pointers");
}

#[test]
fn sockets_behave_as_on_freebsd() {
    all_checks_hold("guest-sockets");
}

#[test]
fn locks_exclude_and_wake() {
    all_checks_hold("guest-locks");
}

#[test]
fn terminals_behave_as_on_freebsd() {
    all_checks_hold("guest-terminal");
}

/// For longer, by hand: `COMPAT_STORM_SECONDS=600 compat run guest-storm`.
#[test]
fn a_storm_of_signals_loses_and_doubles_nothing() {
    all_checks_hold("guest-storm");
}

#[test]
fn code_is_patched_and_changed_and_made_at_once() {
    all_checks_hold("guest-code");
}

/// A program that knows its own bytes finds them when nothing is patched.
#[test]
fn code_is_left_alone_on_request() {
    let guest = program("guest-code");
    let checks = [
        "text/compared-with-the-file",
        "changed/replaced",
        "made/in-turns",
    ];
    these_checks_hold_in("guest-code", &checks, |stage| {
        let mut command = stage.guest(&guest);
        command.env("COMPAT_PATCH", "off");
        command
    });
}

#[test]
fn programs_of_netbsd_find_netbsd() {
    all_checks_hold("guest-netbsd");
}

#[test]
fn programs_of_dragonfly_find_dragonfly() {
    all_checks_hold("guest-dragonfly");
}
