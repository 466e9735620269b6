//! The guests of the kernel's own objects, and of the calls that only old programs make.

use crate::program::all_checks_hold;

#[test]
fn what_only_old_programs_call() {
    all_checks_hold("guest-legacy");
}

#[test]
fn processes_talk_through_the_kernel() {
    all_checks_hold("guest-ipc");
}

#[test]
fn files_are_as_on_freebsd() {
    all_checks_hold("guest-files");
}

#[test]
fn requests_end_as_they_were_made() {
    all_checks_hold("guest-aio");
}
