//! Programs that compat cannot run: one clear line each, and the code that shells give.

use compat_tests::stage::on_every_stage;

use crate::twins::{finish, input, text};

fn refused(package: &str, words: &[&str]) {
    let Some(program) = input(package, "bin/esbuild") else {
        return;
    };
    on_every_stage(|stage| {
        let said = finish(stage.guest(&program).arg("--version"));
        let line = text(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(126), "{line}");
        assert!(said.stdout.is_empty());
        assert_eq!(line.lines().count(), 1, "{line}");
        for word in words {
            assert!(line.contains(word), "{word} is not in: {line}");
        }
    });
}

#[test]
fn freebsd_on_arm64() {
    refused("@esbuild/freebsd-arm64", &["FreeBSD", "arm64"]);
}

#[test]
fn openbsd() {
    refused("@esbuild/openbsd-x64", &["OpenBSD"]);
}

#[test]
fn illumos() {
    refused("@esbuild/sunos-x64", &["illumos"]);
}
