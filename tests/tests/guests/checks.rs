//! The guests that judge for themselves.

use crate::program::all_checks_hold;

#[test]
fn registers_survive_calls_and_signals() {
    all_checks_hold("guest-registers");
}

#[test]
fn what_only_old_programs_call() {
    all_checks_hold("guest-legacy");
}
