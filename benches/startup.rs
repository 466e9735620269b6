//! The time from `exec` to the end of a program that prints one line.

use std::process::Command;

use compat_tests::compat;
use compat_tests::go::guests::guest;
use compat_tests::inputs::Target;

use crate::turns::Turns;

pub(crate) fn run() -> Option<()> {
    let (freebsd, linux) = (
        guest("hello", Target::FreeBsd)?,
        guest("hello", Target::Linux)?,
    );
    let turns = Turns::take(300, &mut compat::guest(&freebsd), &mut Command::new(&linux));
    turns.report("static hello in Go");
    Some(())
}
