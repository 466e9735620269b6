//! Free Pascal's run-time library for FreeBSD, built from Debian's source package.
//!
//! It makes its system calls itself, by the numbers that FreeBSD had before 12, and needs no libc.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{FetchError, client, directory, in_scratch};

/// The library, unpacked and built under `pascal/`.
pub const PASCAL: PascalLibrary = PascalLibrary { version: "3.2.2" };

/// A release of Free Pascal's run-time library.
#[derive(Clone, Copy, Debug)]
pub struct PascalLibrary {
    /// The release, which must be the installed compiler's.
    pub version: &'static str,
}

/// Debian's own archives have `/debian` or `/debian-security` in their addresses.
const ARCHIVE: &str = "/debian";
const BINUTILS: &str = "x86_64-kfreebsd-gnu-";

impl PascalLibrary {
    fn source(&self) -> PathBuf {
        directory().join("pascal/fpcsrc")
    }

    /// The tests that the compiler's makers run.
    pub fn tests(&self) -> PathBuf {
        self.source().join("tests")
    }

    /// Whether the library is built.
    pub fn is_here(&self) -> bool {
        self.source()
            .join("rtl/units/x86_64-freebsd/system.ppu")
            .exists()
    }

    /// The compiler, set up to build a program for FreeBSD.
    pub fn compiler(&self) -> Command {
        let source = self.source();
        let mut fpc = Command::new("fpc");
        fpc.args(["-n", "-v0e", "-Tfreebsd"])
            .arg(format!("-XP{BINUTILS}"));
        let mut option = |option: &str, inside: &str| {
            fpc.arg(format!("{option}{}", source.join(inside).display()));
        };
        option("-Fu", "rtl/units/x86_64-freebsd");
        // Units beyond the core are compiled from their sources as a program asks for them.
        for package in ["rtl-extra", "rtl-objpas"] {
            for part in ["unix", "inc", "bsd", "freebsd", "common"] {
                let inside = format!("packages/{package}/src/{part}");
                option("-Fu", &inside);
                option("-Fi", &inside);
            }
        }
        fpc
    }

    /// Fetches the source with apt-get, which checks its signature, and builds the library.
    pub fn fetch(&self) -> Result<(), FetchError> {
        in_scratch(|fresh| self.build_in(fresh), &directory().join("pascal"))
            .map_err(|e| FetchError::new(format_args!("Free Pascal {}", self.version), e))
    }

    fn build_in(&self, fresh: &Path) -> Result<PathBuf, FetchError> {
        let on_disk = |e: io::Error| FetchError::new("inputs", e);
        let (lists, sources) = (fresh.join("lists"), fresh.join("sources"));
        fs::create_dir_all(lists.join("partial")).map_err(on_disk)?;
        fs::create_dir_all(&sources).map_err(on_disk)?;
        enable_sources(&sources).map_err(on_disk)?;
        let apt = || {
            let mut apt = Command::new("apt-get");
            apt.arg("--quiet")
                .args(["-o", "Dir::Etc::SourceList=/dev/null"])
                .current_dir(fresh);
            apt.arg("-o")
                .arg(format!("Dir::Etc::SourceParts={}", sources.display()));
            apt.arg("-o")
                .arg(format!("Dir::State::Lists={}", lists.display()));
            apt
        };
        client(apt().arg("update"))?;
        client(apt().args(["source", "--download-only", "fpc"]))?;

        let archive = find(fresh, ".orig.tar.xz").map_err(on_disk)?;
        client(
            Command::new("tar")
                .arg("-xJf")
                .arg(&archive)
                .arg("--strip-components=1")
                .current_dir(fresh),
        )?;
        let library = fresh.join("fpcsrc/rtl/freebsd");
        client(
            Command::new("fpcmake")
                .arg("-Tx86_64-freebsd")
                .current_dir(&library),
        )?;
        let make = [
            "CPU_TARGET=x86_64",
            "OS_TARGET=freebsd",
            "FPC=/usr/bin/ppcx64",
        ];
        let prefix = format!("BINUTILSPREFIX={BINUTILS}");
        client(
            Command::new("make")
                .args(make)
                .arg(prefix)
                .current_dir(&library),
        )?;

        // The rest of the source is of no further use.
        let kept = fresh.join("kept");
        fs::create_dir(&kept).map_err(on_disk)?;
        fs::rename(fresh.join("fpcsrc"), kept.join("fpcsrc")).map_err(on_disk)?;
        Ok(kept)
    }
}

/// Writes the machine's own list of Debian archives again, asking for sources.
fn enable_sources(place: &Path) -> io::Result<()> {
    let mut lists: Vec<PathBuf> = vec!["/etc/apt/sources.list".into()];
    if let Ok(parts) = fs::read_dir("/etc/apt/sources.list.d") {
        lists.extend(parts.flatten().map(|entry| entry.path()));
    }
    for list in lists {
        let text = fs::read_to_string(&list).unwrap_or_default();
        let name = place.join(list.file_name().unwrap_or_default());
        let sources = as_sources(&text);
        if !sources.is_empty() {
            fs::write(name, sources)?;
        }
    }
    Ok(())
}

/// Both forms of apt's lists: stanzas with `Types: deb`, and lines that begin with `deb`.
fn as_sources(list: &str) -> String {
    let stanzas = list.split("\n\n").filter(|stanza| stanza.contains(ARCHIVE));
    let of_sources = stanzas.map(|stanza| {
        let lines = stanza.lines().filter_map(|line| {
            if line.starts_with("Types:") {
                return Some("Types: deb-src\n".to_owned());
            }
            match line.strip_prefix("deb ") {
                Some(rest) => rest.contains(ARCHIVE).then(|| format!("deb-src {rest}\n")),
                None => Some(format!("{line}\n")),
            }
        });
        lines.collect::<String>() + "\n"
    });
    of_sources.collect()
}

fn find(place: &Path, ending: &str) -> io::Result<PathBuf> {
    let entries = fs::read_dir(place)?.flatten().map(|entry| entry.path());
    let mut fitting = entries.filter(|path| path.to_string_lossy().ends_with(ending));
    fitting
        .next()
        .ok_or_else(|| io::Error::other(format!("no file *{ending} came")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_lists_are_turned_into_sources() {
        let stanza = "Types: deb\nURIs: http://mirror.example/debian\nSuites: stable\n";
        assert_eq!(
            as_sources(stanza),
            "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: stable\n\n"
        );
        let lines = "# comment\ndeb http://mirror.example/debian stable main\ndeb http://other.example/apt x y\n";
        assert_eq!(
            as_sources(lines),
            "# comment\ndeb-src http://mirror.example/debian stable main\n\n"
        );
        assert_eq!(
            as_sources("Types: deb\nURIs: http://other.example/node\n"),
            ""
        );
    }
}
