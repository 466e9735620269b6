//! The same program in another role: what a new image looks like to itself. The exit code is the answer.

use core::ffi::CStr;

use compat_guests::signal::{self, SIGUSR1, SIGUSR2, Set, Stack};
use compat_guests::start::{argument, auxiliary, environment};
use compat_guests::sys;

const AT_EXECPATH: u64 = 15;

/// The program's own path.
pub(crate) fn path() -> &'static CStr {
    unsafe { CStr::from_ptr(auxiliary(AT_EXECPATH).expect("a path") as *const _) }
}

/// execve(2); returns only the error.
pub(crate) fn execute(path: &CStr, arguments: &[&CStr], variables: &[&CStr]) -> u64 {
    let mut vectors = [[0u64; 16]; 2];
    for (vector, strings) in vectors.iter_mut().zip([arguments, variables]) {
        for (slot, text) in vector.iter_mut().zip(strings) {
            *slot = text.as_ptr() as u64;
        }
    }
    let args = [
        path.as_ptr() as u64,
        vectors[0].as_ptr() as u64,
        vectors[1].as_ptr() as u64,
    ];
    sys::call(sys::EXECVE, args).expect_err("execve returns nothing but errors")
}

/// Goes on as `role`; 200 when that fails.
pub(crate) fn become_role(role: &CStr) -> u64 {
    execute(path(), &[c"guest", role], &[]);
    200
}

/// Plays the part that the first argument names, to the end.
pub(crate) fn act(role: &[u8]) -> ! {
    sys::exit(match role {
        b"exit-42" => 42,
        b"arguments" => u64::from(arguments_are_right()) + 40,
        b"no-environment" => u64::from(unsafe { *environment() } == 0) + 40,
        b"script" => u64::from(script_is_right()) + 40,
        b"script-by-descriptor" => u64::from(script_by_descriptor_is_right()) + 40,
        b"long" => u64::from(argument(2) == Some(b"./long")) + 40,
        b"state" => state(),
        b"pending" => pending(),
        b"die" => die(),
        b"sleeper" => sleeper(),
        _ => 199,
    })
}

fn variable(index: usize) -> Option<&'static [u8]> {
    unsafe {
        let at = *environment().add(index);
        (at != 0).then(|| CStr::from_ptr(at as *const _).to_bytes())
    }
}

fn arguments_are_right() -> bool {
    let expected: [&[u8]; 6] = [b"", b"as-arguments", b"", b"two words", b"\xff\x01", b"-x"];
    expected
        .iter()
        .enumerate()
        .all(|(index, &text)| argument(index) == Some(text))
        && argument(6).is_none()
        && variable(0) == Some(b"A=1")
        && variable(1) == Some(b"no equals sign")
        && variable(2) == Some(b"A=2")
        && variable(3).is_none()
}

/// `#!program as-script with blanks`: everything behind the program is one argument.
fn script_is_right() -> bool {
    argument(2) == Some(b"./script with a blank")
        && argument(3) == Some(b"last")
        && argument(4).is_none()
}

/// The name that the script has here can be opened.
fn script_by_descriptor_is_right() -> bool {
    let opened = sys::call(sys::OPEN, [c"/dev/fd/55".as_ptr() as u64, 0, 0]);
    argument(2) == Some(b"/dev/fd/55")
        && argument(3) == Some(b"last")
        && argument(4).is_none()
        && opened.is_ok()
}

/// What an image keeps of the one before: mask and ignored signals, not handlers nor the alternate stack; descriptors but
/// for those marked. One bit for each that is wrong.
fn state() -> u64 {
    let mut wrong = 0;
    let mut note = |bit: u64, right: bool| wrong |= if right { 0 } else { bit };
    note(
        1,
        signal::mask(signal::BLOCK, Set::EMPTY) == Set::of(&[SIGUSR1, 11, 33, 70]),
    );
    note(2, signal::current(SIGUSR1).handler == 0);
    note(
        4,
        signal::current(SIGUSR2).handler == 1 && signal::current(11).handler == 1,
    );
    let mut stack = Stack::default();
    let _ = sys::call(sys::SIGALTSTACK, [0, (&raw mut stack) as u64]);
    note(8, unsafe { (&raw const stack).read_volatile() }.flags == 4);
    note(16, sys::call(sys::CLOSE, [50]) == Ok(0));
    note(32, sys::call(sys::CLOSE, [51]) == Err(sys::EBADF));
    let parent = argument(2).map_or(0, |text| {
        text.iter()
            .fold(0, |value, &digit| value * 10 + u64::from(digit - b'0'))
    });
    note(64, sys::pid() == parent);
    // SIGIO and SIGINFO are ignored by default, which is not the same as ignored.
    note(
        128,
        signal::current(23).handler == 0 && signal::current(29).handler == 0,
    );
    wrong
}

/// A signal that waited behind the mask still waits.
fn pending() -> u64 {
    let mut found = Set::EMPTY;
    let _ = sys::call(sys::SIGPENDING, [(&raw mut found) as u64]);
    let found = unsafe { (&raw const found).read_volatile() };
    u64::from(found == Set::of(&[SIGUSR1, 65])) + 40
}

/// Dies by the signal whose number is the next argument.
fn die() -> u64 {
    let signal = argument(2).map_or(0, |text| {
        text.iter()
            .fold(0, |value, &digit| value * 10 + u32::from(digit - b'0'))
    });
    signal::raise(signal);
    sys::sleep_microseconds(1_000_000);
    198
}

/// Says on descriptor 60 that it is here, and stays.
fn sleeper() -> u64 {
    let _ = sys::call(sys::WRITE, [60, "x".as_ptr() as u64, 1]);
    sys::sleep_microseconds(60_000_000);
    197
}
