//! Test binaries: built once for each Go release, and kept with the inputs.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::packages::Package;
use crate::inputs::{GO, Target, directory};

/// Where test binaries and the results of their Linux builds are kept.
pub fn store() -> PathBuf {
    directory().join("go-tests").join(GO.version)
}

/// Builds the package's tests for `target`, or finds them built.
pub fn build(package: &Package, target: Target) -> io::Result<PathBuf> {
    let place = store()
        .join(target.goos())
        .join(package.file_name())
        .with_extension("test");
    if place.exists() {
        return Ok(place);
    }
    fs::create_dir_all(place.parent().unwrap_or(&place))?;
    // Renamed when it is whole, so that a build cut short is not taken for a binary.
    let fresh = place.with_extension(std::process::id().to_string());
    let mut go = GO.command(target);
    let output = go
        .args(["test", "-c", "-vet=off", "-o"])
        .arg(&fresh)
        .arg(package.path)
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(io::Error::other(format!(
            "{} for {}: {said}",
            package.path,
            target.goos()
        )));
    }
    fs::rename(&fresh, &place)?;
    Ok(place)
}
