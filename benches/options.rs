//! What the command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use compat_tests::inputs::Target;

use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt;

/// The help text.
pub(crate) const USAGE: &str = "\
usage: bench [OPTIONS] [NAME...]
Measures programs of another system under compat and their Linux builds, in turns. A NAME is a group or part of a row's name;
without one, everything is measured.
      --os SYSTEM     freebsd, netbsd or dragonfly (freebsd)
      --list          name the groups and rows, and measure nothing
      --check         do every workload once and compare what comes out; measure nothing
      --rounds N      turns of each program (25)
      --turn MS       how long a turn takes at least, in any column (3)
      --budget S      seconds for a row, after which no further round begins (20)
      --full          sort 1 GiB instead of 32 MiB
      --only COLUMN   leave out the other columns but linux and compat; may be repeated
      --json FILE     write everything that was measured
      --svg FILE      draw the ratios
";

/// The options, as given or by default.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) names: Vec<String>,
    /// Whose programs.
    pub(crate) os: Target,
    pub(crate) list: bool,
    pub(crate) check: bool,
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
    pub(crate) budget: Duration,
    pub(crate) full: bool,
    pub(crate) only: Vec<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

impl Options {
    /// `None` when the help was asked for.
    pub(crate) fn from_arguments(
        arguments: impl Iterator<Item = OsString>,
    ) -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self {
            names: Vec::new(),
            os: Target::FreeBsd,
            list: false,
            check: false,
            rounds: 25,
            turn: Duration::from_millis(3),
            budget: Duration::from_secs(20),
            full: false,
            only: Vec::new(),
            json: None,
            svg: None,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("list") => options.list = true,
                Long("check") => options.check = true,
                Long("os") => {
                    let name = parser.value()?.string()?;
                    let known = Target::GUESTS.into_iter().find(|os| os.goos() == name);
                    options.os = known.ok_or(format!("no system is called {name}"))?;
                }
                Long("full") => options.full = true,
                Long("rounds") => options.rounds = parser.value()?.parse()?,
                Long("turn") => options.turn = Duration::from_millis(parser.value()?.parse()?),
                Long("budget") => options.budget = Duration::from_secs(parser.value()?.parse()?),
                Long("only") => options.only.push(parser.value()?.string()?),
                Long("json") => options.json = Some(parser.value()?.into()),
                Long("svg") => options.svg = Some(parser.value()?.into()),
                Long("help") | Short('h') => return Ok(None),
                Value(name) => options.names.push(name.string()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(options))
    }

    /// Whether the row of that name is among what was asked for.
    pub(crate) fn wants(&self, group: &str, name: &str) -> bool {
        self.names.is_empty()
            || self
                .names
                .iter()
                .any(|asked| asked == group || name.contains(asked.as_str()))
    }
}
