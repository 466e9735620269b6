//! Programs that ask, and programs that make terminals.

use crate::system::{BUSY, System};

#[test]
fn script_records_a_session_of_its_own() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["env", "PS1=inner> ", "script", "record", "/bin/sh"]);
    session.wait_for("Script started");
    session.wait_for("inner> ");
    session.send("tty; stty size; echo said within\r");
    session.wait_for("/dev/pts/");
    session.wait_for("24 80\r\n");
    session.wait_for("said within\r\n");
    session.wait_for("inner> ");
    // Keys go through to the inner terminal.
    session.send(BUSY);
    session.wait_for("busy\r\n");
    session.send("through\r");
    session.wait_for("through\r\nthrough\r\n");
    session.send("\x03");
    session.wait_for("inner> ");
    session.send("exit 4\r");
    session.wait_for("Script done");
    assert_eq!(session.end().code(), Some(4));
    let record = system.read("record");
    assert!(record.contains("said within\r\n"), "{record:?}");
}

#[test]
fn secrets_are_read_from_the_terminal_without_echo() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["openssl", "passwd", "-1", "-salt", "salt"]);
    session.wait_for("Password:");
    session.wait_for_silence();
    session.send("secret\r");
    session.wait_for("$1$salt$");
    let shown = session.text();
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn tset_knows_the_terminal() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["tset", "-r"]);
    session.wait_for("Terminal type is xterm");
    assert_eq!(session.end().code(), Some(0));
    let mut session = system.run(&["sh", "-c", "stty -icanon -echo; reset -Q; stty -a"]);
    session.wait_for(" icanon isig iexten echo ");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_calculator_waits_for_each_line() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["bc", "-q"]);
    for (line, answer) in [("6*7\r", "42\r\n"), ("2^64\r", "18446744073709551616\r\n")] {
        session.send(line);
        session.wait_for(answer);
    }
    session.send("\x04");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn mesg_changes_who_may_write() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["sh", "-c", "mesg n; mesg; mesg y; mesg; ls -l $(tty)"]);
    session.wait_for("is n\r\n");
    session.wait_for("is y\r\n");
    session.wait_for("crw--w----");
    assert_eq!(session.end().code(), Some(0));
}
