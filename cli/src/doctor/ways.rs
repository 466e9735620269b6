//! The ways into the stub, as `compat` itself finds them: it tries each.

use std::io;
use std::process::Command;

use crate::compat;

/// What came of one way.
pub(super) struct Attempt {
    /// As `--attach` spells it.
    pub(super) name: String,
    /// What the host said, unless it allowed it.
    pub(super) refused: Option<io::Error>,
}

impl Attempt {
    /// What a program pays that goes this way.
    pub(super) fn costs(&self) -> &'static str {
        match self.name.as_str() {
            "sud" => "Syscall User Dispatch, about two microseconds for the first calls of a site",
            "seccomp" => {
                "about as fast; Linux programs at fixed addresses do not run below a guest"
            }
            "ptrace" => "tens of microseconds for every call; for hosts that forbid the others",
            _ => "",
        }
    }

    /// Why a host may refuse it.
    pub(super) fn remedy(&self) -> &'static str {
        match self.name.as_str() {
            "sud" => "needs Linux 5.11 and no sandbox that forbids prctl 59",
            "seccomp" => "needs CONFIG_SECCOMP_FILTER and no sandbox that forbids seccomp",
            "ptrace" => {
                "needs Linux 5.3, no sandbox that forbids ptrace, and kernel.yama.ptrace_scope below 2"
            }
            _ => "",
        }
    }
}

/// Every way that `compat` knows, best first.
pub(super) fn all() -> io::Result<Vec<Attempt>> {
    let output = Command::new(compat()?).arg("ways").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let attempts: Option<Vec<Attempt>> = text.lines().map(parse).collect();
    attempts
        .filter(|attempts| !attempts.is_empty())
        .ok_or_else(|| io::Error::other("not the compat that belongs to this program"))
}

fn parse(line: &str) -> Option<Attempt> {
    let (name, error) = line.split_once(' ')?;
    let error: i32 = error.parse().ok()?;
    Some(Attempt {
        name: name.to_owned(),
        refused: (error != 0).then(|| io::Error::from_raw_os_error(error)),
    })
}

/// The one that `auto` takes.
pub(super) fn taken(attempts: &[Attempt]) -> Option<&Attempt> {
    attempts.iter().find(|attempt| attempt.refused.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_works_is_taken() {
        let attempts: Vec<Attempt> = ["sud 22", "seccomp 0", "ptrace 0"]
            .into_iter()
            .filter_map(parse)
            .collect();
        assert_eq!(
            taken(&attempts).map(|way| way.name.as_str()),
            Some("seccomp")
        );
        assert_eq!(
            attempts[0]
                .refused
                .as_ref()
                .and_then(io::Error::raw_os_error),
            Some(22)
        );
        assert!(parse("usage: compat").is_none());
    }
}
