//! Building the guests, and running one check at a time.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use compat_tests::attach;
use compat_tests::compat;
use compat_tests::process::{self, End, Limits};
use compat_tests::stage::{Stage, on_every_stage};

/// The guest program `name`, fresh from the workspace.
pub(crate) fn program(name: &str) -> PathBuf {
    compat::own_guest(name)
}

/// Runs every check of the guest `name`; fails with all that do not hold.
pub(crate) fn all_checks_hold(name: &str) {
    let guest = program(name);
    all_checks_hold_in(name, |stage| stage.guest(&guest));
}

/// The same of a guest that `started` starts.
pub(crate) fn all_checks_hold_in(name: &str, started: impl Fn(&Stage) -> Command) {
    on_every_stage(|stage| {
        let list = started(stage)
            .arg("--list")
            .output()
            .expect("compat starts");
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        assert!(!list.is_empty(), "{name} names no check");
        let list: Vec<&str> = list.lines().collect();
        these_hold(name, stage, &list, &started);
    });
}

/// Some of the checks of a guest that `started` starts.
pub(crate) fn these_checks_hold_in(
    name: &str,
    checks: &[&str],
    started: impl Fn(&Stage) -> Command,
) {
    on_every_stage(|stage| these_hold(name, stage, checks, &started));
}

fn these_hold(name: &str, stage: &Stage, checks: &[&str], started: &impl Fn(&Stage) -> Command) {
    let mut failures = String::new();
    for check in checks {
        if attach::skips(&format!("{name}/{check}")) {
            continue;
        }
        // Some checks give other threads a moment to fall asleep, which a busy machine may not grant: a check that
        // fails gets one more try, and the failure of the first is told.
        if let Err(first) = holds(stage, started(stage), check) {
            match holds(stage, started(stage), check) {
                Ok(()) => eprintln!("{name} {check}: held only when run again: {first}"),
                Err(what) => {
                    let _ = writeln!(failures, "{check}: {what}");
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{name} as {}:\n{failures}",
        stage.user()
    );
}

fn holds(stage: &Stage, mut command: Command, check: &str) -> Result<(), String> {
    let log = stage.work().join(check.replace('/', "-"));
    let limits = Limits::total(Duration::from_secs(60) * attach::patience());
    command
        .arg(check)
        .env("COMPAT_PROGRAM", stage.compat().get_program());
    let ran = process::run(&mut command, &log, limits).map_err(|error| error.to_string())?;
    let read = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (said, complained) = (read(&ran.stdout), read(&ran.stderr));
    match ran.end {
        End::Own(status) if status.success() && said == format!("ok {check}\n") => Ok(()),
        End::Own(status) => Err(format!("{status}\n{said}{complained}")),
        End::TimedOut | End::Silent => Err(format!("hangs\n{said}{complained}")),
    }
}
