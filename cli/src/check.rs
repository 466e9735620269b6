//! `compat check`: what is this file, what does it need, can it run?

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use compat_loader::Os;

use crate::check_file::{Report, Verdict, examine};
use crate::check_report::{to_json, to_line};
use crate::root;
use crate::{EXIT_CANNOT_RUN, EXIT_NOT_FOUND, EXIT_OWN_FAILURE, misused};

const USAGE: &str = "\
usage: compat check FILE... [--json] [--abi OS] [--root NAME|DIR]
  --json      one JSON array instead of a line per file
  --abi OS    believe this system instead of the file's marks:
              freebsd netbsd openbsd dragonfly illumos linux hurd kfreebsd
  --root NAME|DIR
              look for interpreters in this guest root before the host's; without it, dynamic
              linkers are looked for in the default root
exit code: 0 all can run, 126 some cannot, 127 some do not exist, 125 usage";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    files: Vec<PathBuf>,
    json: bool,
    help: bool,
    abi: Option<Os>,
    root: Option<PathBuf>,
}

/// Runs the command with its own arguments (without `compat check`).
pub(crate) fn check(arguments: Vec<OsString>) -> ExitCode {
    let request = match parse(arguments) {
        Ok(request) => request,
        Err(error) => return misused("compat check", error),
    };
    if request.help {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let reports: Vec<Report> = request
        .files
        .iter()
        .map(|file| examine(file, request.abi, request.root.as_deref()))
        .collect();
    match print(&reports, request.json) {
        // A reader that went away has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("compat check: cannot write the answer: {error}");
            ExitCode::from(EXIT_OWN_FAILURE)
        }
        _ => exit_code(&reports),
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Request, lexopt::Error> {
    use lexopt::prelude::*;
    let mut request = Request::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => request.json = true,
            Long("abi") => {
                let name = parser.value()?.string()?;
                let os = name.parse();
                request.abi = Some(os.map_err(|_| format!("--abi: no system '{name}'"))?);
            }
            Long("root") => {
                let wanted = parser.value()?;
                let found = root::find(Some(&wanted));
                let wanted = wanted.to_string_lossy();
                request.root = Some(found.ok_or_else(|| {
                    format!("--root {wanted}: no such root; `compat root list` shows what there is")
                })?);
            }
            Short('h') | Long("help") => request.help = true,
            Value(file) => request.files.push(file.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    if request.files.is_empty() && !request.help {
        return Err("no file given".into());
    }
    Ok(request)
}

fn print(reports: &[Report], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let array = serde_json::Value::Array(reports.iter().map(to_json).collect());
        writeln!(out, "{array:#}")?;
    } else {
        for report in reports {
            writeln!(out, "{}", to_line(report))?;
        }
    }
    out.flush()
}

fn exit_code(reports: &[Report]) -> ExitCode {
    let any = |wanted: fn(&Verdict) -> bool| reports.iter().any(|r| wanted(&r.verdict));
    if any(|verdict| matches!(verdict, Verdict::NotFound)) {
        ExitCode::from(EXIT_NOT_FOUND)
    } else if any(|verdict| !matches!(verdict, Verdict::Runs)) {
        ExitCode::from(EXIT_CANNOT_RUN)
    } else {
        ExitCode::SUCCESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Request, String> {
        let arguments = arguments.iter().map(OsString::from).collect();
        parse(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn options_may_stand_anywhere() {
        let request = parsed(&["a", "--json", "b", "--abi", "NetBSD", "--root=/r"]).unwrap();
        assert_eq!(request.files, [PathBuf::from("a"), PathBuf::from("b")]);
        assert!(request.json);
        assert_eq!(request.abi, Some(Os::NetBsd));
        assert_eq!(request.root, Some(PathBuf::from("/r")));
    }

    #[test]
    fn usage_errors_name_their_cause() {
        assert!(parsed(&[]).unwrap_err().contains("no file"));
        assert!(
            parsed(&["--abi", "beos", "x"])
                .unwrap_err()
                .contains("beos")
        );
        assert!(
            parsed(&["--nonsense", "x"])
                .unwrap_err()
                .contains("--nonsense")
        );
    }
}
