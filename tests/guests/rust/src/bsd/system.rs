//! The tree of names, children, limits, and calls of calls.

use super::System;
use super::files::LSEEK;
use super::signals::{self, Signals};
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

/// What `ioctl` tells of the loopback interface, asked with numbers for `struct ifreq` of `size` bytes.
pub fn asked(size: u64, mtu: u64, index: u64) {
    const DOMAIN_DGRAM: [u64; 3] = [2, 2, 0];
    const ENXIO: u64 = 6;
    const ENOTTY: u64 = 25;
    let socket = call(97, DOMAIN_DGRAM).expect("socket");
    let ask = |fd: u64, number: u64, name: &[u8]| {
        let mut request = [0u8; 160];
        request[..name.len()].copy_from_slice(name);
        let command = 0xc000_6900 | size << 16 | number;
        call(54, [fd, command, request.as_mut_ptr() as u64])?;
        let told: [u8; 8] =
            core::array::from_fn(|at| unsafe { (&raw const request[16 + at]).read_volatile() });
        Ok::<_, u64>(u64::from_le_bytes(told))
    };
    let flags = ask(socket, 17, b"lo").expect("SIOCGIFFLAGS");
    assert_eq!(flags & 8, 8, "IFF_LOOPBACK");
    assert!(ask(socket, mtu, b"lo").is_ok_and(|mtu| mtu >= 1500));
    assert!(ask(socket, index, b"lo").is_ok_and(|index| (1..1 << 15).contains(&index)));
    let address = ask(socket, 33, b"lo").map(u64::to_le_bytes);
    assert!(address.is_ok_and(|address| address[..2] == [16, 2] && address[4] == 127));
    assert_eq!(ask(socket, index, b"none"), Err(ENXIO));
    let (to_read, _) = super::pipe();
    assert_eq!(ask(to_read, index, b"lo"), Err(ENOTTY));
}

/// `issetugid`, by its number: a change of users or groups stays known, in children as well.
pub fn identity<S: Waits>(number: u64) {
    const SETEUID: u64 = 183;
    const SETEGID: u64 = 182;
    let own = call(sys::GETUID, []).expect("getuid");
    let known = || call(number, []);
    assert_eq!(known(), Ok(0));
    assert_eq!((call(SETEUID, [own]), known()), (Ok(0), Ok(0)), "no change");
    S::child(|| {
        let changed = u64::from(own == 0);
        let (user, group) = (call(SETEGID, [54_321]), call(SETEUID, [12_345]));
        assert_eq!((user.is_ok(), group.is_ok()), (own == 0, own == 0));
        assert_eq!(known(), Ok(changed));
        assert_eq!(call(SETEUID, [own]), Ok(0), "back again");
        assert_eq!(known(), Ok(changed));
        S::child(|| assert_eq!(known(), Ok(changed)));
    });
    assert_eq!(known(), Ok(0));
}

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

/// `syscall` and `__syscall`; `none` is the error for calls that are not there.
pub fn indirect<S: Signals>(none: u64) {
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
    assert_eq!(call(0, [4000]), Err(none));
    S::count(12);
    assert_eq!((call(198, [4000]), signals::seen()), (Err(none), 1));
}
