//! How much slower a FreeBSD program is under compat than its Linux build, measured in turns.
//!
//! `cargo run --release -p compat-tests --bin bench [-- calls|startup|dynamic|bundle]`

mod bundle;
mod calls;
mod dynamic;
mod floor;
mod startup;
mod turns;

use std::process::ExitCode;

/// A benchmark prints its lines; `None` when an input is absent, which it has said.
type Benchmark = fn() -> Option<()>;

fn main() -> ExitCode {
    if cfg!(debug_assertions) {
        eprintln!("measured without --release: the numbers say nothing");
    }
    let all: [(&str, Benchmark); 4] = [
        ("startup", startup::run),
        ("dynamic", dynamic::run),
        ("bundle", bundle::run),
        ("calls", calls::run),
    ];

    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked
        .iter()
        .find(|name| all.iter().all(|(known, _)| known != name))
    {
        eprintln!("{unknown}: not one of startup, dynamic, bundle, calls");
        return ExitCode::from(2);
    }
    for (name, run) in all {
        if asked.is_empty() || asked.iter().any(|one| one == name) {
            println!("== {name}");
            run();
        }
    }
    ExitCode::SUCCESS
}
