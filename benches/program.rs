//! The workloads' programs, each built for the guest's system and for Linux from one source.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat_tests::c::{System, systems};
use compat_tests::compat::workspace;
use compat_tests::inputs::{GO, Target};

use crate::column::Column;
use crate::place::Place;

/// Which program a workload is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// C without any library, static: every call stands in it, and it runs everywhere.
    Raw,
    /// C with the system's own library and run-time linker.
    Libc,
    /// Go, static.
    Go,
}

impl Program {
    /// In a few letters.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Raw => "raw C",
            Self::Libc => "C",
            Self::Go => "Go",
        }
    }
}

/// A program's two builds.
#[derive(Debug)]
pub(crate) struct Twin {
    guest: PathBuf,
    linux: PathBuf,
    /// Where the guest finds its libraries.
    root: Option<PathBuf>,
    /// Whether the Linux build understands `armed`.
    arms: bool,
    /// What it is told in its environment to do as the guest does.
    told: Option<(&'static str, &'static str)>,
}

impl Twin {
    /// The build of the column with its arguments, in the column's working directory; `None` where there is no such way to
    /// run it.
    pub(crate) fn command(
        &self,
        place: &Place,
        column: Column,
        arguments: &[&str],
    ) -> Option<Command> {
        self.rooted_command(place, column, arguments, self.root.as_deref())
    }

    /// The same with a root that the program does not need.
    pub(crate) fn rooted_command(
        &self,
        place: &Place,
        column: Column,
        arguments: &[&str],
        root: Option<&Path>,
    ) -> Option<Command> {
        let mut command = if column.is_guest() {
            guest(place, column, root, &self.guest)
        } else {
            let mut linux = Command::new(&self.linux);
            linux.envs(self.told);
            linux
        };
        command.current_dir(place.work(column)).args(arguments);
        if column == Column::Armed {
            if !self.arms || arguments.is_empty() {
                return None;
            }
            command.arg("armed");
        }
        Some(command)
    }
}

/// `compat run` of a program, in the way of a column.
pub(crate) fn guest(place: &Place, column: Column, root: Option<&Path>, program: &Path) -> Command {
    let mut command = Command::new(place.compat());
    command.args(["run", "-q"]).args(column.options());
    if let Some(root) = root {
        command.arg("--root").arg(root);
    }
    command.arg(program);
    command
}

/// All programs, each built when it is first asked for.
#[derive(Debug)]
pub(crate) struct Programs {
    os: Target,
    raw: OnceCell<Option<Twin>>,
    libc: OnceCell<Option<Twin>>,
    go: OnceCell<Option<Twin>>,
}

impl Programs {
    /// For this system.
    pub(crate) fn new(os: Target) -> Self {
        Self {
            os,
            raw: OnceCell::new(),
            libc: OnceCell::new(),
            go: OnceCell::new(),
        }
    }

    /// `None`, and a line for the first who asks, when something is missing to build it.
    pub(crate) fn get(&self, program: Program, place: &Place) -> Option<&Twin> {
        let (cell, build): (_, fn(&Place, Target) -> Option<Twin>) = match program {
            Program::Raw => (&self.raw, raw),
            Program::Libc => (&self.libc, libc),
            Program::Go => (&self.go, go),
        };
        cell.get_or_init(|| build(place, self.os)).as_ref()
    }
}

/// Where the sources are.
fn sources(folder: &str) -> PathBuf {
    workspace().join("benches/work").join(folder)
}

fn raw(place: &Place, os: Target) -> Option<Twin> {
    let files = [
        "calls.S",
        "turn.c",
        "raw.c",
        "calls.c",
        "clock.c",
        "memory.c",
        "pairs.c",
        "events.c",
        "processes.c",
        "database.c",
    ];
    let build = |os: Target| {
        let name = format!("raw-{}", os.goos());
        let built = place.file(&format!("{name}.linked"));
        let mut compiler = Command::new("cc");
        compiler
            .args(["-O2", "-ffreestanding", "-fno-stack-protector"])
            .args(["-nostdlib", "-static", "-no-pie", "-fno-pic"])
            .arg(define(os))
            .args(files)
            .current_dir(sources("c"))
            .arg("-o")
            .arg(&built);
        finished(&mut compiler)?;
        place.install(&built, &name).ok()
    };
    Some(Twin {
        guest: build(os)?,
        linux: build(Target::Linux)?,
        root: None,
        arms: true,
        told: None,
    })
}

/// What tells the sources which system they are built for.
fn define(os: Target) -> String {
    format!("-D{}", os.goos().to_uppercase())
}

/// There is a FreeBSD to build these for.
fn libc(place: &Place, os: Target) -> Option<Twin> {
    if os != Target::FreeBsd {
        return None;
    }
    let found = systems();
    let system: &System = found.first()?;
    let build = |name: &str, target: &[&str]| {
        let built = place.file(&format!("{name}.linked"));
        let mut compiler = Command::new("clang");
        compiler
            .args(["-O2", "-fuse-ld=lld", "-DWITH_LIBC"])
            .args(target)
            .args(["calls.S", "turn.c", "calls.c", "libc.c", "-lpthread"])
            .current_dir(sources("c"))
            .arg("-o")
            .arg(&built);
        finished(&mut compiler)?;
        place.install(&built, name).ok()
    };
    let triple = format!("--target=x86_64-unknown-freebsd{}", system.release);
    let headers = format!("--sysroot={}", system.root().display());
    Some(Twin {
        guest: build("libc-freebsd", &[&triple, &headers, &define(os)])?,
        linux: build("libc-linux", &[&define(Target::Linux)])?,
        root: Some(system.root().to_owned()),
        arms: true,
        told: None,
    })
}

fn go(place: &Place, os: Target) -> Option<Twin> {
    Some(Twin {
        guest: go_program(place, os, &sources("go"), ".", "go")?,
        linux: go_program(place, Target::Linux, &sources("go"), ".", "go")?,
        root: None,
        arms: false,
        told: (os == Target::NetBsd).then_some(WITHOUT_AVX),
    })
}

/// Go's programs for NetBSD leave AVX alone, whatever the processor has (internal/cpu).
const WITHOUT_AVX: (&str, &str) = ("GODEBUG", "cpu.avx=off,cpu.avx2=off,cpu.avx512f=off");

/// A Go program of the package in that folder.
pub(crate) fn go_program(
    place: &Place,
    target: Target,
    folder: &Path,
    package: &str,
    name: &str,
) -> Option<PathBuf> {
    if !GO.is_here() {
        println!(
            "skipped: Go {} is not here (cargo run -p compat-tests --bin fetch)",
            GO.version
        );
        return None;
    }
    let name = format!("{name}-{}", target.goos());
    let built = place.file(&format!("{name}.linked"));
    let mut go = GO.command(target);
    go.args(["build", "-trimpath", "-o"])
        .arg(&built)
        .arg(package)
        .current_dir(folder);
    finished(&mut go)?;
    place.install(&built, &name).ok()
}

/// Runs a build to its end; what it has to say is shown.
fn finished(build: &mut Command) -> Option<()> {
    let status = build.status();
    if status.as_ref().is_ok_and(|status| status.success()) {
        return Some(());
    }
    println!("skipped: {build:?}: {status:?}");
    None
}
