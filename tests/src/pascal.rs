//! The suite's own Pascal programs, built for FreeBSD from `tests/guests/pascal`.

pub mod directives;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::{fs, io};

use crate::compat::workspace;
use crate::inputs::{PASCAL, directory};

/// One of the programs, or `None` (and a line that says so) without Free Pascal's library. All of
/// them are built first, once in a process.
pub fn guest(name: &str) -> Option<PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match PASCAL.is_here() {
        true => Some(build_all().expect("the Pascal guests build")),
        false => None,
    });
    if built.is_none() {
        println!(
            "skipped: Free Pascal {} is not here (cargo run -p compat-tests --bin fetch)",
            PASCAL.version
        );
    }
    Some(built.as_ref()?.join(name))
}

/// Where the programs' sources are, and what they print.
pub fn sources() -> PathBuf {
    workspace().join("tests/guests/pascal")
}

fn build_all() -> io::Result<PathBuf> {
    let place = directory().join("pascal-guests");
    fs::create_dir_all(&place)?;
    for entry in fs::read_dir(sources())? {
        let source = entry?.path();
        if source
            .extension()
            .is_none_or(|extension| extension != "pas")
        {
            continue;
        }
        let program = place.join(source.file_stem().unwrap_or_default());
        let newer = |a: &PathBuf, b: &PathBuf| {
            Ok::<_, io::Error>(a.metadata()?.modified()? > b.metadata()?.modified()?)
        };
        if program.exists() && newer(&program, &source)? {
            continue;
        }
        let mut compiler = PASCAL.compiler();
        compiler
            .arg(format!("-FU{}", place.display()))
            .arg(format!("-o{}", program.display()))
            .arg(&source);
        let output = compiler.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            return Err(io::Error::other(format!("{}: {said}", source.display())));
        }
    }
    Ok(place)
}
