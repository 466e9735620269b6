//! What a program that waits holds and does, beyond its Linux build: private memory, and wake-ups.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::column::Column;
use crate::program::Program;
use crate::start::Bench;
use crate::subject::{Subject, Worker};

/// The name of the group.
pub(crate) const GROUP: &str = "idle";
/// What there is in it.
pub(crate) const WHAT: &str = "private memory and wake-ups of programs that wait";

const THREADS: u64 = 32;
/// Till all sleep.
const SETTLED: Duration = Duration::from_millis(300);
const WATCHED: Duration = Duration::from_secs(5);

/// Starts each program for both systems, alone and with threads, and looks at it while it waits.
pub(crate) fn measure(bench: &Bench) -> Vec<Value> {
    println!(
        "\n== {GROUP}: KiB private to a process (of them dirty); wake-ups in {} s",
        WATCHED.as_secs()
    );
    let mut all = Vec::new();
    for (program, threads) in [
        (Program::Raw, 0),
        (Program::Go, 0),
        (Program::Libc, 0),
        (Program::Libc, THREADS),
    ] {
        match look(bench, program, threads) {
            Ok(Some(held)) => all.push(held),
            Ok(None) => {}
            Err(error) => println!("{}: {error}", program.title()),
        }
    }
    all
}

fn look(bench: &Bench, program: Program, threads: u64) -> Result<Option<Value>, String> {
    let number = threads.to_string();
    let arguments: &[&str] = match threads {
        0 => &["idle"],
        _ => &["idle", &number],
    };
    let start = |column| -> Result<Option<Worker>, String> {
        let mut worker = bench.worker(program, column, arguments)?;
        if let Some(worker) = &mut worker {
            // When it has answered, it has started.
            worker.turn(1)?;
        }
        Ok(worker)
    };
    let (Some(linux), Some(compat)) = (start(Column::Linux)?, start(Column::Compat)?) else {
        return Ok(None);
    };
    // Others of the same kind, for what all share to count as shared: on Linux, libraries are anyhow.
    let _others = (start(Column::Linux)?, start(Column::Compat)?);
    thread::sleep(SETTLED);
    let before = (wake_ups(&linux), wake_ups(&compat));
    thread::sleep(WATCHED);
    let wakes = (wake_ups(&linux) - before.0, wake_ups(&compat) - before.1);
    let (linux, compat) = (Held::of(&linux)?, Held::of(&compat)?);
    println!(
        "{:<6} {threads:>3} threads   linux {:>6} ({:>6})   compat {:>6} ({:>6})   more {:>6} ({:>6})   wake-ups {} and {}",
        program.title(),
        linux.private(),
        linux.dirty,
        compat.private(),
        compat.dirty,
        compat.private() - linux.private(),
        compat.dirty - linux.dirty,
        wakes.0,
        wakes.1,
    );
    Ok(Some(json!({
        "program": program.title(),
        "threads": threads,
        "linux_private_kib": linux.private(),
        "compat_private_kib": compat.private(),
        "linux_dirty_kib": linux.dirty,
        "compat_dirty_kib": compat.dirty,
        "linux_wake_ups": wakes.0,
        "compat_wake_ups": wakes.1,
    })))
}

/// KiB of a process that are in no other.
#[derive(Debug)]
struct Held {
    clean: i64,
    dirty: i64,
}

impl Held {
    fn of(worker: &Worker) -> Result<Self, String> {
        let path = format!("/proc/{}/smaps_rollup", worker.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
            number.and_then(|number| number.trim().parse().ok())
        };
        Ok(Self {
            clean: field("Private_Clean:").ok_or("no Private_Clean")?,
            dirty: field("Private_Dirty:").ok_or("no Private_Dirty")?,
        })
    }

    fn private(&self) -> i64 {
        self.clean + self.dirty
    }
}

/// How often the threads of a process have slept and gone on.
fn wake_ups(worker: &Worker) -> i64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", worker.id()));
    let count = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<i64>().ok()
    };
    tasks
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(count)
        .sum()
}
