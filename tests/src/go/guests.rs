//! The suite's own Go programs, built for every kernel from `tests/guests/go`.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::compat::workspace;
use crate::inputs::{GO, Target, directory};

/// One of the programs, or `None` (and a line that says so) without a Go toolchain. All of them are
/// built first, once in a process: Go's own cache knows what has changed.
pub fn guest(name: &str, target: Target) -> Option<PathBuf> {
    static FREEBSD: OnceLock<Option<PathBuf>> = OnceLock::new();
    static NETBSD: OnceLock<Option<PathBuf>> = OnceLock::new();
    static DRAGONFLY: OnceLock<Option<PathBuf>> = OnceLock::new();
    static LINUX: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = match target {
        Target::FreeBsd => FREEBSD.get_or_init(|| build(target)),
        Target::NetBsd => NETBSD.get_or_init(|| build(target)),
        Target::DragonFly => DRAGONFLY.get_or_init(|| build(target)),
        Target::Linux => LINUX.get_or_init(|| build(target)),
    };
    if built.is_none() {
        println!(
            "skipped: Go {} is not here (cargo run -p compat-tests --bin fetch)",
            GO.version
        );
    }
    Some(built.as_ref()?.join(name))
}

fn build(target: Target) -> Option<PathBuf> {
    if !GO.is_here() {
        return None;
    }
    let place = directory().join("go-guests").join(target.goos());
    fs::create_dir_all(&place).expect("the inputs' directory is writable");
    let mut go = GO.command(target);
    go.args(["build", "-trimpath", "-o"])
        .arg(&place)
        .arg("./...");
    let built = go.current_dir(workspace().join("tests/guests/go")).status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the Go guests do not build for {}",
        target.goos()
    );
    Some(place)
}
