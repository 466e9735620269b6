//! Programs in C that mean the same on every system, or on all BSDs, with each system's own run-time linker and libraries.
//! What the former print under compat is what they print when they are built for the host and run there.
//!
//! `$COMPAT_TEST_ROOTS` names the directory with the systems: `freebsd-13.*`, `freebsd-15.*`, `netbsd-*`, `dragonfly-*`.
//! As root, each program also runs as an ordinary user.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use compat_tests::attach::attach;
use compat_tests::c::{
    System, all_systems, build_native, family_sources, portable_sources, sources_of,
};
use compat_tests::process::{End, Limits, run};
use compat_tests::stage::{Stage, on_every_stage};
use compat_tests::words::first_difference;

/// Far more than any of them takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn says_the_same(name: &str, objects: &[&str], strangers: &[&str]) {
    let mut systems = all_systems();
    systems.retain(|system| !strangers.iter().any(|kind| system.name.starts_with(kind)));
    if systems.is_empty() {
        return;
    }
    on_every_stage(|stage| {
        let expected = said(stage, "linux", name, objects, build_native, |program| {
            stage.host(program)
        });
        for system in &systems {
            let build = |name: &str| system.build_from(&portable_sources(), name);
            let said = said(stage, &system.name, name, objects, build, |program| {
                let mut command = under(stage, system);
                command.arg(program);
                command
            });
            if let Some(difference) = first_difference(&said, &expected) {
                let user = stage.user();
                panic!("{name} on {} as {user}: {difference}", system.name);
            }
        }
    });
}

/// What only BSDs have, and all of them.
fn says_what_is_expected(name: &str) {
    on_systems("", &family_sources(), name);
}

/// On those whose names begin with `kind`.
fn on_systems(kind: &str, sources: &Path, name: &str) {
    let expected = sources.join(name).with_extension("out");
    let expected = fs::read_to_string(expected).expect("an expectation");
    let mut systems = all_systems();
    systems.retain(|system| system.name.starts_with(kind));
    for system in systems {
        let build = |name: &str| system.build_from(sources, name);
        on_every_stage(|stage| {
            let said = said(stage, &system.name, name, &[], build, |program| {
                let mut command = under(stage, &system);
                command.arg(program);
                command
            });
            if let Some(difference) = first_difference(&said, &expected) {
                let user = stage.user();
                panic!("{name} on {} as {user}: {difference}", system.name);
            }
        });
    }
}

#[test]
fn kqueues() {
    says_what_is_expected("kqueues");
}

#[test]
fn followed() {
    says_what_is_expected("followed");
}

/// What the kernels of one system list, and nobody else in that form.
#[test]
fn listings_of_netbsd() {
    on_systems("netbsd", &sources_of("netbsd"), "listings");
}

#[test]
fn cloning_of_netbsd() {
    on_systems("netbsd", &sources_of("netbsd"), "cloning");
}

/// A script, by the system's own shell and tools. What it prints is in a file: hosts have shells of many kinds.
#[test]
fn tools() {
    let script = portable_sources().join("tools.sh");
    let expected = fs::read_to_string(script.with_extension("out")).expect("an expectation");
    for system in all_systems() {
        if !system.root().join("bin/sh").exists() {
            println!("skipped: {} has no shell", system.name);
            continue;
        }
        on_every_stage(|stage| {
            let said = said(
                stage,
                &system.name,
                "tools.sh",
                &[],
                |_| script.clone(),
                |script| {
                    let mut command = under(stage, &system);
                    let root = stage.work().with_file_name(&system.name);
                    system.copy_tools_to(&root).expect("the stage has room");
                    command.args(["/bin/sh", script]);
                    command
                        .env("LC_ALL", "C")
                        .env("PATH", "/bin:/usr/bin:/sbin");
                    command
                },
            );
            if let Some(difference) = first_difference(&said, &expected) {
                panic!("on {} as {}: {difference}", system.name, stage.user());
            }
        });
    }
}

/// `compat run` with a copy of the system as its root.
fn under(stage: &Stage, system: &System) -> Command {
    let root = stage.work().with_file_name(&system.name);
    system.copy_to(&root).expect("the stage has room");
    // Where DragonFly keeps what has a name and lasts no longer than the system runs.
    let volatile = stage.write("run/shm/.here", "");
    let bound = format!("{}:/var/run/shm", volatile.with_file_name("").display());
    let mut command = stage.compat();
    attach(command.args(["run", "-q", "-b", &bound])).arg("--root");
    command.arg(&root);
    command
}

/// Both outputs of a program in a directory with nothing but `objects`, and how it ended. It is called by the same name
/// wherever it runs.
fn said(
    stage: &Stage,
    place: &str,
    name: &str,
    objects: &[&str],
    build: impl Fn(&str) -> PathBuf,
    command: impl FnOnce(&str) -> Command,
) -> String {
    let file = |path: PathBuf| fs::read(path).expect("what was built is readable");
    let program = stage.write(&format!("{place}/{name}"), file(build(name)));
    let executable = Permissions::from_mode(0o755);
    fs::set_permissions(&program, executable).expect("the stage is ours");
    let here = format!("{place}/here");
    for object in objects {
        stage.write(&format!("{here}/{object}.so"), file(build(object)));
    }
    let hidden = stage.write(&format!("{here}/.hidden"), "");
    fs::remove_file(&hidden).expect("it was made just now");
    let mut command = command(&format!("../{name}"));
    command.current_dir(hidden.with_file_name(""));
    let log = stage.work().with_file_name("log");
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
    ($($name:ident $(with $object:literal)? $(not on $stranger:literal)?;)*) => {
        $(#[test] fn $name() {
            says_the_same(stringify!($name), &[$($object)?], &[$($stranger)?]);
        })*
    };
}

programs! {
    // Older releases have no waitid.
    children not on "netbsd";
    contents;
    files;
    loading with "libadded";
    memory;
    networks;
    processes;
    pseudoterminals;
    pthreads;
    signalling not on "dragonfly";
    // With its threads, older releases' sigprocmask returns the error.
    signals not on "netbsd";
    sockets;
    spawns;
    terminals;
    // Nor pthread_mutex_timedlock.
    threads not on "netbsd";
}
