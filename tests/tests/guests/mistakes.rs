//! Command lines that make no sense and files that cannot be run: one line, which says what helps, and the right code.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use compat_tests::stage::{Stage, on_every_stage};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::program::program;

const OWN_FAILURE: i32 = 125;
const CANNOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

#[track_caller]
fn says(command: &mut Command, line: &str, code: i32) {
    let output = command.output().expect("compat starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (complaint.as_ref(), output.status.code()),
        (format!("{line}\n").as_str(), Some(code)),
        "{command:?}"
    );
    assert_eq!(output.stdout, b"");
}

fn compat(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = stage.compat();
    command.args(arguments);
    command
}

#[test]
fn a_command_line_without_sense_is_answered_in_one_line() {
    on_every_stage(|stage| {
        for (arguments, line) in [
            (
                &["rum"][..],
                "compat: no command 'rum' (`compat --help` says more)",
            ),
            (
                &["run"],
                "compat: no program given; `compat run --help` lists the options",
            ),
            (
                &["run", "--fast", "x"],
                "compat: invalid option --fast; `compat run --help` lists the options",
            ),
            (&["run", "--root"], "compat: --root wants a value"),
            (
                &["run", "--root", "/no\x1b/where", "x"],
                "compat: --root /no\\u{1b}/where: not a directory that can be entered: No such file or directory \
                 (host errno 2)",
            ),
            (
                &["run", "--root", "/", "-b", "/nowhere:/x", "x"],
                "compat: -b /nowhere: No such file or directory (host errno 2)",
            ),
            (
                &["run", "--attach", "magic", "x"],
                "compat: --attach magic: no such way; auto, sud, seccomp and ptrace are the ones there are",
            ),
            (
                &["run", "--abi", "beos", "x"],
                "compat: --abi beos: no such system; freebsd, netbsd and dragonfly are the ones that run",
            ),
            (
                &["check"],
                "compat check: no file given (`compat check --help` says more)",
            ),
            (
                &["doctor", "who"],
                "compat doctor: --json is all that it takes (`compat doctor --help` says more)",
            ),
            (
                &["root", "plant"],
                "compat root: no command 'plant' (`compat root --help` says more)",
            ),
            (
                &["shell", "--nut"],
                "compat shell: invalid option '--nut' (`compat shell --help` says more)",
            ),
        ] {
            says(&mut compat(stage, arguments), line, OWN_FAILURE);
        }
    });
}

#[test]
fn a_file_that_cannot_be_run_is_told_with_what_helps() {
    on_every_stage(|stage| {
        let work = stage.work();
        let run = |name: &str, why: &str, code: i32| {
            let line = format!("compat: {name}: {why}");
            says(&mut compat(stage, &["run", name]), &line, code);
        };
        run("./missing", "no such program", NOT_FOUND);
        run("missing", "no such program in PATH", NOT_FOUND);
        run("./", "a directory: name a file in it", CANNOT_RUN);
        let file = stage.write("file", fs::read(program("guest-hello")).expect("built"));
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
        };
        mode(&file, 0o644);
        run("./file", "no execute permission: chmod +x it", CANNOT_RUN);
        run("./file/x", "no such program", NOT_FOUND);
        mkfifo(&work.join("fifo"), Mode::from_bits_truncate(0o777)).expect("ours");
        run(
            "./fifo",
            "neither file nor link: name a program",
            CANNOT_RUN,
        );
        symlink("loop", work.join("loop")).expect("ours");
        run(
            "./loop",
            "cannot be opened: Too many levels of symbolic links (host errno 40)",
            CANNOT_RUN,
        );
        mode(&stage.write("text", "x = 1\n"), 0o755);
        run(
            "./text",
            "text without a #! line: give it a #! line or pass it to its interpreter",
            CANNOT_RUN,
        );
        mode(&stage.write("script", "#!/no\x1b\n"), 0o755);
        run(
            "./script",
            "its interpreter /no\\u{1b} is missing: install it, or name a root that holds it with --root",
            CANNOT_RUN,
        );
        mode(&stage.write("nested", "#!./script\n"), 0o755);
        run(
            "./nested",
            "a script whose interpreter is a script too: name a program after #!",
            CANNOT_RUN,
        );
        mode(&stage.write("shut-out", "#!./fifo\n"), 0o755);
        run(
            "./shut-out",
            "its interpreter ./fifo: neither file nor link: name a program",
            CANNOT_RUN,
        );
        // Nothing is forbidden to root.
        if stage.is_ordinary() {
            mode(&file, 0o111);
            run(
                "./file",
                "no permission to read it: chmod +r it",
                CANNOT_RUN,
            );
            let shut = stage.write("shut/file", "");
            mode(shut.parent().expect("a directory"), 0);
            run(
                "./shut/file",
                "no permission to search a directory on the way to it",
                CANNOT_RUN,
            );
            mode(shut.parent().expect("a directory"), 0o755);
        }
    });
}
