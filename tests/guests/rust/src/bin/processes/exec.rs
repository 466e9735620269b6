//! execve(2) and its relatives.

use core::ffi::CStr;

use compat_guests::signal::{self, Context, Info, SIGALRM, SIGUSR1, SIGUSR2, Set, Stack};
use compat_guests::start;
use compat_guests::sys;

use crate::image::{execute, path};

const O_WRONLY_CREAT_TRUNC: u64 = 0x601;

/// Writes a file in the working directory.
fn write_file(name: &CStr, mode: u64, parts: &[&[u8]]) {
    let _ = sys::call(10, [name.as_ptr() as u64]);
    let file = sys::call(
        sys::OPEN,
        [name.as_ptr() as u64, O_WRONLY_CREAT_TRUNC, mode],
    )
    .expect("open");
    for part in parts {
        sys::call(sys::WRITE, [file, part.as_ptr() as u64, part.len() as u64]).expect("write");
    }
    sys::call(sys::CLOSE, [file]).expect("close");
}

/// The code with which a child that becomes another program ends.
#[track_caller]
fn ends_with(code: u32, program: &CStr, arguments: &[&CStr], variables: &[&CStr]) {
    let status = sys::in_child(|| {
        let error = execute(program, arguments, variables);
        panic!("execve: error {error}");
    });
    assert_eq!(status, code << 8, "exit code");
}

const ARGUMENTS: [&CStr; 6] = [c"", c"as-arguments", c"", c"two words", c"\xff\x01", c"-x"];
const VARIABLES: [&CStr; 3] = [c"A=1", c"no equals sign", c"A=2"];

pub(crate) fn itself() {
    ends_with(41, path(), &ARGUMENTS, &VARIABLES);
    ends_with(41, path(), &[c"x", c"as-no-environment"], &[]);
    // No environment vector at all is an empty one.
    let status = sys::in_child(|| {
        let arguments = [
            c"x".as_ptr() as u64,
            c"as-no-environment".as_ptr() as u64,
            0,
        ];
        let error = sys::call(
            sys::EXECVE,
            [path().as_ptr() as u64, arguments.as_ptr() as u64, 0],
        );
        panic!("execve: {error:?}");
    });
    assert_eq!(status, 41 << 8);
}

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

fn decimal(mut number: u64, text: &mut [u8; 24]) -> &CStr {
    let mut at = text.len() - 1;
    text[at] = 0;
    loop {
        at -= 1;
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    CStr::from_bytes_with_nul(&text[at..]).unwrap_or_default()
}

pub(crate) fn keeps() {
    let status = sys::in_child(|| {
        signal::handle(SIGUSR1, nothing, 0, Set::EMPTY);
        signal::action(SIGUSR2, 1, 0, Set::EMPTY);
        signal::action(11, 1, 0, Set::EMPTY);
        signal::mask(signal::SETMASK, Set::of(&[SIGUSR1, 11, 33, 70]));
        let stack = Stack {
            sp: sys::map(65536, 3),
            size: 65536,
            flags: 0,
            pad: 0,
        };
        sys::call(sys::SIGALTSTACK, [(&raw const stack) as u64, 0]).expect("sigaltstack");
        sys::call(sys::DUP2, [1, 50]).expect("dup2");
        sys::call(sys::DUP2, [1, 51]).expect("dup2");
        const F_SETFD: u64 = 2;
        sys::call(92, [51, F_SETFD, 1]).expect("fcntl");
        let mut text = [0; 24];
        let pid = decimal(sys::pid(), &mut text);
        let error = execute(path(), &[c"x", c"as-state", pid], &[]);
        panic!("execve: error {error}");
    });
    assert_eq!(status, 0, "a bit for each thing that is wrong");
}

pub(crate) fn pending_signal() {
    let status = sys::in_child(|| {
        signal::mask(signal::SETMASK, Set::of(&[SIGUSR1, 65]));
        signal::raise(SIGUSR1);
        signal::raise(65);
        let error = execute(path(), &[c"x", c"as-pending"], &[]);
        panic!("execve: error {error}");
    });
    assert_eq!(status, 41 << 8);
}

/// FreeBSD runs a program with no argument at all; since 14 the kernel refuses (EINVAL).
pub(crate) fn empty_arguments() {
    let none = [0u64];
    let back = sys::call(
        sys::EXECVE,
        [
            path().as_ptr() as u64,
            none.as_ptr() as u64,
            none.as_ptr() as u64,
        ],
    );
    assert_eq!(back, Err(sys::EINVAL));
}

pub(crate) fn script() {
    let own = path().to_bytes();
    write_file(
        c"./script with a blank",
        0o755,
        &[b"#! ", own, b" as-script \t\nnever read\n"],
    );
    ends_with(41, c"./script with a blank", &[c"ignored", c"last"], &[]);
    // Several words are one argument, which is no role.
    write_file(
        c"./script2",
        0o755,
        &[b"#!", own, b"\tas-script and more\n"],
    );
    ends_with(199, c"./script2", &[c"x"], &[]);
    // A host's interpreter.
    write_file(c"./script3", 0o755, &[b"#!/bin/sh\nexit $(($# + 10))\n"]);
    ends_with(12, c"./script3", &[c"x", c"one", c"two"], &[]);
}

pub(crate) fn script_of_script() {
    write_file(c"./inner", 0o755, &[b"#!/bin/sh\nexit 3\n"]);
    write_file(c"./outer", 0o755, &[b"#!./inner\n"]);
    assert_eq!(execute(c"./outer", &[c"x"], &[]), sys::ENOEXEC);
}

pub(crate) fn host_program() {
    ends_with(7, c"/bin/sh", &[c"sh", c"-c", c"exit 7"], &[]);
    ends_with(
        3,
        c"/bin/sh",
        &[
            c"sh",
            c"-c",
            c"test \"$A\" = 2 && test \"$0\" = name && exit 3",
            c"name",
        ],
        &[c"A=2"],
    );
}

/// `$COMPAT_PROGRAM`, which the suite sets.
fn compat() -> Option<&'static CStr> {
    let mut at = start::environment();
    unsafe {
        while *at != 0 {
            let text = CStr::from_ptr(*at as *const _);
            if text.to_bytes().starts_with(b"COMPAT_PROGRAM=") {
                return Some(text);
            }
            at = at.add(1);
        }
    }
    None
}

/// A host's shell that starts compat again: the whole way round.
pub(crate) fn host_program_and_back() {
    let Some(program) = compat() else {
        return;
    };
    let command = c"\"$COMPAT_PROGRAM\" run -q \"$0\" as-exit-42; test $? = 42 && exec \"$COMPAT_PROGRAM\" run -q \"$0\" as-exit-42";
    ends_with(42, c"/bin/sh", &[c"sh", c"-c", command, path()], &[program]);
}

/// The host's programs find their own defaults: what FreeBSD ignores by default, Linux does not.
pub(crate) fn signals_of_a_host_program() {
    let command = c"grep -E '^Sig(Blk|Ign|Cgt):\t0*$' /proc/self/status | wc -l | grep -q 3";
    let status = sys::in_child(|| {
        let error = execute(
            c"/bin/sh",
            &[c"sh", c"-c", command],
            &[c"PATH=/usr/bin:/bin"],
        );
        panic!("execve: error {error}");
    });
    // A suite that is run with something ignored (SIGPIPE, say) hands it down; that is right, too.
    assert!(status == 0 || status == 0x100, "status {status:#x}");
}

pub(crate) fn refused() {
    let run = |program: &CStr| execute(program, &[c"x"], &[]);
    const ENOTDIR: u64 = 20;
    assert_eq!(run(c"./absent"), sys::ENOENT);
    assert_eq!(run(c""), sys::ENOENT);
    assert_eq!(run(c"/bin/sh/x"), ENOTDIR);
    assert_eq!(run(c"/"), sys::EACCES);
    write_file(c"./plain", 0o644, &[b"#!/bin/sh\n"]);
    assert_eq!(run(c"./plain"), sys::EACCES);
    write_file(c"./garbage", 0o755, &[b"no program\n"]);
    assert_eq!(run(c"./garbage"), sys::ENOEXEC);
    write_file(c"./empty", 0o755, &[]);
    assert_eq!(run(c"./empty"), sys::ENOEXEC);
    write_file(c"./lost", 0o755, &[b"#!/absent/interpreter\n"]);
    assert_eq!(run(c"./lost"), sys::ENOENT);
    let call = |path: u64, arguments: u64, variables: u64| {
        sys::call(sys::EXECVE, [path, arguments, variables])
    };
    let own = path().as_ptr() as u64;
    let good = [c"x".as_ptr() as u64, 0];
    let bad = [8u64, 0];
    assert_eq!(call(8, good.as_ptr() as u64, 0), Err(sys::EFAULT));
    assert_eq!(call(own, 8, 0), Err(sys::EFAULT));
    assert_eq!(call(own, bad.as_ptr() as u64, 0), Err(sys::EFAULT));
    assert_eq!(
        call(own, good.as_ptr() as u64, bad.as_ptr() as u64),
        Err(sys::EFAULT)
    );
    // ARG_MAX is 512 KiB.
    let much = sys::map(600 * 1024, 3);
    unsafe { (much as *mut u8).write_bytes(b'a', 600 * 1024 - 1) };
    let long = [c"x".as_ptr() as u64, much, 0];
    assert_eq!(call(own, long.as_ptr() as u64, 0), Err(sys::E2BIG));
    // And everything still works.
    itself();
}

pub(crate) fn descriptor() {
    const FEXECVE: u64 = 492;
    let nothing = [c"x".as_ptr() as u64, 0];
    assert_eq!(
        sys::call(FEXECVE, [777, nothing.as_ptr() as u64, 0]),
        Err(sys::EBADF)
    );
    let file = sys::call(sys::OPEN, [path().as_ptr() as u64, 0, 0]).expect("open");
    let status = sys::in_child(|| {
        let arguments = [c"x".as_ptr() as u64, c"as-exit-42".as_ptr() as u64, 0];
        let error = sys::call(FEXECVE, [file, arguments.as_ptr() as u64, 0]);
        panic!("fexecve: {error:?}");
    });
    assert_eq!(status, 42 << 8);

    // A script's reader is told the descriptor's name (exec_shell_imgact, fexecve).
    let own = path().to_bytes();
    write_file(
        c"./by-descriptor",
        0o755,
        &[b"#!", own, b" as-script-by-descriptor\n"],
    );
    let file = sys::call(sys::OPEN, [c"./by-descriptor".as_ptr() as u64, 0, 0]).expect("open");
    sys::call(sys::DUP2, [file, 55]).expect("dup2");
    let status = sys::in_child(|| {
        let arguments = [c"x".as_ptr() as u64, c"last".as_ptr() as u64, 0];
        let error = sys::call(FEXECVE, [55, arguments.as_ptr() as u64, 0]);
        panic!("fexecve: {error:?}");
    });
    assert_eq!(status, 41 << 8);
}

/// The line that names the reader ends within the file's first page (MAXSHELLCMDLEN, which is the page size).
pub(crate) fn long_lines() {
    let own = path().to_bytes();
    let blanks = [b' '; 5000];
    for (room, code) in [(3000, Some(41)), (5000, None)] {
        write_file(
            c"./long",
            0o755,
            &[b"#!", &blanks[..room], own, b" as-long\n"],
        );
        match code {
            Some(code) => ends_with(code, c"./long", &[c"x"], &[]),
            None => assert_eq!(execute(c"./long", &[c"x"], &[]), sys::ENOEXEC),
        }
    }
}

/// However many signals come while it happens, the new image comes up, with its own mask.
pub(crate) fn under_signals() {
    for round in 0..100 {
        let status = sys::in_child(|| {
            signal::handle(SIGALRM, nothing, 0, Set::EMPTY);
            signal::alarm_every(20 + round % 7 * 10);
            for _ in 0..round % 13 {
                let _ = sys::pid();
            }
            // The timer outlives the exec; the new image has no handler any more, so it is stopped by a mask.
            signal::mask(signal::BLOCK, Set::of(&[SIGALRM]));
            let error = execute(path(), &[c"x", c"as-exit-42"], &[]);
            panic!("execve: error {error}");
        });
        assert_eq!(status, 42 << 8);
    }
}
