//! Dynamic programs: what it takes to start one, to start others from it, and to start a shell. Needs a root.

use std::env;
use std::path::Path;
use std::process::Command;

use compat_tests::c::{System, systems};
use compat_tests::{compat, root};

use crate::turns::Turns;

pub(crate) fn run() -> Option<()> {
    let folder = nix::unistd::mkdtemp(&env::temp_dir().join("compat-bench-XXXXXX"))
        .expect("a temporary directory can be made");
    if let Some(system) = systems().first() {
        programs(system, &folder);
    }
    if let Some(root) = root::find("freebsd-10.1") {
        shell(&root);
    }
    let _ = std::fs::remove_dir_all(folder);
    Some(())
}

fn programs(system: &System, folder: &Path) {
    let source = compat::workspace().join("benches/spawn.c");
    let (freebsd, linux) = (folder.join("spawn"), folder.join("spawn-linux"));
    system.compile(&source, &freebsd);
    let built = Command::new("cc")
        .arg("-O1")
        .arg(&source)
        .arg("-o")
        .arg(&linux)
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "cc builds {}",
        source.display()
    );
    for (what, rounds, arguments) in [
        ("dynamic hello in C", 300, &[][..]),
        ("100 vfork+exec+wait", 20, &["100"][..]),
        ("300 fork+wait", 20, &["300", "fork"][..]),
    ] {
        let mut guest = rooted(system.root());
        guest.arg(&freebsd).args(arguments);
        let mut native = Command::new(&linux);
        native.args(arguments);
        Turns::take(rounds, &mut guest, &mut native).report(what);
    }
}

/// FreeBSD's `sh` against the host's own: not the same program, but the same work.
fn shell(root: &Path) {
    let hundred = "i=0; while [ $i -lt 100 ]; do /bin/echo $i; i=$((i+1)); done";
    for (what, rounds, script) in [("sh -c :", 300, ":"), ("sh, 100 commands", 20, hundred)] {
        let mut guest = rooted(root);
        guest.args(["/bin/sh", "-c", script]);
        let mut native = Command::new("/bin/sh");
        native.args(["-c", script]);
        Turns::take(rounds, &mut guest, &mut native).report(what);
    }
}

fn rooted(root: &Path) -> Command {
    let mut command = Command::new(compat::program());
    command.args(["run", "-q", "--root"]).arg(root);
    command
}
