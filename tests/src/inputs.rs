//! Programs and sources that the suites run but the repository does not hold.
//!
//! They live in one directory (`$COMPAT_TEST_INPUTS`, else `~/.cache/compat-inputs`), put there by
//! the `fetch` program with the registries' ordinary clients. A suite whose input is absent says so
//! in one line and passes: see [`Npm::file`] and [`crate::skip`].

mod debian;
mod go;
mod npm;
mod pascal;

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use debian::{DEBIAN, Debian};
pub use go::{GO, GoToolchain, Target};
pub use npm::{NPM, Npm};
pub use pascal::{PASCAL, PascalLibrary};

/// The directory that holds every fetched input. It need not exist yet.
pub fn directory() -> PathBuf {
    if let Some(chosen) = env::var_os("COMPAT_TEST_INPUTS") {
        return PathBuf::from(chosen);
    }
    let home = env::var_os("HOME").unwrap_or_else(|| "/tmp".into());
    Path::new(&home).join(".cache/compat-inputs")
}

/// Why an input could not be brought here; prints as one line.
#[derive(Debug)]
pub struct FetchError(String);

impl FetchError {
    fn new(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a registry client to its end; on failure the error carries the last line it printed.
fn client(command: &mut Command) -> Result<String, FetchError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => FetchError::new(&name, "not installed"),
        _ => FetchError::new(&name, e),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().rfind(|line| !line.trim().is_empty());
    Err(FetchError::new(
        &name,
        last.unwrap_or("failed without a word"),
    ))
}

/// Lets `fill` work in an empty directory and moves what it names to `place`, replacing an older
/// one. A fetch that breaks half-way leaves nothing behind.
fn in_scratch(
    fill: impl FnOnce(&Path) -> Result<PathBuf, FetchError>,
    place: &Path,
) -> Result<(), FetchError> {
    // Beside the inputs, because a rename does not cross file systems.
    let fresh = directory().join(format!(".fetching-{}", std::process::id()));
    let created = fs::create_dir_all(&fresh).map_err(|e| FetchError::new("inputs", e));
    let done = created.and_then(|()| fill(&fresh)).and_then(|finished| {
        replace_directory(&finished, place).map_err(|e| FetchError::new("inputs", e))
    });
    // Gone already when it was itself renamed.
    let _ = fs::remove_dir_all(&fresh);
    done
}

fn replace_directory(fresh: &Path, place: &Path) -> io::Result<()> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    fs::rename(fresh, place)
}
