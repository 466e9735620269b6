//! Every program of the system once: `programs.txt` says how; `netbsd.txt` for NetBSD's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use compat_tests::process::{End, Limits, run};
use compat_tests::root;
use compat_tests::stage::{Stage, on_every_stage};
use nix::unistd::geteuid;

use crate::judge::Judge;
use crate::line::{Line, Output};
use crate::{SYSTEM, only};

const FREEBSD: &str = include_str!("programs.txt");
const NETBSD: &str = include_str!("netbsd.txt");

const FOLDERS: [&str; 4] = ["bin", "sbin", "usr/bin", "usr/sbin"];

/// Far more than any of them needs, even on a machine with other work.
const LIMIT: Duration = Duration::from_secs(60);

/// What programs may look at. Each finds it unchanged.
const POEM: &str = "roses are red\nviolets are blue\nsugar is sweet\n";

#[test]
fn every_program_has_a_line_and_every_line_a_program() {
    let Some(system) = root::find(SYSTEM) else {
        return;
    };
    let mut there = BTreeSet::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(system.join(folder)).expect("a folder of the system") {
            let name = entry.expect("an entry").file_name();
            there.insert(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    let said: BTreeSet<String> = lines(FREEBSD)
        .into_iter()
        .map(|line| line.program)
        .collect();
    let silent: Vec<_> = there.difference(&said).collect();
    let absent: Vec<_> = said.difference(&there).collect();
    assert!(
        silent.is_empty() && absent.is_empty(),
        "no line: {silent:?}; no program: {absent:?}"
    );
}

#[test]
fn every_program_does_what_its_line_says() {
    let Some(system) = root::find(SYSTEM) else {
        return;
    };
    let only = only();
    let asked = |line: &Line| only.as_ref().is_none_or(|part| line.program.contains(part));
    let lines: Vec<Line> = lines(FREEBSD).into_iter().filter(asked).collect();
    run_everywhere(&lines, &system, "programs", only.is_none());
}

/// Of NetBSD, whatever a system has of what the list knows: no other one is as whole as the FreeBSD.
#[test]
fn every_program_of_netbsd_does_what_its_line_says() {
    let only = only();
    for system in root::all("netbsd-") {
        let asked = |line: &Line| {
            only.as_ref().is_none_or(|part| line.program.contains(part))
                && system.join(&line.program).exists()
        };
        let lines: Vec<Line> = lines(NETBSD).into_iter().filter(asked).collect();
        run_everywhere(&lines, &system, "netbsd", only.is_none());
    }
}

fn run_everywhere(lines: &[Line], system: &Path, group: &str, whole: bool) {
    let judge = Mutex::new(Judge::default());
    on_every_stage(|stage| {
        let root = geteuid().is_root() && stage.user() == "this user";
        let lines: Vec<&Line> = lines.iter().filter(|line| line.is_for(root)).collect();
        stage.with_system(system, |system| run_all(&lines, stage, system, &judge));
    });
    judge.lock().expect("no panic").verdict(group, whole);
}

/// Runs what the lines ask for, two of them at a time.
fn run_all(lines: &[&Line], stage: &Stage, system: &Path, judge: &Mutex<Judge>) {
    let next = AtomicUsize::new(0);
    let work = |worker| {
        while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
            let wrong = wrong_with(line, stage, system, worker);
            let wrong = wrong.map(|wrong| format!("as {}: {line}: {wrong}", stage.user()));
            judge.lock().expect("no panic").note(&line.program, wrong);
        }
    };
    thread::scope(|workers| {
        workers.spawn(|| work(1));
        work(0);
    });
}

fn lines(text: &str) -> Vec<Line> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| Line::parse(line).unwrap_or_else(|| panic!("not a line: {line}")))
        .collect()
}

fn wrong_with(line: &Line, stage: &Stage, system: &Path, worker: usize) -> Option<String> {
    let place = stage.work().join(format!("{worker}/here"));
    let _ = fs::remove_dir_all(&place);
    stage.write(&format!("{worker}/here/poem"), POEM);
    let (program, arguments) = line.command.split_first()?;
    let mut command = stage.of_system(system, program);
    command.args(arguments).current_dir(&place);
    match output(&mut command, &place.with_file_name("log")) {
        Err(end) => Some(end),
        Ok((status, printed)) => {
            let fits = status.code() == Some(line.code) && line.output.fits(&printed);
            let start: String = printed.chars().take(600).collect();
            (!fits).then(|| match &line.output {
                Output::Nothing => format!("{status}, printed:\n{start}"),
                Output::Pieces(pieces) => format!("{status}, not {pieces:?} but:\n{start}"),
            })
        }
    }
}

/// How a program ended and all it printed, or why that is not known.
fn output(command: &mut Command, log: &Path) -> Result<(ExitStatus, String), String> {
    let finished = run(command, log, Limits::total(LIMIT)).map_err(|error| error.to_string())?;
    let mut printed = String::new();
    for file in [&finished.stdout, &finished.stderr] {
        let bytes = fs::read(file).map_err(|error| error.to_string())?;
        printed += &String::from_utf8_lossy(&bytes);
    }
    match finished.end {
        End::Own(status) => Ok((status, printed)),
        end => Err(format!("{end:?} after {LIMIT:?}")),
    }
}
