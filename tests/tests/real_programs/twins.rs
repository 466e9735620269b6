//! A program for FreeBSD and the same program for Linux.

use std::path::PathBuf;
use std::process::{Command, Output};

use compat_tests::inputs::Npm;
use compat_tests::stage::Stage;

/// One program, built for two kernels.
pub(crate) struct Twins {
    pub(crate) guest: PathBuf,
    pub(crate) linux: PathBuf,
}

impl Twins {
    /// The program `file` of two packages, or `None` (and a line that says so) when one is not here.
    pub(crate) fn from_npm(guest: &str, linux: &str, file: &str) -> Option<Self> {
        Some(Self {
            guest: input(guest, file)?,
            linux: input(linux, file)?,
        })
    }

    /// Runs both with the same arguments on the same stage and expects the same of them, to the
    /// byte. Returns what they said.
    pub(crate) fn agree(&self, stage: &Stage, arguments: &[&str]) -> Output {
        let native = finish(stage.native(&self.linux, &self.guest).args(arguments));
        let guest = finish(stage.guest(&self.guest).args(arguments));
        let who = stage.user();
        assert_eq!(
            guest.status,
            native.status,
            "{arguments:?} as {who}: {}",
            text(&guest.stderr)
        );
        assert_eq!(
            text(&guest.stderr),
            text(&native.stderr),
            "{arguments:?} as {who}: standard error"
        );
        // Not `assert_eq!`: an output may have megabytes.
        let equal = guest.stdout == native.stdout;
        assert!(
            equal,
            "{arguments:?} as {who}: {} bytes, not {}",
            guest.stdout.len(),
            native.stdout.len()
        );
        guest
    }
}

/// A file of an npm package, or `None` and a line that says what is skipped.
pub(crate) fn input(package: &str, file: &str) -> Option<PathBuf> {
    let found = Npm::named(package).and_then(|listed| listed.file(file));
    if found.is_none() {
        println!("skipped: {package} is not here (cargo run -p compat-tests --bin fetch)");
    }
    found
}

pub(crate) fn finish(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

pub(crate) fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
