//! Runs Go's own standard-library tests, built for FreeBSD or another system, under compat and compares them test by
//! test with a real FreeBSD kernel's results and with the Linux build's.
//!
//! `cargo run --release -p compat-tests --bin go-conformance -- [options]`

#[path = "go-conformance/options.rs"]
mod options;
#[path = "go-conformance/report.rs"]
mod report;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use compat_tests::compat;
use compat_tests::go::binary::{build, store};
use compat_tests::go::packages::Package;
use compat_tests::go::results::{Results, Verdict, parse_list, print_list, top_level};
use compat_tests::go::run::{Outcome, TestBinary};
use compat_tests::inputs::{GO, Target};
use compat_tests::known::Known;

use options::Options;
use report::Line;

fn main() -> ExitCode {
    let options = match Options::from_arguments(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    if !GO.is_here() {
        eprintln!(
            "Go {} is not here: cargo run -p compat-tests --bin fetch",
            GO.version
        );
        return ExitCode::from(2);
    }
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("go-conformance: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> io::Result<bool> {
    let list = match options.target {
        Target::NetBsd => "tests/known/go-netbsd.txt",
        Target::DragonFly => "tests/known/go-dragonfly.txt",
        _ => "tests/known/go.txt",
    };
    let list = compat::workspace().join(list);
    let known = Known::parse(&fs::read_to_string(&list)?).map_err(io::Error::other)?;
    let logs = compat::workspace().join("target/go-conformance");
    fs::create_dir_all(&logs)?;
    println!(
        "compat: {}\nlogs:   {}",
        compat::program().display(),
        logs.display()
    );

    let queue = Mutex::new(options.packages.iter());
    let lines = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                let next = || queue.lock().ok()?.next().copied();
                while let Some(package) = next() {
                    let line = judge(package, options, &known, &logs);
                    report::package(&line, &known);
                    lines
                        .lock()
                        .expect("no worker panics while it holds the lines")
                        .push(line);
                }
            });
        }
    });
    let lines = lines.into_inner().unwrap_or_default();
    let good = report::summary(&lines, &known, options.one_test.is_some());
    if options.update {
        fs::write(&list, updated(&fs::read_to_string(&list)?, &lines, &known))?;
        println!("{} is up to date", list.display());
    }
    Ok(good)
}

/// Runs what must be run for one package. An error becomes part of the line: the others go on.
fn judge(package: &'static Package, options: &Options, known: &Known, logs: &Path) -> Line {
    let mut line = Line::new(package);
    if let Err(error) = compare_package(package, options, known, logs, &mut line) {
        line.error = Some(error.to_string());
    }
    line
}

fn compare_package(
    package: &'static Package,
    options: &Options,
    known: &Known,
    logs: &Path,
    line: &mut Line,
) -> io::Result<()> {
    let target = options.target;
    if target == Target::FreeBsd {
        line.results.kernel = kernel_results(package);
    }
    let file = build(package, target)?;
    let guest = TestBinary {
        package,
        target,
        file: &file,
        logs,
        tell_gaps: options.gaps,
    };
    let compared = line.results.kernel.is_none();
    if compared {
        let built = guest.list()?;
        line.results.linux = linux_results_if_any(package, options, logs)?;
        if let Some(linux) = &mut line.results.linux {
            linux.retain(|test, _| built.contains(top_level(test)));
        }
    } else if options.linux {
        // Some packages are FreeBSD's alone.
        line.results.linux = linux_results(package, options, logs).ok();
    }
    if let Some(test) = &options.one_test {
        guest.run_some(std::slice::from_ref(test), &mut line.outcome)?;
    } else {
        line.outcome = guest.run_all(&[])?;
    }
    line.results.guest = line.outcome.results.clone();
    if compared && line.results.linux.is_none() {
        // A package of the BSDs alone: what does not skip itself must pass.
        let ran = line.results.guest.iter();
        let ran = ran.filter(|(_, verdict)| **verdict != Verdict::Skip);
        line.results.linux = Some(ran.map(|(test, _)| (test.clone(), Verdict::Pass)).collect());
    }
    if let Some(test) = &options.one_test {
        line.keep_only(test);
    }
    retry(&guest, known, line)?;
    fs::write(
        logs.join(package.file_name()).with_extension("results"),
        print_list(&line.results.guest),
    )
}

/// Gives tests that differ and are not known to a second chance: what passes then is timing.
fn retry(guest: &TestBinary<'_>, known: &Known, line: &mut Line) -> io::Result<()> {
    let path = line.package.path;
    let differ = line.results.differences();
    let unlisted = differ
        .into_iter()
        .filter(|test| known.find(path, test).is_none());
    // One that broke its process alone has had its chance. One that is absent may have lost its line.
    let again =
        unlisted.filter(|test| matches!(line.results.guest.get(*test), Some(Verdict::Fail) | None));
    let again: BTreeSet<String> = again.map(|test| top_level(test).to_owned()).collect();
    if again.is_empty() {
        return Ok(());
    }
    let mut second = Outcome::default();
    guest.run_some(&again.into_iter().collect::<Vec<_>>(), &mut second)?;
    for (test, verdict) in second.results {
        let first = line.results.guest.insert(test.clone(), verdict);
        match first {
            Some(Verdict::Fail) | None if verdict == Verdict::Pass => {
                line.passed_on_retry.push(test);
            }
            Some(first) => {
                line.results.guest.insert(test, first);
            }
            None => {}
        }
    }
    Ok(())
}

fn kernel_results(package: &Package) -> Option<Results> {
    let oracle = compat::workspace().join("tests/oracle/go-freebsd-12.1");
    let text = fs::read_to_string(oracle.join(package.file_name()).with_extension("txt")).ok()?;
    Some(parse_list(&text))
}

/// As [`linux_results`], or `None` for a package that has nothing in it for Linux.
fn linux_results_if_any(
    package: &'static Package,
    options: &Options,
    logs: &Path,
) -> io::Result<Option<Results>> {
    const NOTHING: &str = "build constraints exclude all Go files";
    match linux_results(package, options, logs) {
        Err(error) if error.to_string().contains(NOTHING) => Ok(None),
        other => other.map(Some),
    }
}

/// The Linux build's results do not depend on compat, so they are taken once.
fn linux_results(package: &'static Package, options: &Options, logs: &Path) -> io::Result<Results> {
    let kept: PathBuf = store()
        .join("linux")
        .join(package.file_name())
        .with_extension("results");
    if !options.fresh_linux
        && let Ok(text) = fs::read_to_string(&kept)
    {
        return Ok(parse_list(&text));
    }
    let file = build(package, Target::Linux)?;
    let outcome = TestBinary {
        package,
        target: Target::Linux,
        file: &file,
        logs,
        tell_gaps: false,
    }
    .run_all(&[])?;
    fs::write(&kept, print_list(&outcome.results))?;
    Ok(outcome.results)
}

/// The list without lines that nothing bears out, and with a line for each new difference.
fn updated(list: &str, lines: &[Line], known: &Known) -> String {
    let packages: BTreeSet<&str> = lines.iter().map(|line| line.package.path).collect();
    let differ = report::all_differences(lines);
    let unborne = known.unborne(&packages, &differ);
    let gone = |text: &str| {
        unborne
            .iter()
            .any(|entry| text.starts_with(&format!("{} {} |", entry.package, entry.test)))
    };
    let mut kept: String = list
        .lines()
        .filter(|text| !gone(text))
        .map(|text| format!("{text}\n"))
        .collect();
    for (package, test) in differ
        .iter()
        .filter(|(package, test)| known.find(package, test).is_none())
    {
        kept.push_str(&format!("{package} {test} | unexplained\n"));
    }
    kept
}
