//! The program under test, and how the suites start guests with it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Once, OnceLock};

use crate::attach::attach;

/// The `compat` to test: `$COMPAT`, else this workspace's own, which is built first so that a suite
/// never judges a stale one. `compat-cli` lies beside it.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        ordinary_surroundings();
        match env::var_os("COMPAT") {
            Some(chosen) => PathBuf::from(chosen),
            None => build(),
        }
    })
}

fn build() -> PathBuf {
    cargo_build(&["compat", "compat-cli"]);
    target_directory().join("compat")
}

/// The program `name` of `tests/guests/rust`, fresh from the workspace.
pub fn own_guest(name: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| cargo_build(&["compat-guests"]));
    target_directory().join(name)
}

fn cargo_build(packages: &[&str]) {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet"]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo
        .current_dir(workspace())
        .status()
        .is_ok_and(|status| status.success());
    assert!(built, "{packages:?} do not build");
}

/// `target/debug` or `target/release`, whichever holds the running program or test.
fn target_directory() -> PathBuf {
    let this = env::current_exe().expect("the running program has a path");
    let parent = this.parent().expect("a program lies in a directory");
    match parent.file_name() == Some(OsStr::new("deps")) {
        true => parent.parent().unwrap_or(parent).to_owned(),
        false => parent.to_owned(),
    }
}

/// The root of this workspace.
pub fn workspace() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the suites are a member of a workspace")
}

/// What this thread starts finds itself in ordinary surroundings.
///
/// It has no right to set the clock, which some suites of others try out as root: a test must not change the machine it
/// runs on. And interrupts end it, although a shell's background jobs ignore them, and `nohup`'s hang-ups.
pub fn ordinary_surroundings() {
    const CAP_SYS_TIME: libc::c_ulong = 25;
    // SAFETY: no pointers. An ordinary user may not do it and need not.
    unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0) };
    for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP] {
        // SAFETY: the default disposition needs no handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// `compat run -q -- <guest>`, to be completed with the guest's arguments.
///
/// Quiet, because the list of gaps at exit would stand among the guest's own words.
pub fn guest(guest: &Path) -> Command {
    ordinary_surroundings();
    let mut command = Command::new(program());
    attach(command.args(["run", "-q"])).arg(guest);
    command
}

/// The same, but a list of the calls that are not implemented ends the guest's standard error.
pub fn telling_guest(guest: &Path) -> Command {
    ordinary_surroundings();
    let mut command = Command::new(program());
    attach(command.arg("run")).arg(guest);
    command
}

/// Names of the calls that such lists in a guest's standard error hold.
pub fn gaps_told(stderr: &str) -> Vec<&str> {
    let lists = stderr
        .lines()
        .filter_map(|line| line.split_once("compat: not implemented (FreeBSD): "));
    let calls = lists.flat_map(|(_, list)| list.split(';').next().unwrap_or_default().split(", "));
    let mut names: Vec<&str> = calls.filter_map(|call| call.split(" (").next()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
