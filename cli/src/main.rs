//! `compat-cli`: the commands of `compat` that need no guest process. `compat` starts it.

mod check;
mod check_file;
mod check_report;
mod doctor;
mod root;
mod shell;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `compat` itself failed, as for `env` and `timeout`.
pub(crate) const EXIT_OWN_FAILURE: u8 = 125;
/// The program exists and cannot be run.
pub(crate) const EXIT_CANNOT_RUN: u8 = 126;
/// The program does not exist.
pub(crate) const EXIT_NOT_FOUND: u8 = 127;

const USAGE: &str = "\
usage: compat run [OPTIONS] PROGRAM [ARGUMENT...]
       compat check FILE... [--json] [--abi OS] [--root NAME|DIR]
       compat shell [OPTIONS] [ROOT [COMMAND [ARGUMENT...]]]
       compat doctor [--json]
       compat root add|list|path|default|verify|remove ...
       compat --version
  run     run a foreign program; `compat run --help` lists the options
  check   say what each file is, what it needs and whether compat can run it
  shell   log in to a foreign system; `compat shell --help` lists the options
  doctor  say what this host offers to compat and what it lacks
  root    keep the files of foreign systems; `compat root --help` lists the commands";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    match command.to_str() {
        Some("check") => check::check(rest),
        Some("doctor") => doctor::doctor(rest),
        Some("root") => root::root(rest),
        Some("shell") => shell::shell(rest),
        Some("-h" | "--help" | "help") => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Some("-V" | "--version") => {
            println!("compat {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Some("") => {
            eprintln!("{USAGE}");
            ExitCode::from(EXIT_OWN_FAILURE)
        }
        _ => misused("compat", mistake(&command)),
    }
}

/// What is wrong with the first word.
fn mistake(command: &OsStr) -> String {
    let name = command.display();
    match Path::new(command).is_file() {
        true => format!("no command '{name}'; `compat run {name}` runs that file"),
        false => format!("no command '{name}'"),
    }
}

/// A command line that makes no sense, in one line.
pub(crate) fn misused(command: &str, mistake: impl Display) -> ExitCode {
    eprintln!("{command}: {mistake} (`{command} --help` says more)");
    ExitCode::from(EXIT_OWN_FAILURE)
}

/// `compat`, beside this program or in `bin` beside its `libexec`.
pub(crate) fn compat() -> io::Result<PathBuf> {
    let own = env::current_exe()?;
    let folder = own.parent().unwrap_or(Path::new("/"));
    let beside = folder.join("compat");
    if beside.is_file() {
        return Ok(beside);
    }
    Ok(folder.with_file_name("bin").join("compat"))
}
