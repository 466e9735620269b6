//! Arrivals of signals, whatever else is done about them.
//!
//! A signal that some thread takes is counted where it is delivered: a counter for each signal, and a word to the eventfd
//! that every kqueue with a knote for signals watches. One that is blocked stays pending and is delivered nowhere; a
//! signalfd tells of those, and each counts once while it is pending.

use core::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use super::note::Found;
use super::token::{Token, control};
use crate::attached;
use crate::host::{self, HostErrno, HostResult, linux, nr};
use crate::objects::Objects;
use crate::signal;
use crate::sync::Mutex;
use crate::task::Process;

const EDGE_IN: u32 = 1 << 31 | 1;

/// What a process keeps about signals for its kqueues.
pub(in crate::objects) struct Arrivals {
    /// By guest signal.
    counts: [AtomicU64; 129],
    /// An eventfd, or -1.
    told: AtomicI32,
    /// A signalfd and the host signals in it.
    blocked: Mutex<(Option<i32>, u64)>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; 129],
            told: AtomicI32::new(-1),
            blocked: Mutex::new((None, 0)),
        }
    }
}

impl Arrivals {
    fn count(&self, signal: u8) -> u64 {
        self.counts
            .get(usize::from(signal))
            .map_or(0, |count| count.load(Ordering::Acquire))
    }

    /// In a handler of the host: no locks.
    fn arrived(&self, signal: u8) {
        if let Some(count) = self.counts.get(usize::from(signal)) {
            count.fetch_add(1, Ordering::AcqRel);
        }
        let told = self.told.load(Ordering::Acquire);
        if told >= 0 {
            let one = 1u64;
            // SAFETY: eight bytes to an eventfd of ours.
            let _ = unsafe { host::call_n(nr::write, [told as u64, (&raw const one) as u64, 8]) };
        }
    }

    /// The two descriptors, made when first needed, with host signal `host` among the blocked ones that are told.
    fn descriptors(&self, objects: &Objects, host: u8) -> HostResult<(i32, i32)> {
        const CLOEXEC_NONBLOCK: u64 = 0x80800;
        let mut blocked = self.blocked.lock();
        let (fd, mask) = *blocked;
        let mask = mask | 1 << (host - 1);
        let known = fd.map_or(u64::MAX, |fd| fd as u64);
        // SAFETY: a valid 8-byte mask.
        let fd = unsafe {
            host::call_n(
                nr::signalfd4,
                [known, (&raw const mask) as u64, 8, CLOEXEC_NONBLOCK],
            )
        }? as i32;
        let fd = if known == u64::MAX {
            objects.hidden.hide(fd)
        } else {
            fd
        };
        *blocked = (Some(fd), mask);
        if self.told.load(Ordering::Acquire) < 0 {
            // SAFETY: no memory is involved.
            let told = unsafe { host::call_n(nr::eventfd2, [0, CLOEXEC_NONBLOCK]) }? as i32;
            self.told
                .store(objects.hidden.hide(told), Ordering::Release);
        }
        Ok((self.told.load(Ordering::Acquire), fd))
    }

    pub(in crate::objects) fn lock(&self) -> impl Sized + '_ {
        self.blocked.lock()
    }

    pub(in crate::objects) fn after_fork(&self) {
        *self.blocked.lock() = (None, 0);
        self.told.store(-1, Ordering::Release);
    }

    pub(in crate::objects) fn moved(&self, old: i32, new: i32) {
        let mut blocked = self.blocked.lock();
        if blocked.0 == Some(old) {
            blocked.0 = Some(new);
        }
        let _ = self
            .told
            .compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed);
    }
}

fn watcher(process: &Process, signal: u8) {
    process.objects.arrivals.arrived(signal);
}

/// What a signal that is waited for has beside its knote.
#[derive(Debug)]
pub(super) struct Signal {
    signal: u8,
    /// Its number on the host, if that has one.
    host: Option<u8>,
    /// The process's count when this knote last reported.
    seen: u64,
    /// It is pending, blocked, and has been counted; the process's count then.
    pending: Option<u64>,
    /// Arrivals counted while pending.
    extra: i64,
}

impl Signal {
    /// # Errors
    /// `EINVAL` for a number that is no signal.
    pub(super) fn new(process: &Process, ident: u64) -> HostResult<Self> {
        let signal = u8::try_from(ident)
            .ok()
            .filter(|signal| (1..=128).contains(signal))
            .ok_or(HostErrno::EINVAL)?;
        let host = attached().and_then(|personality| (personality.signal_to_host)(signal));
        // Those that cannot be caught cannot be watched either, and never arrive while there is someone to tell.
        let _ = signal::watch(process, signal, watcher);
        Ok(Self {
            signal,
            host,
            seen: process.objects.arrivals.count(signal),
            pending: None,
            extra: 0,
        })
    }

    pub(super) fn host(&self) -> Option<u8> {
        self.host
    }

    fn count(&self, arrivals: &Arrivals) -> i64 {
        let arrived = arrivals.count(self.signal).wrapping_sub(self.seen);
        i64::try_from(arrived)
            .unwrap_or(i64::MAX)
            .saturating_add(self.extra)
    }

    pub(super) fn look(&self, arrivals: &Arrivals) -> Option<Found> {
        let count = self.count(arrivals);
        (count > 0).then_some(Found::plain(count))
    }

    pub(super) fn clear(&mut self, arrivals: &Arrivals) {
        self.seen = arrivals.count(self.signal);
        self.extra = 0;
    }

    /// `pending` is the host's set of signals pending for this thread.
    pub(super) fn note_pending(&mut self, arrivals: &Arrivals, pending: u64) {
        let Some(host) = self.host else {
            return;
        };
        let arrived = arrivals.count(self.signal);
        let is_pending = pending & 1 << (host - 1) != 0;
        match self.pending {
            None if is_pending => {
                self.extra += 1;
                self.pending = Some(arrived);
            }
            Some(then) if !is_pending => {
                // Unblocked, it has arrived a second time, as it were.
                self.extra -= i64::from(arrived != then);
                self.pending = None;
            }
            _ => {}
        }
    }
}

/// Host signals pending for this thread or its process.
pub(super) fn pending() -> u64 {
    let mut pending = 0u64;
    // SAFETY: a valid 8-byte mask.
    let _ = unsafe { host::call_n(nr::rt_sigpending, [(&raw mut pending) as u64, 8]) };
    pending
}

/// One kqueue's view of the two descriptors.
#[derive(Default)]
pub(super) struct Ear {
    fds: Option<(i32, i32)>,
}

impl Ear {
    pub(super) fn attach(&mut self, objects: &Objects, epoll: i32, host: u8) -> HostResult<()> {
        let fds = objects.arrivals.descriptors(objects, host)?;
        if self.fds.is_none() {
            control(epoll, linux::EPOLL_CTL_ADD, fds.0, EDGE_IN, Token::Signals)?;
            control(
                epoll,
                linux::EPOLL_CTL_ADD,
                fds.1,
                EDGE_IN,
                Token::BlockedSignals,
            )?;
            self.fds = Some(fds);
        }
        Ok(())
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        if let Some((told, blocked)) = &mut self.fds {
            for (fd, token) in [(told, Token::Signals), (blocked, Token::BlockedSignals)] {
                if *fd == old {
                    let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, token);
                    let _ = control(epoll, linux::EPOLL_CTL_ADD, new, EDGE_IN, token);
                    *fd = new;
                }
            }
        }
    }
}
