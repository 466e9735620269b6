//! Which FreeBSD a tree holds, by the marks its own files carry.

use std::fs::File;
use std::io::Read;

use compat_loader::{Identity, identify};

use super::entry::Place;
use super::tree::Tree;
use crate::check_file::OnDisk;

/// Headers and scripts are small; no more is read of them.
const LONGEST_TEXT: u64 = 1 << 20;

/// What was found, and in which file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    /// `13.2-RELEASE-p4`.
    pub(crate) name: Option<(String, &'static str)>,
    /// `1302001`.
    pub(crate) osreldate: Option<(u32, &'static str)>,
    /// Whether dynamic programs have their linker.
    pub(crate) linker: bool,
}

const SCRIPT: &str = "bin/freebsd-version";
const NEW_VERSION: &str = "usr/include/sys/param.h";
const HEADERS: &[&str] = &["usr/include/osreldate.h", NEW_VERSION];
const PROGRAMS: &[&str] = &["bin/sh", "lib/libc.so.7", "libexec/ld-elf.so.1"];

/// Looks at a tree. Files behind symlinks are not looked at: they may lead out of it.
pub(crate) fn find(tree: &mut Tree) -> Release {
    let script = text(tree, SCRIPT);
    let named = script
        .as_deref()
        .and_then(userland_version)
        .map(|name| (name, SCRIPT));
    let header = HEADERS
        .iter()
        .find_map(|&file| Some((version_macro(&text(tree, file)?)?, file)));
    let note = PROGRAMS
        .iter()
        .find_map(|&file| Some((noted(tree, file)?, file)));
    let osreldate = header.or(note);
    let name = named.or(osreldate.map(|(number, file)| (release_of(number), file)));
    let linker = open(tree, "libexec/ld-elf.so.1").is_some();
    Release {
        name,
        osreldate,
        linker,
    }
}

fn open(tree: &mut Tree, path: &str) -> Option<File> {
    let place = Place::of(path.as_bytes()).ok()?;
    let file = File::from(tree.open_existing(&place).ok()?.ok()?);
    file.metadata().ok()?.is_file().then_some(file)
}

fn text(tree: &mut Tree, path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    open(tree, path)?
        .take(LONGEST_TEXT)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// `USERLAND_VERSION="13.2-RELEASE"`.
fn userland_version(script: &str) -> Option<String> {
    let line = script
        .lines()
        .find_map(|line| line.strip_prefix("USERLAND_VERSION="))?;
    let name = line.trim_matches(['"', '\'', ' ']);
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    (plain && !name.is_empty() && name.len() < 64).then(|| name.to_owned())
}

/// `#define __FreeBSD_version 1302001 /* ... */`.
fn version_macro(header: &str) -> Option<u32> {
    header.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let ours = words.next() == Some("#define") && words.next() == Some("__FreeBSD_version");
        words.next().filter(|_| ours)?.parse().ok()
    })
}

/// The version in a program's `NT_FREEBSD_ABI_TAG` note.
fn noted(tree: &mut Tree, path: &str) -> Option<u32> {
    let source = OnDisk::new(open(tree, path)?).ok()?;
    match identify(&source, None) {
        Ok(Identity::Elf(image)) => image.version?.number(),
        _ => None,
    }
}

/// `1302001` is of `13.2` (the Porter's Handbook); which patch level, the number does not say.
fn release_of(number: u32) -> String {
    format!("{}.{}", number / 100_000, number / 1000 % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read() {
        let script = "#!/bin/sh\nset -e\nUSERLAND_VERSION=\"13.2-RELEASE-p4\"\n";
        assert_eq!(userland_version(script).as_deref(), Some("13.2-RELEASE-p4"));
        assert_eq!(userland_version("USERLAND_VERSION=\"$(rm x)\""), None);
        let header = "#undef __FreeBSD_version\n#define\t__FreeBSD_version 1302001\t/* x */\n";
        assert_eq!(version_macro(header), Some(1_302_001));
        assert_eq!(version_macro("#define __FreeBSD_kernel\n"), None);
        assert_eq!(release_of(1_302_001), "13.2");
        assert_eq!(release_of(902_001), "9.2");
    }
}
