//! Kernel objects that Linux lacks, in neutral terms: no guest's numbers or layouts here.

pub mod companion;
mod held;
mod hidden;
pub mod kqueue;
pub mod line;
mod notices;
mod recent;
pub mod semaphore;
pub mod umtx;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::host::HostResult;
use crate::signal::SigInfo;
use crate::sync::Mutex;
use crate::task::Thread;
use held::HeldProcesses;
use hidden::Hidden;
use kqueue::{Arrivals, Kqueue, Shared};
pub use notices::Notice;
use notices::Notices;
pub(crate) use recent::Recent;
use recent::Stamp;
pub use recent::Used;

/// The objects of one process.
#[derive(Default)]
pub struct Objects {
    hidden: Hidden,
    kqueues: Mutex<Vec<(i32, Arc<Kqueue>)>>,
    /// How many entries `kqueues` has: most programs have none, and closing a file must not cost them a lock.
    kqueue_count: AtomicUsize,
    kqueues_stamp: Stamp,
    shared: Shared,
    arrivals: Arrivals,
    held: HeldProcesses,
    notices: Notices,
}

impl Objects {
    /// Where in an object of this type stands the smallest number that [`Objects::hides`], a 32-bit word.
    pub(crate) const LOWEST_HIDDEN: usize = core::mem::offset_of!(Self, hidden) + Hidden::LOWEST;
    /// Where stands how many kqueues there are; with [`Objects::HELD_COUNT`] all that closing a descriptor asks.
    pub(crate) const KQUEUE_COUNT: usize = core::mem::offset_of!(Self, kqueue_count);
    /// Where stands how many descriptors hold processes.
    pub(crate) const HELD_COUNT: usize = core::mem::offset_of!(Self, held) + HeldProcesses::COUNT;

    /// Whether descriptor `fd` is one of ours, which the guest must not see.
    #[inline]
    pub fn hides(&self, fd: i32) -> bool {
        self.hidden.contains(fd)
    }

    /// The descriptors that [`Objects::hides`], in ascending order.
    pub fn hidden(&self) -> Vec<i32> {
        self.hidden.all()
    }

    /// To be called before descriptor `fd` is closed, or replaced by another file.
    #[inline]
    pub fn closing(&self, fd: i32) {
        if self.kqueue_count.load(Ordering::Acquire) != 0 {
            self.forget(fd, fd);
        }
        if self.held.any() {
            self.held.closing(fd, fd);
        }
    }

    /// [`Objects::closing`] for every descriptor in `low..=high`.
    pub fn closing_range(&self, low: u32, high: u32) {
        let last = |fd: u32| i32::try_from(fd).unwrap_or(i32::MAX);
        if self.kqueue_count.load(Ordering::Acquire) != 0 {
            self.forget(last(low), last(high));
        }
        if self.held.any() {
            self.held.closing(last(low), last(high));
        }
    }

    /// Notes that descriptor `fd` stands for process `pid`, which is killed when the last such descriptor is closed,
    /// unless it `stays`.
    pub fn hold_process(&self, fd: i32, pid: i32, stays: bool) {
        self.held.add(fd, pid, stays);
    }

    /// To be called before the process ends by itself: its descriptors are closed then.
    pub fn ending(&self) {
        if self.held.any() {
            self.held.closing(0, i32::MAX);
        }
    }

    fn forget(&self, low: i32, high: i32) {
        let mut kqueues = self.kqueues.lock();
        for (_, kqueue) in kqueues.iter() {
            kqueue.descriptors_close(low, high);
        }
        let closing = |fd: i32| (low..=high).contains(&fd);
        let gone: Vec<_> = kqueues.extract_if(.., |(fd, _)| closing(*fd)).collect();
        self.kqueues_changed(kqueues.len());
        for (fd, kqueue) in gone {
            let other = kqueues
                .iter()
                .find(|(_, other)| Arc::ptr_eq(other, &kqueue));
            kqueue.number_closes(self, fd, other.map(|(fd, _)| *fd));
        }
    }

    /// To be called after `copy` became another descriptor of the file that `fd` is.
    #[inline]
    pub fn duplicated(&self, fd: i32, copy: i32) {
        if self.held.any() {
            self.held.duplicated(fd, copy);
        }
        if self.kqueue_count.load(Ordering::Acquire) != 0
            && let Some(kqueue) = self.kqueue(fd)
        {
            let mut kqueues = self.kqueues.lock();
            kqueues.retain(|(known, _)| *known != copy);
            kqueues.push((copy, kqueue));
            self.kqueues_changed(kqueues.len());
        }
    }

    /// To be called before the guest puts a file of its own at number `fd`: if that is ours, ours moves away.
    ///
    /// # Errors
    /// `EMFILE` when the table has no other room.
    pub fn make_room(&self, fd: i32) -> HostResult<()> {
        if !self.hides(fd) {
            return Ok(());
        }
        let kqueues = self.kqueues.lock();
        let new = self.hidden.copy_elsewhere(fd)?;
        self.shared.moved(fd, new);
        self.arrivals.moved(fd, new);
        self.notices.moved(fd, new);
        for (_, kqueue) in kqueues.iter() {
            kqueue.moved(fd, new);
        }
        hidden::close(fd);
        Ok(())
    }

    /// Asks a message queue for a notice when a message comes; instead of `mq_notify` with a signal.
    ///
    /// # Errors
    /// As `mq_notify` and `socket`.
    pub fn notice(&self, notice: Notice) -> HostResult<()> {
        self.notices.ask(&self.hidden, notice)
    }

    /// Whether a SIGSYS with this information was about notices; they are given.
    pub(crate) fn arrived(&self, info: &SigInfo) -> bool {
        self.notices.arrived(info)
    }

    /// Makes a kqueue; returns its descriptor, which is close-on-exec.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new_kqueue(&self) -> HostResult<i32> {
        let mut kqueues = self.kqueues.lock();
        let (fd, kqueue) = Kqueue::new()?;
        // A number that was closed behind our back.
        kqueues.retain(|(known, _)| *known != fd);
        kqueues.push((fd, Arc::new(kqueue)));
        self.kqueues_changed(kqueues.len());
        Ok(fd)
    }

    /// With the table locked.
    fn kqueues_changed(&self, count: usize) {
        self.kqueue_count.store(count, Ordering::Release);
        self.kqueues_stamp.renew();
    }

    /// The kqueue that descriptor `fd` is, for the calling thread to use and to [`Used::keep`].
    pub fn use_kqueue(&self, thread: &Thread, fd: i32) -> Option<Used> {
        thread.recent.take(fd, &self.kqueues_stamp).or_else(|| {
            // Before the look: a change after it is noticed.
            let stamp = self.kqueues_stamp.now();
            Some(Used::new(fd, stamp, self.kqueue(fd)?))
        })
    }

    /// The kqueue that descriptor `fd` is.
    pub fn kqueue(&self, fd: i32) -> Option<Arc<Kqueue>> {
        let kqueues = self.kqueues.lock();
        kqueues
            .iter()
            .find(|(known, _)| *known == fd)
            .map(|(_, kqueue)| Arc::clone(kqueue))
    }

    /// Holds everything still that a child will look at, while the process is copied. Take it before the heap's lock:
    /// those who hold these locks allocate.
    pub(crate) fn lock_for_fork(&self) -> impl Sized + '_ {
        (
            self.kqueues.lock(),
            self.shared.lock(),
            self.arrivals.lock(),
            self.hidden.lock(),
            self.held.lock(),
        )
    }

    /// Called in a forked child: drops what a child does not inherit.
    pub fn after_fork(&self) {
        // Everything below has a descriptor; without any, nothing is touched.
        if self.kqueue_count.load(Ordering::Acquire) == 0 && !self.hidden.any() {
            return;
        }
        let mut kqueues = self.kqueues.lock();
        for (fd, kqueue) in core::mem::take(&mut *kqueues) {
            hidden::close(fd);
            // Another thread of the parent may have been at work on it: its memory is not fit to be taken apart.
            core::mem::forget(kqueue);
        }
        self.kqueues_changed(0);
        self.shared.after_fork();
        self.arrivals.after_fork();
        self.notices.after_fork();
        self.hidden.close_all();
    }
}
