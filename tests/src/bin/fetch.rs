//! Brings here what the suites run and the repository does not hold. Safe to repeat.
//!
//! `cargo run -p compat-tests --bin fetch [-- --list]`

use std::process::ExitCode;

use compat_tests::inputs::{DEBIAN, FetchError, GO, NPM, PASCAL, directory};

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

    for debian in DEBIAN {
        let what = format!("Debian's {} (for {})", debian.package, debian.needed_for);
        step(what, debian.is_here(), &|| debian.fetch());
    }
    step(format!("Go {}", GO.version), GO.is_here(), &|| GO.fetch());
    for package in NPM {
        step(
            format!("{}@{}", package.name, package.version),
            package.is_here(),
            &|| package.fetch(),
        );
    }
    step(
        format!("Free Pascal's library {}", PASCAL.version),
        PASCAL.is_here(),
        &|| PASCAL.fetch(),
    );
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
