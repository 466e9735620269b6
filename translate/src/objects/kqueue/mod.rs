//! kqueue on epoll.
//!
//! The guest's descriptor is an epoll descriptor, so that it can be polled, selected and put into another kqueue. A
//! descriptor that is waited for has one epoll entry for all its knotes ([`watch`]), or after a while one for each
//! ([`apart`]); what it is ready for is found out when epoll reports it ([`ready`]). Everything that epoll does not see stands in a queue of our own, and the kqueue's
//! [`bell`] is rung while that is not empty.
//!
//! A level-triggered knote is a level-triggered epoll entry wherever the two agree about "ready". Where they do not,
//! or where one descriptor has a knote of either sort, the entry reports changes only, and a knote that stays ready waits
//! in the queue and is looked at again by each scan: FreeBSD's own algorithm (kqueue_scan).

mod apart;
mod bell;
mod changes;
mod drain;
mod event;
mod file;
mod finished;
mod kinds;
mod lives;
mod note;
mod process;
mod ready;
mod scan;
mod side;
mod signal;
mod special;
mod state;
mod timer;
mod token;
mod user;
mod watch;

pub use event::{Bits, Change, Ended, Event, FileChanges, Flags, Kind, Life, News, Time, Wanted};

pub(super) use bell::Shared;
pub(super) use signal::Arrivals;

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use super::Objects;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::sync::Mutex;
use crate::task::Process;
use state::State;

/// One kqueue.
pub struct Kqueue {
    /// A descriptor of the epoll instance: the guest's own, one of them if it has several.
    epoll: AtomicI32,
    /// Threads that may be asleep in it.
    waiting: AtomicU32,
    closed: AtomicBool,
    /// The last scan reported room to write that may have been used (`drain`).
    draining: AtomicBool,
    state: Mutex<State>,
}

impl Kqueue {
    /// A new one and its descriptor.
    pub(super) fn new() -> HostResult<(i32, Self)> {
        const EPOLL_CLOEXEC: u64 = 0x80000;
        // SAFETY: no memory is involved.
        let epoll = unsafe { host::call_n(nr::epoll_create1, [EPOLL_CLOEXEC]) }? as i32;
        let kqueue = Self {
            epoll: AtomicI32::new(epoll),
            waiting: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            state: Mutex::new(State::default()),
        };
        Ok((epoll, kqueue))
    }

    fn epoll(&self) -> i32 {
        self.epoll.load(Ordering::Acquire)
    }

    /// Carries out `changes` in order, all or none: one change, or the two that make a descriptor's knotes for reading
    /// and for writing, which cost one host call together.
    ///
    /// # Errors
    /// `ENOENT` for a knote that does not exist, `EBADF` for a descriptor that is not open, `EINVAL` for a kind that the
    /// descriptor cannot be waited for, `ENOMEM`.
    pub fn apply(&self, process: &Process, changes: &[Change]) -> HostResult<()> {
        self.open()?;
        self.state.lock().apply(process, self.epoll(), changes)
    }

    /// The descriptors in `low..=high` are about to be closed: their knotes go.
    pub(super) fn descriptors_close(&self, low: i32, high: i32) {
        self.state.lock().descriptors_close(self.epoll(), low, high);
    }

    /// One of the kqueue's own numbers is about to be closed; `other` is another of them.
    pub(super) fn number_closes(&self, objects: &Objects, fd: i32, other: Option<i32>) {
        let mut state = self.state.lock();
        match other {
            Some(other) => {
                let _ = self
                    .epoll
                    .compare_exchange(fd, other, Ordering::AcqRel, Ordering::Relaxed);
            }
            None => {
                self.closed.store(true, Ordering::Release);
                state.release(objects, fd);
                if self.waiting.load(Ordering::Acquire) != 0 {
                    state.ring_for_ever(objects, fd);
                }
            }
        }
    }

    /// A descriptor of ours has got another number.
    pub(super) fn moved(&self, old: i32, new: i32) {
        self.state.lock().moved(self.epoll(), old, new);
    }

    fn open(&self) -> HostResult<()> {
        if self.closed.load(Ordering::Acquire) {
            Err(HostErrno::EBADF)
        } else {
            Ok(())
        }
    }
}
