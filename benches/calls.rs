//! Single calls, and beside them the floor that Syscall User Dispatch sets for a host call.

use std::process::Command;

use compat_tests::compat;
use compat_tests::go::guests::guest;
use compat_tests::inputs::Target;

use crate::floor;

pub(crate) fn run() -> Option<()> {
    let (freebsd, linux) = (
        guest("calls", Target::FreeBsd)?,
        guest("calls", Target::Linux)?,
    );
    let guest = measured(&mut compat::guest(&freebsd));
    let native = measured(&mut Command::new(&linux));
    println!(
        "{:<12} {:>9} {:>9} {:>7}",
        "ns per call", "guest", "linux", "ratio"
    );
    for ((name, guest), (_, native)) in guest.iter().zip(&native) {
        println!(
            "{name:<12} {guest:>9.0} {native:>9.0} {:>7.2}",
            guest / native
        );
    }
    match floor::armed_and_plain() {
        Ok((armed, plain)) => println!(
            "getppid of a Linux thread: {armed:.0} ns with dispatch armed, {plain:.0} ns without"
        ),
        Err(error) => println!("no floor: {error}"),
    }
    Some(())
}

fn measured(command: &mut Command) -> Vec<(String, f64)> {
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let pairs = said.lines().filter_map(|line| line.split_once('\t'));
    pairs
        .filter_map(|(name, nanoseconds)| Some((name.to_owned(), nanoseconds.parse().ok()?)))
        .collect()
}
