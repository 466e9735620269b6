//! `compat shell`: a login shell in a root, which sees of the host its devices and what `-b` shows it, and nothing else.
//!
//! It becomes `compat run --root ROOT --root-only`, with the environment that login(1) makes there and nothing of the
//! caller's but the terminal's type, the language and the time zone.

mod account;
mod terminal;

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::{EXIT_NOT_FOUND, EXIT_OWN_FAILURE, compat, misused, root};
use account::Account;

const USAGE: &str = "\
usage: compat shell [-b HOST[:GUEST][:ro]]... [--release NAME] [--osreldate N] [ROOT [COMMAND [ARGUMENT...]]]
  ROOT     the name of a root or a directory; without it the default root
  COMMAND  run this instead of the user's login shell
  -b, --bind HOST[:GUEST][:ro]  show this file or directory of the host there
      --release NAME            the release that programs see, such as 14.2-RELEASE
      --osreldate N             the kernel version that goes with it, such as 1402000";

/// Of the caller's variables, those that go with the terminal and the person before it.
const KEPT: [&str; 11] = [
    "COLORTERM",
    "LANG",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NUMERIC",
    "LC_TIME",
    "MM_CHARSET",
    "TZ",
];

/// login.conf(5)'s default.
const PATH: &str = "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    /// Options that `compat run` takes as well, with their values.
    options: Vec<OsString>,
    root: Option<OsString>,
    command: Vec<OsString>,
}

/// Runs the command with its own arguments (without `compat shell`). Returns only when that fails.
pub(crate) fn shell(arguments: Vec<OsString>) -> ExitCode {
    let request = match parse(arguments) {
        Ok(Some(request)) => request,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return misused("compat shell", error),
    };
    let root = match find_root(request.root.as_deref()) {
        Ok(root) => root,
        Err(what) => {
            eprintln!("compat shell: {what}");
            return ExitCode::from(EXIT_OWN_FAILURE);
        }
    };
    let account = Account::find(&root);
    if request.command.is_empty() && !account::is_in(&root, &account.shell) {
        eprintln!(
            "compat shell: {} has no {}: it holds no whole system",
            root.display(),
            account.shell
        );
        return ExitCode::from(EXIT_NOT_FOUND);
    }
    let error = command(&request, &root, &account).exec();
    eprintln!("compat shell: `compat` does not start: {error}");
    ExitCode::from(EXIT_OWN_FAILURE)
}

/// `None` is a question for help.
fn parse(arguments: Vec<OsString>) -> Result<Option<Request>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut request = Request::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        let option = match argument {
            Short('h') | Long("help") => return Ok(None),
            Short('b') | Long("bind") => "-b",
            Long("release") => "--release",
            Long("osreldate") => "--osreldate",
            Value(root) => {
                request.root = Some(root);
                // What follows is the command's own, its options too.
                request.command = parser.raw_args()?.collect();
                if request.command.first().is_some_and(|word| word == "--") {
                    request.command.remove(0);
                }
                break;
            }
            other => return Err(other.unexpected()),
        };
        request.options.push(option.into());
        request.options.push(parser.value()?);
    }
    Ok(Some(request))
}

/// The directory of the root that the user means: what `--root` would take, or a directory of that name right here.
fn find_root(wanted: Option<&OsStr>) -> Result<PathBuf, String> {
    let shown = wanted.map(|wanted| Path::new(wanted).display().to_string());
    let path =
        root::find(wanted).or_else(|| wanted.map(PathBuf::from).filter(|path| path.is_dir()));
    match (path, shown) {
        (Some(path), _) => match path.canonicalize() {
            Ok(path) if path.is_dir() => Ok(path),
            Ok(path) => Err(format!("{} is no directory", path.display())),
            Err(error) => Err(format!("{}: {error}", path.display())),
        },
        (None, Some(name)) => Err(format!(
            "there is no root '{name}': `compat root list` shows what there is, and `compat root add {name} --from \
             base.txz` makes one"
        )),
        (None, None) => Err(
            "there is no default root; name one, or make one with `compat root add NAME --from base.txz`".to_owned(),
        ),
    }
}

fn command(request: &Request, root: &Path, account: &Account) -> Command {
    let home = root.join(account.home.trim_start_matches('/'));
    let mut command = Command::new(compat().unwrap_or_else(|_| PathBuf::from("compat")));
    command
        .args(["run", "-q", "--root-only", "--root"])
        .arg(root)
        .args(&request.options)
        .env_clear()
        .envs(
            KEPT.iter()
                .filter_map(|name| Some((name, env::var_os(name)?))),
        )
        .env(
            "TERM",
            terminal::kind(root, env::var("TERM").ok().as_deref()),
        )
        .env("HOME", &account.home)
        .env("PATH", PATH)
        .env("USER", &account.name)
        .env("LOGNAME", &account.name)
        .env("SHELL", &account.shell)
        .env("BLOCKSIZE", "K")
        .current_dir(if home.is_dir() { &home } else { root });
    if request.command.is_empty() {
        let name = account.shell.rsplit('/').next().unwrap_or_default();
        // The dash makes it a login shell, which reads the system's and the user's profile.
        command
            .arg("--argv0")
            .arg(format!("-{name}"))
            .arg(&account.shell);
    } else {
        command.arg("--").args(&request.command);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Request {
        let words = words.iter().map(OsString::from).collect();
        parse(words).expect("a command line").expect("no question")
    }

    #[test]
    fn options_of_the_command_are_its_own() {
        let request = parsed(&["-b", "/a:/b:ro", "base", "ls", "-b", "--help"]);
        assert_eq!(request.options, ["-b", "/a:/b:ro"]);
        assert_eq!(request.root.as_deref(), Some(OsStr::new("base")));
        assert_eq!(request.command, ["ls", "-b", "--help"]);
        assert_eq!(parsed(&["base", "--", "ls"]).command, ["ls"]);
        assert_eq!(parsed(&[]), Request::default());
        assert_eq!(parse(vec!["--help".into()]).expect("a question"), None);
        assert!(parse(vec!["--nonsense".into()]).is_err());
    }
}
