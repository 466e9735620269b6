//! The way into the stub (`compat run --attach`) that a whole run of the suites uses, and what is not run that way.

use std::env;
use std::process::Command;
use std::sync::OnceLock;

use crate::known::Known;

/// Tests that a way in cannot pass, for reasons of its own: the way, the test, the reason.
const KNOWN: &str = include_str!("../known/attach.txt");

/// What `$COMPAT_TEST_ATTACH` names, if it names anything.
pub fn way() -> Option<&'static str> {
    static WAY: OnceLock<Option<String>> = OnceLock::new();
    WAY.get_or_init(|| env::var("COMPAT_TEST_ATTACH").ok())
        .as_deref()
}

/// Makes `command`, which is `compat run` so far, attach that way.
pub fn attach(command: &mut Command) -> &mut Command {
    match way() {
        Some(way) => command.args(["--attach", way]),
        None => command,
    }
}

/// How many times as long as usual a program may take that way.
pub fn patience() -> u32 {
    match way() {
        Some("ptrace") => 5,
        _ => 1,
    }
}

/// Whether `test` is not run that way; prints why.
pub fn skips(test: &str) -> bool {
    let Some(way) = way() else {
        return false;
    };
    let known = Known::parse(KNOWN).expect("the list is well formed");
    let Some(entry) = known.find(way, test) else {
        return false;
    };
    println!("skipped with --attach {way}: {test}: {}", entry.reason);
    true
}
