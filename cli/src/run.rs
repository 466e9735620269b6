//! `compat run`: hands the program over to the stub.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use compat_translate::settings::Settings;
use nix::errno::Errno;

use crate::{EXIT_CANNOT_RUN, EXIT_NOT_FOUND, EXIT_OWN_FAILURE};

pub(crate) const USAGE: &str = "\
usage: compat run [OPTIONS] PROGRAM [ARGUMENT...]
  -q, --quiet            do not list unimplemented calls at exit
  -t, --trace            print every system call on standard error
      --no-patch         enter by a trap at every call; leave the program's code as it is
      --abi OS           take the program to be of this system, whatever its headers say
      --root DIR         look absolute paths of the system up here first (dynamic linker)
      --release NAME     the release programs see, such as 14.2-RELEASE
      --osreldate N      the kernel version that goes with it, such as 1402000";

/// Runs `compat run`; returns only on failure.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    match parse(arguments) {
        Ok(Some((settings, command))) => hand_over(&settings, command),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("compat: {error}\n{USAGE}");
            ExitCode::from(EXIT_OWN_FAILURE)
        }
    }
}

/// Settings and the guest's command line, program first; `None` when help was asked for.
fn parse(arguments: Vec<OsString>) -> Result<Option<(Settings, Vec<OsString>)>, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt};
    let mut settings = Settings::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('q') | Long("quiet") => settings.quiet = true,
            Short('t') | Long("trace") => settings.trace = true,
            Long("no-patch") => settings.no_patch = true,
            Long("abi") => {
                let name = parser.value()?.string()?;
                if name.parse::<compat_loader::Os>().is_err() {
                    return Err(format!("--abi {name}: no such system; freebsd is one").into());
                }
                settings.abi = Some(name);
            }
            Long("root") => settings.root = Some(parser.value()?.string()?),
            Long("release") => settings.release = Some(parser.value()?.string()?),
            Long("osreldate") => settings.osreldate = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => return Ok(None),
            // Everything from the program on is the guest's.
            Value(program) => {
                let mut command = vec![program];
                command.extend(parser.raw_args()?);
                return Ok(Some((settings, command)));
            }
            other => return Err(other.unexpected()),
        }
    }
    Err("no program given".into())
}

fn hand_over(settings: &Settings, command: Vec<OsString>) -> ExitCode {
    let Some(program) = command.first().and_then(|name| find(name)) else {
        let name = command
            .first()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        eprintln!("compat: {name}: no such program");
        return ExitCode::from(EXIT_NOT_FOUND);
    };
    let stub = match find_stub() {
        Ok(stub) => stub,
        Err(message) => {
            eprintln!("compat: {message}");
            return ExitCode::from(EXIT_OWN_FAILURE);
        }
    };
    let handed = [settings.to_record().into(), program.into_os_string()]
        .into_iter()
        .chain(command);
    let handed: Result<Vec<CString>, _> = handed
        .map(|text: OsString| CString::new(text.into_vec()))
        .collect();
    let (Ok(arguments), Ok(path)) = (handed, CString::new(stub.as_os_str().as_bytes())) else {
        eprintln!("compat: an argument contains a NUL byte");
        return ExitCode::from(EXIT_OWN_FAILURE);
    };
    let Err(error) = nix::unistd::execv(&path, &arguments);
    eprintln!(
        "compat: {} cannot be started: {}",
        stub.display(),
        error.desc()
    );
    ExitCode::from(if error == Errno::E2BIG {
        EXIT_CANNOT_RUN
    } else {
        EXIT_OWN_FAILURE
    })
}

/// A name without a slash is looked up in `PATH`, as a shell does.
fn find(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(name));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// The stub lies beside `compat`, or where `COMPAT_STUB` says, or in `../libexec`.
fn find_stub() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("COMPAT_STUB") {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(format!(
                "COMPAT_STUB names {}, which is no file",
                named.display()
            ))
        };
    }
    let own =
        std::env::current_exe().map_err(|error| format!("its own path is unknown: {error}"))?;
    let folder = own.parent().unwrap_or(Path::new("/"));
    let candidates = [
        folder.join("compat-stub"),
        folder.join("../libexec/compat-stub"),
    ];
    candidates.into_iter().find(|candidate| candidate.is_file()).ok_or_else(|| {
        format!("compat-stub is not beside {}; build it with `cargo build --workspace` or name it in COMPAT_STUB", own.display())
    })
}
