//! Controlling terminals: how a session gets and leaves one, and what typing does to it.
//!
//! Each check makes a session of its own in a child, so that it needs no terminal around it.

use core::sync::atomic::{AtomicU32, Ordering};

use compat_guests::say;
use compat_guests::signal::{self, Context, Info, Set};
use compat_guests::sys::{self, EPERM, call, in_child, pid};

use crate::modes::TIOCSWINSZ;
use crate::pair::{ENOTTY, IOCTL, O_RDWR, both, control, name, open, read, read_until, write};

const SETPGID: u64 = 82;
const SETSID: u64 = 147;
const PPOLL: u64 = 545;
const ENXIO: u64 = 6;
const EIO: u64 = 5;

const TIOCSCTTY: u64 = 0x2000_7461;
const TIOCNOTTY: u64 = 0x2000_7471;
const TIOCGSID: u64 = 0x4004_7463;
const TIOCGPGRP: u64 = 0x4004_7477;
const TIOCSPGRP: u64 = 0x8004_7476;
const TIOCSIG: u64 = 0x2004_745f;
const TIOCSTAT: u64 = 0x2000_7465;
const TIOCGWINSZ: u64 = 0x4008_7468;
const TIOCGETA: u64 = 0x402c_7413;

const SIGHUP: u32 = 1;
const SIGINT: u32 = 2;
const SIGQUIT: u32 = 3;
const SIGTSTP: u32 = 18;
const SIGTTIN: u32 = 21;
const SIGTTOU: u32 = 22;
const SIGWINCH: u32 = 28;
const SIGINFO: u32 = 29;

/// A number that no process has.
const NO_PID: u32 = 100_000;

/// Runs `body` as the leader of a session without a terminal, with both ends of a new one.
fn in_session(body: impl FnOnce(u64, u64)) {
    let status = in_child(|| {
        assert_eq!(call(SETSID, []), Ok(pid()));
        let (master, slave) = both();
        body(master, slave);
    });
    assert_eq!(status, 0);
}

/// The same, and the terminal is the session's.
fn with_terminal(body: impl FnOnce(u64, u64)) {
    in_session(|master, slave| {
        assert_eq!(call(IOCTL, [slave, TIOCSCTTY]), Ok(0));
        body(master, slave);
    });
}

fn number(fd: u64, command: u64) -> Result<u32, u64> {
    let mut found = 0u32;
    control(fd, command, &mut found).map(|_| found)
}

fn own_terminal() -> sys::Result {
    open(b"/dev/tty\0", O_RDWR)
}

pub(crate) fn opening() {
    in_session(|master, slave| {
        // A leader that opens a terminal does not get it.
        let again = open(&name(slave, 27).unwrap(), O_RDWR).expect("open");
        assert_eq!(own_terminal(), Err(ENXIO));
        assert_eq!(number(again, TIOCGPGRP), Err(ENOTTY));
        assert_eq!(number(again, TIOCGSID), Err(ENOTTY));
        assert_eq!(number(master, TIOCGPGRP), Ok(NO_PID));
        assert_eq!(control(slave, TIOCSPGRP, &mut (pid() as u32)), Err(ENOTTY));
        assert_eq!(call(IOCTL, [slave, TIOCNOTTY]), Err(ENOTTY));
        // It asks for it, and may do so twice.
        for _ in 0..2 {
            assert_eq!(call(IOCTL, [slave, TIOCSCTTY]), Ok(0));
        }
        let own = own_terminal().expect("/dev/tty");
        assert_eq!(name(own, 27), name(slave, 27));
        for fd in [slave, own, master] {
            assert_eq!(number(fd, TIOCGSID), Ok(pid() as u32));
            assert_eq!(number(fd, TIOCGPGRP), Ok(pid() as u32));
        }
        // One terminal a session, and one session a terminal.
        let (_, other) = both();
        assert_eq!(call(IOCTL, [other, TIOCSCTTY]), Err(EPERM));
        let status = in_child(|| {
            assert_eq!(call(IOCTL, [slave, TIOCSCTTY]), Err(EPERM));
            assert_eq!(call(SETSID, []), Ok(pid()));
            assert_eq!(call(IOCTL, [slave, TIOCSCTTY]), Err(EPERM));
        });
        assert_eq!(status, 0);
    });
}

pub(crate) fn foreground() {
    with_terminal(|_, slave| {
        // Groups of others, and numbers of none.
        assert_eq!(control(slave, TIOCSPGRP, &mut 99_998u32), Err(EPERM));
        assert_eq!(control(slave, TIOCSPGRP, &mut { u32::MAX }), Err(EPERM));
        signal::action(SIGTTOU, 1, 0, Set::EMPTY);
        let status = in_child(|| {
            assert_eq!(call(SETPGID, [0, 0]), Ok(0));
            assert_eq!(control(slave, TIOCSPGRP, &mut (pid() as u32)), Ok(0));
            assert_eq!(number(slave, TIOCGPGRP), Ok(pid() as u32));
        });
        assert_eq!(status, 0);
        assert_eq!(control(slave, TIOCSPGRP, &mut (pid() as u32)), Ok(0));
    });
}

pub(crate) fn leaving() {
    with_terminal(|_, slave| {
        // The host tells the group in front that its terminal is gone.
        signal::action(SIGHUP, 1, 0, Set::EMPTY);
        let status = in_child(|| assert_eq!(call(IOCTL, [slave, TIOCNOTTY]), Err(EPERM)));
        assert_eq!(status, 0);
        assert_eq!(call(IOCTL, [slave, TIOCNOTTY]), Ok(0));
        assert_eq!(own_terminal(), Err(ENXIO));
        assert_eq!(number(slave, TIOCGPGRP), Err(ENOTTY));
    });
}

static LAST: AtomicU32 = AtomicU32::new(0);

extern "C" fn note(signal: u32, _: &mut Info, _: &mut Context) {
    LAST.store(signal, Ordering::SeqCst);
}

/// Does `act` and waits until that has brought `signal`.
fn brings(signal: u32, act: impl FnOnce()) {
    signal::handle(signal, note, 0, Set::EMPTY);
    LAST.store(0, Ordering::SeqCst);
    act();
    while LAST.load(Ordering::SeqCst) != signal {
        sys::sleep_microseconds(1000);
    }
}

pub(crate) fn keys() {
    with_terminal(|master, slave| {
        for (key, signal) in [(b"\x03", SIGINT), (b"\x1c", SIGQUIT), (b"\x1a", SIGTSTP)] {
            brings(signal, || write(master, key));
        }
        // What was typed before it is gone, what comes after it is a line.
        brings(SIGINT, || write(master, b"gone\x03"));
        write(master, b"lone\x7fg\n");
        assert_eq!(read::<8>(slave), (*b"long\n\0\0\0", 5));
        // An end of file in the middle of a line ends that, alone the file.
        write(master, b"half\x04\x04");
        assert_eq!(read::<8>(slave), (*b"half\0\0\0\0", 4));
        assert_eq!(read::<8>(slave).1, 0);
    });
}

pub(crate) fn window() {
    with_terminal(|master, slave| {
        brings(SIGWINCH, || {
            assert_eq!(control(master, TIOCSWINSZ, &mut [40u16, 100, 0, 0]), Ok(0));
        });
        let mut size = [0u16; 4];
        assert_eq!(control(slave, TIOCGWINSZ, &mut size), Ok(0));
        assert_eq!(size, [40, 100, 0, 0]);
        // The slave's side may set it as well; the same size again is no news.
        brings(SIGWINCH, || {
            assert_eq!(control(slave, TIOCSWINSZ, &mut [41u16, 100, 0, 0]), Ok(0));
        });
        LAST.store(0, Ordering::SeqCst);
        assert_eq!(control(master, TIOCSWINSZ, &mut [41u16, 100, 0, 0]), Ok(0));
        assert_eq!(LAST.load(Ordering::SeqCst), 0);
    });
}

/// TIOCSIG: any signal, and the status line with SIGINFO.
pub(crate) fn signals() {
    with_terminal(|master, slave| {
        let send = |signal: u32| call(IOCTL, [master, TIOCSIG, u64::from(signal)]);
        for signal in [SIGINT, signal::SIGUSR1, SIGINFO] {
            brings(signal, || assert_eq!(send(signal), Ok(0)));
        }
        // Its last word is the memory in use.
        read_until(master, b"k\r\n");
        for wrong in [0, 128] {
            assert_eq!(send(wrong), Err(sys::EINVAL));
        }
        assert_eq!(
            call(IOCTL, [slave, TIOCSIG, u64::from(SIGINT)]),
            Err(ENOTTY)
        );
        assert_eq!(call(IOCTL, [slave, TIOCSTAT]), Ok(0));
        read_until(master, b" cmd: ");
    });
}

/// Who is not in front is stopped, or told that there is no input.
pub(crate) fn background() {
    with_terminal(|master, slave| {
        let status = in_child(|| {
            assert_eq!(call(SETPGID, [0, 0]), Ok(0));
            for signal in [SIGTTIN, SIGTTOU] {
                signal::action(signal, 1, 0, Set::EMPTY);
            }
            let mut byte = 0u8;
            let read = [slave, (&raw mut byte) as u64, 1];
            assert_eq!(call(sys::READ, read), Err(EIO));
            signal::action(SIGTTIN, 0, 0, Set::EMPTY);
            // A handler is called, and the call fails.
            LAST.store(0, Ordering::SeqCst);
            signal::handle(SIGTTIN, note, 0, Set::EMPTY);
            assert_eq!(call(sys::READ, read), Err(sys::EINTR));
            assert_eq!(LAST.load(Ordering::SeqCst), SIGTTIN);
            write(slave, b"may write");
        });
        assert_eq!(status, 0);
        read_until(master, b"may write");
    });
}

/// For a suite that holds the other end: what this program's own terminal is, then every line typed, then the end.
pub(crate) fn show_own() -> ! {
    let mut size = [0u16; 4];
    for fd in 0..3 {
        let mut modes = [0u8; 44];
        assert_eq!(control(fd, TIOCGETA, &mut modes), Ok(0), "isatty({fd})");
    }
    signal::handle(SIGWINCH, note, 0, Set::EMPTY);
    // Between a look at the size and the wait for a line no change is missed.
    signal::mask(signal::BLOCK, Set::of(&[SIGWINCH]));
    let input = [0u32, 1];
    loop {
        control(0, TIOCGWINSZ, &mut size).expect("a size");
        say!("{} rows {} columns", size[0], size[1]);
        let none = Set::EMPTY;
        let wait = [(&raw const input) as u64, 1, 0, (&raw const none) as u64];
        if call(PPOLL, wait) == Err(sys::EINTR) {
            continue;
        }
        let mut line = [0u8; 64];
        match call(sys::READ, [0, line.as_mut_ptr() as u64, 64]) {
            Ok(0) => {
                say!("end");
                sys::exit(7);
            }
            Ok(length) => {
                let text = core::str::from_utf8(&line[..length as usize - 1]).unwrap_or("?");
                say!("typed {text}");
            }
            Err(error) => panic!("read: {error}"),
        }
    }
}
