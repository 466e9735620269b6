//! `vi`, `ex`, `ed` and `ee`.

use crate::system::System;

const TEXT: &str = "first line\nsecond line\nthird line\n";

#[test]
fn vi_edits_on_the_whole_screen() {
    let Some(system) = System::find() else { return };
    system.write("text", TEXT);
    let mut session = system.run(&["vi", "text"]);
    session.wait_for_row(2, "third line");
    session.wait_for_row(3, "~");
    // Opens a line, finds a word, changes it, copies a line to the end.
    session.send("oinserted\x1b");
    session.wait_for_row(1, "inserted");
    session.send("/third\rcwlast\x1b");
    session.wait_for_row(3, "last line");
    session.send("1GyyGp");
    session.wait_for_row(4, "first line");
    // The window changes under it.
    session.resize(10, 60);
    session.wait_until("a screen of ten rows", |screen| {
        let rows: Vec<String> = screen.rows(0, 60).collect();
        rows[4].starts_with("first line") && rows[8].starts_with('~')
    });
    session.send(":wq\r");
    assert_eq!(session.end().code(), Some(0));
    let expected = "first line\ninserted\nsecond line\nlast line\nfirst line\n";
    assert_eq!(system.read("text"), expected);
}

/// ^Z in the middle, a shell command from within, and a forced end.
#[test]
fn vi_leaves_the_screen_and_comes_back() {
    let Some(system) = System::find() else { return };
    system.write("text", TEXT);
    let mut session = system.run(&["env", "PS1=ready> ", "sh"]);
    session.wait_for("ready> ");
    session.send("vi text\r");
    session.wait_for_row(2, "third line");
    session.send("\x1a");
    session.wait_for("ready> ");
    session.send("stty -a | grep -o ' icanon'; fg\r");
    session.wait_for_row(2, "third line");
    session.send(":!echo from outside\r");
    session.wait_for("from outside");
    session.send("\r");
    session.wait_for_row(2, "third line");
    session.send("ddp:q!\r");
    session.wait_for("ready> ");
    session.send("exit\r");
    assert_eq!(session.end().code(), Some(0));
    assert_eq!(system.read("text"), TEXT);
}

#[test]
fn ex_and_ed_edit_line_by_line() {
    let Some(system) = System::find() else { return };
    system.write("text", TEXT);
    let mut session = system.run(&["ex", "text"]);
    session.wait_for(":");
    session.send("2s/second/changed/\r");
    session.wait_for("changed line");
    session.send("wq\r");
    assert_eq!(session.end().code(), Some(0));
    let mut session = system.run(&["ed", "text"]);
    session.wait_for("35\r\n");
    session.send("2p\r");
    session.wait_for("changed line");
    session.send("2d\rw\r");
    session.wait_for("22\r\n");
    session.send("q\r");
    assert_eq!(session.end().code(), Some(0));
    assert_eq!(system.read("text"), "first line\nthird line\n");
}

#[test]
fn ee_edits_below_its_menu() {
    let Some(system) = System::find() else { return };
    system.write("text", TEXT);
    let mut session = system.run(&["ee", "text"]);
    session.wait_for("third line");
    session.send("typed \x1b");
    session.wait_for("main menu");
    session.send("a");
    session.wait_for("save changes");
    session.send("a");
    session.end();
    assert_eq!(system.read("text"), format!("typed {TEXT}"));
}
