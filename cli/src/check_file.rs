//! Examining one file on disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use compat_loader::{
    Details, Format, Identity, Image, ImagePlan, Os, ReadAt, ReadError, Refusal, Script, describe,
    identify, runnable,
};

use crate::root;

/// What was found out about one file.
pub(crate) struct Report {
    pub(crate) file: PathBuf,
    pub(crate) what: What,
    pub(crate) verdict: Verdict,
}

/// What the file is.
pub(crate) enum What {
    Elf(Box<Image>, Details),
    Script(Script),
    Other(Format),
    /// It could not be looked at, or its header makes no sense.
    Nothing,
}

/// Whether it can run.
pub(crate) enum Verdict {
    Runs,
    NotFound,
    /// A reason's stable name and its line.
    No(&'static str, String),
}

/// Looks at `file`. `root` is the guest root in which interpreters are looked for first.
pub(crate) fn examine(file: &Path, abi: Option<Os>, root: Option<&Path>) -> Report {
    let (what, verdict) = match OnDisk::open(file) {
        Ok(source) => judge(&source, abi, root),
        Err(error) => (What::Nothing, not_opened(&error)),
    };
    Report {
        file: file.to_owned(),
        what,
        verdict,
    }
}

fn judge(source: &OnDisk, abi: Option<Os>, root: Option<&Path>) -> (What, Verdict) {
    match identify(source, abi) {
        Ok(Identity::Elf(image)) => {
            let default = root.is_none().then(|| root::find(None)).flatten();
            let verdict = verdict_on_elf(source, &image, root.or(default.as_deref()));
            match describe(source, &image) {
                Ok(details) => (What::Elf(Box::new(image), details), verdict),
                Err(refusal) => (What::Nothing, refused(&refusal)),
            }
        }
        Ok(Identity::Script(script)) => {
            let verdict = verdict_on_script(&script, root);
            (What::Script(script), verdict)
        }
        Ok(Identity::Other(format)) => (What::Other(format), refused(&Refusal::NotElf(format))),
        Err(refusal) => (What::Nothing, refused(&refusal)),
    }
}

fn verdict_on_elf(source: &OnDisk, image: &Image, root: Option<&Path>) -> Verdict {
    match runnable(source, image, &|path| find_guest_file(path, root).is_some()) {
        Ok(_) if !source.executable => Verdict::No(
            "no-permission",
            "no execute permission: chmod +x it".to_owned(),
        ),
        Ok(ImagePlan { interpreter, .. }) => match interpreter {
            None => Verdict::Runs,
            Some(path) => verdict_on_interpreter(&path, root),
        },
        Err(refusal) => refused(&refusal),
    }
}

/// A script runs if its interpreter does, which may be a program of the host's; FreeBSD wants it to be a program, not
/// another script.
fn verdict_on_script(script: &Script, root: Option<&Path>) -> Verdict {
    if find_guest_file(&script.interpreter, root).is_none() {
        return refused(&Refusal::ScriptInterpreterMissing(
            script.interpreter.clone(),
        ));
    }
    match verdict_on_interpreter(&script.interpreter, root) {
        Verdict::No(key, _) if is_hosts_own(key) => Verdict::Runs,
        verdict => verdict,
    }
}

/// Whether the host itself runs what is refused for the reason of this name.
fn is_hosts_own(key: &str) -> bool {
    [Refusal::LinuxProgram, Refusal::Unmarked]
        .iter()
        .any(|refusal| refusal.key() == key)
}

fn verdict_on_interpreter(path: &[u8], root: Option<&Path>) -> Verdict {
    let opened = find_guest_file(path, root).map(|path| OnDisk::open(&path));
    let source = match opened {
        Some(Ok(source)) => source,
        Some(Err(error)) => return of_interpreter(not_opened(&error)),
        None => return Verdict::NotFound,
    };
    // A dynamic linker has no interpreter of its own, and FreeBSD would not load it; a script's
    // interpreter may have one. Neither chain is followed further than that.
    of_interpreter(match identify(&source, None) {
        Ok(Identity::Elf(image)) => {
            let found = |path: &[u8]| find_guest_file(path, root).is_some();
            match runnable(&source, &image, &found) {
                Ok(_) => Verdict::Runs,
                Err(refusal) => refused(&refusal),
            }
        }
        Ok(Identity::Script(_)) => return refused(&Refusal::NestedScript),
        Ok(Identity::Other(format)) => refused(&Refusal::NotElf(format)),
        Err(refusal) => refused(&refusal),
    })
}

fn of_interpreter(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::No(key, line) => Verdict::No(key, format!("its interpreter: {line}")),
        verdict => verdict,
    }
}

/// Where a guest path leads: the guest root first, then the host, as programs will see it.
fn find_guest_file(path: &[u8], root: Option<&Path>) -> Option<PathBuf> {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let inside = root.map(|root| root.join(path.strip_prefix("/").unwrap_or(path)));
    inside
        .into_iter()
        .chain([path.to_owned()])
        .find(|candidate| candidate.is_file())
}

fn refused(refusal: &Refusal) -> Verdict {
    Verdict::No(refusal.key(), refusal.to_string())
}

fn not_opened(error: &io::Error) -> Verdict {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Verdict::NotFound,
        io::ErrorKind::IsADirectory => {
            Verdict::No("not-a-file", "a directory: name a file in it".to_owned())
        }
        io::ErrorKind::InvalidInput => Verdict::No(
            "not-a-file",
            "neither file nor link: name a program".to_owned(),
        ),
        _ => Verdict::No("unreadable", format!("cannot be opened: {error}")),
    }
}

/// An open regular file.
pub(crate) struct OnDisk {
    file: File,
    size: u64,
    /// Whether anybody may execute it, which is what root needs too.
    executable: bool,
}

impl OnDisk {
    fn open(path: &Path) -> io::Result<OnDisk> {
        // Opening a FIFO or a device could block or have effects.
        let kind = fs::metadata(path)?.file_type();
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !kind.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        OnDisk::new(File::open(path)?)
    }

    pub(crate) fn new(file: File) -> io::Result<OnDisk> {
        let metadata = file.metadata()?;
        Ok(OnDisk {
            file,
            size: metadata.len(),
            executable: metadata.mode() & 0o111 != 0,
        })
    }
}

impl ReadAt for OnDisk {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            match self.file.read_at(into, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Offsets that no file can have are simply past the end.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(0),
                result => {
                    return result.map_err(|error| ReadError(error.raw_os_error().unwrap_or(0)));
                }
            }
        }
    }

    fn size(&self) -> u64 {
        self.size
    }
}
