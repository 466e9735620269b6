//! The ways a program is run in, which are compared with each other.

use std::process::Command;

use crate::place::Place;

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// The Linux build, by itself.
    Linux,
    /// The Linux build with Syscall User Dispatch armed for no address at all: what every translation pays at least.
    Armed,
    /// The guest's build, as users run it.
    Compat,
    /// The same with every call a trap.
    NoPatch,
    /// The same where dispatch is refused, and a seccomp filter raises the signal.
    Seccomp,
    /// The same where both are refused.
    Ptrace,
}

impl Column {
    const ALL: [Self; 6] = [
        Self::Linux,
        Self::Armed,
        Self::Compat,
        Self::NoPatch,
        Self::Seccomp,
        Self::Ptrace,
    ];

    /// The name in tables and options.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Armed => "armed",
            Self::Compat => "compat",
            Self::NoPatch => "no-patch",
            Self::Seccomp => "seccomp",
            Self::Ptrace => "ptrace",
        }
    }

    /// Whether the guest's build runs.
    pub(crate) fn is_guest(self) -> bool {
        !matches!(self, Self::Linux | Self::Armed)
    }

    /// Options of `compat run`.
    pub(crate) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Linux | Self::Armed | Self::Compat => &[],
            Self::NoPatch => &["--no-patch"],
            Self::Seccomp => &["--attach", "seccomp"],
            Self::Ptrace => &["--attach", "ptrace"],
        }
    }

    /// Those that this compat and this kernel have; a line says what is missing. `only` names those besides the first and
    /// the third that are wanted, unless it is empty.
    pub(crate) fn available(place: &Place, only: &[String]) -> Vec<Self> {
        let help = Command::new(place.compat())
            .args(["run", "--help"])
            .output();
        let help = help.map(|output| [output.stdout, output.stderr].concat());
        let attaches = help.is_ok_and(|text| String::from_utf8_lossy(&text).contains("--attach"));
        let wanted = |column: &Self| {
            matches!(column, Self::Linux | Self::Compat)
                || only.is_empty()
                || only.iter().any(|name| name == column.title())
        };
        let works = |column: &Self| {
            if !matches!(column, Self::Seccomp | Self::Ptrace) {
                return true;
            }
            if !attaches {
                println!("no column {}: compat run has no --attach", column.title());
                return false;
            }
            let hello = compat_tests::compat::own_guest("guest-hello");
            let ran = Command::new(place.compat())
                .args(["run", "-q"])
                .args(column.options())
                .arg(hello)
                .output();
            let works = ran.is_ok_and(|output| output.status.success());
            if !works {
                println!("no column {}: it does not work here", column.title());
            }
            works
        };
        Self::ALL.into_iter().filter(wanted).filter(works).collect()
    }
}
