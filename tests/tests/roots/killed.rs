//! `kill -9` at any system call of `root add` and `root remove` leaves a whole root or none, and the next `add` goes on.
//!
//! The points are counted in system calls by ptrace, so that a seed always means the same places.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use compat_tests::stage::{Stage, on_every_stage};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::sample::{expected, members};
use crate::scene::{
    InMemory, Seen, answer, assert_same, done, look, plain, root, store, stored, tree,
};
use crate::tarball::{gzip, tar};

const FILES: usize = 200;
/// In all, as whoever runs the suite and as an ordinary user.
const POINTS: u64 = 200;
const REMOVALS: u64 = 20;

/// How a traced program came to its end.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// By itself, after so many system calls.
    Own {
        code: i32,
        calls: u64,
    },
    Killed,
}

/// Runs a program and kills it where it makes its `at`th system call, before that has any effect or after it.
fn run_until(command: &mut Command, at: Option<(u64, bool)>) -> End {
    // SAFETY: between fork and exec the closure only makes a system call.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    command.stdout(Stdio::null()).stderr(Stdio::null());
    #[expect(clippy::zombie_processes, reason = "waitpid below collects it")]
    let child = command.spawn().expect("compat starts");
    let pid = Pid::from_raw(child.id().cast_signed());
    // It stops where exec is done.
    waitpid(pid, None).expect("it stops");
    ptrace::setoptions(
        pid,
        Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL,
    )
    .expect("it is stopped");
    let (mut calls, mut inside) = (0, false);
    let mut signal: Option<Signal> = None;
    loop {
        ptrace::syscall(pid, signal.take()).expect("it is stopped");
        match waitpid(pid, None).expect("it is ours") {
            WaitStatus::Exited(_, code) => return End::Own { code, calls },
            WaitStatus::PtraceSyscall(_) => {
                inside = !inside;
                calls += u64::from(inside);
                if at == Some((calls, !inside)) {
                    // Before a call takes effect this also keeps it from doing so.
                    ptrace::kill(pid).expect("it is stopped");
                    waitpid(pid, None).expect("it is ours");
                    return End::Killed;
                }
            }
            // The stop of a second exec comes as a trap.
            WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
            WaitStatus::Stopped(_, other) => signal = Some(other),
            other => panic!("{other:?}"),
        }
    }
}

/// How many calls the end has in which a root appears.
const LAST: u64 = 40;

/// Places in a run of `calls` system calls, the same for the same seed; each fourth is near the end.
fn points(seed: u64, count: u64, calls: u64) -> impl Iterator<Item = (u64, bool)> {
    let mut state = seed;
    (0..count).map(move |number| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        let span = if number % 4 == 0 {
            calls.min(LAST)
        } else {
            calls
        };
        (calls - random % span, (random / calls).is_multiple_of(2))
    })
}

fn share(points: u64) -> u64 {
    if nix::unistd::geteuid().is_root() {
        points / 2
    } else {
        points
    }
}

#[test]
fn an_add_that_is_killed_leaves_nothing_or_a_root() {
    let members = members(FILES);
    let expected = expected(&members);
    let archive = gzip(&tar(&members));
    on_every_stage(|stage| {
        let _memory = InMemory::new(stage);
        let source = stage.write("base.tar.gz", &archive);
        let arguments = ["add", "r", "--from", plain(&source)];
        let End::Own { code: 0, calls } = run_until(&mut root(stage, &arguments), None) else {
            panic!("a whole run does not succeed");
        };
        done(stage, &["remove", "r"]);
        let (mut went_on, mut whole) = (0, 0);
        for (point, after) in points(7, share(POINTS), calls) {
            let context = format!(
                "at call {point} of {calls}, after it: {after}, as {}",
                stage.user()
            );
            let end = run_until(&mut root(stage, &arguments), Some((point, after)));
            assert_eq!(end, End::Killed, "{context}");
            let there = tree(stage, "r").exists();
            let list = done(stage, &["list", "--json"]).out;
            assert_eq!(list.contains("\"r\""), there, "{context}");
            if there {
                whole += 1;
            } else {
                assert_eq!(answer(stage, &["path", "r"]).code, Some(125), "{context}");
                let left = store(stage).join(".adding-r/root");
                let kept = whole_files(&left, &expected);
                done(stage, &arguments);
                assert_kept(&tree(stage, "r"), &kept, &context);
                went_on += usize::from(!kept.is_empty());
            }
            assert_same(&look(&tree(stage, "r")), &expected, &context);
            done(stage, &["remove", "r"]);
            assert_eq!(stored(stage), [""; 0], "{context}");
        }
        println!(
            "of {} runs {whole} left a root, {went_on} were gone on with",
            share(POINTS)
        );
        assert!(went_on as u64 > share(POINTS) / 2, "only {went_on}");
    });
}

/// Files that a killed run has finished, by their inode.
fn whole_files(
    left: &Path,
    expected: &std::collections::BTreeMap<Vec<u8>, crate::scene::Found>,
) -> HashMap<Vec<u8>, u64> {
    if !left.exists() {
        return HashMap::new();
    }
    let found = look(left);
    let whole = found.iter().filter(|(name, found)| {
        matches!(&found.kind, Seen::File(content) if !content.is_empty())
            && expected.get(*name) == Some(*found)
    });
    whole
        .map(|(name, _)| (name.clone(), inode(left, name)))
        .collect()
}

/// What was whole was not unpacked again.
#[track_caller]
fn assert_kept(tree: &Path, kept: &HashMap<Vec<u8>, u64>, context: &str) {
    for (name, before) in kept {
        assert_eq!(
            inode(tree, name),
            *before,
            "{context}: '{}'",
            name.escape_ascii()
        );
    }
}

fn inode(top: &Path, name: &[u8]) -> u64 {
    use std::os::unix::ffi::OsStrExt;
    let path = top.join(std::ffi::OsStr::from_bytes(name));
    fs::symlink_metadata(path).expect("there").ino()
}

#[test]
fn a_remove_that_is_killed_leaves_nothing_or_a_root() {
    let members = members(20);
    let expected = expected(&members);
    let archive = tar(&members);
    on_every_stage(|stage: &Stage| {
        let _memory = InMemory::new(stage);
        let source = stage.write("base.tar", &archive);
        let add = ["add", "r", "--from", plain(&source)];
        done(stage, &add);
        let End::Own { code: 0, calls } = run_until(&mut root(stage, &["remove", "r"]), None)
        else {
            panic!("a whole run does not succeed");
        };
        for (point, after) in points(11, share(REMOVALS), calls) {
            let context = format!("at call {point} of {calls}, after it: {after}");
            done(stage, &add);
            run_until(&mut root(stage, &["remove", "r"]), Some((point, after)));
            if tree(stage, "r").exists() {
                assert_same(&look(&tree(stage, "r")), &expected, &context);
                done(stage, &["remove", "r"]);
            } else {
                assert_eq!(answer(stage, &["path", "r"]).code, Some(125), "{context}");
                // The next command that changes anything clears up.
                done(stage, &add);
                done(stage, &["remove", "r"]);
            }
            assert_eq!(stored(stage), [""; 0], "{context}");
        }
    });
}
