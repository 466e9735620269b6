//! lefthook: git hooks. It runs git, shells and itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use compat_tests::stage::{Stage, on_every_stage};

use crate::twins::{Twins, finish, text};

const CONFIGURATION: &str = "\
no_tty: true
colors: false
pre-commit:
  parallel: true
  jobs:
    - name: staged
      run: echo staged {staged_files} && cat {staged_files}
    - name: words
      run: printf 'one\\ntwo\\n' | wc -l
    - name: refuse
      glob: '*.bad'
      run: echo refused {staged_files} && exit 3
";

fn twins() -> Option<Twins> {
    Twins::from_npm("lefthook-freebsd-x64", "lefthook-linux-x64", "bin/lefthook")
}

fn git(stage: &Stage, arguments: &[&str]) -> Output {
    let identity = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "init.defaultBranch=main",
    ];
    finish(stage.host("git").args(identity).args(arguments))
}

fn repository(stage: &Stage) {
    let made = git(stage, &["init", "--quiet"]);
    assert!(made.status.success(), "git: {}", text(&made.stderr));
    stage.write("lefthook.yml", CONFIGURATION);
    stage.write("a.txt", "content of a\n");
    assert!(git(stage, &["add", "a.txt"]).status.success());
}

#[test]
fn version_and_help() {
    let Some(twins) = twins() else { return };
    on_every_stage(|stage| {
        for arguments in [["version"], ["help"]] {
            assert!(twins.agree(stage, &arguments).status.success());
        }
    });
}

#[test]
fn it_installs_its_hooks() {
    let Some(twins) = twins() else { return };
    on_every_stage(|stage| {
        repository(stage);
        let hook = stage.work().join(".git/hooks/pre-commit");
        let native = finish(stage.native(&twins.linux, &twins.guest).arg("install"));
        let by_native = fs::read_to_string(&hook).expect("the Linux build installs a hook");
        fs::remove_file(&hook).expect("the stage is ours");
        fs::remove_file(stage.work().join(".git/info/lefthook.checksum"))
            .expect("the stage is ours");

        let guest = finish(stage.guest(&twins.guest).arg("install"));
        assert_eq!(
            (guest.status, text(&guest.stdout)),
            (native.status, text(&native.stdout))
        );
        let by_guest = fs::read_to_string(&hook).expect("the guest installs a hook");
        let unnamed =
            |text: &str, program: &Path| text.replace(&*program.to_string_lossy(), "<lefthook>");
        // The hook calls the program that installed it, if no other is found.
        let (guest, native) = (stage.copy_name(&twins.guest), stage.copy_name(&twins.linux));
        assert_eq!(unnamed(&by_guest, &guest), unnamed(&by_native, &native));
    });
}

#[test]
fn it_runs_the_jobs_of_a_hook() {
    let Some(twins) = twins() else { return };
    on_every_stage(|stage| {
        repository(stage);
        // The first run would report that it brings the hooks up to date.
        finish(stage.native(&twins.linux, &twins.guest).arg("install"));
        let run = |file: &str| {
            assert!(git(stage, &["add", file]).status.success());
            let native = finish(
                stage
                    .native(&twins.linux, &twins.guest)
                    .args(["run", "pre-commit"]),
            );
            let guest = finish(stage.guest(&twins.guest).args(["run", "pre-commit"]));
            assert_eq!(guest.status, native.status, "{}", text(&guest.stderr));
            assert_eq!(told(&guest), told(&native));
            guest
        };
        let good = run("a.txt");
        assert!(
            good.status.success() && text(&good.stdout).contains("content of a"),
            "{}",
            text(&good.stdout)
        );
        stage.write("b.bad", "bad\n");
        assert_eq!(run("b.bad").status.code(), Some(1));
    });
}

#[test]
fn git_runs_it_at_a_commit() {
    let Some(twins) = twins() else { return };
    on_every_stage(|stage| {
        repository(stage);
        assert!(
            finish(stage.guest(&twins.guest).arg("install"))
                .status
                .success()
        );
        let command = stage.guest(&twins.guest);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let wrapper = stage.write(
            "lefthook.sh",
            format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" ")),
        );
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))
            .expect("the stage is ours");
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let commit = |message: &str| {
            let mut git = stage.host("git");
            git.args(identity)
                .args(["commit", "--quiet", "--message", message])
                .env("LEFTHOOK_BIN", &wrapper);
            finish(&mut git)
        };
        let good = commit("good");
        assert!(
            good.status.success(),
            "{}{}",
            text(&good.stdout),
            text(&good.stderr)
        );
        stage.write("b.bad", "bad\n");
        assert!(git(stage, &["add", "b.bad"]).status.success());
        assert_eq!(commit("refused").status.code(), Some(1));
        assert_eq!(text(&git(stage, &["log", "--format=%s"]).stdout), "good\n");
    });
}

/// What lefthook said, without how long it took, and in an order that parallel jobs do not change.
fn told(output: &Output) -> Vec<String> {
    let said = text(&output.stdout).into_owned();
    let untimed = said.lines().map(|line| {
        line.split(" (")
            .next()
            .unwrap_or(line)
            .trim_end()
            .to_owned()
    });
    let mut lines: Vec<String> = untimed.filter(|line| !line.contains("done in")).collect();
    lines.sort();
    lines
}
