//! `sh`, `csh` and what is typed to them.

use crate::system::{BUSY, System};

const PROMPT: &str = "ready> ";

#[test]
fn logging_in_makes_a_session() {
    let Some(system) = System::find() else { return };
    let mut session = system.shell(&[]);
    // An ordinary user has no account in that system, and gets the usual shell.
    session.send("sh\r");
    session.send(&format!("PS1='{PROMPT}'\r"));
    session.wait_for(&format!("\n{PROMPT}"));
    for (line, answer) in [
        ("tty", "\r\n/dev/pts/"),
        ("uname -s", "\r\nFreeBSD\r\n"),
        ("echo $PATH", "\r\n/sbin:/bin:"),
        ("echo $TERM", "\r\nxterm"),
        ("stty size", "\r\n24 80\r\n"),
        ("test -d $HOME && echo there", "\r\nthere\r\n"),
        ("id -u | grep -c .", "\r\n1\r\n"),
        (
            "test $(ps -o tty= -p $$) = $(tty | cut -c6-) && echo same",
            "\r\nsame\r\n",
        ),
    ] {
        session.send(&format!("{line}\r"));
        session.wait_for(answer);
        session.wait_for(PROMPT);
    }
    session.send("exit\r");
    session.send("exit\r");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn sh_controls_jobs() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["env", &format!("PS1={PROMPT}"), "sh"]);
    session.wait_for(PROMPT);
    session.send("sh -c 'echo bu''sy; exec sleep 1000' &\r");
    session.wait_for("busy\r\n");
    session.send("jobs\r");
    session.wait_for("Running");
    session.wait_for(PROMPT);
    session.send("kill %1; wait; jobs; echo none\r");
    session.wait_for("Terminated");
    session.wait_for("none\r\n");
    session.wait_for(PROMPT);
    // A foreground program dies of ^C, and the shell does not.
    session.send(BUSY);
    session.wait_for("busy\r\n");
    session.send("echoed\r");
    session.wait_for("echoed\r\nechoed\r\n");
    session.send("\x03");
    session.wait_for(PROMPT);
    session.send("echo $?\r");
    session.wait_for("130\r\n");
    session.wait_for(PROMPT);
    // A pipeline is one job: stopped and continued as one.
    session.send(&BUSY.replace('\r', " | cat | cat\r"));
    session.wait_for("busy\r\n");
    session.send("\x1a");
    session.wait_for("Suspended");
    session.wait_for(PROMPT);
    session.send("fg\r");
    session.wait_for("cat\r\n");
    session.send("through\r");
    session.wait_for("through\r\nthrough\r\n");
    session.send("\x04");
    session.wait_for(PROMPT);
    // What runs in the background may not read.
    session.send("cat &\r");
    session.wait_for(PROMPT);
    session.send("until jobs >list; grep tty list; do sleep 0.1; done\r");
    session.wait_for("Stopped (tty input)");
    session.wait_for(PROMPT);
    session.send("fg\r");
    session.wait_for("cat\r\n");
    session.send("read\r");
    session.wait_for("read\r\nread\r\n");
    session.send("\x1a");
    session.wait_for("Suspended");
    session.wait_for(PROMPT);
    session.send("kill %1; bg; wait; exit 5\r");
    assert_eq!(session.end().code(), Some(5));
}

#[test]
fn sh_edits_lines() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["env", &format!("PS1={PROMPT}"), "sh", "-E"]);
    session.wait_for(PROMPT);
    // Emacs keys: to the beginning, a word forward, kill to the end, and the line before.
    session.send("cho one two three\x01e\x1bf\x1bf\x0b\r");
    session.wait_for("\r\none\r\n");
    session.wait_for(PROMPT);
    session.send("\x10 again\r");
    session.wait_for("\r\none again\r\n");
    session.wait_for(PROMPT);
    session.send("exit\r");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn csh_completes_and_edits() {
    let Some(system) = System::find() else { return };
    system.write("a-long-name", "contents\n");
    let mut session = system.run(&["csh", "-f"]);
    session.send(&format!("set prompt='{PROMPT}'\r"));
    session.wait_for(&format!("\n{PROMPT}"));
    session.send("ca\x08at a-l\t\r");
    session.wait_for("\r\ncontents\r\n");
    session.wait_for(PROMPT);
    // Up to the line before, and its end changed.
    session.send("\x1b[A\x01echo \r");
    session.wait_for("\r\ncat a-long-name\r\n");
    session.wait_for(PROMPT);
    // ^D shows what could follow.
    session.send("/bin/ch\x04");
    session.wait_for("chflags");
    session.wait_for("chmod");
    session.send(&format!("\x15{BUSY}"));
    session.wait_for("busy\r\n");
    session.send("\x1a");
    session.wait_for("Suspended");
    session.wait_for(PROMPT);
    session.send("kill -9 %1\r");
    session.wait_for(PROMPT);
    session.send("exit\rexit\r");
    session.end();
}

#[test]
fn stty_sets_what_it_shows() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["env", &format!("PS1={PROMPT}"), "sh"]);
    session.wait_for(PROMPT);
    for (line, answer) in [
        ("stty -f /dev/tty speed", "\n38400\r\n"),
        ("stty 9600; stty speed", "\n9600\r\n"),
        ("stty intr ^X; stty -e | grep -c 'intr.*'", "\n1\r\n"),
        (
            "stty status ^T erase2 ^H dsusp ^Y; stty -a | grep -o 'status = .T'",
            "\nstatus = ^T\r\n",
        ),
        ("stty rows 30 columns 90; stty size", "\n30 90\r\n"),
        (
            "stty hupcl clocal; stty -a | grep -o ' hupcl clocal'",
            "\n hupcl clocal\r\n",
        ),
        (
            "stty intr ^C -icanon; stty sane; stty -a | grep -o ' ixany imaxbel'",
            "\n ixany imaxbel\r\n",
        ),
        ("stty -echo; echo quiet; stty echo", "\nquiet\r\n"),
        (
            "saved=$(stty -g); stty raw; stty $saved; stty -a | grep -o ' icanon isig'",
            "\n",
        ),
        ("tput cols; tput lines", "\n90\r\n30\r\n"),
    ] {
        session.send(&format!("{line}\r"));
        session.wait_for(answer);
        session.wait_for(PROMPT);
    }
    session.send("exit\r");
    assert_eq!(session.end().code(), Some(0));
}
