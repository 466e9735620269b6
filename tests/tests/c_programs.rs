//! The suite's own C and C++ programs, with the run-time linker, libc, libthr and C++ library of FreeBSD 13 and 15. Each must
//! print what `tests/guests/c/<name>.out` holds.
//!
//! `$COMPAT_TEST_ROOTS` names the directory with the systems. As root, each program also runs as an ordinary user.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use compat_tests::attach::attach;
use compat_tests::c::{System, sources, systems};
use compat_tests::process::{End, Limits, run};
use compat_tests::stage::{Stage, on_every_stage};
use compat_tests::words::first_difference;

/// Far more than any of them takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn prints_what_it_should(name: &str, objects: &[&str]) {
    let expected =
        fs::read_to_string(sources().join(name).with_extension("out")).expect("an expectation");
    for system in systems() {
        on_every_stage(|stage| {
            let said = said_by(&system, stage, name, objects);
            if let Some(difference) = first_difference(&said, &expected) {
                let release = &system.release;
                panic!("{name} on {release} as {}: {difference}", stage.user());
            }
        });
    }
}

/// Both outputs and how the program ended.
fn said_by(system: &System, stage: &Stage, name: &str, objects: &[&str]) -> String {
    let root = stage.work().with_file_name("system");
    system.copy_to(&root).expect("the stage has room");
    for object in objects {
        let file = fs::read(system.build(object)).expect("the object is readable");
        stage.write(&format!("{object}.so"), file);
    }
    let program = stage.copy(&system.build(name));
    // Where the system's logger listens, for a program that does it.
    let run_time = stage.write("run/empty", "").with_file_name("");
    let bound = format!("{}:/var/run", run_time.display());
    let mut command = stage.compat();
    attach(command.args(["run", "-q", "-b", &bound])).arg("--root");
    command.arg(&root).arg(&program);
    let log = root.with_file_name("log");
    let finished = run(&mut command, &log, Limits::total(PATIENCE)).expect("the program starts");
    let mut said = String::new();
    for output in [&finished.stdout, &finished.stderr] {
        said += &String::from_utf8_lossy(&fs::read(output).expect("an output"));
    }
    said + &match finished.end {
        End::Own(status) => match status.signal() {
            Some(signal) => format!("signal {signal}\n"),
            None => format!("exit {}\n", status.code().unwrap_or(-1)),
        },
        other => format!("{other:?}\n"),
    }
}

macro_rules! programs {
    ($($name:ident $(with $($object:literal)+)?;)*) => {
        $(#[test] fn $name() { prints_what_it_should(stringify!($name), &[$($($object),+)?]); })*
    };
}

programs! {
    aio;
    barriers;
    cancel;
    conditions;
    exceptions with "libthrower";
    faults;
    files;
    forks;
    hosts;
    jumps;
    keys;
    kqueues;
    loading with "libloaded";
    locales;
    memory;
    mutexes;
    patterns;
    priorities;
    queues;
    robust;
    rwlocks;
    semaphores;
    signals;
    sigstack;
    sockets;
    spawning;
    stdthreads;
    streams;
    syslogs;
    system;
    sysv;
    threadlocal;
    threads;
    timers;
    trees;
    zones;
}
