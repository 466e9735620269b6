//! `compat check` on files that other people built.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use compat_forge::{Note, Program};
use compat_tests::inputs::Npm;
use serde_json::{Value, json};

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_compat-cli"))
        // Whoever runs this may have roots.
        .env(
            "XDG_DATA_HOME",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-data"),
        )
        .arg("check")
        .args(arguments)
        .output()
        .expect("compat starts")
}

/// The answer about one file, and the exit code.
fn answer(file: &Path) -> (Value, i32) {
    let output = check(&["--json", file.to_str().expect("a plain path")]);
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let mut array: Value = serde_json::from_str(&text).expect("JSON");
    (array[0].take(), output.status.code().expect("it exits"))
}

/// What must be said about a package's program. Keys that are not listed may have any value.
struct Expected {
    package: &'static str,
    file: &'static str,
    facts: Value,
    /// The reason's key and a part of its line, for programs that cannot run.
    refused: Option<(&'static str, &'static str)>,
}

fn expectations() -> Vec<Expected> {
    let case = |package, file, facts, refused| Expected {
        package,
        file,
        facts,
        refused,
    };
    let go = |by: &str, version: &str| {
        json!({
            "os": "freebsd", "machine": "amd64", "bits": 64, "static": true,
            "kind": "static executable", "recognised_by": by, "libraries": [],
            "go": { "version": version },
        })
    };
    let rust = json!({
        "os": "freebsd", "machine": "amd64", "static": false,
        "kind": "dynamic PIE executable", "interpreter": "/libexec/ld-elf.so.1",
        "libraries": ["libthr.so.3", "libgcc_s.so.1", "libc.so.7", "libm.so.5"],
    });
    let needs_ld = Some(("interpreter-missing", "/libexec/ld-elf.so.1"));
    vec![
        // Stripped of its build information.
        case(
            "@esbuild/freebsd-x64",
            "bin/esbuild",
            json!({
                "os": "freebsd", "machine": "amd64", "static": true, "recognised_by": "note",
                "release": "12.3", "go": null,
            }),
            None,
        ),
        case(
            "esbuild-freebsd-64",
            "bin/esbuild",
            go("osabi", "go1.19.3"),
            None,
        ),
        case(
            "lefthook-freebsd-x64",
            "bin/lefthook",
            go("note", "go1.27.0"),
            None,
        ),
        case(
            "turbo-freebsd-64",
            "bin/turbo",
            go("osabi", "go1.18.6"),
            None,
        ),
        case(
            "@expo/ngrok-bin-freebsd-x64",
            "ngrok",
            go("osabi", "go1.16.2"),
            None,
        ),
        case(
            "@cypress/snapbuild-freebsd-64",
            "bin/snapshot",
            go("osabi", "go1.16.15"),
            None,
        ),
        case(
            "@netlify/local-functions-proxy-freebsd-x64",
            "bin/local-functions-proxy",
            go("osabi", "go1.16.7"),
            None,
        ),
        case(
            "@expo/ngrok-bin-freebsd-ia32",
            "ngrok",
            json!({
                "os": "freebsd", "machine": "i386", "bits": 32, "static": true,
                "go": { "version": "go1.16.2" },
            }),
            Some(("wrong-machine", "i386")),
        ),
        case(
            "@esbuild/freebsd-arm64",
            "bin/esbuild",
            json!({ "os": "freebsd", "machine": "arm64", "bits": 64 }),
            Some(("wrong-machine", "arm64")),
        ),
        case(
            "@pagefind/freebsd-x64",
            "bin/pagefind_extended",
            rust.clone(),
            needs_ld,
        ),
        case(
            "lightningcss-cli-freebsd-x64",
            "lightningcss",
            rust,
            needs_ld,
        ),
        case(
            "@esbuild/netbsd-x64",
            "bin/esbuild",
            json!({ "os": "netbsd", "machine": "amd64", "static": true, "release": "7.0" }),
            None,
        ),
        case(
            "@esbuild/openbsd-x64",
            "bin/esbuild",
            json!({
                "os": "openbsd", "machine": "amd64", "interpreter": "/usr/libexec/ld.so",
                "libraries": ["libc.so", "libpthread.so"],
            }),
            Some(("wrong-os", "OpenBSD")),
        ),
        case(
            "lefthook-openbsd-x64",
            "bin/lefthook",
            json!({ "os": "openbsd", "go": { "goos": "openbsd", "goarch": "amd64" } }),
            Some(("wrong-os", "OpenBSD")),
        ),
        case(
            "@esbuild/sunos-x64",
            "bin/esbuild",
            json!({
                "os": "illumos", "recognised_by": "interpreter",
                "interpreter": "/lib/amd64/ld.so.1",
                "libraries": ["libsendfile.so", "libsocket.so", "libc.so"],
            }),
            Some(("wrong-os", "illumos")),
        ),
        case(
            "@esbuild/linux-x64",
            "bin/esbuild",
            json!({ "os": "linux", "recognised_by": "default" }),
            Some(("unmarked", "run it directly")),
        ),
        case(
            "lefthook-linux-x64",
            "bin/lefthook",
            json!({ "os": "linux", "recognised_by": "go-build" }),
            Some(("linux-program", "run it directly")),
        ),
    ]
}

#[test]
fn programs_from_npm() {
    let mut checked = 0;
    for expected in expectations() {
        let package = expected.package;
        let Some(path) = Npm::named(package).and_then(|npm| npm.file(expected.file)) else {
            println!("skipped: {package} is not fetched");
            continue;
        };
        let (answer, code) = answer(&path);
        assert_contains(&answer, &expected.facts, package);
        assert_eq!(answer["runnable"], expected.refused.is_none(), "{package}");
        assert_eq!(
            code,
            if expected.refused.is_some() { 126 } else { 0 },
            "{package}"
        );
        if let Some((key, part)) = expected.refused {
            assert_eq!(answer["reason"]["key"], key, "{package}");
            let text = answer["reason"]["text"].as_str().expect("a line");
            assert!(
                text.contains(part) && !text.contains('\n'),
                "{package}: {text}"
            );
        }
        checked += 1;
    }
    println!("{checked} programs checked");
}

/// Whether `answer` has every value of `facts`.
#[track_caller]
fn assert_contains(answer: &Value, facts: &Value, context: &str) {
    match facts {
        Value::Object(facts) => {
            for (key, fact) in facts {
                assert_contains(&answer[key], fact, &format!("{context}: {key}"));
            }
        }
        fact => assert_eq!(answer, fact, "{context}"),
    }
}

/// Programs and libraries that a Debian machine has, as shells and package tools need them.
const HOST: &[&str] = &[
    "/bin/sh",
    "/bin/bash",
    "/bin/ls",
    "/bin/cat",
    "/bin/cp",
    "/bin/grep",
    "/bin/sed",
    "/bin/tar",
    "/bin/gzip",
    "/bin/mount",
    "/usr/bin/env",
    "/usr/bin/awk",
    "/usr/bin/find",
    "/usr/bin/sort",
    "/usr/bin/head",
    "/usr/bin/id",
    "/usr/bin/perl",
    "/usr/bin/dpkg",
    "/usr/bin/apt-get",
    "/usr/bin/git",
    "/usr/bin/ssh",
    "/usr/bin/ld",
    "/usr/bin/readelf",
    "/usr/bin/python3",
    "/sbin/ldconfig",
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib/x86_64-linux-gnu/libdl.so.2",
];

#[test]
fn programs_of_the_host() {
    let mut checked = 0;
    for path in HOST.iter().map(Path::new).filter(|path| path.exists()) {
        let (answer, code) = answer(path);
        let name = path.display();
        // On merged systems /sbin/ldconfig or awk may be scripts.
        if answer["kind"] == "script" {
            continue;
        }
        assert_eq!(answer["os"], "linux", "{name}");
        assert_ne!(answer["recognised_by"], "default", "{name}");
        assert_eq!((&answer["runnable"], code), (&json!(false), 126), "{name}");
        let key = answer["reason"]["key"].as_str().expect("a reason");
        assert!(
            ["linux-program", "not-executable"].contains(&key),
            "{name}: {key}"
        );
        checked += 1;
    }
    println!("{checked} host programs checked");
    let (this, _) = answer(Path::new(env!("CARGO_BIN_EXE_compat-cli")));
    assert_eq!(this["reason"]["key"], "linux-program");
}

/// A directory of this test's own, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the scratch directory can be made");
        Scratch(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a file has a parent")).expect("made");
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn line(arguments: &[&str]) -> (String, i32) {
    let output = check(arguments);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (
        text.trim_end().to_owned(),
        output.status.code().expect("it exits"),
    )
}

#[test]
fn one_line_says_what_it_is_and_whether_it_runs() {
    let scratch = Scratch::new("check-line");
    let program = Program {
        notes: vec![Note {
            name: b"FreeBSD\0",
            kind: 1,
            words: vec![1_302_001],
        }],
        ..Program::amd64()
    };
    let path = scratch.file("hello", &program.bytes());
    let (text, code) = line(&[path.to_str().unwrap()]);
    let expected = "FreeBSD amd64 static executable for 13.2 (by ELF note): can run";
    assert_eq!(text, format!("{}: {expected}", path.display()));
    assert_eq!(code, 0);
}

#[test]
fn a_dynamic_program_runs_when_the_guest_root_has_its_interpreter() {
    let scratch = Scratch::new("check-root");
    let program = Program {
        interpreter: Some("/libexec/ld-elf.so.1"),
        libraries: vec!["libc.so.7"],
        ..Program::freebsd()
    };
    let file = scratch.file("hello", &program.bytes());
    let root = scratch.0.join("root");
    let arguments = [file.to_str().unwrap(), "--root", root.to_str().unwrap()];
    let (text, code) = line(&arguments);
    assert!(
        text.contains("needs /libexec/ld-elf.so.1 libc.so.7"),
        "{text}"
    );
    assert!(text.contains("/libexec/ld-elf.so.1 is missing"), "{text}");
    assert_eq!(code, 126);

    let linker = Program {
        pie: true,
        ..Program::freebsd()
    };
    scratch.file("root/libexec/ld-elf.so.1", &linker.bytes());
    assert_eq!(line(&arguments).1, 0);

    scratch.file("root/libexec/ld-elf.so.1", b"#!/bin/sh\n");
    assert_eq!(line(&arguments).1, 126);
}

/// The default root serves without being named, and others by their names.
#[test]
fn roots_are_found_by_name() {
    let scratch = Scratch::new("check-data");
    let program = Program {
        interpreter: Some("/libexec/compat-test-ld.so"),
        ..Program::freebsd()
    };
    let linker = Program {
        pie: true,
        ..Program::freebsd()
    };
    let file = scratch.file("hello", &program.bytes());
    let file = file.to_str().unwrap();
    let named = [file, "--root", "r"];
    assert_eq!(line(&[file]).1, 126);
    assert_eq!(line(&named).1, 125);
    let at = "compat/roots/r/root/libexec/compat-test-ld.so";
    scratch.file(at, &linker.bytes());
    assert_eq!(line(&named).1, 0);
    assert_eq!(line(&[file]).1, 126);
    let default = scratch.0.join("compat/roots/default");
    std::os::unix::fs::symlink("r", default).unwrap();
    assert_eq!(line(&[file]).1, 0);
}

#[test]
fn a_script_runs_when_its_interpreter_does() {
    let scratch = Scratch::new("check-script");
    let script = scratch.file("script", b"#!/bin/guest-sh -e\n");
    let root = scratch.0.join("root");
    let arguments = [script.to_str().unwrap(), "--root", root.to_str().unwrap()];
    let (text, code) = line(&arguments);
    assert!(text.contains("script for /bin/guest-sh -e"), "{text}");
    assert_eq!(code, 126);
    scratch.file("root/bin/guest-sh", &Program::freebsd().bytes());
    assert_eq!(line(&arguments).1, 0);
    scratch.file("root/bin/guest-sh", b"#!/bin/other\n");
    let (text, code) = line(&arguments);
    assert!(
        text.contains("a script whose interpreter is a script too"),
        "{text}"
    );
    assert_eq!(code, 126);
}

#[test]
fn the_users_word_overrides_the_marks() {
    let scratch = Scratch::new("check-abi");
    let file = scratch.file("unmarked", &Program::amd64().bytes());
    let file = file.to_str().unwrap();
    assert_eq!(line(&[file]).1, 126);
    let (text, code) = line(&["--abi", "freebsd", file]);
    assert!(text.contains("(by --abi): can run"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn exit_codes_and_unusual_files() {
    let scratch = Scratch::new("check-codes");
    let good = scratch.file("good", &Program::freebsd().bytes());
    let good = good.to_str().unwrap();
    let missing = scratch.0.join("missing");
    let missing = missing.to_str().unwrap();
    let (text, code) = line(&[missing]);
    assert_eq!((text, code), (format!("{missing}: not found"), 127));
    assert_eq!(line(&[good, missing]).1, 127);
    assert_eq!(line(&[good, good]).1, 0);
    assert_eq!(line(&[good, "/dev/null"]).1, 126);
    fs::set_permissions(good, fs::Permissions::from_mode(0o644)).unwrap();
    let (text, code) = line(&[good]);
    assert!(
        text.ends_with("cannot run: no execute permission: chmod +x it"),
        "{text}"
    );
    assert_eq!(code, 126);
    assert_eq!(line(&[scratch.0.to_str().unwrap()]).1, 126);
    assert_eq!(check(&[]).status.code(), Some(125));
    assert_eq!(check(&["--abi", "beos", good]).status.code(), Some(125));
}

/// Neither names nor strings from a file may reach the terminal raw.
#[test]
fn control_characters_are_escaped() {
    let scratch = Scratch::new("check-escape");
    let program = Program {
        libraries: vec!["lib\x1b[2J.so\nfake: can run"],
        interpreter: Some("/lib\x1b]0;x\x07"),
        ..Program::freebsd()
    };
    let file = scratch.file("bad\nname\x1b[m", &program.bytes());
    let (text, _) = line(&[file.to_str().unwrap()]);
    assert!(!text.contains(char::is_control), "{text:?}");
}
