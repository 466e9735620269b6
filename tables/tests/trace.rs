//! Calls read as strace would print them.

use compat_tables::freebsd::{TRACER, call_named};
use compat_tables::trace::Result;

/// Guest memory: a few places with bytes; anything else cannot be read.
fn memory(address: u64, out: &mut [u8]) -> usize {
    let bytes: &[u8] = match address {
        0x1000 => b"/etc/x\0rest",
        0x2000 => b"a\"b\\\n\x01\xff",
        0x3000 => &[b'y'; 200],
        0x4000 => &[3, 0, 0, 0, 4, 0, 0, 0],
        _ => b"",
    };
    let size = bytes.len().min(out.len());
    out[..size].copy_from_slice(&bytes[..size]);
    size
}

fn before(symbol: &str, args: &[u64]) -> String {
    let mut text = String::new();
    let call = call_named(symbol).expect("the call is in the table");
    TRACER
        .write_call(call, args, &mut text, &mut memory)
        .expect("a string takes everything");
    text
}

fn after(symbol: &str, args: &[u64], result: Result) -> String {
    let mut text = String::new();
    let call = call_named(symbol).expect("the call is in the table");
    TRACER
        .write_line(call, args, result, &mut text, &mut memory)
        .expect("a string takes everything");
    text
}

#[test]
fn arguments() {
    let here = -100_i64 as u64;
    assert_eq!(
        before("openat", &[here, 0x1000, 0x10_0200, 0o644]),
        r#"openat(AT_FDCWD, "/etc/x", O_RDONLY|O_CREAT|O_CLOEXEC, 0644)"#
    );
    assert_eq!(
        before("openat", &[here, 0x1000, 0x10_0000, 0o127_644]),
        r#"openat(AT_FDCWD, "/etc/x", O_RDONLY|O_CLOEXEC)"#
    );
    assert_eq!(
        before("write", &[1, 0x2000, 7]),
        r#"write(1, "a\"b\\\n\x01\xff", 7)"#
    );
    assert_eq!(before("chdir", &[0]), "chdir(NULL)");
    assert_eq!(before("chdir", &[0xdead]), "chdir(0xdead)");
    assert_eq!(before("kill", &[u64::MAX, 30]), "kill(-1, SIGUSR1)");
    assert_eq!(before("kill", &[5, 70]), "kill(5, 70)");
    assert_eq!(before("fchown", &[3, 0, 0xffff_ffff]), "fchown(3, 0, -1)");
    assert_eq!(
        before("ioctl", &[1, 0x4008_7468, 0x9000]),
        "ioctl(1, TIOCGWINSZ, 0x9000)"
    );
    assert_eq!(
        before("ioctl", &[1, 0x8008_7467, 0x9000]),
        "ioctl(1, TIOCSWINSZ, 0x9000)"
    );
    assert_eq!(
        before("freebsd6_lseek", &[3, 0, 5, 2]),
        "freebsd6_lseek(3, 0, 5, SEEK_END)"
    );
    assert_eq!(before("getpid", &[1, 2, 3]), "getpid()");
}

#[test]
fn strings_are_bounded() {
    let text = before("chdir", &[0x3000]);
    assert_eq!(text, format!("chdir(\"{}\"...)", "y".repeat(64)));
    let text = before("write", &[1, 0x3000, 200]);
    assert_eq!(text, format!("write(1, \"{}\"..., 200)", "y".repeat(64)));
}

#[test]
fn results() {
    assert_eq!(after("getpid", &[], Ok([42, 0])), "getpid() = 42");
    assert_eq!(
        after("close", &[9], Err(9)),
        "close(9) = -1 EBADF (Bad file descriptor)"
    );
    assert_eq!(
        after("read", &[3, 0x1000, 100], Ok([6, 0])),
        r#"read(3, "/etc/x", 100) = 6"#
    );
    assert_eq!(
        after("read", &[3, 0x1000, 100], Err(4)),
        "read(3, 0x1000, 100) = -1 EINTR (Interrupted system call)"
    );
    assert_eq!(
        after("pipe2", &[0x4000, 4], Ok([0, 0])),
        "pipe2([3, 4], O_NONBLOCK) = 0"
    );
    assert_eq!(
        after("freebsd10_pipe", &[], Ok([3, 4])),
        "freebsd10_pipe() = 3 4"
    );
    assert_eq!(
        after("sigwait", &[0, 0], Ok([4, 0])),
        "sigwait(NULL, NULL) = EINTR (Interrupted system call)"
    );
    assert_eq!(after("exit", &[1], Ok([0, 0])), "exit(1) = ?");
    assert_eq!(
        after("mmap", &[0; 6], Ok([0x1000, 0]))
            .rsplit_once(" = ")
            .map(|(_, r)| r.to_owned()),
        Some("0x1000".to_owned())
    );
}
