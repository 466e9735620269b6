//! The workloads' programs, each built for both systems from one source.

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
    freebsd: PathBuf,
    linux: PathBuf,
    /// Where the FreeBSD build finds its libraries.
    root: Option<PathBuf>,
    /// Whether the Linux build understands `armed`.
    arms: bool,
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
            guest(place, column, root, &self.freebsd)
        } else {
            Command::new(&self.linux)
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
#[derive(Debug, Default)]
pub(crate) struct Programs {
    raw: OnceCell<Option<Twin>>,
    libc: OnceCell<Option<Twin>>,
    go: OnceCell<Option<Twin>>,
}

impl Programs {
    /// `None`, and a line for the first who asks, when something is missing to build it.
    pub(crate) fn get(&self, program: Program, place: &Place) -> Option<&Twin> {
        let (cell, build): (_, fn(&Place) -> Option<Twin>) = match program {
            Program::Raw => (&self.raw, raw),
            Program::Libc => (&self.libc, libc),
            Program::Go => (&self.go, go),
        };
        cell.get_or_init(|| build(place)).as_ref()
    }
}

/// Where the sources are.
fn sources(folder: &str) -> PathBuf {
    workspace().join("benches/work").join(folder)
}

fn raw(place: &Place) -> Option<Twin> {
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
    let build = |name: &str, system: &[&str]| {
        let built = place.file(&format!("{name}.linked"));
        let mut compiler = Command::new("cc");
        compiler
            .args(["-O2", "-ffreestanding", "-fno-stack-protector"])
            .args(["-nostdlib", "-static", "-no-pie", "-fno-pic"])
            .args(system)
            .args(files)
            .current_dir(sources("c"))
            .arg("-o")
            .arg(&built);
        finished(&mut compiler)?;
        place.install(&built, name).ok()
    };
    Some(Twin {
        freebsd: build("raw-freebsd", &["-DFREEBSD"])?,
        linux: build("raw-linux", &[])?,
        root: None,
        arms: true,
    })
}

fn libc(place: &Place) -> Option<Twin> {
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
        freebsd: build("libc-freebsd", &[&triple, &headers, "-DFREEBSD"])?,
        linux: build("libc-linux", &[])?,
        root: Some(system.root().to_owned()),
        arms: true,
    })
}

fn go(place: &Place) -> Option<Twin> {
    Some(Twin {
        freebsd: go_program(place, Target::FreeBsd, &sources("go"), ".", "go")?,
        linux: go_program(place, Target::Linux, &sources("go"), ".", "go")?,
        root: None,
        arms: false,
    })
}

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
