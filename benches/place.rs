//! A directory of the benchmark's own, with copies of what is measured.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use compat_tests::compat;

use crate::column::Column;

/// The directory. Gone when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
}

impl Place {
    /// Makes it, and puts compat there.
    ///
    /// Linkers leave their output in the page cache in small pieces, which cost whoever maps them. A copy does not, and is
    /// what people install.
    pub(crate) fn new() -> io::Result<Self> {
        let folder = nix::unistd::mkdtemp(&env::temp_dir().join("compat-bench-XXXXXX"))?;
        let place = Self { folder };
        for part in ["compat", "compat-cli"] {
            place.install(&compat::program().with_file_name(part), part)?;
        }
        Ok(place)
    }

    /// The copy of compat.
    pub(crate) fn compat(&self) -> PathBuf {
        self.folder.join("compat")
    }

    /// Copies a program here.
    pub(crate) fn install(&self, program: &Path, name: &str) -> io::Result<PathBuf> {
        let copy = self.folder.join(name);
        fs::copy(program, &copy)?;
        Ok(copy)
    }

    /// A path here.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The working directory of the programs of one column.
    pub(crate) fn work(&self, column: Column) -> PathBuf {
        let folder = self.folder.join(format!("work-{}", column.title()));
        // Where it cannot be made, the programs fail to start and say why.
        let _ = fs::create_dir_all(&folder);
        folder
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
