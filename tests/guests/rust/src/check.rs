//! A program of many checks: without an argument it runs all of them, with one that check alone; `--list` names them.

use crate::{say, start, sys};

/// A check and its name. It panics when what it checks does not hold.
pub type Check = (&'static str, fn());

/// Runs what the arguments ask for, a line each, and ends the program: 0 when all hold, 101 by a panic.
pub fn run(checks: &[Check]) -> ! {
    let wanted = start::argument(1);
    if wanted == Some(b"--list") {
        for (name, _) in checks {
            say!("{name}");
        }
        sys::exit(0);
    }
    let mut ran = 0;
    for (name, check) in checks {
        if wanted.is_none_or(|wanted| wanted == name.as_bytes()) {
            check();
            say!("ok {name}");
            ran += 1;
        }
    }
    sys::exit(if ran == 0 { 2 } else { 0 })
}
