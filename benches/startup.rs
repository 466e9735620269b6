//! The time from `exec` to the end of a program that prints one line.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat_tests::compat;
use compat_tests::go::guests::guest;
use compat_tests::inputs::Target;

use crate::turns::Turns;

pub(crate) fn run() -> Option<()> {
    smallest();
    let (freebsd, linux) = (
        guest("hello", Target::FreeBsd)?,
        guest("hello", Target::Linux)?,
    );
    let turns = Turns::take(300, &mut compat::guest(&freebsd), &mut Command::new(&linux));
    turns.report("static hello in Go");
    Some(())
}

/// The programs without any library, which do nothing but start.
fn smallest() {
    let folder = nix::unistd::mkdtemp(&env::temp_dir().join("compat-bench-XXXXXX"))
        .expect("a temporary directory can be made");
    let installed = |program: &Path| -> PathBuf {
        // Linkers leave their output in the page cache in small pieces, which cost whoever maps them; a copy does not.
        let copy = folder.join(program.file_name().unwrap_or_default());
        fs::copy(program, &copy).expect("programs can be copied");
        copy
    };
    let compat = installed(compat::program());
    let freebsd = installed(&compat::own_guest("guest-hello"));
    let linux = installed(&compat::own_guest("guest-hello-linux"));
    let mut run = Command::new(compat);
    run.arg("run").arg(freebsd);
    let turns = Turns::take(1000, &mut run, &mut Command::new(linux));
    turns.report("static hello in Rust");
    let _ = fs::remove_dir_all(folder);
}
