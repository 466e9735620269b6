//! Runs Free Pascal's own tests, built for FreeBSD, under compat. A test passes when it ends with
//! the exit code it names; one that does not is compared with its Linux build.
//!
//! `cargo run --release -p compat-tests --bin pascal-conformance -- [PART-OF-A-NAME]`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use compat_tests::compat;
use compat_tests::inputs::PASCAL;
use compat_tests::known::Known;
use compat_tests::pascal::directives::Directives;
use compat_tests::process::{End, Limits, run};

/// Where the compiler's makers keep tests that run.
const FOLDERS: [&str; 3] = ["test", "tbs", "webtbs"];

/// What came of one test.
#[derive(Debug)]
enum Verdict {
    Pass,
    /// It was not run, because...
    Unfit(&'static str),
    /// It ended so under compat, and its Linux build as it should.
    Differs(String),
    /// It ends the same unexpected way in its Linux build, or has none.
    FailsAnyway,
}

fn main() -> ExitCode {
    if !PASCAL.is_here() {
        eprintln!(
            "Free Pascal {} is not here: cargo run -p compat-tests --bin fetch",
            PASCAL.version
        );
        return ExitCode::from(2);
    }
    let part = std::env::args().nth(1).unwrap_or_default();
    match judge_all(&part) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("pascal-conformance: {error}");
            ExitCode::from(2)
        }
    }
}

fn judge_all(part: &str) -> io::Result<bool> {
    let list = compat::workspace().join("tests/known/pascal.txt");
    let known = Known::parse(&fs::read_to_string(list)?).map_err(io::Error::other)?;
    let mut tests = Vec::new();
    for folder in FOLDERS {
        gather(&PASCAL.tests().join(folder), &mut tests)?;
    }
    tests.retain(|test| test.to_string_lossy().contains(part));
    tests.sort();
    compat::program();

    let queue = Mutex::new(tests.iter().enumerate());
    let verdicts = Mutex::new(BTreeMap::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let next = || queue.lock().ok()?.next();
                while let Some((number, test)) = next() {
                    let verdict =
                        judge(test, number).unwrap_or_else(|e| Verdict::Differs(e.to_string()));
                    let mut verdicts = verdicts
                        .lock()
                        .expect("no worker panics while it holds the verdicts");
                    verdicts.insert(name(test), verdict);
                }
            });
        }
    });
    Ok(report(
        &verdicts.into_inner().unwrap_or_default(),
        &known,
        part.is_empty(),
    ))
}

/// The folder and the rest of the path: how a test is named on the list.
fn name(test: &Path) -> (String, String) {
    let inside = test
        .strip_prefix(PASCAL.tests())
        .unwrap_or(test)
        .to_string_lossy()
        .into_owned();
    let (folder, rest) = inside.split_once('/').unwrap_or(("", &inside));
    (folder.to_owned(), rest.to_owned())
}

fn gather(folder: &Path, tests: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            gather(&path, tests)?;
        } else if file.starts_with('t') && file.ends_with(".pp") {
            tests.push(path);
        }
    }
    Ok(())
}

fn judge(test: &Path, number: usize) -> io::Result<Verdict> {
    let source = fs::read(test)?;
    let directives = Directives::parse(&String::from_utf8_lossy(&source));
    if let Some(why) = directives.unfit {
        return Ok(Verdict::Unfit(why));
    }
    let place = std::env::temp_dir().join(format!("compat-pascal-{}-{number}", std::process::id()));
    fs::create_dir_all(&place)?;
    let verdict = judge_in(&place, test, &directives);
    let _ = fs::remove_dir_all(&place);
    verdict
}

fn judge_in(place: &Path, test: &Path, directives: &Directives) -> io::Result<Verdict> {
    let Some(guest) = build(PASCAL.compiler(), place, "guest", test, directives)? else {
        return Ok(Verdict::Unfit("does not build"));
    };
    if needs_an_interpreter(&guest)? {
        return Ok(Verdict::Unfit("needs libc"));
    }
    let ended = ending(&mut compat::guest(&guest), place)?;
    let should = directives.result.to_string();
    if ended == should {
        return Ok(Verdict::Pass);
    }
    let native = Command::new("fpc");
    let Some(linux) = build(native, place, "linux", test, directives)? else {
        return Ok(Verdict::FailsAnyway);
    };
    Ok(match ending(&mut Command::new(linux), place)? {
        natively if natively == should => Verdict::Differs(format!("{ended}, not {should}")),
        _ => Verdict::FailsAnyway,
    })
}

fn build(
    mut compiler: Command,
    place: &Path,
    name: &str,
    test: &Path,
    directives: &Directives,
) -> io::Result<Option<PathBuf>> {
    let program = place.join(name);
    // A folder for each: units of both kernels have the same names.
    let units = place.join(format!("{name}-units"));
    fs::create_dir_all(&units)?;
    compiler
        .arg(format!("-FU{}", units.display()))
        .arg(format!("-o{}", program.display()));
    compiler.arg(format!("-Fu{}", PASCAL.tests().join("tstunits").display()));
    compiler
        .args(&directives.options)
        .arg(test)
        .current_dir(test.parent().unwrap_or(place));
    let finished = run(
        &mut compiler,
        &place.join("compiler"),
        Limits::total(Duration::from_secs(60)),
    )?;
    let built = matches!(finished.end, End::Own(status) if status.success()) && program.exists();
    Ok(built.then_some(program))
}

/// Whether a program header asks for an interpreter: such programs need libraries of FreeBSD's.
fn needs_an_interpreter(program: &Path) -> io::Result<bool> {
    let image = fs::read(program)?;
    let headers = image
        .get(64..)
        .unwrap_or_default()
        .chunks_exact(56)
        .take(12);
    Ok(headers
        .map(|header| &header[..4])
        .any(|kind| kind == 3u32.to_le_bytes()))
}

/// The exit code, or what else ended the program.
fn ending(command: &mut Command, place: &Path) -> io::Result<String> {
    let finished = run(
        command.current_dir(place),
        &place.join("said"),
        Limits::total(Duration::from_secs(60)),
    )?;
    Ok(match finished.end {
        End::Own(status) => status
            .code()
            .map_or_else(|| status.to_string(), |code| code.to_string()),
        End::TimedOut | End::Silent => "hung".to_owned(),
    })
}

/// Prints what came of all, and says whether it is as the list has it.
fn report(verdicts: &BTreeMap<(String, String), Verdict>, known: &Known, whole: bool) -> bool {
    let mut unfit: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differ = BTreeSet::new();
    let (mut pass, mut anyway, mut new) = (0, 0, 0);
    for ((folder, test), verdict) in verdicts {
        match verdict {
            Verdict::Pass => pass += 1,
            Verdict::FailsAnyway => anyway += 1,
            Verdict::Unfit(why) => *unfit.entry(why).or_default() += 1,
            Verdict::Differs(how) => {
                differ.insert((folder.as_str(), test.as_str()));
                if known.find(folder, test).is_none() {
                    new += 1;
                    println!("NEW {folder} {test}: {how}");
                }
            }
        }
    }
    let folders = if whole {
        BTreeSet::from(FOLDERS)
    } else {
        BTreeSet::new()
    };
    let unborne = known.unborne(&folders, &differ);
    for entry in &unborne {
        println!(
            "unexpected pass: {} {} is on the list ({})",
            entry.package, entry.test, entry.reason
        );
    }
    for (why, count) in unfit {
        println!("{count:>5} not run: {why}");
    }
    println!("{anyway:>5} end the same unexpected way on Linux, or are not for it");
    println!("{pass:>5} pass, {} differ, {new} of them new", differ.len());
    new == 0 && unborne.is_empty()
}
