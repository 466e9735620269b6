//! Process groups and sessions, and waiting for the members of one group.

use compat_guests::signal::{SIGUSR1, Set};
use compat_guests::{signal, sys};

const GETPGRP: u64 = 81;
const SETPGID: u64 = 82;
const SETSID: u64 = 147;
const GETPGID: u64 = 207;
const GETSID: u64 = 310;
const WNOHANG: u64 = 1;
const WUNTRACED: u64 = 2;
const WCONTINUED: u64 = 4;
const SIGKILL: u64 = 9;
const SIGTSTP: u64 = 18;
const SIGCONT: u64 = 19;

fn group() -> u64 {
    sys::call(GETPGRP, []).expect("getpgrp")
}

/// A child in a group of its own, or in `group`.
fn waiting_child(group: Option<u64>) -> u64 {
    let sys::Fork::Parent(child) = sys::fork() else {
        loop {
            sys::sleep_microseconds(60_000_000);
        }
    };
    sys::call(SETPGID, [child, group.unwrap_or(child)]).expect("setpgid");
    child
}

/// wait4 of a group: which child, and its status.
fn wait_group(group: u64, options: u64) -> (u64, u32) {
    let mut status = 0u32;
    let at = (&raw mut status) as u64;
    let found = sys::call(sys::WAIT4, [group.wrapping_neg(), at, options, 0]).expect("wait4");
    (found, unsafe { (&raw const status).read_volatile() })
}

/// What a shell does with a job of two processes: stops it, lets it go on, ends it.
pub(crate) fn a_job() {
    let first = waiting_child(None);
    let second = waiting_child(Some(first));
    let other = waiting_child(None);
    assert_eq!(sys::call(GETPGID, [second]), Ok(first));
    assert_ne!(group(), first);
    let job = |signal: u64| sys::call(sys::KILL, [first.wrapping_neg(), signal]).expect("kill");
    for (signal, options, expected) in [
        (SIGTSTP, WUNTRACED, (SIGTSTP as u32) << 8 | 0x7f),
        (SIGCONT, WCONTINUED, SIGCONT as u32),
        (SIGKILL, 0, SIGKILL as u32),
    ] {
        job(signal);
        let mut seen = [wait_group(first, options), wait_group(first, options)];
        seen.sort_unstable();
        let mut both = [(first, expected), (second, expected)];
        both.sort_unstable();
        assert_eq!(seen, both);
    }
    let none = [first.wrapping_neg(), 0, 0, 0];
    assert_eq!(
        sys::call(sys::WAIT4, none),
        Err(sys::ECHILD),
        "the job has ended"
    );
    assert_eq!(wait_group(other, WNOHANG).0, 0, "another job goes on");
    sys::call(sys::KILL, [other, SIGKILL]).expect("kill");
    assert_eq!(sys::wait(other), 9);
}

/// A signal to one's own group reaches the caller and the child.
pub(crate) fn signals() {
    let status = sys::in_child(|| {
        sys::call(SETPGID, [0, 0]).expect("setpgid");
        assert_eq!(group(), sys::pid());
        let sys::Fork::Parent(child) = sys::fork() else {
            loop {
                sys::sleep_microseconds(60_000_000);
            }
        };
        signal::mask(signal::BLOCK, Set::of(&[SIGUSR1]));
        sys::call(sys::KILL, [0, u64::from(SIGUSR1)]).expect("kill");
        assert_eq!(sys::wait(child), SIGUSR1);
        let mut pending = Set::EMPTY;
        sys::call(sys::SIGPENDING, [(&raw mut pending) as u64]).expect("sigpending");
        assert_eq!(
            unsafe { (&raw const pending).read_volatile() },
            Set::of(&[SIGUSR1])
        );
    });
    assert_eq!(status, 0);
}

pub(crate) fn sessions() {
    let status = sys::in_child(|| {
        let pid = sys::pid();
        assert_eq!(sys::call(SETSID, []), Ok(pid));
        assert_eq!(sys::call(GETSID, [0]), Ok(pid));
        assert_eq!(group(), pid);
        assert_eq!(
            sys::call(SETSID, []),
            Err(sys::EPERM),
            "it leads a group already"
        );
        assert_eq!(
            sys::call(SETPGID, [0, 0]),
            Err(sys::EPERM),
            "it leads a session"
        );
        let status = sys::in_child(|| {
            assert_eq!(sys::call(GETSID, [0]), Ok(pid));
            assert_eq!(group(), pid);
            sys::call(SETPGID, [0, 0]).expect("setpgid");
            assert_eq!(group(), sys::pid());
        });
        assert_eq!(status, 0);
    });
    assert_eq!(status, 0);
    // A child that has gone on to another program is no longer its parent's to move.
    let (read, write) = sys::pipe();
    let sys::Fork::Parent(child) = sys::fork() else {
        sys::call(sys::DUP2, [write, 60]).expect("dup2");
        sys::exit(crate::image::become_role(c"as-sleeper"));
    };
    let byte = [0u8];
    assert_eq!(sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]), Ok(1));
    assert_eq!(sys::call(SETPGID, [child, child]), Err(sys::EACCES));
    sys::call(sys::KILL, [child, SIGKILL]).expect("kill");
    assert_eq!(sys::wait(child), 9);
    assert_eq!(sys::call(SETPGID, [0, u64::MAX]), Err(sys::EINVAL));
    assert_eq!(sys::call(GETPGID, [child]), Err(sys::ESRCH));
}
