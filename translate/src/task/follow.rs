//! Who follows what a process does: its forks, the programs it runs, its end.
//!
//! The host tells nobody else of them, so the process does. Whom it tells stands in a table in its image, and whoever wants to
//! be told writes himself into it from outside: all images are of one file, at one address. The news go through a netlink
//! socket of the follower's, which takes messages without a connection, those of other users' processes as well, and queues
//! hundreds. A process that nobody follows reads one line of memory at `fork`, `execve` and exit.
//!
//! What is written while a process goes from one image to the next would be lost. So the table says when it is not looked at,
//! and the writer waits until it is again.

use alloc::string::String;
use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering};

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::exec::file_at;
use crate::host::{self, HostErrno, HostResult, Timespec, nr};

/// How many may follow a process.
const ROOM: usize = 7;

/// Written by other processes: see [`follow`].
#[repr(C, align(64))]
struct Table {
    state: AtomicU64,
    /// See [`Follower::entry`]. In memory that processes share, those of all of them.
    entries: [AtomicU64; ROOM],
}

/// In the page that `execve` writes to in any case.
#[unsafe(link_section = ".data")]
static TABLE: Table = Table {
    state: AtomicU64::new(STARTING),
    entries: [const { AtomicU64::new(0) }; ROOM],
};

const STARTING: u64 = 0;
const LISTENING: u64 = 1;
const LEAVING: u64 = 2;

/// Who is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Follower {
    /// Of its socket; never 0.
    pub(crate) port: u32,
    /// Whether children are to be followed as well.
    pub(crate) children: bool,
}

const CHILDREN: u64 = 1 << 31;

impl Follower {
    fn entry(self, pid: i32) -> u64 {
        let children = if self.children { CHILDREN } else { 0 };
        u64::from(self.port) << 32 | children | pid as u64 & (CHILDREN - 1)
    }

    /// And whom it follows.
    fn of(entry: u64) -> (Self, i32) {
        let follower = Self {
            port: (entry >> 32) as u32,
            children: entry & CHILDREN != 0,
        };
        (follower, (entry & (CHILDREN - 1)) as i32)
    }
}

/// What a process did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    /// It made this child.
    Forked(i32),
    /// It runs another program.
    Executed,
    /// It ended, with this status, as the host's `wait` tells it.
    Ended(u32),
}

/// A message.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct Letter {
    mark: u64,
    pid: i32,
    what: u32,
    value: i32,
    rest: u32,
}

const MARK: u64 = u64::from_le_bytes(*b"followed");

impl Letter {
    fn new(pid: i32, deed: Deed) -> Self {
        let (what, value) = match deed {
            Deed::Forked(child) => (0, child),
            Deed::Executed => (1, 0),
            Deed::Ended(status) => (2, status as i32),
        };
        Self {
            mark: MARK,
            pid,
            what,
            value,
            rest: 0,
        }
    }

    fn deed(&self) -> Option<Deed> {
        match self.what {
            0 => Some(Deed::Forked(self.value)),
            1 => Some(Deed::Executed),
            2 => Some(Deed::Ended(self.value as u32)),
            _ => None,
        }
    }
}

const AF_NETLINK: u64 = 16;
const NETLINK_USERSOCK: u64 = 2;
const SOCK_DGRAM_CLOEXEC: u64 = 2 | 0o200_0000;
const MSG_DONTWAIT: u64 = 0x40;

/// `struct sockaddr_nl`.
fn address(port: u32) -> [u32; 3] {
    [AF_NETLINK as u32, port, 0]
}

fn own_pid() -> i32 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default() as i32
}

// Those who are followed

/// Whether there may be anyone to tell.
pub(super) fn any() -> bool {
    let followed = |entry: &AtomicU64| entry.load(Ordering::Relaxed) != 0;
    TABLE.entries.iter().any(followed)
}

/// The entries about process `pid`, with their places.
fn followers(pid: i32) -> impl Iterator<Item = (&'static AtomicU64, Follower)> {
    TABLE.entries.iter().filter_map(move |place| {
        let (follower, followed) = Follower::of(place.load(Ordering::Acquire));
        (follower.port != 0 && followed == pid).then_some((place, follower))
    })
}

/// A new image begins; `told` is what the one before said of its followers (see [`handed_on`]).
pub fn begin(told: Option<&str>) {
    let told = told.unwrap_or_default();
    let own = if told.is_empty() { 0 } else { own_pid() };
    let known = told.split(',').filter_map(|word| {
        let (children, port) = match word.strip_prefix('+') {
            Some(port) => (true, port),
            None => (false, word),
        };
        let port = u32::from_str_radix(port, 16).ok()?;
        Some(Follower { port, children })
    });
    for (place, follower) in TABLE.entries.iter().zip(known) {
        place.store(follower.entry(own), Ordering::Relaxed);
    }
    TABLE.state.store(LISTENING, Ordering::Release);
    tell_if(!told.is_empty(), Deed::Executed);
}

/// Another image is to follow: from here on nobody writes himself into the table.
pub(super) fn leaving() {
    TABLE.state.store(LEAVING, Ordering::SeqCst);
}

/// It did not come to that, or it was in a child that shares the memory.
pub(super) fn staying() {
    if TABLE.state.load(Ordering::Relaxed) == LEAVING {
        TABLE.state.store(LISTENING, Ordering::Release);
    }
}

/// What the next image is to know: the one of this process, or with `child` that of a child.
pub(super) fn handed_on(child: bool) -> Option<String> {
    if !any() {
        return None;
    }
    let mut told = String::new();
    for (_, follower) in followers(own_pid()).filter(|(_, it)| it.children || !child) {
        let comma = if told.is_empty() { "" } else { "," };
        let children = if follower.children { "+" } else { "" };
        let _ = write!(told, "{comma}{children}{:x}", follower.port);
    }
    Some(told).filter(|told| !told.is_empty())
}

/// Tells of what the calling process does.
pub(super) fn tell(deed: Deed) {
    tell_if(any(), deed);
}

fn tell_if(anyone: bool, deed: Deed) {
    if anyone {
        let own = own_pid();
        tell_of(own, Letter::new(own, deed));
    }
}

/// The calling process ends with `code`.
pub(super) fn ending(code: i32) {
    tell(Deed::Ended((code as u32 & 0xff) << 8));
}

/// `child` of the caller has ended with the host's `status`, and been waited for: nobody else can ask any more.
#[inline]
pub fn waited_for(child: i32, status: u32) {
    if any() {
        tell_of(own_pid(), Letter::new(child, Deed::Ended(status)));
    }
}

/// Process `parent`, the caller or one that sleeps until the caller has gone on, has made `child`.
pub(super) fn tell_of_child(parent: i32, child: i32) {
    tell_of(parent, Letter::new(parent, Deed::Forked(child)));
}

/// To the followers of process `pid`.
#[cold]
fn tell_of(pid: i32, letter: Letter) {
    let mut socket = None;
    for (place, follower) in followers(pid) {
        if socket.is_none() {
            // SAFETY: no pointers.
            let made = unsafe {
                host::call_n(
                    nr::socket,
                    [AF_NETLINK, SOCK_DGRAM_CLOEXEC, NETLINK_USERSOCK],
                )
            };
            socket = made.ok();
        }
        let Some(socket) = socket else {
            return;
        };
        if send(socket, &letter, follower.port) == Err(HostErrno::ECONNREFUSED) {
            place.store(0, Ordering::Relaxed);
        }
    }
    if let Some(socket) = socket {
        // SAFETY: our own descriptor.
        let _ = unsafe { host::call_n(nr::close, [socket]) };
    }
}

/// A follower that reads nothing for long misses news.
fn send(socket: u64, letter: &Letter, port: u32) -> HostResult<()> {
    const PATIENCE: u32 = 50;
    let to = address(port);
    let args = [
        socket,
        core::ptr::from_ref(letter) as u64,
        size_of::<Letter>() as u64,
        MSG_DONTWAIT,
        to.as_ptr() as u64,
        size_of_val(&to) as u64,
    ];
    for _ in 0..PATIENCE {
        // SAFETY: a letter and an address, both valid.
        match unsafe { host::call_n(nr::sendto, args) } {
            Err(HostErrno::EAGAIN) => pause(1_000_000),
            sent => return sent.map(drop),
        }
    }
    Err(HostErrno::EAGAIN)
}

/// Sleeps for a moment.
pub(crate) fn pause(nanos: i64) {
    let time = Timespec::from_nanos(nanos);
    // SAFETY: a valid timespec.
    let _ = unsafe { host::call_n(nr::nanosleep, [(&raw const time) as u64, 0]) };
}

/// In a forked child: those who follow children of `parent` follow it, and nobody else.
pub(super) fn inherit(parent: i32) {
    let own = own_pid();
    for place in &TABLE.entries {
        let (follower, followed) = Follower::of(place.load(Ordering::Relaxed));
        let kept = follower.children && followed == parent;
        let entry = if kept { follower.entry(own) } else { 0 };
        place.store(entry, Ordering::Relaxed);
    }
}

/// In a child that shares its creator's memory, before it does anything else: the same, and tells of its birth.
pub(super) fn born() {
    if !any() {
        return;
    }
    // SAFETY: no arguments.
    let parent = unsafe { host::call_n(nr::getppid, []) }.unwrap_or_default() as i32;
    let own = own_pid();
    for (_, follower) in followers(parent).filter(|(_, follower)| follower.children) {
        let entry = follower.entry(own);
        let free = |place: &&AtomicU64| {
            let free = place.compare_exchange(0, entry, Ordering::AcqRel, Ordering::Relaxed);
            free.is_ok()
        };
        let _ = TABLE.entries.iter().find(free);
    }
    tell_of_child(parent, own);
}

/// Such a child has gone on to another image or has ended.
pub(super) fn forget(child: i32) {
    staying();
    for (place, _) in followers(child) {
        place.store(0, Ordering::Relaxed);
    }
}

// Those who follow

/// Has process `pid` tell `follower` from here on.
///
/// # Errors
/// `EOPNOTSUPP` when it is none of ours, or may not be written to; `EAGAIN` when too many follow it.
pub(crate) fn follow(pid: i32, follower: Follower) -> HostResult<()> {
    const TRIES: u32 = 5000;
    const PAUSE: i64 = 200_000;
    const NOT_OURS: HostErrno = HostErrno::EOPNOTSUPP;
    let at = (&raw const TABLE) as u64;
    let look = || {
        let mut words = [0u64; ROOM + 1];
        host::read_process(pid, at, words.as_mut_bytes()).map(|()| words)
    };
    let wanted = follower.entry(pid);
    for _ in 0..TRIES {
        let own = file_at(b"/proc/self/exe");
        if own.is_none() || file_at(alloc::format!("/proc/{pid}/exe").as_bytes()) != own {
            return Err(NOT_OURS);
        }
        // Another image may have come meanwhile.
        let Ok([state, entries @ ..]) = look() else {
            if file_at(alloc::format!("/proc/{pid}/exe").as_bytes()) == own {
                return Err(NOT_OURS);
            }
            continue;
        };
        if state == LISTENING {
            let same = |&entry: &u64| {
                let (other, followed) = Follower::of(entry);
                followed == pid && other.port == follower.port
            };
            let place = entries
                .iter()
                .position(same)
                .or_else(|| entries.iter().position(|&entry| entry == 0))
                .ok_or(HostErrno::EAGAIN)?;
            let there = at + 8 + 8 * place as u64;
            let written = host::write_process(pid, there, &wanted.to_le_bytes());
            // Whether it was in time, and no other follower took the same place.
            if written.is_ok()
                && let Ok([LISTENING, after @ ..]) = look()
                && after.get(place) == Some(&wanted)
            {
                return Ok(());
            }
        }
        pause(PAUSE);
    }
    Err(NOT_OURS)
}

/// A socket to be told through, and its port.
///
/// # Errors
/// As `socket`.
pub(crate) fn listen() -> HostResult<(i32, u32)> {
    const SOL_SOCKET: u64 = 1;
    const SO_RCVBUF: u64 = 8;
    let size = 1u32 << 20;
    let mut own = address(0);
    let mut length = size_of_val(&own) as u32;
    // SAFETY: no pointers.
    let socket = unsafe {
        host::call_n(
            nr::socket,
            [AF_NETLINK, SOCK_DGRAM_CLOEXEC, NETLINK_USERSOCK],
        )
    }?;
    // SAFETY: an address, its length and a number, all valid. The host gives out the port.
    let named = unsafe {
        let at = own.as_mut_ptr() as u64;
        let option = [socket, SOL_SOCKET, SO_RCVBUF, (&raw const size) as u64, 4];
        let _ = host::call_n(nr::setsockopt, option);
        host::call_n(nr::bind, [socket, at, u64::from(length)])
            .and_then(|_| host::call_n(nr::getsockname, [socket, at, (&raw mut length) as u64]))
    };
    match named {
        Ok(_) => Ok((socket as i32, own[1])),
        Err(error) => {
            // SAFETY: our own descriptor.
            let _ = unsafe { host::call_n(nr::close, [socket]) };
            Err(error)
        }
    }
}

/// The next of the news that have come: who did what.
pub(crate) fn hear(socket: i32) -> Option<(i32, Deed)> {
    loop {
        let mut letter = Letter::new(0, Deed::Executed);
        letter.mark = 0;
        let length = size_of::<Letter>() as u64;
        let args = [
            socket as u64,
            (&raw mut letter) as u64,
            length,
            MSG_DONTWAIT,
            0,
            0,
        ];
        // SAFETY: room for a letter.
        match unsafe { host::call_n(nr::recvfrom, args) } {
            Ok(got) if got == length && letter.mark == MARK => {
                if let Some(deed) = letter.deed() {
                    return Some((letter.pid, deed));
                }
            }
            Ok(_) => {}
            // The host tells once that its queue was full.
            Err(HostErrno::ENOBUFS | HostErrno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Deed, Follower, Letter};

    #[test]
    fn entries_and_letters_say_what_was_written() {
        for children in [false, true] {
            let port = 0xf000_1234;
            let follower = Follower { port, children };
            assert_eq!(
                Follower::of(follower.entry(4_194_303)),
                (follower, 4_194_303)
            );
        }
        for deed in [Deed::Forked(77), Deed::Executed, Deed::Ended(u32::MAX)] {
            assert_eq!(Letter::new(5, deed).deed(), Some(deed));
        }
    }
}
