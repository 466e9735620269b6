//! How many calls of whole programs come the fast way, by what compat counts itself.

use std::fs::{File, create_dir_all, write};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use compat_tests::inputs::{Npm, Target};
use serde_json::{Value, json};

use crate::column::Column;
use crate::place::Place;
use crate::program::{Program, guest};
use crate::rows;
use crate::start::Bench;
use crate::subject::{Subject, Worker};

/// The name of the group.
pub(crate) const GROUP: &str = "shares";
/// What there is in it.
pub(crate) const WHAT: &str = "how many calls of programs come the fast way";

/// Runs a program; `None` without one, or when it fails.
type Run = fn(&Bench) -> Option<String>;

/// Runs each program once, and prints what compat says of it at its end.
pub(crate) fn measure(bench: &Bench) -> Vec<Value> {
    let help = Command::new(bench.place.compat())
        .args(["run", "--help"])
        .output();
    if !help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--stats")) {
        println!("no {GROUP}: compat run has no --stats");
        return Vec::new();
    }
    println!("\n== {GROUP}: {WHAT}");
    let programs: [(&str, Run); 4] = [
        ("esbuild", esbuild),
        ("HTTP server in Go", server),
        ("lines, in C", lines),
        ("find, of a FreeBSD 10.1", find),
    ];
    let told = programs.into_iter().filter_map(|(name, run)| {
        let words = run(bench)?;
        println!("{name}:\n{words}");
        Some(json!({ "program": name, "compat says": words }))
    });
    told.collect()
}

/// Bundles a project of [`MODULES`] files: few calls are the first of their sites.
fn esbuild(bench: &Bench) -> Option<String> {
    let program = Npm::named(rows::esbuild(bench.os)?)?.file("bin/esbuild")?;
    let entry = project(&bench.place).ok()?;
    let mut command = guest(&bench.place, Column::Compat, None, &program);
    command
        .args(["--bundle", "--minify", "--log-level=error"])
        .arg(entry);
    finished(&bench.place, counted(command)?)
}

/// How many files the project has.
const MODULES: usize = 10_000;

/// Writes a project in which each module takes two others, and names the first of them.
fn project(place: &Place) -> io::Result<PathBuf> {
    let name = |module: usize| format!("{}/{module}.js", module / 100);
    let folder = place.file("project");
    for module in 0..MODULES {
        let file = folder.join(name(module));
        if module % 100 == 0 {
            create_dir_all(folder.join((module / 100).to_string()))?;
        }
        let mut text = String::new();
        let mut sum = module.to_string();
        for taken in (2 * module + 1..=2 * module + 2).filter(|&taken| taken < MODULES) {
            text += &format!("import {{ v{taken} }} from '../{}';\n", name(taken));
            sum += &format!(" + v{taken}");
        }
        text += &format!("export const v{module} = {sum};\n");
        write(file, text)?;
    }
    Ok(folder.join(name(0)))
}

/// Asked 20,000 times.
fn server(bench: &Bench) -> Option<String> {
    let twin = bench.programs.get(Program::Go, &bench.place)?;
    let command = twin.command(&bench.place, Column::Compat, &["serve"])?;
    worked(bench, counted(command)?, |server| {
        let address = server.hear()?;
        let client = bench.worker(Program::Go, Column::Linux, &["load", &address])?;
        client.ok_or("no client")?.turn(20_000).map(drop)
    })
}

/// Writes and reads a file of some megabytes.
fn lines(bench: &Bench) -> Option<String> {
    let twin = bench.programs.get(Program::Libc, &bench.place)?;
    let command = twin.command(&bench.place, Column::Compat, &["lines"])?;
    worked(bench, counted(command)?, |worker| {
        worker.turn(30_000_000).map(drop)
    })
}

fn find(bench: &Bench) -> Option<String> {
    if bench.os != Target::FreeBsd {
        return None;
    }
    let system = bench.userland()?;
    let program = Path::new("/usr/bin/find");
    let mut command = guest(&bench.place, Column::Compat, Some(system), program);
    command.args(["/usr/share", "-ls"]);
    finished(&bench.place, counted(command)?)
}

/// The same command, told to count: `run` is the first of its arguments.
fn counted(command: Command) -> Option<Command> {
    let mut counted = Command::new(command.get_program());
    let mut arguments = command.get_args();
    counted
        .arg(arguments.next()?)
        .arg("--stats")
        .args(arguments);
    if let Some(folder) = command.get_current_dir() {
        counted.current_dir(folder);
    }
    Some(counted)
}

/// Runs a command to its end.
fn finished(place: &Place, mut command: Command) -> Option<String> {
    let log = place.file("words");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(File::create(&log).ok()?).status();
    if !status.as_ref().is_ok_and(|status| status.success()) {
        println!("{command:?}: {status:?}");
    }
    words(&log)
}

/// Runs a worker until it has done what it is there for, and has nothing more to hear.
fn worked(
    bench: &Bench,
    mut command: Command,
    work: impl FnOnce(&mut Worker) -> Result<(), String>,
) -> Option<String> {
    let log = bench.place.file("words");
    command.stderr(File::create(&log).ok()?);
    let done = Worker::start(command).and_then(|mut worker| {
        work(&mut worker)?;
        worker.finish()
    });
    if let Err(error) = done {
        println!("{error}");
        return None;
    }
    words(&log)
}

/// What compat said there, line by line.
fn words(log: &Path) -> Option<String> {
    let said = std::fs::read(log).ok()?;
    let said = String::from_utf8_lossy(&said);
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("compat: "));
    let lines: Vec<String> = lines.map(|line| format!("  {line}")).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
