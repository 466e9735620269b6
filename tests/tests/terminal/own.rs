//! An own program that shows its terminal: needs no FreeBSD system.

use std::os::unix::process::ExitStatusExt;

use compat_tests::pty::Session;
use compat_tests::stage::{Stage, on_every_stage};

use crate::program::program;

const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;

fn shown(stage: &Stage) -> Session {
    let mut command = stage.guest(&program("guest-terminal"));
    command.arg("--as-shown");
    let mut session = Session::start(&mut command, 24, 80).expect("compat starts");
    session.wait_for("24 rows 80 columns");
    session
}

#[test]
fn a_program_keeps_its_terminal() {
    on_every_stage(|stage| {
        let mut session = shown(stage);
        session.resize(40, 100);
        session.wait_for("40 rows 100 columns");
        // The line discipline's own editing: erase, kill, and ^V before a key that means something.
        session.send("wrong\x15helpo\x7f\x7flo\x16\x03\r");
        session.wait_for("typed hello\x03");
        session.wait_for("40 rows");
        session.send("\x04");
        session.wait_for("end");
        assert_eq!(session.end().code(), Some(7));
    });
}

#[test]
fn keys_end_a_program() {
    on_every_stage(|stage| {
        for (key, signal) in [("\x03", SIGINT), ("\x1c", SIGQUIT)] {
            let mut session = shown(stage);
            session.send(key);
            assert_eq!(session.end().signal(), Some(signal));
        }
    });
}

/// A shell of the host stops the program, looks at it, and lets it go on.
#[test]
fn a_program_is_a_job_of_the_hosts_shell() {
    on_every_stage(|stage| {
        let guest = stage.guest(&program("guest-terminal"));
        let line: Vec<_> = [guest.get_program()]
            .into_iter()
            .chain(guest.get_args())
            .map(|word| word.to_string_lossy())
            .collect();
        let mut shell = stage.host("sh");
        shell.arg("-im").env("PS1", "ready> ").env_remove("ENV");
        let mut session = Session::start(&mut shell, 24, 80).expect("there is a shell");
        session.wait_for("ready> ");
        session.send(&format!("{} --as-shown\r", line.join(" ")));
        session.wait_for("24 rows 80 columns");
        session.send("\x1a");
        session.wait_for("ready> ");
        session.send("jobs\r");
        session.wait_for("Stopped");
        session.wait_for("ready> ");
        session.send("fg\r");
        // What the continued program waits for is still what is typed.
        session.wait_for("--as-shown");
        session.send("again\r");
        session.wait_for("typed again");
        session.send("\x04");
        session.wait_for("end");
        session.wait_for("ready> ");
        session.send("exit $?\r");
        assert_eq!(session.end().code(), Some(7));
    });
}
