//! Go's own tools, for the systems that nobody ships many programs for: a formatter, a compiler, an assembler, a linker,
//! readers of object files, and a build that runs all of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use compat_tests::go::tools::tools;
use compat_tests::inputs::{GO, Target, directory};
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
        if GO.root().join(name).exists() && !root.join(name).exists() {
            symlink(GO.root().join(name), root.join(name)).expect("the stage is writable");
        }
    }
    for (system, place) in [(system, guests), (Target::Linux, linux)] {
        let name = tools.join(format!("{}_amd64", system.goos()));
        if !name.exists() {
            symlink(place, name).expect("the stage is writable");
        }
    }
    root
}

#[test]
fn a_build_runs_all_of_them() {
    let Some(linux) = tools(Target::Linux) else {
        return;
    };
    on_every_stage(|stage| {
        if stage.user() != "this user" {
            println!("skipped as {}: Go's cache is another's", stage.user());
            return;
        }
        for system in SYSTEMS {
            if let Some(guests) = tools(system) {
                builds(stage, system, &guests, &linux);
            }
        }
    });
}

fn builds(stage: &Stage, system: Target, guests: &Path, linux: &Path) {
    let root = toolchain(stage, system, guests, linux);
    // What nobody has built before must be compiled.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_nanos());
    stage.write("twin/go.mod", "module example.com/twin\n\ngo 1.27\n");
    stage.write(
        "twin/main.go",
        format!("package main\n\nfunc main() {{ println(\"built at\", {now}&1, twice(21)) }}\n"),
    );
    stage.write(
        "twin/twice.go",
        format!("package main\n\nfunc twice(n int) int {{ return n + n }} // {now}\n"),
    );
    let build = |mut go: Command, cache: PathBuf, name: &str| {
        go.current_dir(stage.work().join("twin"))
            .env("GOROOT", &root)
            .env("GOCACHE", cache)
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
        let goos = system.goos();
        assert!(said.status.success(), "{goos}: {}", text(&said.stderr));
        fs::read(stage.work().join("twin").join(name)).expect("the program was written")
    };
    // Neither finds in its cache what the other has made.
    let guest = build(
        stage.guest(&guests.join("go")),
        directory().join("go-cache"),
        "guest",
    );
    let go = linux.join("go");
    let native = build(stage.native(&go, &go), stage.work().join("cache"), "native");
    assert!(guest == native, "{}", system.goos());
    let built = stage.work().join("twin/guest");
    let said = finish(&mut stage.host(&built.to_string_lossy()));
    assert!(
        text(&said.stderr).ends_with(" 42\n"),
        "{}",
        text(&said.stderr)
    );
}
