//! The operating systems a program can be built for, and the marks each leaves in its programs.

use core::fmt;
use core::str::FromStr;

/// Whose system calls a program makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Os {
    /// FreeBSD.
    FreeBsd,
    /// NetBSD.
    NetBsd,
    /// OpenBSD.
    OpenBsd,
    /// DragonFly BSD.
    DragonFly,
    /// illumos or Solaris: their files cannot be told apart.
    Illumos,
    /// Linux.
    Linux,
    /// GNU/Hurd.
    Hurd,
    /// Debian GNU/kFreeBSD: glibc over FreeBSD's kernel.
    KFreeBsd,
    /// The file names an operating system this list does not have.
    Unknown,
}

impl Os {
    /// Every named system.
    pub const ALL: [Os; 8] = [
        Os::FreeBsd,
        Os::NetBsd,
        Os::OpenBsd,
        Os::DragonFly,
        Os::Illumos,
        Os::Linux,
        Os::Hurd,
        Os::KFreeBsd,
    ];

    /// The name people write.
    pub fn name(self) -> &'static str {
        match self {
            Os::FreeBsd => "FreeBSD",
            Os::NetBsd => "NetBSD",
            Os::OpenBsd => "OpenBSD",
            Os::DragonFly => "DragonFly",
            Os::Illumos => "illumos/Solaris",
            Os::Linux => "Linux",
            Os::Hurd => "GNU/Hurd",
            Os::KFreeBsd => "GNU/kFreeBSD",
            Os::Unknown => "unknown",
        }
    }

    /// The name for options and JSON: lower case, no punctuation.
    pub fn key(self) -> &'static str {
        match self {
            Os::FreeBsd => "freebsd",
            Os::NetBsd => "netbsd",
            Os::OpenBsd => "openbsd",
            Os::DragonFly => "dragonfly",
            Os::Illumos => "illumos",
            Os::Linux => "linux",
            Os::Hurd => "hurd",
            Os::KFreeBsd => "kfreebsd",
            Os::Unknown => "unknown",
        }
    }

    /// The system a Go `GOOS` value names.
    pub(crate) fn from_goos(goos: &[u8]) -> Option<Os> {
        match goos {
            b"freebsd" => Some(Os::FreeBsd),
            b"netbsd" => Some(Os::NetBsd),
            b"openbsd" => Some(Os::OpenBsd),
            b"dragonfly" => Some(Os::DragonFly),
            b"illumos" | b"solaris" => Some(Os::Illumos),
            b"linux" | b"android" => Some(Os::Linux),
            b"hurd" => Some(Os::Hurd),
            _ => None,
        }
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text given to `--abi` names no system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOs;

impl FromStr for Os {
    type Err = UnknownOs;

    fn from_str(text: &str) -> Result<Os, UnknownOs> {
        Os::ALL
            .into_iter()
            .find(|os| os.key().eq_ignore_ascii_case(text) || os.name().eq_ignore_ascii_case(text))
            .or_else(|| Os::from_goos(text.as_bytes()))
            .ok_or(UnknownOs)
    }
}
