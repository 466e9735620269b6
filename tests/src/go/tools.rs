//! Go's own tools, built from its own sources for any kernel: real programs, of which the toolchain's package brings only
//! those for its host.

use std::fs;
use std::path::PathBuf;

use super::binary::store;
use crate::inputs::{GO, Target};

/// What is built: the `go` command, what it runs, and programs that read what those make.
pub const TOOLS: [&str; 8] = [
    "go", "compile", "asm", "link", "vet", "gofmt", "nm", "objdump",
];

/// The directory with the tools for `target`, or `None` (and a line that says so) without a Go toolchain.
pub fn tools(target: Target) -> Option<PathBuf> {
    if !GO.is_here() {
        println!(
            "skipped: Go {} is not here (cargo run -p compat-tests --bin fetch)",
            GO.version
        );
        return None;
    }
    let place = store().join("tools").join(target.goos());
    if TOOLS.iter().all(|tool| place.join(tool).exists()) {
        return Some(place);
    }
    // Renamed when it is whole.
    let fresh = place.with_extension(std::process::id().to_string());
    fs::create_dir_all(&fresh).expect("the inputs' directory is writable");
    let mut go = GO.command(target);
    go.args(["build", "-trimpath", "-o"]).arg(&fresh);
    go.args(TOOLS.map(|tool| format!("cmd/{tool}")));
    let built = go.current_dir(GO.root().join("src/cmd")).status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "Go's tools do not build for {}",
        target.goos()
    );
    let _ = fs::remove_dir_all(&place);
    // Another process may have been quicker.
    if fs::rename(&fresh, &place).is_err() {
        let _ = fs::remove_dir_all(&fresh);
    }
    Some(place)
}
