//! A store of roots on a stage, and what can be seen of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use compat_tests::stage::Stage;

/// What `compat root` has answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Answer {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Answer {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// `compat root ARGUMENTS`, with the store in the stage's working directory.
pub(crate) fn root(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = stage.compat();
    command
        .arg("root")
        .args(arguments)
        .env("XDG_DATA_HOME", stage.work().join("data"));
    command
}

pub(crate) fn answer(stage: &Stage, arguments: &[&str]) -> Answer {
    let output = root(stage, arguments).output();
    output.expect("compat starts").into()
}

/// The same, which must succeed.
#[track_caller]
pub(crate) fn done(stage: &Stage, arguments: &[&str]) -> Answer {
    let answer = answer(stage, arguments);
    assert_eq!(
        answer.code,
        Some(0),
        "{arguments:?} as {}: {answer:?}",
        stage.user()
    );
    answer
}

/// Writes an archive beside the store and adds it as `r`.
pub(crate) fn add(stage: &Stage, name: &str, archive: &[u8]) -> Answer {
    let path = stage.write(name, archive);
    answer(stage, &["add", "r", "--from", plain(&path)])
}

pub(crate) fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The directory of all roots.
pub(crate) fn store(stage: &Stage) -> PathBuf {
    stage.work().join("data/compat/roots")
}

/// The tree of a root.
pub(crate) fn tree(stage: &Stage, name: &str) -> PathBuf {
    store(stage).join(name).join("root")
}

/// Puts the stage's store into memory, if that can be had: waiting for the disk hundreds of times takes minutes.
pub(crate) struct InMemory(Option<PathBuf>);

impl InMemory {
    pub(crate) fn new(stage: &Stage) -> InMemory {
        let made = stage
            .host("mktemp")
            .args(["-d", "-p", "/dev/shm", "compat-roots-XXXXXX"])
            .output();
        let Some(made) = made.ok().filter(|made| made.status.success()) else {
            println!("the store is on disk");
            return InMemory(None);
        };
        let made = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim_end());
        symlink(&made, stage.work().join("data")).expect("made");
        InMemory(Some(made))
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        if let Some(made) = &self.0 {
            let _ = fs::remove_dir_all(made);
        }
    }
}

/// What lies in the store, by name.
pub(crate) fn stored(stage: &Stage) -> Vec<String> {
    let Ok(entries) = fs::read_dir(store(stage)) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.expect("readable").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// One file as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Seen,
    /// Nothing for symlinks, which have no mode of their own.
    pub(crate) mode: u32,
    pub(crate) mtime: i64,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Directory,
    File(Vec<u8>),
    Symlink(Vec<u8>),
    Other,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Seen::Directory => f.write_str("directory"),
            Seen::File(content) => write!(f, "file of {} bytes", content.len()),
            Seen::Symlink(target) => write!(f, "symlink to {}", target.escape_ascii()),
            Seen::Other => f.write_str("something else"),
        }
    }
}

/// Every file below a directory by its relative name, and the directory itself by the empty one. Nothing is followed.
pub(crate) fn look(top: &Path) -> BTreeMap<Vec<u8>, Found> {
    let mut found = BTreeMap::new();
    look_below(top, top, &mut found);
    found
}

fn look_below(top: &Path, path: &Path, found: &mut BTreeMap<Vec<u8>, Found>) {
    let metadata = fs::symlink_metadata(path).expect("it is there");
    let kind = metadata.file_type();
    let seen = if kind.is_dir() {
        for entry in fs::read_dir(path).expect("readable") {
            look_below(top, &entry.expect("readable").path(), found);
        }
        Seen::Directory
    } else if kind.is_symlink() {
        let target = fs::read_link(path).expect("readable");
        Seen::Symlink(target.as_os_str().as_bytes().to_vec())
    } else if kind.is_file() {
        Seen::File(fs::read(path).expect("readable"))
    } else {
        Seen::Other
    };
    let mode = if kind.is_symlink() {
        0
    } else {
        metadata.mode() & 0o7777
    };
    let name = path.strip_prefix(top).expect("below the top");
    let name = name.as_os_str().as_bytes().to_vec();
    let mtime = metadata.mtime();
    found.insert(
        name,
        Found {
            kind: seen,
            mode,
            mtime,
        },
    );
}

/// Fails, naming the first difference, unless both are the same.
#[track_caller]
pub(crate) fn assert_same(
    found: &BTreeMap<Vec<u8>, Found>,
    expected: &BTreeMap<Vec<u8>, Found>,
    context: &str,
) {
    let names = found.keys().chain(expected.keys());
    for name in names {
        assert_eq!(
            found.get(name),
            expected.get(name),
            "{context}: '{}'",
            name.escape_ascii()
        );
    }
}
