//! The calls: how each is made, what a handler does so that it ends, and what is put in order behind it.

use compat_guests::call::Outcome;
use compat_guests::signal::{self, BLOCK, SETMASK, SIGUSR1, SIGUSR2, Set, UNBLOCK};
use compat_guests::start::Shared;
use compat_guests::sys;

use crate::handler::SIGNALS;

const KQUEUE: u64 = 362;
const KEVENT: u64 = 560;
const PSELECT: u64 = 522;
const FCNTL: u64 = 92;
const F_SETFL: u64 = 4;
const O_NONBLOCK: u64 = 4;
const FREEBSD6_PREAD: u64 = 173;
const FREEBSD6_LSEEK: u64 = 199;
const AMD64_GET_FSBASE: u64 = 128;
const UMTX_OP_WAIT_UINT: u64 = 11;
const FSTATAT: u64 = 552;
const AT_FDCWD: u64 = -100i64 as u64;
/// `struct stat`, in words of eight bytes, and where its mode is.
const STAT_SIZE: usize = 28;
const MODE: (usize, u64) = (3, 0o170_000);
const DIRECTORY: u64 = 0o040_000;
const LINK: u64 = 0o120_000;
const SYMLINK: u64 = 57;
const EEXIST: u64 = 17;
const AT_SYMLINK_NOFOLLOW: u64 = 0x200;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Never sleeps, and asks the host nothing.
    Getpid,
    /// Needs the whole thread: always ends up in the trap.
    Sysarch,
    /// Opens a directory, which is closed again when the turn is over.
    Open,
    Stat,
    /// Of a link to nowhere: whether it is followed stands in the fourth argument.
    StatLink,
    /// Of a file that does not exist.
    StatMissing,
    /// There is a byte to read.
    ReadReady,
    /// There is none, and the pipe does not let wait for one.
    ReadAgain,
    /// A handler writes the byte.
    Read,
    Block,
    Unblock,
    Sigsuspend,
    Pselect,
    Nanosleep,
    Kevent,
    Umtx,
    /// Sends itself SIGUSR2.
    ThrKill,
    /// Takes SIGUSR1 without a handler.
    Sigwait,
    /// The read at a place of before FreeBSD 7: with a pad in front of the offset.
    PaddedRead,
    /// The same for a step of one byte through the file.
    PaddedSeek,
}

const LINK_NAME: &core::ffi::CStr = c"./a link to nowhere";

static CALL: Shared<Call> = Shared::new(Call::Getpid);
static BYTES: Shared<u64> = Shared::new(0);
static PIPE: Shared<(u64, u64)> = Shared::new((0, 0));
static QUEUE: Shared<u64> = Shared::new(0);
static FILE: Shared<u64> = Shared::new(0);
static WORD: Shared<u32> = Shared::new(0);
static TIME: Shared<[u64; 2]> = Shared::new([0; 2]);
static MASK: Shared<Set> = Shared::new(Set::EMPTY);
static ROOM: Shared<[u64; STAT_SIZE]> = Shared::new([0; STAT_SIZE]);
static OPENED: Shared<Option<u64>> = Shared::new(None);

/// The call of that name, and what it needs.
pub(crate) fn named(name: &[u8]) -> Call {
    let call = match name {
        b"getpid" => Call::Getpid,
        b"sysarch" => Call::Sysarch,
        b"open" => Call::Open,
        b"stat" => Call::Stat,
        b"stat-link" => Call::StatLink,
        b"stat-missing" => Call::StatMissing,
        b"read-ready" => Call::ReadReady,
        b"read-again" => Call::ReadAgain,
        b"read" => Call::Read,
        b"block" => Call::Block,
        b"unblock" => Call::Unblock,
        b"sigsuspend" => Call::Sigsuspend,
        b"pselect" => Call::Pselect,
        b"nanosleep" => Call::Nanosleep,
        b"kevent" => Call::Kevent,
        b"umtx" => Call::Umtx,
        b"thr_kill" => Call::ThrKill,
        b"sigwait" => Call::Sigwait,
        b"padded-read" => Call::PaddedRead,
        b"padded-seek" => Call::PaddedSeek,
        _ => panic!("no such call"),
    };
    CALL.store(call);
    PIPE.store(sys::pipe());
    if matches!(call, Call::PaddedRead | Call::PaddedSeek) {
        // SHM_ANON, O_RDWR.
        let file = sys::call(sys::SHM_OPEN2, [1, 2, 0, 0, 0]).expect("shm_open2");
        sys::call(sys::WRITE, [file, c"abc".as_ptr() as u64, 3]).expect("write");
        FILE.store(file);
    }
    if call == Call::StatLink {
        let names = [c"nowhere".as_ptr() as u64, LINK_NAME.as_ptr() as u64];
        let made = sys::call(SYMLINK, names);
        assert!(made == Ok(0) || made == Err(EEXIST), "symlink: {made:?}");
    }
    if call == Call::Kevent {
        let queue = sys::call(KQUEUE, []).expect("kqueue");
        // EVFILT_READ, EV_ADD.
        let change = [PIPE.load().0, 0x0001_ffff, 0, 0, 0, 0, 0, 0];
        sys::call(KEVENT, [queue, change.as_ptr() as u64, 1, 0, 0, 0]).expect("kevent");
        QUEUE.store(queue);
    }
    if call == Call::ReadAgain {
        sys::call(FCNTL, [PIPE.load().0, F_SETFL, O_NONBLOCK]).expect("fcntl");
    }
    call
}

/// The call that is made.
pub(crate) fn current() -> Call {
    CALL.load()
}

fn write_byte() {
    BYTES.store(BYTES.load() + 1);
    sys::call(sys::WRITE, [PIPE.load().1, c"x".as_ptr() as u64, 1]).expect("write");
}

/// How long a sleep is, in nanoseconds.
pub(crate) fn set_nap(nap: u64) {
    TIME.store([nap / 1_000_000_000, nap % 1_000_000_000]);
}

/// Called by every handler: what the call waits for comes to pass.
pub(crate) fn rouse() {
    match CALL.load() {
        Call::Read | Call::Kevent if BYTES.load() == 0 => write_byte(),
        Call::Umtx => WORD.store(1),
        _ => {}
    }
}

impl Call {
    /// The signals that are blocked when it is made.
    pub(crate) fn mask(self) -> Set {
        match self {
            Self::Unblock => Set::of(&[SIGUSR1, SIGUSR2]),
            Self::Sigsuspend | Self::Pselect => Set::of(&SIGNALS),
            Self::Sigwait => Set::of(&[SIGUSR1]),
            _ => Set::EMPTY,
        }
    }

    /// The mask in a context, at the call or behind it.
    pub(crate) fn mask_in_context(self, behind: bool) -> Set {
        match self {
            Self::Block if behind => Set::of(&[SIGUSR1]),
            Self::Unblock if behind => Set::EMPTY,
            _ => self.mask(),
        }
    }

    /// Its number.
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Getpid => sys::GETPID,
            Self::Sysarch => sys::SYSARCH,
            Self::Open => sys::OPENAT,
            Self::Stat | Self::StatLink | Self::StatMissing => FSTATAT,
            Self::ReadReady | Self::ReadAgain | Self::Read => sys::READ,
            Self::Block | Self::Unblock => sys::SIGPROCMASK,
            Self::Sigsuspend => sys::SIGSUSPEND,
            Self::Pselect => PSELECT,
            Self::Nanosleep => sys::NANOSLEEP,
            Self::Kevent => KEVENT,
            Self::Umtx => sys::UMTX_OP,
            Self::ThrKill => sys::THR_KILL,
            Self::Sigwait => sys::SIGWAIT,
            Self::PaddedRead => FREEBSD6_PREAD,
            Self::PaddedSeek => FREEBSD6_LSEEK,
        }
    }

    /// Puts everything in place for the next turn; the arguments.
    pub(crate) fn arrange(self) -> [u64; 6] {
        let room = ROOM.get() as u64;
        if self.mask() != Set::EMPTY {
            signal::mask(SETMASK, self.mask());
        }
        WORD.store(0);
        let args: &[u64] = match self {
            Self::Getpid => &[],
            Self::Sysarch => &[AMD64_GET_FSBASE, room],
            Self::Open => &[AT_FDCWD, c"./././.".as_ptr() as u64, 0, 0],
            Self::Stat => {
                ROOM.store([u64::MAX; STAT_SIZE]);
                &[AT_FDCWD, c"./././.".as_ptr() as u64, room, 0]
            }
            Self::StatLink => &[
                AT_FDCWD,
                LINK_NAME.as_ptr() as u64,
                room,
                AT_SYMLINK_NOFOLLOW,
            ],
            Self::StatMissing => &[AT_FDCWD, c"./no such file".as_ptr() as u64, room, 0],
            Self::ReadReady => {
                write_byte();
                &[PIPE.load().0, room, 1]
            }
            Self::ReadAgain | Self::Read => &[PIPE.load().0, room, 1],
            Self::Block => {
                MASK.store(Set::of(&[SIGUSR1]));
                &[BLOCK, MASK.get() as u64, 0]
            }
            Self::Unblock => {
                MASK.store(Set::of(&[SIGUSR1, SIGUSR2]));
                &[UNBLOCK, MASK.get() as u64, 0]
            }
            Self::Sigsuspend => &[MASK.get() as u64],
            Self::Pselect => &[0, 0, 0, 0, 0, MASK.get() as u64],
            Self::Nanosleep => &[TIME.get() as u64, 0],
            Self::Kevent => &[QUEUE.load(), 0, 0, room, 1, 0],
            Self::Umtx => &[WORD.get() as u64, UMTX_OP_WAIT_UINT, 0, 0, 0],
            Self::ThrKill => &[sys::tid(), u64::from(SIGUSR2)],
            Self::Sigwait => {
                MASK.store(Set::of(&[SIGUSR1]));
                &[MASK.get() as u64, room]
            }
            Self::PaddedRead => &[FILE.load(), room, 1, 0, 2],
            Self::PaddedSeek => {
                // SEEK_SET, then SEEK_CUR.
                sys::call(FREEBSD6_LSEEK, [FILE.load(), 0, 1, 0]).expect("lseek");
                &[FILE.load(), 0, 1, 1]
            }
        };
        let mut six = [0; 6];
        six[..args.len()].copy_from_slice(args);
        six
    }

    /// Takes back what the turn left.
    pub(crate) fn clean(self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Read | Self::ReadReady, Outcome::Value(1)) => {
                BYTES.store(BYTES.load() - 1);
            }
            (Self::Open, Outcome::Value(fd)) => {
                // A second descriptor would be there still, and this one another.
                let first = OPENED.load().unwrap_or(fd);
                assert_eq!(fd, first, "a descriptor is left over");
                OPENED.store(Some(first));
                sys::call(sys::CLOSE, [fd]).expect("close");
            }
            (Self::Stat | Self::StatLink, Outcome::Value(0)) => {
                let (word, bits) = MODE;
                let kind = if self == Self::Stat { DIRECTORY } else { LINK };
                assert_eq!(ROOM.load()[word] & bits, kind, "the file's type");
            }
            (Self::Sigwait, Outcome::Value(0)) => {
                assert_eq!(ROOM.load()[0] as u32, SIGUSR1, "the signal that came");
            }
            (Self::PaddedRead, Outcome::Value(1)) => {
                assert_eq!(ROOM.load()[0] as u8, b'c', "what is at the place");
            }
            _ => {}
        }
        while BYTES.load() > 0 {
            sys::call(sys::READ, [PIPE.load().0, ROOM.get() as u64, 1]).expect("read");
            BYTES.store(BYTES.load() - 1);
        }
        if matches!(
            self,
            Self::Block | Self::Sigsuspend | Self::Pselect | Self::Sigwait
        ) {
            signal::mask(SETMASK, Set::EMPTY);
        }
    }
}
