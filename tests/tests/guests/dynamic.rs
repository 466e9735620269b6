//! A program with an interpreter and a shared object, all three our own, in a root that the test makes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat_tests::stage::{Stage, on_every_stage};

use crate::program::{all_checks_hold_in, program};

/// A root with the interpreter, the shared object and the program.
fn root(stage: &Stage) -> PathBuf {
    let root = stage.work().with_file_name("a root");
    if root.exists() {
        return root;
    }
    for (folder, built, name) in [
        ("libexec", "guest-interpreter", "ld-guest.so.1"),
        ("lib", "libguest.so.1", "libguest.so.1"),
        ("bin", "guest-dynamic", "guest-dynamic"),
    ] {
        let folder = root.join(folder);
        fs::create_dir_all(&folder).expect("the stage can be written to");
        // By another process, for the reason that `Stage` has.
        fs::rename(stage.copy(&program(built)), folder.join(name)).expect("a copy can be renamed");
    }
    root
}

fn run(stage: &Stage, options: &[&str], program: &Path) -> Command {
    let mut command = stage.compat();
    command
        .args(["run", "-q"])
        .args(options)
        .arg("--root")
        .arg(root(stage))
        .arg(program);
    command
}

#[test]
fn a_dynamic_program_behaves_as_on_freebsd() {
    let guest = program("guest-dynamic");
    all_checks_hold_in("guest-dynamic", |stage| {
        let root = root(stage);
        assert!(root.join("libexec/ld-guest.so.1").exists());
        run(stage, &[], &stage.copy(&guest))
    });
}

#[test]
fn a_dynamic_program_sees_no_difference_without_patches_or_with_nothing_but_its_root() {
    for options in [&["--no-patch"][..], &["--root-only"]] {
        all_checks_hold_in("guest-dynamic", |stage| {
            run(stage, options, Path::new("/bin/guest-dynamic"))
        });
    }
}

#[test]
fn an_interpreter_can_be_run_by_hand() {
    on_every_stage(|stage| {
        let ran = run(stage, &[], Path::new("/libexec/ld-guest.so.1"))
            .output()
            .expect("compat starts");
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "ok by hand\n");
        assert_eq!(ran.status.code(), Some(0));
    });
}

#[test]
fn a_missing_interpreter_is_named_with_what_would_bring_it() {
    let guest = program("guest-dynamic");
    on_every_stage(|stage| {
        let empty = stage.work();
        let copy = stage.copy(&guest);
        let mut without = stage.compat();
        without.arg("run").arg(&copy);
        let mut with = stage.compat();
        with.arg("run").arg("--root").arg(&empty).arg(&copy);
        for mut command in [without, with] {
            let ran = command
                .env_remove("XDG_DATA_HOME")
                .output()
                .expect("compat starts");
            let said = String::from_utf8_lossy(&ran.stderr).into_owned();
            assert_eq!(ran.status.code(), Some(126), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            for part in [
                "guest-dynamic",
                "/libexec/ld-guest.so.1 is missing",
                "`compat root add NAME --from base.txz`",
                "--root",
            ] {
                assert!(said.contains(part), "{part:?} in {said}");
            }
        }
    });
}
