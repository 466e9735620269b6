//! A FreeBSD 10.1 to log in to.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use compat_tests::compat;
use compat_tests::pty::Session;

/// A line for a shell: a program that says `busy` when it reads what is typed, and not the shell.
pub(crate) const BUSY: &str = "sh -c 'echo bu''sy; exec cat'\r";

/// A directory of the host that programs there see as `/work`, and which is gone when dropped.
pub(crate) struct System {
    root: PathBuf,
    work: PathBuf,
}

impl System {
    /// `None`, and a line that says what is skipped, when there is no such system.
    pub(crate) fn find() -> Option<Self> {
        const NAME: &str = "freebsd-10.1";
        let Some(roots) = env::var_os("COMPAT_TEST_ROOTS") else {
            println!("skipped: COMPAT_TEST_ROOTS does not say where {NAME} is");
            return None;
        };
        let root = Path::new(&roots).join(NAME);
        if !root.join("bin/sh").exists() {
            println!("skipped: no {NAME} in {}", roots.display());
            return None;
        }
        let work = nix::unistd::mkdtemp(&env::temp_dir().join("compat-terminal-XXXXXX"))
            .expect("a temporary directory can be made");
        // Where vi keeps what it can recover.
        fs::create_dir(work.join("vi.recover")).expect("the directory is ours");
        Some(Self { root, work })
    }

    /// The place of a file that programs see in `/work`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.work.join(name)
    }

    /// Writes a file there.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the directory is ours");
    }

    /// What a file there holds.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs `words` in `/work`, on a screen of 24 rows and 80 columns.
    pub(crate) fn run(&self, words: &[&str]) -> Session {
        self.shell(&[&["sh", "-c", "cd /work && exec \"$@\"", "sh"], words].concat())
    }

    /// Logs in; `words` stand in place of the login shell.
    pub(crate) fn shell(&self, words: &[&str]) -> Session {
        let mut command = std::process::Command::new(compat::program());
        command.arg("shell");
        // What shells and editors keep is kept there as well, and not in the system.
        for place in [":/work", ":/tmp", ":/var/tmp", ":/root"] {
            let mut bind = self.work.clone().into_os_string();
            bind.push(place);
            command.arg("-b").arg(bind);
        }
        command
            .arg(&self.root)
            .args(words)
            .env("TERM", "xterm-256color")
            .env_remove("LANG")
            .env_remove("LC_ALL");
        Session::start(&mut command, 24, 80).expect("compat starts")
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.work);
    }
}
