//! Brings here what the suites run and the repository does not hold. Safe to repeat.
//!
//! `cargo run -p compat-tests --bin fetch [-- --list]`

use std::process::ExitCode;

use compat_tests::inputs::{DEBIAN, Debian, FetchError, GO, NPM, directory, install_debian};

fn main() -> ExitCode {
    let list_only = std::env::args().skip(1).any(|arg| arg == "--list");
    println!("inputs: {}", directory().display());
    let mut failed = 0;
    let mut step = |what: String, here: bool, fetch: &dyn Fn() -> Result<(), FetchError>| {
        if here || list_only {
            println!("{} {what}", if here { "have   " } else { "missing" });
            return;
        }
        match fetch() {
            Ok(()) => println!("fetched {what}"),
            Err(error) => {
                failed += 1;
                println!("FAILED  {what}: {error}");
            }
        }
    };

    let missing: Vec<&Debian> = DEBIAN.iter().filter(|d| !d.is_here()).collect();
    let names: Vec<&str> = missing.iter().map(|d| d.package).collect();
    step(
        format!("Debian packages {}", names.join(" ")),
        missing.is_empty(),
        &|| install_debian(&missing),
    );
    step(format!("Go {}", GO.version), GO.is_here(), &|| GO.fetch());
    for package in NPM {
        step(
            format!("{}@{}", package.name, package.version),
            package.is_here(),
            &|| package.fetch(),
        );
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
