//! Which release programs believe to run on, in roots of their own system and of another, and across `execve`.

use std::fs;
use std::path::PathBuf;

use compat_tests::stage::{Stage, on_every_stage};

use crate::program::program;

/// A root whose programs were made for FreeBSD 13.2.
const OF_FREEBSD: (&str, &str) = ("root-f", "guest-hello");
/// A root whose programs were made for NetBSD 10.0.
const OF_NETBSD: (&str, &str) = ("root-n", "guest-hello-netbsd");

fn made(stage: &Stage, (name, shell): (&str, &str)) -> PathBuf {
    let root = stage.work().with_file_name(name);
    let folder = root.join("bin");
    fs::create_dir_all(&folder).expect("the stage can be written to");
    for (built, name) in [
        (shell, "sh"),
        ("guest-hello", "of-freebsd"),
        ("guest-hello-netbsd", "of-netbsd"),
        ("guest-surroundings", "become"),
    ] {
        // By another process, for the reason that `Stage` has.
        fs::rename(stage.copy(&program(built)), folder.join(name)).expect("a copy can be renamed");
    }
    root
}

#[track_caller]
fn says(stage: &Stage, root: (&str, &str), command: &[&str], expected: &str) {
    let ran = stage
        .compat()
        .args(["run", "-q", "--root"])
        .arg(made(stage, root))
        .args(command)
        .output()
        .expect("compat starts");
    assert_eq!(
        (
            String::from_utf8_lossy(&ran.stdout).as_ref(),
            String::from_utf8_lossy(&ran.stderr).as_ref()
        ),
        (format!("Hello world from {expected}!\n").as_str(), ""),
        "{command:?} in {}",
        root.0
    );
}

const BECOME: [&str; 2] = ["/bin/become", "become"];

#[test]
fn a_root_says_which_release_its_own_systems_programs_see() {
    on_every_stage(|stage| {
        for (root, program, expected) in [
            (OF_FREEBSD, "/bin/of-freebsd", "FreeBSD 13.2"),
            (OF_NETBSD, "/bin/of-netbsd", "NetBSD 10.0"),
            // What is not said is compat's choice.
            (OF_FREEBSD, "/bin/of-netbsd", "NetBSD 10.1"),
            (OF_NETBSD, "/bin/of-freebsd", "FreeBSD 14.2"),
        ] {
            says(stage, root, &[program], expected);
            says(stage, root, &[&BECOME[..], &[program]].concat(), expected);
        }
    });
}

#[test]
fn a_release_that_is_asked_for_is_for_the_system_of_the_first_program() {
    on_every_stage(|stage| {
        let asked = ["--osreldate", "1301000", "--release", "13.1-RELEASE"];
        let after = |more: &[&'static str]| [&asked[..], &BECOME, more].concat();
        let freebsd = ["/bin/of-freebsd"];
        says(stage, OF_FREEBSD, &after(&freebsd), "FreeBSD 13.1");
        says(stage, OF_NETBSD, &after(&freebsd), "FreeBSD 13.1");
        let netbsd = ["/bin/of-netbsd"];
        says(stage, OF_FREEBSD, &after(&netbsd), "NetBSD 10.1");
        says(stage, OF_NETBSD, &after(&netbsd), "NetBSD 10.0");
    });
}
