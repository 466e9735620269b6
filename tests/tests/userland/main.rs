//! A whole FreeBSD 10.1: every program of `/bin`, `/sbin`, `/usr/bin` and `/usr/sbin`, and scripts
//! that make about a hundred and twenty of them do their work. Of every NetBSD that is there, the programs that are listed.
//!
//! Runs when `$COMPAT_TEST_ROOTS` names a directory with `freebsd-10.1` in it. What does not do
//! what it should is listed, with its reason, in `tests/known/userland.txt`; what is listed and
//! does what it should is an error too. As root, everything also runs as an ordinary user.
//! `COMPAT_ONLY=usr/bin/awk` runs what has that in its name and nothing else.

mod judge;
mod line;
mod programs;
mod scenarios;

/// The system that these tests run.
const SYSTEM: &str = "freebsd-10.1";

/// What `$COMPAT_ONLY` restricts a run to.
fn only() -> Option<String> {
    std::env::var("COMPAT_ONLY").ok()
}
