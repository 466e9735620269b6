//! esbuild: a bundler with many threads, a file watcher and a web server.

use std::fs;
use std::net::SocketAddr;

use compat_tests::background::{Background, died_of, http_get};
use compat_tests::stage::on_every_stage;
use nix::sys::signal::Signal;

use crate::twins::{Twins, finish, input, text};

fn current() -> Option<Twins> {
    Twins::from_npm("@esbuild/freebsd-x64", "@esbuild/linux-x64", "bin/esbuild")
}

/// Built by Go 1.19: no FreeBSD note, only the OSABI byte, and the old call numbers.
fn old() -> Option<Twins> {
    Twins::from_npm("esbuild-freebsd-64", "esbuild-linux-64", "bin/esbuild")
}

/// The same for NetBSD.
fn of_netbsd() -> Option<Twins> {
    Twins::from_npm("@esbuild/netbsd-x64", "@esbuild/linux-x64", "bin/esbuild")
}

/// The same, with threads that park as before NetBSD 6.
fn old_of_netbsd() -> Option<Twins> {
    Twins::from_npm("esbuild-netbsd-64", "esbuild-linux-64", "bin/esbuild")
}

fn all() -> impl Iterator<Item = Twins> {
    let all = [current(), old(), of_netbsd(), old_of_netbsd()];
    all.into_iter().flatten()
}

#[test]
fn version_and_help() {
    for twins in all() {
        on_every_stage(|stage| {
            assert!(twins.agree(stage, &["--version"]).status.success());
            assert!(twins.agree(stage, &["--help"]).status.success());
        });
    }
}

#[test]
fn an_error_has_the_same_words_and_code() {
    for twins in all() {
        on_every_stage(|stage| {
            stage.write("bad.js", "let let = 1;\n");
            assert_eq!(
                twins
                    .agree(stage, &["bad.js", "--log-limit=3"])
                    .status
                    .code(),
                Some(1)
            );
            assert_eq!(
                twins.agree(stage, &["absent.js", "--bundle"]).status.code(),
                Some(1)
            );
        });
    }
}

#[test]
fn typescript_is_minified_to_the_same_bytes() {
    let Some(source) = input("typescript", "lib/typescript.js") else {
        return;
    };
    for twins in all() {
        on_every_stage(|stage| {
            let copy = stage.write(
                "typescript.js",
                fs::read(&source).expect("the source is readable"),
            );
            let path = copy.to_str().expect("the stage's path is text");
            let said = twins.agree(
                stage,
                &[
                    "--bundle",
                    "--minify",
                    "--platform=node",
                    "--log-level=error",
                    path,
                ],
            );
            assert!(said.status.success() && said.stdout.len() > 3_000_000);
        });
    }
}

#[test]
fn three_is_bundled_from_its_many_sources() {
    let Some(entry) = input("three", "src/Three.js") else {
        return;
    };
    for twins in all() {
        on_every_stage(|stage| {
            let sources = entry.parent().expect("a file lies in a directory");
            let copied = finish(stage.host("cp").arg("-r").arg(sources).arg("three"));
            // The ordinary user may not be allowed to read the originals.
            if !copied.status.success() {
                copy_tree(sources, &stage.work().join("three"));
            }
            let arguments = [
                "--bundle",
                "--minify",
                "--sourcemap=inline",
                "--log-level=error",
                "three/Three.js",
            ];
            let said = twins.agree(stage, &arguments);
            assert!(said.status.success() && said.stdout.len() > 1_000_000);
        });
    }
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("the stage is writable");
    for entry in fs::read_dir(from)
        .expect("the sources are readable")
        .flatten()
    {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).expect("the stage is writable");
        }
    }
}

#[test]
fn the_web_server_answers() {
    for twins in [current(), of_netbsd()].into_iter().flatten() {
        serves(&twins);
    }
}

fn serves(twins: &Twins) {
    on_every_stage(|stage| {
        stage.write("app.js", "console.log('served ' + 1)\n");
        let mut command = stage.guest(&twins.guest);
        command.args([
            "app.js",
            "--servedir=.",
            "--outdir=out",
            "--serve=127.0.0.1:0",
        ]);
        let mut server = Background::start(command);
        let said = server.hear("http://127.0.0.1:");
        let address = said
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.trim_end_matches('/').parse().ok());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("no address in {said:?}"));
        for _ in 0..20 {
            let answer = http_get(address, "/out/app.js").expect("the server answers");
            let answer = text(&answer).into_owned();
            assert!(
                answer.starts_with("HTTP/1.0 200") && answer.contains("served "),
                "{answer}"
            );
        }
        let absent = http_get(address, "/absent").expect("the server answers");
        assert!(
            text(&absent).starts_with("HTTP/1.0 404"),
            "{}",
            text(&absent)
        );
        assert_eq!(
            died_of(server.end_with(Signal::SIGINT)),
            Some(Signal::SIGINT)
        );
    });
}

#[test]
fn the_watcher_sees_an_edit() {
    for twins in [current(), of_netbsd()].into_iter().flatten() {
        watches(&twins);
    }
}

fn watches(twins: &Twins) {
    on_every_stage(|stage| {
        stage.write("app.js", "console.log('first')\n");
        let mut command = stage.guest(&twins.guest);
        command.args([
            "app.js",
            "--outfile=out.js",
            "--watch=forever",
            "--log-level=info",
        ]);
        let mut watcher = Background::start(command);
        watcher.hear("build finished");
        for edit in ["second", "third"] {
            stage.write("app.js", format!("console.log('{edit}')\n"));
            watcher.hear("build finished");
            let built = fs::read_to_string(stage.work().join("out.js")).expect("it was built");
            assert!(built.contains(edit), "{built}");
        }
    });
}
