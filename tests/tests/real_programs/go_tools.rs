//! Go's own tools, for the systems that nobody ships many programs for: a formatter, a compiler, an assembler, a linker,
//! readers of object files, and a build that runs all of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat_tests::go::tools::tools;
use compat_tests::inputs::{GO, Target};
use compat_tests::stage::{Stage, on_every_stage};

use crate::twins::{Twins, finish, text};

const SYSTEMS: [Target; 2] = [Target::NetBsd, Target::DragonFly];

/// The tool for `system`, and the same for Linux.
fn tool(system: Target, name: &str) -> Option<Twins> {
    Some(Twins {
        guest: tools(system)?.join(name),
        linux: tools(Target::Linux)?.join(name),
    })
}

/// The Go files of a package, copied to where the user here can read them.
fn sources(stage: &Stage, package: &str) -> Vec<PathBuf> {
    let source = GO.root().join("src").join(package);
    let files = fs::read_dir(source).expect("Go's sources are readable");
    let mut names = Vec::new();
    for path in files.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "go") {
            let name = path.file_name().expect("a file has a name");
            let copy = Path::new(package).join(name);
            let content = fs::read(&path).expect("Go's sources are readable");
            stage.write(&copy.to_string_lossy(), content);
            names.push(copy);
        }
    }
    names.sort();
    names
}

#[test]
fn gofmt_rewrites_a_package() {
    for twins in SYSTEMS
        .into_iter()
        .filter_map(|system| tool(system, "gofmt"))
    {
        on_every_stage(|stage| {
            sources(stage, "net");
            stage.write(
                "net/bad.go",
                "package net\nfunc  f( ) { if ( true ) {x:=[]int { 1,2 };_=x }}\n",
            );
            let said = twins.agree(stage, &["-s", "-d", "net"]);
            assert!(
                text(&said.stdout).contains("+func f()"),
                "{}",
                text(&said.stdout)
            );
            twins.agree(stage, &["-r", "a[b:len(a)] -> a[b:]", "-l", "net"]);
            twins.agree(stage, &["-l", "absent"]);
        });
    }
}

#[test]
fn the_compiler_and_the_assembler_make_the_same_objects() {
    for system in SYSTEMS {
        let (Some(compile), Some(asm)) = (tool(system, "compile"), tool(system, "asm")) else {
            return;
        };
        on_every_stage(|stage| {
            stage.write("fib.go", include_str!("../../guests/go/hello/main.go"));
            stage.write(
                "bits.go",
                "package bits\n\nfunc Fib(n int) int {\n\tif n < 2 {\n\t\treturn n\n\t}\n\treturn Fib(n-1) + Fib(n-2)\n}\n",
            );
            stage.write(
                "add.s",
                "TEXT \u{b7}Add(SB), $0-24\n\tMOVQ a+0(FP), AX\n\tADDQ b+8(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n",
            );
            let unicode: Vec<String> = sources(stage, "unicode/utf8")
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .filter(|name| !name.ends_with("_test.go"))
                .collect();
            let mut whole = vec!["-p", "unicode/utf8", "-complete", "-pack"];
            whole.extend(unicode.iter().map(String::as_str));
            same_object(stage, &compile, &whole);
            same_object(stage, &compile, &["-p", "bits", "-N", "-l", "bits.go"]);
            same_object(stage, &asm, &["-p", "bits", "add.s"]);
            // Imports that nobody can resolve.
            let failed = compile.agree(stage, &["-p", "main", "fib.go"]);
            assert!(!failed.status.success());
        });
    }
}

/// Runs both with these arguments, and expects the same bytes of them.
fn same_object(stage: &Stage, twins: &Twins, arguments: &[&str]) {
    let made = |mut command: Command, name: &str| {
        let said = finish(
            command
                .env("GOOS", "linux")
                .args(["-o", name])
                .args(arguments),
        );
        assert!(
            said.status.success(),
            "{arguments:?}: {}",
            text(&said.stderr)
        );
        fs::read(stage.work().join(name)).expect("the object was written")
    };
    let native = made(stage.native(&twins.linux, &twins.guest), "native.o");
    let guest = made(stage.guest(&twins.guest), "guest.o");
    assert!(
        !native.is_empty() && native == guest,
        "{arguments:?} as {}",
        stage.user()
    );
}

#[test]
fn symbols_and_instructions_of_a_program() {
    for system in SYSTEMS {
        let (Some(nm), Some(objdump)) = (tool(system, "nm"), tool(system, "objdump")) else {
            return;
        };
        on_every_stage(|stage| {
            let program = stage.copy(&nm.guest).to_string_lossy().into_owned();
            let said = nm.agree(stage, &["-size", "-sort", "address", &program]);
            assert!(said.status.success() && said.stdout.len() > 50_000);
            let said = objdump.agree(stage, &["-s", "^runtime\\.mallocgc$", &program]);
            assert!(said.status.success() && said.stdout.len() > 1000);
        });
    }
}

/// A GOROOT in which the `go` command of either system finds its tools.
fn toolchain(stage: &Stage, system: Target, guests: &Path, linux: &Path) -> PathBuf {
    let root = stage.work().join("go");
    let tools = root.join("pkg/tool");
    fs::create_dir_all(&tools).expect("the stage is writable");
    for name in ["src", "VERSION", "go.env", "pkg/include"] {
        if GO.root().join(name).exists() {
            symlink(GO.root().join(name), root.join(name)).expect("the stage is writable");
        }
    }
    for (system, place) in [(system, guests), (Target::Linux, linux)] {
        let name = format!("{}_amd64", system.goos());
        symlink(place, tools.join(name)).expect("the stage is writable");
    }
    root
}

#[test]
fn a_build_runs_all_of_them() {
    for system in SYSTEMS {
        let (Some(guests), Some(linux)) = (tools(system), tools(Target::Linux)) else {
            return;
        };
        on_every_stage(|stage| {
            let readable = stage
                .host("test")
                .arg("-r")
                .arg(GO.root().join("VERSION"))
                .status();
            if !readable.is_ok_and(|status| status.success()) {
                println!(
                    "skipped as {}: Go's sources are not for everybody",
                    stage.user()
                );
                return;
            }
            stage.write("go.mod", "module example.com/twin\n\ngo 1.27\n");
            stage.write(
                "main.go",
                "package main\n\nfunc main() {\n\tprintln(\"built by a guest\", twice(21))\n}\n",
            );
            stage.write(
                "twice.go",
                "package main\n\nfunc twice(n int) int { return n + n }\n",
            );
            let root = toolchain(stage, system, &guests, &linux);
            let build = |mut go: Command, name: &str| {
                go.env("GOROOT", &root)
                    .env("GOCACHE", stage.work().join("cache"))
                    .env("GOPATH", stage.work().join("path"))
                    .env("GOENV", "off")
                    .env("GOFLAGS", "-trimpath")
                    .env("GOPROXY", "off")
                    .env("GOTOOLCHAIN", "local")
                    .env("GOTELEMETRY", "off")
                    .env("CGO_ENABLED", "0")
                    .env("GOOS", "linux")
                    .env("GOARCH", "amd64");
                let said = finish(go.args(["build", "-buildvcs=false", "-o", name, "."]));
                assert!(
                    said.status.success(),
                    "{}: {}",
                    system.goos(),
                    text(&said.stderr)
                );
                fs::read(stage.work().join(name)).expect("the program was written")
            };
            let go = linux.join("go");
            // The standard library is compiled by the first of them, for both.
            let native = build(stage.native(&go, &go), "native");
            // What is the program's own must be compiled and linked anew.
            stage.write(
                "twice.go",
                "package main\n\nfunc twice(n int) int { return 2 * n }\n",
            );
            let guest = build(stage.guest(&guests.join("go")), "guest");
            let again = build(stage.native(&go, &go), "native");
            assert!(guest != native, "nothing was built");
            assert!(guest == again, "{} as {}", system.goos(), stage.user());
            let said = finish(&mut stage.host(&stage.work().join("guest").to_string_lossy()));
            assert_eq!(text(&said.stderr), "built by a guest 42\n");
        });
    }
}
