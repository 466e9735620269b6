//! Every way into the stub, and which of them is taken.
//!
//! `$COMPAT_TEST_ATTACH` runs whole suites by one way; this is what every run makes sure of.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use compat_tests::stage::{Stage, on_every_stage};
use nix::errno::Errno;
use nix::libc;
use serde_json::Value;

use crate::program::{program, these_checks_hold_in};
use crate::refuse::refuse;

const WAYS: [&str; 2] = ["seccomp", "ptrace"];

/// Of each guest some of what a way in has to do with: registers, signals at the wrong moment, new tasks, programs of all kinds.
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
            "unknown/sigsys",
        ],
    ),
    (
        "guest-threads",
        &[
            "begin/registers",
            "waiting/suspend-and-wake",
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
const TRACING: (libc::c_long, u32) = (libc::SYS_ptrace, 0x4206);

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
        greets(&hello(stage, &[], &[DISPATCH, FILTERS]));
        refuses(
            &hello(stage, &[], &[DISPATCH, FILTERS, TRACING]),
            "Syscall User Dispatch (host errno 22), seccomp (host errno 22), ptrace (host errno 22);",
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
        refuses(
            &hello(stage, &["--attach", "ptrace"], &[TRACING]),
            ": ptrace (host errno 22);",
        );
        let unknown = hello(stage, &["--attach", "magic"], &[]);
        assert_eq!(unknown.status.code(), Some(125));
        assert!(String::from_utf8_lossy(&unknown.stderr).contains("--attach magic: no such way"));
    });
}

/// The names of the ways that `compat doctor` finds where the host refuses these calls, and the one that auto takes.
fn diagnosis(stage: &Stage, refused: &[(libc::c_long, u32)]) -> (Vec<String>, Option<String>) {
    let mut command = stage.compat();
    command.args(["doctor", "--json"]);
    refuse(&mut command, refused, Errno::EINVAL);
    let output = command.output().expect("compat starts");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let ways = answer["ways"].as_array().expect("a list").iter();
    let available = ways
        .filter(|way| way["available"] == true)
        .filter_map(|way| text(&way["name"]))
        .collect();
    let auto = text(&answer["auto"]);
    let expected = if auto.is_some() { 0 } else { 126 };
    assert_eq!(output.status.code(), Some(expected));
    assert!(answer["host"]["kernel"]["found"].is_string());
    (available, auto)
}

#[test]
fn the_doctor_finds_what_run_takes() {
    on_every_stage(|stage| {
        for (refused, available) in [
            (&[][..], &["sud", "seccomp", "ptrace"][..]),
            (&[DISPATCH], &["seccomp", "ptrace"]),
            (&[DISPATCH, FILTERS], &["ptrace"]),
            (&[FILTERS], &["sud", "ptrace"]),
            (&[DISPATCH, FILTERS, TRACING], &[]),
        ] {
            let (found, auto) = diagnosis(stage, refused);
            assert_eq!(found, available);
            assert_eq!(auto.as_deref(), available.first().copied());
        }
    });
}

/// What the guest `surroundings` says in this role and this way.
fn said(stage: &Stage, way: &str, arguments: &[&str]) -> String {
    let mut command = stage.compat();
    command
        .args(["run", "--attach", way])
        .arg(stage.copy(&program("guest-surroundings")))
        .args(arguments);
    let output = command.output().expect("compat starts");
    assert_eq!(output.status.code(), Some(0));
    let (said, complained) = (output.stdout, output.stderr);
    String::from_utf8_lossy(&[said, complained].concat()).into_owned()
}

/// A filter goes by addresses: code that it would not catch is refused, and so is what it would catch by mistake.
#[test]
fn what_a_filter_cannot_tell_apart_is_refused_and_counted() {
    on_every_stage(|stage| {
        let linux = stage.copy(&program("guest-hello-linux"));
        let become_linux = ["become", linux.to_str().expect("UTF-8")];
        for way in ["sud", "ptrace"] {
            assert_eq!(said(stage, way, &["far-code"]), "getpid true\n");
            assert!(said(stage, way, &become_linux).starts_with("Hello"));
        }
        let far = said(stage, "seccomp", &["far-code"]);
        assert!(far.starts_with("mmap 13, mprotect Err(13)\n"), "{far}");
        assert!(
            far.contains("code at this address, under --attach seccomp (2x)"),
            "{far}"
        );
        let fixed = said(stage, "seccomp", &become_linux);
        assert!(fixed.starts_with("execve: Err(1)\n"), "{fixed}");
        assert!(
            fixed.contains("a host program at fixed addresses, under --attach seccomp (1x)"),
            "{fixed}"
        );
    });
}

/// Programs that a guest starts by way of the host's own programs find a filter or a tracer there already.
#[test]
fn a_way_in_may_be_there_already() {
    on_every_stage(|stage| {
        let hello = stage.copy(&program("guest-hello"));
        let compat = stage.compat().get_program().to_owned();
        let script = format!(
            "#!/bin/sh\nexec {} run -q $WAY {}\n",
            compat.display(),
            hello.display()
        );
        let script = stage.write("nested", script);
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("ours");
        for outer in ["seccomp", "ptrace"] {
            for inner in ["", "--attach=sud", "--attach=seccomp", "--attach=ptrace"] {
                let mut command = stage.compat();
                command
                    .args(["run", "-q", "--attach", outer])
                    .arg(stage.copy(&program("guest-surroundings")))
                    .args(["become", "./nested"])
                    .env("WAY", inner);
                let output = command.output().expect("compat starts");
                assert_eq!(
                    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()),
                    "Hello world from FreeBSD 14.2!\n",
                    "{inner} within {outer}"
                );
            }
        }
    });
}
