//! The suite's own C and C++ programs, built by clang against the systems that are here.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use std::{env, fs, io};

use crate::compat::workspace;
use crate::inputs::directory;

/// A system, unpacked: headers, libraries, and what programs look up at run time.
#[derive(Clone, Debug)]
pub struct System {
    /// `freebsd-13.2`
    pub name: String,
    /// `13.2`
    pub release: String,
    kind: Kind,
    root: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    FreeBsd,
    NetBsd,
    DragonFly,
}

/// The FreeBSD systems to build for: those of [`FREEBSD`] in the directory `$COMPAT_TEST_ROOTS`. Without any, or without
/// clang, a line says so.
pub fn systems() -> Vec<System> {
    of_kinds(&[Kind::FreeBsd])
}

/// The systems of any kind to build for: `netbsd-*` and `dragonfly-*` as well.
pub fn all_systems() -> Vec<System> {
    of_kinds(&[Kind::FreeBsd, Kind::NetBsd, Kind::DragonFly])
}

fn of_kinds(kinds: &[Kind]) -> Vec<System> {
    let Some(place) = env::var_os("COMPAT_TEST_ROOTS") else {
        println!("skipped: COMPAT_TEST_ROOTS does not say where systems are");
        return Vec::new();
    };
    if !is_here("clang") {
        println!("skipped: clang is not here");
        return Vec::new();
    }
    let entries = fs::read_dir(&place).into_iter().flatten().flatten();
    let mut found: Vec<System> = entries
        .filter_map(|entry| System::at(entry.path()))
        .filter(|system| kinds.contains(&system.kind))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    for kind in kinds {
        if !found.iter().any(|system| system.kind == *kind) {
            let names = kind.prefixes().join("*, ");
            println!("skipped: no {names}* in {}", place.display());
        }
    }
    found
}

/// Where the programs for FreeBSD are, and what they print.
pub fn sources() -> PathBuf {
    workspace().join("tests/guests/c")
}

/// Where the programs for any system are.
pub fn portable_sources() -> PathBuf {
    workspace().join("tests/guests/posix")
}

fn clang(name: &str) -> Command {
    Command::new(name)
}

fn is_here(compiler: &str) -> bool {
    let asked = clang(compiler).arg("--version").output();
    asked.is_ok_and(|found| found.status.success())
}

/// The releases that clang of today builds for: older ones have no libraries of its kind.
const FREEBSD: &[&str] = &["freebsd-13.", "freebsd-14.", "freebsd-15."];

impl Kind {
    /// What the directory's name may begin with.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Kind::FreeBsd => FREEBSD,
            Kind::NetBsd => &["netbsd-"],
            Kind::DragonFly => &["dragonfly-"],
        }
    }

    fn linker(self) -> &'static str {
        match self {
            Kind::FreeBsd => "libexec/ld-elf.so.1",
            Kind::NetBsd => "libexec/ld.elf_so",
            Kind::DragonFly => "libexec/ld-elf.so.2",
        }
    }
}

impl System {
    fn at(root: PathBuf) -> Option<Self> {
        let name = root.file_name()?.to_str()?;
        let kind = [Kind::FreeBsd, Kind::NetBsd, Kind::DragonFly]
            .into_iter()
            .find(|kind| kind.prefixes().iter().any(|begin| name.starts_with(begin)))?;
        let (_, release) = name.split_once('-')?;
        let whole = [
            kind.linker(),
            "usr/include/stdio.h",
            "usr/lib/libpthread.so",
        ]
        .iter()
        .all(|part| root.join(part).exists());
        whole.then(|| Self {
            name: name.into(),
            release: release.into(),
            kind,
            root: root.clone(),
        })
    }

    /// The program for FreeBSD or, for a name that begins with `lib`, the shared object of that name, built when its
    /// source has changed.
    ///
    /// # Panics
    /// When the compiler refuses the source.
    pub fn build(&self, name: &str) -> PathBuf {
        self.build_from(&sources(), name)
    }

    /// The same of the programs in `folder`.
    ///
    /// # Panics
    /// When the compiler refuses the source.
    pub fn build_from(&self, folder: &Path, name: &str) -> PathBuf {
        let place = directory().join("c-guests").join(&self.name);
        built(folder, name, &place, |source, is_library| {
            self.compiler(source, is_library)
        })
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
        let mut compiler = self.clang(if is_cpp {
            self.clang_for_cpp()
        } else {
            "clang"
        });
        if is_cpp {
            compiler.args(["-stdlib=libc++", "-std=c++17"]);
        }
        for_both(&mut compiler, source, is_library);
        compiler
    }

    /// A system's C++ headers are for compilers of their time.
    fn clang_for_cpp(&self) -> &'static str {
        let newer = ["clang++-19", "clang++-20", "clang++-21", "clang++-22"];
        let is_new = self.kind == Kind::FreeBsd && !self.release.starts_with("13.");
        let found = newer.into_iter().find(|name| is_new && is_here(name));
        found.unwrap_or("clang++")
    }

    fn clang(&self, name: &str) -> Command {
        let mut compiler = clang(name);
        let root = self.root.display();
        let release = &self.release;
        match self.kind {
            Kind::FreeBsd => {
                // Only here the headers let anybody be strict.
                compiler
                    .arg(format!("--target=x86_64-unknown-freebsd{release}"))
                    .args(["-Wall", "-Wextra", "-Werror"]);
            }
            Kind::NetBsd => {
                // How constructors are found has changed with the releases.
                compiler.arg(format!("--target=x86_64-unknown-netbsd{release}"));
                compiler.arg("-w");
                // Up to NetBSD 8 its run-time linker expects every object to have two segments.
                compiler.args(["-Wl,-z,norelro", "-Wl,--no-rosegment"]);
                compiler.arg(format!("-L{root}/usr/lib"));
            }
            Kind::DragonFly => {
                compiler.args(["--target=x86_64-unknown-dragonfly", "-w"]);
                // clang looks for these on the machine that it runs on.
                for place in ["usr/lib", "usr/lib/gcc80"] {
                    compiler.arg(format!("-B{root}/{place}"));
                    compiler.arg(format!("-L{root}/{place}"));
                }
            }
        }
        compiler.arg(format!("--sysroot={root}")).args([
            "-fuse-ld=lld",
            "-O1",
            "-Qunused-arguments",
        ]);
        compiler
    }

    /// Makes a system at `place` that anybody may use, of all a program may want at run time.
    ///
    /// # Errors
    /// As the file system's.
    pub fn copy_to(&self, place: &Path) -> io::Result<()> {
        for part in [
            "lib",
            "libexec",
            "etc",
            "usr/lib",
            "usr/libexec",
            "usr/share",
        ] {
            self.copy_part(part, place)?;
        }
        Ok(())
    }

    /// Adds the system's shell and tools to a copy.
    ///
    /// # Errors
    /// As the file system's.
    pub fn copy_tools_to(&self, place: &Path) -> io::Result<()> {
        for part in ["bin", "sbin", "usr/bin"] {
            self.copy_part(part, place)?;
        }
        Ok(())
    }

    fn copy_part(&self, part: &str, place: &Path) -> io::Result<()> {
        let from = self.root.join(part);
        if from.is_dir() {
            link_tree(&from, &place.join(part))?;
        }
        Ok(())
    }
}

/// Where the programs for all BSDs are, and what they print.
pub fn family_sources() -> PathBuf {
    workspace().join("tests/guests/bsd")
}

/// Where the sources lie that mean something on one system alone, by its name in lower case.
pub fn sources_of(system: &str) -> PathBuf {
    workspace().join("tests/guests").join(system)
}

/// The program of a portable source for the host itself, built when its source has changed.
///
/// # Panics
/// When the compiler refuses the source.
pub fn build_native(name: &str) -> PathBuf {
    let place = directory().join("c-guests/linux");
    built(&portable_sources(), name, &place, |source, is_library| {
        let mut compiler = clang("clang");
        compiler.args(["-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]);
        compiler.arg("-Wno-unused-result");
        for_both(&mut compiler, source, is_library);
        compiler
    })
}

fn for_both(compiler: &mut Command, source: &Path, is_library: bool) {
    compiler.args(if is_library {
        ["-fPIC", "-shared"]
    } else {
        // For the objects that they open.
        ["-fPIE", "-Wl,--export-dynamic"]
    });
    compiler
        .arg(source)
        .args(["-lpthread", "-lrt", "-lm", "-lutil"]);
}

fn built(
    folder: &Path,
    name: &str,
    place: &Path,
    compiler: impl FnOnce(&Path, bool) -> Command,
) -> PathBuf {
    // One at a time: two tests may want the same object.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let place = place.join(folder.file_name().unwrap_or_default());
    fs::create_dir_all(&place).expect("the directory of inputs is writable");
    let is_library = name.starts_with("lib");
    let built = place.join(if is_library {
        format!("{name}.so")
    } else {
        name.into()
    });
    let source = ["c", "cpp"].map(|kind| folder.join(name).with_extension(kind));
    let source = source
        .iter()
        .find(|source| source.exists())
        .expect("a source");
    if newest_source(folder).is_some_and(|newest| is_newer(&built, newest)) {
        return built;
    }
    let output = compiler(source, is_library).arg("-o").arg(&built).output();
    let output = output.expect("clang starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", source.display());
    built
}

/// When the latest change was made to the sources in `folder`, or to the headers that they share with its neighbours.
fn newest_source(folder: &Path) -> Option<SystemTime> {
    let files = |folder: &Path, kinds: &'static [&str]| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter(|entry| {
            let path = entry.path();
            let kind = path.extension().and_then(OsStr::to_str);
            kind.is_some_and(|kind| kinds.contains(&kind))
        })
    };
    files(folder, &["c", "cpp", "h"])
        .chain(files(&portable_sources(), &["h"]))
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max()
}

fn is_newer(built: &Path, than: SystemTime) -> bool {
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
