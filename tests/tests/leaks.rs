//! Thousands of processes one after another leave nothing: no child, no descriptor, no memory of compat's own.
//!
//! With `$COMPAT_TEST_ROOTS`, so do those that the shell of `freebsd-10.1` there starts.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use compat_tests::attach;
use compat_tests::compat;
use compat_tests::stage::on_every_stage;

/// What a process holds at one moment.
#[derive(Debug, PartialEq, Eq)]
struct Holds {
    descriptors: BTreeMap<String, PathBuf>,
    children: String,
    /// KiB of memory that is compat's alone.
    memory: u64,
}

/// Where compat's image and memory lie.
const OURS: Range<u64> = 0x7000_0000_0000..0x7010_0000_0000;

impl Holds {
    fn now(pid: u32) -> Self {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let descriptors = fs::read_dir(process.join("fd"))
            .expect("the process lives")
            .flatten()
            .filter_map(|entry| {
                let target = fs::read_link(entry.path()).ok()?;
                Some((entry.file_name().to_string_lossy().into_owned(), target))
            });
        Self {
            descriptors: descriptors.collect(),
            children: fs::read_to_string(process.join(format!("task/{pid}/children")))
                .unwrap_or_default(),
            memory: memory(&process),
        }
    }
}

fn memory(process: &Path) -> u64 {
    let maps = fs::read_to_string(process.join("smaps")).expect("the process lives");
    let (mut sum, mut ours) = (0, false);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        if let Some((start, _)) = first.split_once('-') {
            ours = u64::from_str_radix(start, 16).is_ok_and(|start| OURS.contains(&start));
        } else if ours && first == "Anonymous:" {
            sum += second
                .and_then(|size| size.parse::<u64>().ok())
                .unwrap_or(0);
        }
    }
    sum
}

/// A program that stops at two places, at which it must hold the same.
fn holds_the_same(mut command: Command, what: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("compat starts");
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (mut input, mut output) = (
        input.expect("a pipe"),
        BufReader::new(output.expect("a pipe")),
    );
    let warm = stopped(&mut child, &mut output, "warm", what);
    go_on(&mut input);
    let done = stopped(&mut child, &mut output, "done", what);
    go_on(&mut input);
    assert!(child.wait().expect("it ends").success(), "{what}");

    assert_eq!(done.descriptors, warm.descriptors, "{what}");
    assert_eq!(
        (warm.children, done.children),
        (String::new(), String::new()),
        "{what}"
    );
    let grown = done.memory.saturating_sub(warm.memory);
    assert!(
        grown <= 16,
        "{what}: compat's memory grew from {} to {} KiB",
        warm.memory,
        done.memory
    );
}

fn stopped(
    child: &mut Child,
    output: &mut BufReader<ChildStdout>,
    word: &str,
    what: &str,
) -> Holds {
    let mut line = String::new();
    output.read_line(&mut line).expect("a pipe can be read");
    if line.trim() != word {
        let mut rest = String::new();
        let _ = output.read_to_string(&mut rest);
        panic!("{what}: {line}{rest}{:?}", child.wait());
    }
    Holds::now(child.id())
}

fn go_on(input: &mut ChildStdin) {
    input.write_all(b"\n").expect("it waits");
}

/// So many rounds, or as many as the way in leaves time for: traced, a program takes a tenth of a second to start.
fn times(usual: u32) -> String {
    match attach::way() {
        Some("ptrace") => usual / 50,
        _ => usual,
    }
    .to_string()
}

#[test]
fn ten_thousand_programs_leave_nothing() {
    let guest = compat::own_guest("guest-leaks");
    on_every_stage(|stage| {
        let mut command = stage.guest(&guest);
        command.arg("starts").arg(times(10_000));
        holds_the_same(command, stage.user());
    });
}

#[test]
fn a_thousand_pipelines_of_five_leave_nothing() {
    let guest = compat::own_guest("guest-leaks");
    on_every_stage(|stage| {
        let mut command = stage.guest(&guest);
        command.arg("pipelines").arg(times(1000));
        holds_the_same(command, stage.user());
    });
}

#[test]
fn neither_do_those_of_a_shell() {
    let Some(roots) = env::var_os("COMPAT_TEST_ROOTS") else {
        println!("skipped: COMPAT_TEST_ROOTS does not say where FreeBSD systems are");
        return;
    };
    let root = Path::new(&roots).join("freebsd-10.1");
    if !root.exists() {
        println!("skipped: there is no freebsd-10.1 among the roots");
        return;
    }
    let script = "\
        turns() { i=$1; while [ $i -gt 0 ]; do\n\
            test \"$(echo word | cat | cat | cat | cat)\" = word || exit 9; /bin/echo x >/dev/null; i=$((i-1))\n\
        done; }\n\
        turns 50; echo warm; read x; turns $1; echo done; read x; exit 0";
    let mut command = Command::new(compat::program());
    attach::attach(command.args(["run", "-q"]))
        .arg("--root")
        .arg(root)
        .args(["/bin/sh", "-c", script, "sh"])
        .arg(times(1000));
    holds_the_same(command, "sh");
}
