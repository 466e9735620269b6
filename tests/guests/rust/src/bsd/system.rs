//! The tree of names, children, limits, and calls of calls.

use super::System;
use super::files::LSEEK;
use super::signals::Signals;
use crate::sys::{self, call};

/// Call number.
pub const SYSCTL: u64 = 202;

/// A system's ways to wait for children.
pub trait Waits: System {
    /// Call number.
    const WAIT6: u64;
    /// By its number.
    const P_PID: u64;
    /// Option.
    const WCONTINUED: u64;
    /// Option.
    const WEXITED: u64;
    /// Option.
    const WNOWAIT: u64;
    /// Status of a child that goes on.
    const CONTINUED: u32;

    /// Waits for any child: its number and status.
    fn ended(options: u64) -> (u64, u32) {
        let mut status = 0u32;
        let args = [u64::MAX, (&raw mut status) as u64, options, 0];
        let pid = call(Self::WAIT4, args).expect("wait4");
        (pid, unsafe { (&raw const status).read_volatile() })
    }

    /// Runs `body` in a child, which then ends well; its number.
    fn start(body: impl FnOnce()) -> u64 {
        match sys::fork() {
            sys::Fork::Parent(child) => child,
            sys::Fork::Child => {
                body();
                sys::exit(0)
            }
        }
    }

    /// The same; how it ends.
    fn status_of(body: impl FnOnce()) -> u32 {
        let child = Self::start(body);
        let (ended, status) = Self::ended(0);
        assert_eq!(ended, child);
        status
    }

    /// The same, which ends well.
    fn child(body: impl FnOnce()) {
        let child = Self::start(body);
        assert_eq!(Self::ended(0), (child, 0));
    }
}

/// Reads a name's value; its length.
pub fn value(name: &[i32], room: &mut [u8]) -> sys::Result {
    let mut size = room.len() as u64;
    let args = [
        name.as_ptr() as u64,
        name.len() as u64,
        room.as_mut_ptr() as u64,
        (&raw mut size) as u64,
        0,
        0,
    ];
    call(SYSCTL, args)?;
    Ok(unsafe { (&raw const size).read_volatile() })
}

/// Values that every system has; `ostype` ends with a null.
pub fn values(ostype: &[u8]) {
    let mut room = [0u8; 256];
    assert_eq!(value(&[1, 1], &mut room), Ok(ostype.len() as u64));
    assert_eq!(&room[..ostype.len()], ostype);
    assert_eq!(value(&[6, 7], &mut room[..4]), Ok(4));
    assert_eq!(
        u32::from_le_bytes([room[0], room[1], room[2], room[3]]),
        4096
    );
    assert_eq!(value(&[1, 1], &mut room[..3]), Err(sys::ENOMEM));
    assert_eq!(value(&[1, 9999], &mut room), Err(sys::ENOENT));
}

/// What a list of interfaces is made of.
pub struct Messages {
    /// `RTM_VERSION`
    pub version: u8,
    /// `RTM_IFINFO`
    pub link: u8,
    /// `RTM_NEWADDR`
    pub address: u8,
    /// Where a link's message has the interface's number, and which addresses follow.
    pub fields: [usize; 2],
}

/// Reads a list of interfaces, asked for as `net.route.0.0.query.0`.
pub fn interfaces(route: i32, query: i32, messages: &Messages) {
    let mut room = [0u8; 16384];
    let size = value(&[4, route, 0, 0, query, 0], &mut room).expect("interfaces") as usize;
    let (mut at, mut links, mut addresses) = (0, 0, 0);
    while at < size {
        let length = usize::from(room[at]) | usize::from(room[at + 1]) << 8;
        assert!(length > 0 && length % 8 == 0, "{length}");
        assert_eq!(room[at + 2], messages.version, "RTM_VERSION");
        match room[at + 3] {
            kind if kind == messages.link => {
                let [number, there] = messages.fields.map(|offset| at + offset);
                let index = u16::from_le_bytes([room[number], room[number + 1]]);
                assert!((1..1000).contains(&index), "interface {index}");
                assert!(room[there] & 0x10 != 0, "RTA_IFP");
                links += 1;
            }
            kind if kind == messages.address => addresses += 1,
            kind => panic!("a message of kind {kind}"),
        }
        at += length;
    }
    assert!(
        at == size && links >= 1 && addresses >= 1,
        "{links} links, {addresses} addresses"
    );
}

/// Routes, and a query nobody knows.
pub fn routes(route: i32) {
    let mut room = [0u8; 16384];
    let mut ask = |query| value(&[4, route, 0, 0, query, 0], &mut room);
    assert!(ask(1).is_ok(), "routes");
    assert_eq!(ask(77), Err(sys::EINVAL));
}

/// `fork`, and `vfork` with an `execve` that fails.
pub fn children<S: Waits>() {
    // In the child the second register is 1.
    let back = sys::raw(sys::FORK, [0; 6]);
    if back.rdx == 1 && back.rax == 0 {
        sys::exit(5);
    }
    assert_eq!(S::ended(0), (back.rax, 5 << 8));
    let child = sys::vfork_and_exec(c"/absent/program".as_ptr() as u64, &[0], &[0]);
    assert_eq!(S::ended(0), (child, 120 << 8));
}

/// A child that stops, goes on and is killed.
pub fn waiting<S: Waits>() {
    let sys::Fork::Parent(child) = sys::fork() else {
        loop {
            S::pause(10_000);
        }
    };
    assert_eq!(call(sys::KILL, [child, 17]), Ok(0), "SIGSTOP");
    assert_eq!(S::ended(2), (child, 17 << 8 | 0x7f), "WUNTRACED");
    assert_eq!(call(sys::KILL, [child, 19]), Ok(0), "SIGCONT");
    assert_eq!(S::ended(S::WCONTINUED), (child, S::CONTINUED), "WCONTINUED");
    assert_eq!(S::ended(1), (0, 0), "WNOHANG");
    assert_eq!(call(sys::KILL, [child, 9]), Ok(0));
    // Leaving it there, then for good.
    let mut status = 0u32;
    let mut wait6 = |options: u64| {
        let at = (&raw mut status) as u64;
        call(S::WAIT6, [S::P_PID, child, at, options, 0, 0])
    };
    assert_eq!(wait6(S::WEXITED | S::WNOWAIT), Ok(child), "WNOWAIT");
    assert_eq!(wait6(S::WEXITED), Ok(child));
    assert_eq!(unsafe { (&raw const status).read_volatile() }, 9);
    assert_eq!(call(S::WAIT4, [u64::MAX, 0, 0, 0]), Err(sys::ECHILD));
}

/// `getrlimit`
pub const GETRLIMIT: u64 = 194;

/// All twelve limits, and no thirteenth.
pub fn limits() {
    let mut limit = [0u64; 2];
    let at = limit.as_mut_ptr() as u64;
    for which in 0..12 {
        assert_eq!(call(GETRLIMIT, [which, at]), Ok(0), "getrlimit {which}");
        assert!(limit[0] <= limit[1]);
    }
    assert_eq!(call(GETRLIMIT, [12, at]), Err(sys::EINVAL));
}

/// `syscall` and `__syscall`.
pub fn indirect<S: Signals>() {
    let pid = sys::pid();
    assert_eq!(call(0, [sys::GETPID]), Ok(pid), "syscall");
    assert_eq!(call(198, [sys::GETPID]), Ok(pid), "__syscall");
    assert_eq!(
        call(198, [LSEEK, 1000, 0, 0, 0]),
        Err(sys::EBADF),
        "arguments move"
    );
    // A number nobody knows raises SIGSYS as well.
    S::ignore(12);
    assert_eq!(call(0, [4000]), Err(sys::ENOSYS));
}
