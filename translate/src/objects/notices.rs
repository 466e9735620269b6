//! Notices of message queues, as signals to one thread or with more to say than the host's own.
//!
//! The host's queues signal processes only, but they also put a note of the asker's own words into a netlink socket.
//! That socket is a hidden descriptor of ours, and what arrives there raises SIGSYS, which is never blocked: whichever thread it
//! reaches reads the notes and sends the signals that they ask for. The socket queues notes, so none is lost while
//! signals that are already pending fall together.

use core::sync::atomic::{AtomicI32, Ordering};

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::hidden::{self, Hidden};
use crate::host::{self, HostResult, nr};
use crate::signal::SigInfo;

/// What a queue is to say when its first message comes.
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    /// The thread to signal; 0 for the process.
    pub thread: i32,
    /// Host signal number.
    pub signal: u8,
    /// The value that comes with it.
    pub value: u64,
    /// The queue's descriptor, which follows the value in the host's `siginfo_t`.
    pub queue: i32,
}

/// The host's note (`NOTIFY_COOKIE_LEN`): all but the last byte are ours.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
struct Note {
    mark: u64,
    value: u64,
    thread: i32,
    queue: i32,
    signal: u8,
    rest: [u8; 6],
    /// The host's reason.
    reason: u8,
}

const _: () = assert!(size_of::<Note>() == 32);

const MARK: u64 = u64::from_le_bytes(*b"mqnotice");
/// A message came, as opposed to the notice being called off.
const NOTIFY_WOKENUP: u8 = 1;

const SI_MESGQ: i32 = -3;
/// A descriptor is ready (`F_SETSIG`).
const SI_SIGIO: i32 = -5;
const SIGSYS: u64 = 31;

/// The socket's descriptor; negative as long as nobody wants a notice.
pub(super) struct Notices(AtomicI32);

impl Default for Notices {
    fn default() -> Self {
        Self(AtomicI32::new(-1))
    }
}

impl Notices {
    pub(super) fn moved(&self, old: i32, new: i32) {
        let _ = self
            .0
            .compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed);
    }

    pub(super) fn after_fork(&self) {
        self.0.store(-1, Ordering::Release);
    }

    /// The socket, made when it is first wanted.
    fn socket(&self, hidden: &Hidden) -> HostResult<i32> {
        let known = self.0.load(Ordering::Acquire);
        if known >= 0 {
            return Ok(known);
        }
        let fresh = hidden.hide(new_socket()?);
        match self
            .0
            .compare_exchange(-1, fresh, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => Ok(fresh),
            Err(other) => {
                hidden.close(fresh);
                Ok(other)
            }
        }
    }

    /// Asks queue `notice.queue` for a notice.
    ///
    /// # Errors
    /// As `mq_notify` and `socket`.
    pub(super) fn ask(&self, hidden: &Hidden, notice: Notice) -> HostResult<()> {
        const SIGEV_THREAD: i32 = 2;
        /// The part of the host's `struct sigevent` that it looks at, and what makes it whole.
        #[repr(C)]
        struct Event {
            value: u64,
            signo: i32,
            notify: i32,
            rest: [u64; 6],
        }
        let note = Note {
            mark: MARK,
            value: notice.value,
            thread: notice.thread,
            queue: notice.queue,
            signal: notice.signal,
            ..Note::default()
        };
        let event = Event {
            value: (&raw const note) as u64,
            signo: self.socket(hidden)?,
            notify: SIGEV_THREAD,
            rest: [0; 6],
        };
        let args = [notice.queue as u64, (&raw const event) as u64];
        // SAFETY: a valid sigevent that points to a note of the length that the host reads.
        unsafe { host::call_n(nr::mq_notify, args) }.map(drop)
    }

    /// Sends what the notes ask for. `false` when `info`, of a SIGSYS, does not say that there are any. Runs in the signal
    /// handler: takes no lock.
    pub(super) fn arrived(&self, info: &SigInfo) -> bool {
        const MSG_DONTWAIT: u64 = 0x40;
        let socket = self.0.load(Ordering::Acquire);
        if info.code != SI_SIGIO || socket < 0 {
            return false;
        }
        loop {
            let mut note = Note::default();
            let length = size_of::<Note>() as u64;
            let args = [
                socket as u64,
                (&raw mut note) as u64,
                length,
                MSG_DONTWAIT,
                0,
                0,
            ];
            // SAFETY: room for a note.
            match unsafe { host::call_n(nr::recvfrom, args) } {
                Ok(got) if got == length && note.mark == MARK => note.told(),
                Ok(_) => {}
                Err(_) => return true,
            }
        }
    }
}

impl Note {
    fn told(&self) {
        let Self {
            thread,
            signal,
            value,
            queue,
            ..
        } = *self;
        if self.reason == NOTIFY_WOKENUP {
            Notice {
                thread,
                signal,
                value,
                queue,
            }
            .give();
        }
    }
}

impl Notice {
    /// Sends the signal.
    pub fn give(&self) {
        let info = SigInfo {
            signo: i32::from(self.signal),
            code: SI_MESGQ,
            fields: core::array::from_fn(|index| match index {
                1 => self.value,
                2 => self.queue as u64,
                _ => 0,
            }),
            ..SigInfo::default()
        };
        let (signal, info) = (u64::from(self.signal), (&raw const info) as u64);
        // SAFETY: a valid siginfo_t. A thread that is gone gets nothing.
        let _ = unsafe {
            let pid = host::call_n(nr::getpid, []).unwrap_or_default();
            match self.thread {
                0 => host::call_n(nr::rt_sigqueueinfo, [pid, signal, info]),
                thread => host::call_n(nr::rt_tgsigqueueinfo, [pid, thread as u64, signal, info]),
            }
        };
    }
}

/// A socket whose arrivals raise SIGSYS in this process.
fn new_socket() -> HostResult<i32> {
    const AF_NETLINK: u64 = 16;
    const SOCK_RAW_CLOEXEC: u64 = 3 | 0o200_0000;
    const F_SETFL: u64 = 4;
    const F_SETOWN: u64 = 8;
    const F_SETSIG: u64 = 10;
    const O_ASYNC: u64 = 0o2_0000;
    // SAFETY: no pointers.
    let socket = unsafe { host::call_n(nr::socket, [AF_NETLINK, SOCK_RAW_CLOEXEC, 0]) }?;
    // SAFETY: no pointers.
    let ready = unsafe { host::call_n(nr::getpid, []) }.and_then(|pid| {
        for (command, value) in [(F_SETOWN, pid), (F_SETSIG, SIGSYS), (F_SETFL, O_ASYNC)] {
            // SAFETY: no pointers.
            unsafe { host::call_n(nr::fcntl, [socket, command, value]) }?;
        }
        Ok(())
    });
    match ready {
        Ok(()) => Ok(socket as i32),
        Err(error) => {
            hidden::close(socket as i32);
            Err(error)
        }
    }
}
