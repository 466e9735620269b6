//! wait6(2) by what children have in common, which takes no other child.

use compat_guests::signal::Info;
use compat_guests::sys;

const SETSID: u64 = 147;
const SETUID: u64 = 23;
const SETGID: u64 = 181;
const GETEGID: u64 = 43;

const P_PID: u64 = 0;
const P_PPID: u64 = 1;
const P_PGID: u64 = 2;
const P_SID: u64 = 3;
const P_UID: u64 = 5;
const P_GID: u64 = 6;
const P_ALL: u64 = 7;
const P_JAILID: u64 = 12;

const WNOHANG: u64 = 1;
const WUNTRACED: u64 = 2;
const WNOWAIT: u64 = 8;
const WEXITED: u64 = 16;
const WTRAPPED: u64 = 32;

const SIGSTOP: u64 = 17;
const SIGKILL: u64 = 9;

fn wait6(kind: u64, id: u64, options: u64) -> (sys::Result, u32) {
    let mut status = 0u32;
    let args = [kind, id, (&raw mut status) as u64, options, 0, 0];
    let back = sys::call(sys::WAIT6, args);
    (back, unsafe { (&raw const status).read_volatile() })
}

/// A child that does `first`, says so, and ends with `code` when it is told to.
struct Child {
    pid: u64,
    hold: u64,
}

impl Child {
    fn new(code: u64, first: impl FnOnce()) -> Self {
        let (read, hold) = sys::pipe();
        let (told, tell) = sys::pipe();
        let byte = [0u8];
        let sys::Fork::Parent(pid) = sys::fork() else {
            first();
            let _ = sys::call(sys::CLOSE, [hold]);
            let _ = sys::call(sys::WRITE, [tell, byte.as_ptr() as u64, 1]);
            let _ = sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]);
            sys::exit(code)
        };
        assert_eq!(sys::call(sys::READ, [told, byte.as_ptr() as u64, 1]), Ok(1));
        for end in [read, told, tell] {
            sys::call(sys::CLOSE, [end]).expect("close");
        }
        Self { pid, hold }
    }

    fn end(&self) {
        // Other children may hold this end as well: closing it would not do.
        let byte = [0u8];
        let sent = sys::call(sys::WRITE, [self.hold, byte.as_ptr() as u64, 1]);
        assert_eq!(sent, Ok(1));
        sys::call(sys::CLOSE, [self.hold]).expect("close");
    }

    /// Ends it and looks on until it has ended; it still is to be waited for.
    fn end_uncollected(&self) {
        self.end();
        assert_eq!(wait6(P_PID, self.pid, WEXITED | WNOWAIT).0, Ok(self.pid));
    }
}

fn own_session() {
    sys::call(SETSID, []).expect("setsid");
}

/// WTRAPPED alone is a wish too, but nothing is traced.
pub(crate) fn for_what_is_traced() {
    assert_eq!(wait6(P_ALL, 0, WTRAPPED).0, Err(sys::ECHILD));
    let child = Child::new(5, || ());
    assert_eq!(wait6(P_ALL, 0, WTRAPPED | WNOHANG).0, Ok(0));
    child.end();
    assert_eq!(wait6(P_PID, child.pid, WEXITED), (Ok(child.pid), 5 << 8));
    assert_eq!(
        wait6(P_ALL, 0, WTRAPPED | WNOWAIT | WNOHANG).0,
        Err(sys::ECHILD)
    );
}

pub(crate) fn by_session() {
    let other = Child::new(1, || {});
    let leader = Child::new(2, own_session);
    let here = sys::call(310, [0]).expect("getsid");
    assert_eq!(wait6(P_SID, leader.pid, WEXITED | WNOHANG).0, Ok(0));
    assert_eq!(wait6(P_SID, other.pid, WEXITED).0, Err(sys::ECHILD));
    other.end_uncollected();
    // Somebody else's end lies about uncollected: this waits all the same.
    let sys::Fork::Parent(helper) = sys::fork() else {
        sys::sleep_microseconds(50_000);
        sys::exit(0)
    };
    leader.end();
    assert_eq!(wait6(P_SID, leader.pid, WEXITED), (Ok(leader.pid), 2 << 8));
    assert_eq!(wait6(P_SID, leader.pid, WEXITED).0, Err(sys::ECHILD));
    assert_eq!(wait6(P_PID, helper, WEXITED), (Ok(helper), 0));
    assert_eq!(wait6(P_SID, here, WEXITED), (Ok(other.pid), 1 << 8));
    assert_eq!(wait6(P_SID, here, WEXITED).0, Err(sys::ECHILD));
}

pub(crate) fn a_later_end() {
    let first = Child::new(1, || {});
    first.end_uncollected();
    let sys::Fork::Parent(late) = sys::fork() else {
        own_session();
        sys::sleep_microseconds(100_000);
        sys::exit(7)
    };
    let pid = loop {
        // Before it has its session, nobody is there.
        match wait6(P_SID, late, WEXITED) {
            (Ok(pid), status) => {
                assert_eq!(status, 7 << 8);
                break pid;
            }
            (Err(error), _) => assert_eq!(error, sys::ECHILD),
        }
    };
    assert_eq!(pid, late);
    assert_eq!(wait6(P_ALL, 0, WEXITED), (Ok(first.pid), 1 << 8));
}

pub(crate) fn stopped_in_a_session() {
    let leader = Child::new(3, own_session);
    sys::call(sys::KILL, [leader.pid, SIGSTOP]).expect("kill");
    assert_eq!(
        wait6(P_SID, leader.pid, WEXITED | WUNTRACED),
        (Ok(leader.pid), 17 << 8 | 0x7f)
    );
    sys::call(sys::KILL, [leader.pid, SIGKILL]).expect("kill");
    assert_eq!(wait6(P_SID, leader.pid, WEXITED), (Ok(leader.pid), 9));
}

pub(crate) fn by_owner() {
    let own = sys::call(sys::GETUID, []).expect("getuid");
    let group = sys::call(GETEGID, []).expect("getegid");
    let ours = Child::new(4, || {});
    for (kind, id) in [(P_UID, own), (P_GID, group), (P_JAILID, 0)] {
        assert_eq!(wait6(kind, id, WEXITED | WNOHANG).0, Ok(0), "{kind} {id}");
    }
    for (kind, id) in [(P_UID, own + 1), (P_GID, group + 1), (P_JAILID, 1)] {
        let (back, _) = wait6(kind, id, WEXITED);
        assert_eq!(back, Err(sys::ECHILD), "{kind} {id}");
    }
    if own == 0 {
        let theirs = Child::new(5, || {
            sys::call(SETGID, [4242]).expect("setgid");
            sys::call(SETUID, [4343]).expect("setuid");
        });
        theirs.end_uncollected();
        assert_eq!(wait6(P_UID, own, WEXITED | WNOHANG).0, Ok(0));
        let look = WEXITED | WNOWAIT;
        assert_eq!(wait6(P_GID, 4242, look), (Ok(theirs.pid), 5 << 8));
        assert_eq!(wait6(P_UID, 4343, WEXITED), (Ok(theirs.pid), 5 << 8));
    }
    ours.end();
    assert_eq!(wait6(P_UID, own, WEXITED), (Ok(ours.pid), 4 << 8));
}

/// What is told beside the status.
pub(crate) fn told() {
    let leader = Child::new(6, own_session);
    leader.end();
    let (mut status, mut usage) = (0u32, [0u64; 36]);
    let mut info = Info::default();
    let args = [
        P_SID,
        leader.pid,
        (&raw mut status) as u64,
        WEXITED,
        usage.as_mut_ptr() as u64,
        (&raw mut info) as u64,
    ];
    assert_eq!(sys::call(sys::WAIT6, args), Ok(leader.pid));
    let info = unsafe { (&raw const info).read_volatile() };
    assert_eq!((info.signo, info.code, info.status), (20, 1, 6));
    assert_eq!(info.pid as u64, leader.pid);
    // ru_maxrss: it had some memory.
    let [_, _, _, _, memory, ..] = usage;
    assert!(memory > 0);
}

pub(crate) fn refused() {
    let child = Child::new(0, || {});
    assert_eq!(wait6(P_PPID, sys::pid(), WEXITED).0, Err(sys::ECHILD));
    assert_eq!(wait6(99, child.pid, WEXITED).0, Err(sys::ECHILD));
    assert_eq!(wait6(P_SID, 1, 0).0, Err(sys::EINVAL));
    assert_eq!(wait6(P_UID, 1, 1 << 20).0, Err(sys::EINVAL));
    // The caller's own group, by either name.
    assert_eq!(wait6(P_PID, 0, WEXITED | WNOHANG).0, Ok(0));
    assert_eq!(wait6(P_PGID, 0, WEXITED | WNOHANG).0, Ok(0));
    child.end();
    assert_eq!(wait6(P_PID, 0, WEXITED), (Ok(child.pid), 0));
}
