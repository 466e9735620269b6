//! Starts processes without end. It stops twice, when it has warmed up and when it is done, for the suite to look at what
//! it holds: it says so in a line, and goes on with the next byte of standard input.
#![no_std]
#![no_main]

use core::ffi::CStr;

use compat_guests::start::{argument, auxiliary};
use compat_guests::{say, sys};

compat_guests::entry!(main);

const AT_EXECPATH: u64 = 15;
const STAGES: usize = 5;

extern "C" fn main() {
    let times = argument(2).unwrap_or_default();
    let times = times
        .iter()
        .fold(0u64, |value, &digit| value * 10 + u64::from(digit - b'0'));
    let turn: fn(u64) = match argument(1) {
        Some(b"filter") => filter(),
        Some(b"nothing") => sys::exit(42),
        Some(b"starts") => start,
        Some(b"pipelines") => pipeline,
        _ => panic!("starts or pipelines, and how many"),
    };
    for round in 0..times / 10 {
        turn(round);
    }
    stop("warm");
    for round in times / 10..times {
        turn(round);
    }
    assert_eq!(
        sys::call(sys::WAIT4, [u64::MAX, 0, 0, 0]),
        Err(sys::ECHILD),
        "no child is left"
    );
    stop("done");
}

fn stop(what: &str) {
    say!("{what}");
    let byte = [0u8];
    let _ = sys::call(sys::READ, [0, byte.as_ptr() as u64, 1]);
}

/// This program in another part; exits with 99 when that fails.
fn become_part(part: &CStr) -> ! {
    let path = auxiliary(AT_EXECPATH).expect("a path");
    let arguments = [c"guest".as_ptr() as u64, part.as_ptr() as u64, 0];
    let _ = sys::call(sys::EXECVE, [path, arguments.as_ptr() as u64, 0]);
    sys::exit(99)
}

/// A child by fork and one by vfork, each of which goes on as another program.
fn start(round: u64) {
    let child = if round.is_multiple_of(2) {
        match sys::fork() {
            sys::Fork::Child => become_part(c"nothing"),
            sys::Fork::Parent(child) => child,
        }
    } else {
        let path = auxiliary(AT_EXECPATH).expect("a path");
        let arguments = [c"guest".as_ptr() as u64, c"nothing".as_ptr() as u64, 0];
        sys::vfork_and_exec(path, &arguments, &[0])
    };
    assert_eq!(sys::wait(child), 42 << 8);
}

/// A word goes through so many processes.
fn pipeline(round: u64) {
    let (mut input, first) = sys::pipe();
    let mut children = [0; STAGES];
    for child in &mut children {
        let (read, write) = sys::pipe();
        match sys::fork() {
            sys::Fork::Child => {
                sys::call(sys::DUP2, [input, 0]).expect("dup2");
                sys::call(sys::DUP2, [write, 1]).expect("dup2");
                for end in [input, first, read, write] {
                    let _ = sys::call(sys::CLOSE, [end]);
                }
                become_part(c"filter");
            }
            sys::Fork::Parent(pid) => *child = pid,
        }
        for end in [input, write] {
            sys::call(sys::CLOSE, [end]).expect("close");
        }
        input = read;
    }
    let word = round.to_le_bytes();
    assert_eq!(
        sys::call(sys::WRITE, [first, word.as_ptr() as u64, 8]),
        Ok(8)
    );
    sys::call(sys::CLOSE, [first]).expect("close");
    let came = [0u8; 8];
    assert_eq!(
        sys::call(sys::READ, [input, came.as_ptr() as u64, 8]),
        Ok(8)
    );
    let came = unsafe { (&raw const came).read_volatile() };
    assert_eq!(u64::from_le_bytes(came), round + STAGES as u64);
    assert_eq!(
        sys::call(sys::READ, [input, word.as_ptr() as u64, 8]),
        Ok(0)
    );
    sys::call(sys::CLOSE, [input]).expect("close");
    for child in children {
        assert_eq!(sys::wait(child), 0);
    }
}

/// Adds one to each word that comes.
fn filter() -> ! {
    let mut word = 0u64;
    let at = (&raw mut word) as u64;
    while sys::call(sys::READ, [0, at, 8]) == Ok(8) {
        word = unsafe { (&raw const word).read_volatile() } + 1;
        sys::call(sys::WRITE, [1, at, 8]).expect("write");
    }
    sys::exit(0)
}
