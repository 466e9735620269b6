//! A line that moves while a root is made, on a terminal only.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);

/// The line on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: bool,
    shown: Option<Instant>,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        Progress {
            terminal: io::stderr().is_terminal(),
            shown: None,
        }
    }

    /// Shows how far it is, at most ten times a second. A terminal that went away is no failure.
    pub(crate) fn show(&mut self, entries: u64, bytes: u64) {
        if self.terminal && self.shown.is_none_or(|shown| shown.elapsed() > PAUSE) {
            self.shown = Some(Instant::now());
            let _ = write!(
                io::stderr(),
                "\r{entries} entries, {} MiB\x1b[K",
                bytes >> 20
            );
        }
    }

    /// Takes the line away.
    pub(crate) fn done(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done();
    }
}
