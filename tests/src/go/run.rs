//! Running one test binary to the end of its tests, even where it crashes or hangs on the way.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::packages::Package;
use super::results::{Results, Transcript, Verdict, top_level};
use crate::compat;
use crate::inputs::{GO, Target};
use crate::process::{End, Limits, run};

/// A test binary, and where its outputs go.
#[derive(Debug)]
pub struct TestBinary<'a> {
    /// What it tests.
    pub package: &'a Package,
    /// What it was built for: a Linux binary runs natively, others under compat.
    pub target: Target,
    /// The file.
    pub file: &'a Path,
    /// The directory that gets the transcripts.
    pub logs: &'a Path,
    /// Whether guests list calls that are not implemented. A test that reads the standard error of
    /// its children may fail of it.
    pub tell_gaps: bool,
}

/// What came of a package's tests.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every test that started.
    pub results: Results,
    /// How long all runs took together.
    pub elapsed: Duration,
    /// How often the binary ended before its tests did, and how: `hung`, `signal 11`, ...
    pub broken: Vec<String>,
    /// Calls that guests reported as not implemented.
    pub gaps: BTreeSet<String>,
}

/// Runs that end early are taken up again without the tests that ended them, so often at most.
const ROUNDS: usize = 12;
const WHOLE: Limits = Limits {
    total: Duration::from_secs(300),
    silence: Duration::from_secs(45),
};
const ALONE: Limits = Limits {
    total: Duration::from_secs(60),
    silence: Duration::from_secs(60),
};
/// No package gets more than this in all.
const PACKAGE: Duration = Duration::from_secs(600);

impl TestBinary<'_> {
    /// Runs all tests. One that breaks the process is tried again alone, and `Died` if it breaks
    /// that process too.
    pub fn run_all(&self, skip: &[String]) -> io::Result<Outcome> {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let mut done: BTreeSet<String> = skip.iter().cloned().collect();
        let mut suspects = BTreeSet::new();
        for round in 0..ROUNDS {
            let selection = (!done.is_empty()).then(|| format!("-test.skip={}", any_of(&done)));
            let said = self.run_once(
                &format!("{round}"),
                selection.as_deref(),
                WHOLE,
                &mut outcome,
            )?;
            let before = done.len();
            done.extend(said.results.keys().map(|name| top_level(name).to_owned()));
            let running = said.running.iter().map(|name| top_level(name).to_owned());
            suspects.extend(running.clone().filter(|_| !said.complete));
            done.extend(running);
            outcome.results.extend(said.results);
            if said.complete || done.len() == before || started.elapsed() > PACKAGE {
                break;
            }
        }
        for suspect in suspects {
            if started.elapsed() > PACKAGE {
                outcome.results.insert(suspect, Verdict::Died);
                continue;
            }
            self.run_some(&[suspect], &mut outcome)?;
        }
        outcome.elapsed = started.elapsed();
        Ok(outcome)
    }

    /// The top-level tests that the binary holds: some are built for one system only.
    pub fn list(&self) -> io::Result<BTreeSet<String>> {
        let log = self.logs.join(format!("{}-list", self.package.file_name()));
        let mut command = self.command(&std::env::temp_dir());
        let finished = run(command.arg("-test.list=."), &log, ALONE)?;
        let names = fs::read_to_string(&finished.stdout)?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Runs these top-level tests again and lets the new verdicts stand.
    pub fn run_some(&self, tests: &[String], outcome: &mut Outcome) -> io::Result<()> {
        let selection = format!("-test.run={}", any_of(tests));
        let said = self.run_once("some", Some(&selection), ALONE, outcome)?;
        let died = said.running.into_iter().filter(|_| !said.complete);
        outcome
            .results
            .extend(died.map(|name| (name, Verdict::Died)));
        outcome.results.extend(said.results);
        Ok(())
    }

    fn run_once(
        &self,
        label: &str,
        selection: Option<&str>,
        limits: Limits,
        outcome: &mut Outcome,
    ) -> io::Result<Transcript> {
        let temporary = TemporaryDirectory::new()?;
        let log = self.logs.join(format!(
            "{}-{}-{label}",
            self.package.file_name(),
            self.target.goos()
        ));
        let mut command = self.command(&temporary.0);
        command.args(selection);
        let finished = run(&mut command, &log, limits)?;
        let transcript = Transcript::parse(&String::from_utf8_lossy(&fs::read(&finished.stdout)?));
        if self.tell_gaps {
            let stderr = fs::read(&finished.stderr)?;
            let told = String::from_utf8_lossy(&stderr);
            outcome
                .gaps
                .extend(compat::gaps_told(&told).into_iter().map(str::to_owned));
        }
        if !transcript.complete {
            outcome.broken.push(match finished.end {
                End::Own(status) => status.to_string(),
                End::TimedOut => "timed out".to_owned(),
                End::Silent => "hung".to_owned(),
            });
        }
        Ok(transcript)
    }

    fn command(&self, temporary: &Path) -> Command {
        let mut command = match self.target {
            Target::Linux => Command::new(self.file),
            _ if self.tell_gaps => compat::telling_guest(self.file),
            _ => compat::guest(self.file),
        };
        command.args(["-test.v", "-test.short", "-test.timeout=280s"]);
        command
            .current_dir(GO.root().join("src").join(self.package.path))
            .env_clear();
        command.env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        );
        command
            .env("GOROOT", GO.root())
            .env("HOME", temporary)
            .env("TMPDIR", temporary)
            .env("USER", "root");
        // Makes tests skip what needs a `go` command, as when the kernel's results were taken.
        command.env("GO_GCFLAGS", "-N");
        command
    }
}

/// A pattern for exactly these top-level tests. Their names hold letters, digits and `_` only.
fn any_of<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    format!("^({})$", names.join("|"))
}

struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    fn new() -> io::Result<Self> {
        let mut template = std::env::temp_dir()
            .join("compat-go-XXXXXX")
            .into_os_string()
            .into_string();
        let template = template
            .as_mut()
            .map_err(|_| io::Error::other("TMPDIR is not text"))?;
        Ok(Self(nix::unistd::mkdtemp(template.as_str())?))
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // What a test leaves unremovable is left to the system's own cleaning.
        let _ = fs::remove_dir_all(&self.0);
    }
}
