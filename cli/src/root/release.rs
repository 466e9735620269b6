//! Which system a tree holds, and which release of it, by the marks its own files carry.

use std::fs::File;
use std::io::Read;

use compat_loader::{Identity, Os, identify};

use super::entry::Place;
use super::tree::Tree;
use crate::check_file::OnDisk;

/// Headers and scripts are small; no more is read of them.
const LONGEST_TEXT: u64 = 1 << 20;

/// What was found, and in which file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    /// `13.2-RELEASE-p4` of FreeBSD, `DragonFly 6.4` of any other.
    pub(crate) name: Option<(String, &'static str)>,
    /// `1302001`.
    pub(crate) osreldate: Option<(u32, &'static str)>,
    /// Whether dynamic programs have their linker.
    pub(crate) linker: bool,
}

/// The marks of a system.
struct Marks {
    os: Os,
    /// What stands before a release that is not FreeBSD's.
    prefix: &'static str,
    /// What a header calls the version.
    version: &'static str,
    headers: &'static [&'static str],
    programs: &'static [&'static str],
    linkers: &'static [&'static str],
    /// The release that a version belongs to; which patch level, it does not say.
    release_of: fn(u32) -> String,
}

const SCRIPT: &str = "bin/freebsd-version";
const PARAMETERS: &str = "usr/include/sys/param.h";

const SYSTEMS: &[Marks] = &[
    Marks {
        os: Os::FreeBsd,
        prefix: "",
        version: "__FreeBSD_version",
        headers: &["usr/include/osreldate.h", PARAMETERS],
        programs: &["bin/sh", "lib/libc.so.7", "libexec/ld-elf.so.1"],
        linkers: &["libexec/ld-elf.so.1"],
        // The Porter's Handbook.
        release_of: |number| format!("{}.{}", number / 100_000, number / 1000 % 100),
    },
    Marks {
        os: Os::DragonFly,
        prefix: "DragonFly ",
        version: "__DragonFly_version",
        headers: &["usr/include/osreldate.h", PARAMETERS],
        programs: &["bin/sh", "bin/cat", "lib/libc.so.8"],
        linkers: &["libexec/ld-elf.so.2"],
        release_of: |number| format!("{}.{}", number / 100_000, number / 100 % 1000),
    },
    Marks {
        os: Os::NetBsd,
        prefix: "NetBSD ",
        version: "__NetBSD_Version__",
        headers: &[PARAMETERS],
        programs: &["bin/sh", "bin/cat"],
        linkers: &["libexec/ld.elf_so", "usr/libexec/ld.elf_so"],
        release_of: |number| format!("{}.{}", number / 100_000_000, number / 1_000_000 % 100),
    },
];

/// Looks at a tree. Files behind symlinks are not looked at: they may lead out of it.
pub(crate) fn find(tree: &mut Tree) -> Release {
    let script = text(tree, SCRIPT);
    let named = script
        .as_deref()
        .and_then(userland_version)
        .map(|name| (name, SCRIPT));
    let found = SYSTEMS
        .iter()
        .find_map(|marks| Some((marks, version(tree, marks)?)));
    let osreldate = found.map(|(_, version)| version);
    let name = named.or_else(|| {
        let (marks, (number, file)) = found?;
        let release = (marks.release_of)(number);
        Some((format!("{}{release}", marks.prefix), file))
    });
    let linker = SYSTEMS
        .iter()
        .flat_map(|marks| marks.linkers)
        .any(|linker| open(tree, linker).is_some());
    Release {
        name,
        osreldate,
        linker,
    }
}

/// The version in one of the system's headers, or in the note of one of its programs.
fn version(tree: &mut Tree, marks: &Marks) -> Option<(u32, &'static str)> {
    let header = marks
        .headers
        .iter()
        .find_map(|&file| Some((version_macro(&text(tree, file)?, marks.version)?, file)));
    header.or_else(|| {
        marks
            .programs
            .iter()
            .find_map(|&file| Some((noted(tree, file, marks.os)?, file)))
    })
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
fn version_macro(header: &str, name: &str) -> Option<u32> {
    header.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let ours = words.next() == Some("#define") && words.next() == Some(name);
        words.next().filter(|_| ours)?.parse().ok()
    })
}

/// The version in a program's note (`NT_FREEBSD_ABI_TAG` and its like).
fn noted(tree: &mut Tree, path: &str, os: Os) -> Option<u32> {
    let source = OnDisk::new(open(tree, path)?).ok()?;
    match identify(&source, None) {
        Ok(Identity::Elf(image)) if image.os == os => image.version?.number(),
        _ => None,
    }
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
        let version = |header| version_macro(header, "__FreeBSD_version");
        assert_eq!(version(header), Some(1_302_001));
        assert_eq!(version("#define __FreeBSD_kernel\n"), None);
        let of = |os: Os, number| {
            let marks = SYSTEMS.iter().find(|marks| marks.os == os).expect("known");
            (marks.release_of)(number)
        };
        assert_eq!(of(Os::FreeBsd, 1_302_001), "13.2");
        assert_eq!(of(Os::FreeBsd, 902_001), "9.2");
        assert_eq!(of(Os::DragonFly, 600_400), "6.4");
        assert_eq!(of(Os::DragonFly, 500_901), "5.9");
        assert_eq!(of(Os::NetBsd, 1_000_000_000), "10.0");
        assert_eq!(of(Os::NetBsd, 799_005_700), "7.99");
    }
}
