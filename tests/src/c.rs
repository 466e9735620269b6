//! The suite's own C and C++ programs, built by clang against the FreeBSD systems that are here.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs, io};

use crate::compat::workspace;
use crate::inputs::directory;

/// A FreeBSD 13 system, unpacked: headers, libraries, and what programs look up at run time.
#[derive(Clone, Debug)]
pub struct System {
    /// `13.2`
    pub release: String,
    root: PathBuf,
}

/// The systems to build for: `freebsd-13.*` in the directory `$COMPAT_TEST_ROOTS`. Without any, or without clang, a line
/// says so.
pub fn systems() -> Vec<System> {
    let Some(place) = env::var_os("COMPAT_TEST_ROOTS") else {
        println!("skipped: COMPAT_TEST_ROOTS does not say where FreeBSD systems are");
        return Vec::new();
    };
    if !clang("clang")
        .arg("--version")
        .output()
        .is_ok_and(|found| found.status.success())
    {
        println!("skipped: clang is not here");
        return Vec::new();
    }
    let entries = fs::read_dir(&place).into_iter().flatten().flatten();
    let mut found: Vec<System> = entries
        .filter_map(|entry| System::at(entry.path()))
        .collect();
    found.sort_by(|a, b| a.release.cmp(&b.release));
    if found.is_empty() {
        println!("skipped: no freebsd-13.* in {}", place.display());
    }
    found
}

/// Where the programs' sources are, and what they print.
pub fn sources() -> PathBuf {
    workspace().join("tests/guests/c")
}

fn clang(name: &str) -> Command {
    Command::new(name)
}

impl System {
    fn at(root: PathBuf) -> Option<Self> {
        let release = root.file_name()?.to_str()?.strip_prefix("freebsd-")?;
        let whole = release.starts_with("13.")
            && root.join("libexec/ld-elf.so.1").exists()
            && root.join("usr/include/stdio.h").exists();
        whole.then(|| Self {
            release: release.into(),
            root: root.clone(),
        })
    }

    /// The program or, for a name that begins with `lib`, the shared object of that name, built when its source has
    /// changed.
    ///
    /// # Panics
    /// When the compiler refuses the source.
    pub fn build(&self, name: &str) -> PathBuf {
        // One at a time: two tests may want the same object.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let place = directory().join("c-guests").join(&self.release);
        fs::create_dir_all(&place).expect("the directory of inputs is writable");
        let is_library = name.starts_with("lib");
        let built = place.join(if is_library {
            format!("{name}.so")
        } else {
            name.into()
        });
        let source = ["c", "cpp"].map(|kind| sources().join(name).with_extension(kind));
        let source = source
            .iter()
            .find(|source| source.exists())
            .expect("a source");
        if newest_source().is_some_and(|newest| is_newer(&built, newest)) {
            return built;
        }
        let output = self
            .compiler(source, is_library)
            .arg("-o")
            .arg(&built)
            .output();
        let output = output.expect("clang starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", source.display());
        built
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Builds a program from any source that needs no library but C's.
    ///
    /// # Panics
    /// When the compiler refuses it.
    pub fn compile(&self, source: &Path, to: &Path) {
        let output = self.clang("clang").arg(source).arg("-o").arg(to).output();
        let output = output.expect("clang starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", source.display());
    }

    fn compiler(&self, source: &Path, is_library: bool) -> Command {
        let is_cpp = source.extension() == Some(OsStr::new("cpp"));
        let mut compiler = self.clang(if is_cpp { "clang++" } else { "clang" });
        if is_cpp {
            compiler.args(["-stdlib=libc++", "-std=c++17"]);
        }
        compiler.args(if is_library {
            ["-fPIC", "-shared"]
        } else {
            // For the objects that they open.
            ["-fPIE", "-Wl,--export-dynamic"]
        });
        compiler
            .arg(source)
            .args(["-lpthread", "-lrt", "-lm", "-lutil"]);
        compiler
    }

    fn clang(&self, name: &str) -> Command {
        let mut compiler = clang(name);
        compiler
            .arg(format!("--target=x86_64-unknown-freebsd{}", self.release))
            .arg(format!("--sysroot={}", self.root.display()))
            .args(["-fuse-ld=lld", "-O1", "-Wall", "-Wextra", "-Werror"]);
        compiler
    }

    /// Makes a system at `place` that anybody may use, of all a program may want at run time.
    ///
    /// # Errors
    /// As the file system's.
    pub fn copy_to(&self, place: &Path) -> io::Result<()> {
        for part in ["lib", "libexec", "etc", "usr/lib", "usr/share"] {
            let from = self.root.join(part);
            if from.is_dir() {
                link_tree(&from, &place.join(part))?;
            }
        }
        Ok(())
    }
}

fn newest_source() -> Option<std::time::SystemTime> {
    let entries = fs::read_dir(sources()).ok()?.flatten();
    let is_source = |path: &Path| {
        let kind = path.extension().and_then(OsStr::to_str);
        matches!(kind, Some("c" | "cpp" | "h"))
    };
    entries
        .filter(|entry| is_source(&entry.path()))
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max()
}

fn is_newer(built: &Path, than: std::time::SystemTime) -> bool {
    built
        .metadata()
        .and_then(|found| found.modified())
        .is_ok_and(|made| made > than)
}

/// Files are shared where they can be: nobody here writes to them.
fn link_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            link_tree(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if !matches!(source.extension().and_then(OsStr::to_str), Some("a" | "o")) {
            fs::hard_link(&source, &target).or_else(|_| fs::copy(&source, &target).map(drop))?;
        }
    }
    Ok(())
}
