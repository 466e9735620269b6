//! Every way into the stub, and which of them is taken.
//!
//! `$COMPAT_TEST_ATTACH` runs whole suites by one way; this is what every run makes sure of.

use std::process::Output;

use compat_tests::stage::{Stage, on_every_stage};
use nix::errno::Errno;
use nix::libc;

use crate::program::{program, these_checks_hold_in};
use crate::refuse::refuse;

const WAYS: [&str; 1] = ["seccomp"];

/// Of each guest what a way in has to do with: registers, signals at the wrong moment, new tasks, programs of all kinds.
const CHECKS: [(&str, &[&str]); 6] = [
    (
        "guest-registers",
        &[
            "calls/succeeding",
            "calls/other-sites",
            "calls/two-values",
            "flags/single-step",
            "signals/alarm-in-user-code",
            "interrupted/read-restarts",
            "interrupted/calls-under-a-storm",
        ],
    ),
    (
        "guest-signals",
        &[
            "delivery/nested",
            "frame/registers",
            "frame/change-vector-state",
            "faults/unmapped",
            "faults/undefined",
            "waiting/sigsuspend",
            "waiting/interrupted-or-restarted",
            "load/two-processes",
            "unknown/sigsys",
        ],
    ),
    (
        "guest-threads",
        &[
            "begin/registers",
            "waiting/ping-pong",
            "signals/storm",
            "code/hot-sites-under-load",
            "end/exec-ends-all",
            "end/fork-while-others-work",
        ],
    ),
    (
        "guest-processes",
        &[
            "fork/registers",
            "vfork/exec",
            "exec/itself",
            "exec/script",
            "exec/host-program-and-back",
            "exec/signals-of-a-host-program",
            "ends/signals",
            "ends/stop-and-continue",
            "groups/a-job",
            "rfork/shared-memory",
            "descriptor/last-close-kills",
        ],
    ),
    (
        "guest-memory",
        &[
            "mappings/hint",
            "mappings/aligned",
            "code/written",
            "code/calls-from-written-code",
            "break/fork",
        ],
    ),
    (
        "guest-start",
        &["registers/general", "vector/nothing-of-the-host"],
    ),
];

#[test]
fn every_way_in_is_as_good() {
    for way in WAYS {
        for (name, checks) in CHECKS {
            let guest = program(name);
            these_checks_hold_in(name, checks, |stage| {
                stage.guest_with(&["--attach", way], &guest)
            });
        }
    }
}

const DISPATCH: (libc::c_long, u32) = (libc::SYS_prctl, 59);
const FILTERS: (libc::c_long, u32) = (libc::SYS_seccomp, 1);

/// What `guest-hello` says with these options where the host refuses these calls.
fn hello(stage: &Stage, options: &[&str], refused: &[(libc::c_long, u32)]) -> Output {
    let mut command = stage.compat();
    command
        .args(["run", "-t"])
        .args(options)
        .arg(stage.copy(&program("guest-hello")));
    refuse(&mut command, refused, Errno::EINVAL);
    command.output().expect("compat starts")
}

fn greets(output: &Output) {
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(said, "Hello world from FreeBSD 14.2!\n", "{complained}");
    assert_eq!(output.status.code(), Some(0), "{complained}");
    // Not run past us: the trace has seen it.
    assert!(complained.contains("write(1, "), "{complained}");
}

#[track_caller]
fn refuses(output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(
        said.lines().count() == 1 && said.contains(expected),
        "{said}"
    );
}

#[test]
fn the_best_way_that_the_host_allows_is_taken() {
    on_every_stage(|stage| {
        greets(&hello(stage, &[], &[]));
        greets(&hello(stage, &[], &[DISPATCH]));
        greets(&hello(stage, &["--attach=auto"], &[DISPATCH]));
        refuses(
            &hello(stage, &[], &[DISPATCH, FILTERS]),
            "Syscall User Dispatch (host errno 22), seccomp (host errno 22)",
        );
    });
}

#[test]
fn a_way_that_is_wished_for_is_the_only_one_tried() {
    on_every_stage(|stage| {
        refuses(
            &hello(stage, &["--attach", "sud"], &[DISPATCH]),
            "Syscall User Dispatch (host errno 22);",
        );
        refuses(
            &hello(stage, &["--attach", "seccomp"], &[FILTERS]),
            ": seccomp (host errno 22);",
        );
        let unknown = hello(stage, &["--attach", "magic"], &[]);
        assert_eq!(unknown.status.code(), Some(125));
        assert!(String::from_utf8_lossy(&unknown.stderr).contains("--attach magic: no such way"));
    });
}
