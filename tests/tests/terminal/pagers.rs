//! `less`, `more`, `top` and `systat`: programs that fill the screen again and again.

use crate::system::System;

fn numbers() -> String {
    (1..=200).map(|number| format!("{number}\n")).collect()
}

#[test]
fn less_goes_where_it_is_told() {
    let Some(system) = System::find() else { return };
    system.write("numbers", &numbers());
    let mut session = system.run(&["less", "numbers"]);
    session.wait_for_row(22, "23");
    session.send(" ");
    session.wait_for_row(0, "24");
    session.send("/150\r");
    session.wait_for_row(0, "150");
    session.send("G");
    session.wait_for_row(22, "200");
    session.send("1G");
    session.wait_for_row(0, "1");
    session.resize(12, 80);
    session.send("G");
    session.wait_for_row(10, "200");
    session.send("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn more_reads_keys_from_the_terminal_and_text_from_a_pipe() {
    let Some(system) = System::find() else { return };
    system.write("numbers", &numbers());
    let mut session = system.run(&["sh", "-c", "cat numbers | more"]);
    session.wait_for_row(22, "23");
    session.send(" ");
    session.wait_for_row(22, "4");
    session.send("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn top_shows_processes_until_told() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["top", "-s", "1"]);
    session.wait_for("last pid:");
    session.wait_for("COMMAND");
    session.wait_for(" top");
    session.send("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn systat_shows_what_the_machine_does_until_told() {
    let Some(system) = System::find() else { return };
    let mut session = system.run(&["systat", "-vmstat", "1"]);
    session.wait_for("Interrupts");
    session.wait_for("%Idle");
    session.wait_for("Disks");
    session.send("\x03");
    assert_eq!(session.end().code(), Some(0));
}
