//! Process descriptors: pdfork(2) and its relatives.

use compat_guests::sys;

const PDFORK: u64 = 518;
const PDKILL: u64 = 519;
const PDGETPID: u64 = 520;
const PDWAIT: u64 = 601;
const PD_DAEMON: u64 = 1;
const WEXITED: u64 = 16;
const SIGKILL: u64 = 9;

/// Makes a child that sleeps for a minute; its number and descriptor.
fn sleeper(flags: u64) -> (u64, u64) {
    let mut fd = u32::MAX;
    match sys::call(PDFORK, [(&raw mut fd) as u64, flags]).expect("pdfork") {
        0 => {
            sys::sleep_microseconds(60_000_000);
            sys::exit(3)
        }
        pid => (pid, u64::from(unsafe { (&raw const fd).read_volatile() })),
    }
}

fn lives(pid: u64) -> bool {
    sys::call(sys::KILL, [pid, 0]).is_ok()
}

pub(crate) fn told_by_the_descriptor() {
    let (pid, fd) = sleeper(0);
    let mut told = 0u32;
    sys::call(PDGETPID, [fd, (&raw mut told) as u64]).expect("pdgetpid");
    assert_eq!(u64::from(unsafe { (&raw const told).read_volatile() }), pid);
    assert_eq!(
        sys::call(sys::WAIT4, [u64::MAX, 0, 0, 0]),
        Err(sys::ECHILD),
        "a wait for any child does not mean it"
    );
    sys::call(PDKILL, [fd, 15]).expect("pdkill");
    let mut status = 0u32;
    sys::call(PDWAIT, [fd, (&raw mut status) as u64, WEXITED, 0, 0]).expect("pdwait");
    assert_eq!(unsafe { (&raw const status).read_volatile() }, 15);
    sys::call(sys::CLOSE, [fd]).expect("close");
}

/// The last descriptor that is closed ends the process, and leaves no zombie.
pub(crate) fn the_last_close_kills() {
    let (pid, fd) = sleeper(0);
    let copy = sys::call(sys::DUP, [fd]).expect("dup");
    sys::call(sys::CLOSE, [fd]).expect("close");
    assert!(lives(pid), "there is a copy");
    sys::call(sys::DUP2, [1, copy]).expect("dup2");
    assert!(!lives(pid));
    sys::call(sys::CLOSE, [copy]).expect("close");

    let (pid, fd) = sleeper(0);
    const CLOSE_RANGE: u64 = 575;
    sys::call(CLOSE_RANGE, [fd, 1000, 0]).expect("close_range");
    assert!(!lives(pid));
}

pub(crate) fn a_daemon_lives_on() {
    let (pid, fd) = sleeper(PD_DAEMON);
    sys::call(sys::CLOSE, [fd]).expect("close");
    assert!(lives(pid));
    sys::call(sys::KILL, [pid, SIGKILL]).expect("kill");
}

/// A child that has inherited one holds the process as well.
pub(crate) fn other_holders() {
    let (pid, fd) = sleeper(0);
    let (read, write) = sys::pipe();
    let sys::Fork::Parent(holder) = sys::fork() else {
        let byte = [0u8];
        sys::call(sys::CLOSE, [write]).expect("close");
        let _ = sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]);
        sys::call(sys::CLOSE, [fd]).expect("close");
        sys::exit(0)
    };
    sys::call(sys::CLOSE, [fd]).expect("close");
    assert!(lives(pid), "the other holds it");
    sys::call(sys::CLOSE, [write]).expect("close");
    assert_eq!(sys::wait(holder), 0);
    // Killed by somebody who is not its parent: a zombie of ours until we go.
    let mut tries = 0;
    while sys::call(sys::WAIT4, [pid, 0, 0, 0]) == Err(sys::EINTR) && tries < 10 {
        tries += 1;
    }
    assert!(!lives(pid));
}

/// A process that ends closes its descriptors.
pub(crate) fn the_end_of_the_holder() {
    let (read, write) = sys::pipe();
    let status = sys::in_child(|| {
        let (pid, _) = sleeper(0);
        sys::call(sys::WRITE, [write, (&raw const pid) as u64, 8]).expect("write");
    });
    assert_eq!(status, 0);
    let mut pid = 0u64;
    assert_eq!(
        sys::call(sys::READ, [read, (&raw mut pid) as u64, 8]),
        Ok(8)
    );
    assert!(!lives(unsafe { (&raw const pid).read_volatile() }));
}
