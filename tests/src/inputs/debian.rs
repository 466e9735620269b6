//! Debian's packages that the suites call: clients, and the Free Pascal compiler.

use std::path::Path;
use std::process::Command;

use super::{FetchError, client};

/// A package, and a file that shows it (or something of the same use) is installed.
#[derive(Clone, Copy, Debug)]
pub struct Debian {
    /// The name that apt knows.
    pub package: &'static str,
    /// Paths of which one existing is enough.
    pub shown_by: &'static [&'static str],
    /// What does not run without it.
    pub needed_for: &'static str,
}

/// Everything `fetch` asks Debian for.
pub const DEBIAN: &[Debian] = &[
    Debian {
        package: "npm",
        shown_by: &["bin/npm"],
        needed_for: "programs from the npm registry",
    },
    Debian {
        package: "python3-pip",
        shown_by: &["bin/pip", "bin/pip3"],
        needed_for: "the Go toolchain",
    },
    Debian {
        package: "git",
        shown_by: &["bin/git"],
        needed_for: "lefthook",
    },
    Debian {
        package: "fpc",
        shown_by: &["bin/fpc"],
        needed_for: "Pascal guests",
    },
    Debian {
        package: "fpc-source-3.2.2",
        shown_by: &["share/fpcsrc/3.2.2/rtl/freebsd"],
        needed_for: "Pascal guests",
    },
    Debian {
        package: "binutils-x86-64-kfreebsd-gnu",
        shown_by: &["bin/x86_64-kfreebsd-gnu-ld"],
        needed_for: "Pascal guests",
    },
];

impl Debian {
    /// Whether the package, or another source of the same files, is installed.
    pub fn is_here(&self) -> bool {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        self.shown_by.iter().any(|shown| {
            let usual = ["/usr", "/usr/local"]
                .iter()
                .any(|root| Path::new(root).join(shown).exists());
            usual
                || match shown.strip_prefix("bin/") {
                    Some(program) => {
                        std::env::split_paths(&on_path).any(|dir| dir.join(program).exists())
                    }
                    None => false,
                }
        })
    }
}

/// Installs what is missing when the caller is root; otherwise names it.
pub fn install_debian(missing: &[&Debian]) -> Result<(), FetchError> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|d| d.package).collect();
    if !nix::unistd::geteuid().is_root() {
        return Err(FetchError::new("missing Debian packages", names.join(" ")));
    }
    let install = || {
        let apt = ["install", "--yes", "--quiet", "--no-install-recommends"];
        client(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(apt)
                .args(&names),
        )
    };
    // A fresh machine has no package lists yet.
    install().or_else(|_| {
        client(Command::new("apt-get").args(["update", "--quiet"])).and_then(|_| install())
    })?;
    Ok(())
}
