//! A place to run programs in: as whoever runs the suite and, when that is root, as an ordinary
//! user as well.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::attach::attach;
use crate::{compat, root};

/// Debian's `nobody`. It need not be in the password file.
const ORDINARY: u32 = 65534;

/// Where programs of a system find their working directory.
pub const HOME: &str = "/home/me";

/// A directory of its own with copies of compat and of the programs a test runs, and an empty
/// working directory that the user owns. Gone when dropped.
///
/// Copies, because an ordinary user may not be allowed to reach the originals.
#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    user: Option<u32>,
}

/// Runs `scene` on a fresh stage: as this user and, for root, as an ordinary one too, and all that
/// `$COMPAT_REPEAT` times.
pub fn on_every_stage(scene: impl Fn(&Stage)) {
    let repeat = env::var("COMPAT_REPEAT")
        .ok()
        .and_then(|times| times.parse().ok())
        .unwrap_or(1);
    let ordinary = nix::unistd::geteuid().is_root().then_some(Some(ORDINARY));
    for _ in 0..repeat {
        for user in [None].into_iter().chain(ordinary) {
            let stage = Stage::new(user).expect("a temporary directory can be made");
            scene(&stage);
        }
    }
}

impl Stage {
    fn new(user: Option<u32>) -> io::Result<Self> {
        let stage = Self {
            root: nix::unistd::mkdtemp(&env::temp_dir().join("compat-stage-XXXXXX"))?,
            user,
        };
        fs::set_permissions(&stage.root, fs::Permissions::from_mode(0o755))?;
        for folder in ["work", "tmp", "run", "cron"] {
            fs::create_dir(stage.root.join(folder))?;
            chown(stage.root.join(folder), user, user)?;
        }
        // As on every system: programs that cease to be root write there too.
        fs::set_permissions(stage.root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
        for part in ["compat", "compat-cli"] {
            copy(
                &compat::program().with_file_name(part),
                &stage.root.join(part),
            );
        }
        Ok(stage)
    }

    /// Who runs here, for messages.
    pub fn user(&self) -> &'static str {
        if self.user.is_some() {
            "an ordinary user"
        } else {
            "this user"
        }
    }

    /// Whether no root runs here.
    pub fn is_ordinary(&self) -> bool {
        self.user.is_some() || !nix::unistd::geteuid().is_root()
    }

    /// The working directory of every program here.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Writes a file that the user owns, below the working directory.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        if let Some(parent) = path.parent()
            && !parent.exists()
        {
            fs::create_dir_all(parent).expect("the stage is writable");
            chown(parent, self.user, self.user).expect("the stage is ours");
        }
        fs::write(&path, content).expect("the stage is writable");
        chown(&path, self.user, self.user).expect("the stage is ours");
        path
    }

    /// `compat run -q <a copy of program>`, in the working directory.
    pub fn guest(&self, program: &Path) -> Command {
        self.guest_with(&[], program)
    }

    /// The same with more options for `compat run`.
    pub fn guest_with(&self, options: &[&str], program: &Path) -> Command {
        let mut command = self.compat();
        attach(command.args(["run", "-q"]))
            .args(options)
            .arg(self.copy(program));
        command
    }

    /// `compat` itself.
    pub fn compat(&self) -> Command {
        self.prepare(Command::new(self.root.join("compat")))
    }

    /// Runs `scene` with a system that the user here can use and cannot change, or prints a line that
    /// says why there is none.
    ///
    /// The system is shown on the stage to the scene and to what it starts, and to nobody else.
    pub fn with_system(&self, source: &Path, scene: impl FnOnce(&Path) + Send) {
        let shown = || match root::show(source, &self.root) {
            Ok(place) => scene(&place),
            Err(error) if self.user.is_some() => {
                println!("skipped as {}: no mount: {error}", self.user());
            }
            // Whoever cannot mount anything can reach the original, and change only what is their own there.
            Err(_) => scene(source),
        };
        // Mounts are a thread's, and end with it.
        let played = thread::scope(|scope| scope.spawn(shown).join());
        if let Err(panic) = played {
            resume_unwind(panic);
        }
    }

    /// A program of a system, by its name there, with the usual environment, in [`HOME`].
    ///
    /// What it writes to `/tmp` and `/var/run` stays on the stage.
    pub fn of_system(&self, system: &Path, program: &str) -> Command {
        let mut command = self.compat();
        command
            .env_clear()
            .env("HOME", HOME)
            .env("PATH", "/sbin:/bin:/usr/sbin:/usr/bin")
            .env("TERM", "dumb")
            .env("TZ", "UTC")
            .args(["run", "-q"]);
        attach(&mut command).arg("--root").arg(system);
        for (folder, name) in [
            ("work", HOME),
            ("tmp", "/tmp"),
            ("run", "/var/run"),
            ("cron", "/var/cron"),
        ] {
            let mut bind = self.root.join(folder).into_os_string();
            bind.push(":");
            bind.push(name);
            command.arg("-b").arg(bind);
        }
        command.arg(program);
        command
    }

    /// A Linux program, told the name that the guest in its place would have.
    pub fn native(&self, program: &Path, guest: &Path) -> Command {
        let mut command = self.prepare(Command::new(self.copy(program)));
        command.arg0(self.copy_name(guest));
        command
    }

    /// A program of the host, found by its name.
    pub fn host(&self, name: &str) -> Command {
        self.prepare(Command::new(name))
    }

    /// Where [`Stage::guest`] puts its copy of the program.
    pub fn copy_name(&self, program: &Path) -> PathBuf {
        // The directories tell programs of one name apart: `esbuild` from several packages.
        let parts = program
            .components()
            .rev()
            .take(4)
            .map(|part| part.as_os_str().to_string_lossy());
        self.root.join(parts.collect::<Vec<_>>().join("."))
    }

    /// A copy that the user can run.
    pub fn copy(&self, program: &Path) -> PathBuf {
        let place = self.copy_name(program);
        if !place.exists() {
            copy(program, &place);
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755))
                .expect("the copy is ours");
        }
        place
    }

    fn prepare(&self, mut command: Command) -> Command {
        compat::ordinary_surroundings();
        command
            .current_dir(self.work())
            .env("HOME", self.work())
            .env_remove("TMPDIR");
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Copies a program by a process of its own: a file that this one has open for writing, even for a
/// moment, is open in every child that another thread forks meanwhile, and then cannot run.
fn copy(program: &Path, place: &Path) {
    let copied = Command::new("cp").arg(program).arg(place).status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "{} is not copied",
        program.display()
    );
}
