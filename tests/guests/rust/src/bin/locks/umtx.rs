//! `_umtx_op`, its structures, and the thread library's half of each lock: what it does without the kernel, and when it
//! calls.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use compat_guests::sys;

macro_rules! numbers {
    ($($name:ident = $value:expr),* $(,)?) => { $(pub(crate) const $name: u64 = $value;)* };
}
numbers! {
    WAIT = 2, WAKE = 3, MUTEX_TRYLOCK = 4, MUTEX_LOCK = 5, MUTEX_UNLOCK = 6, SET_CEILING = 7, CV_WAIT = 8, CV_SIGNAL = 9,
    CV_BROADCAST = 10, WAIT_UINT = 11, RW_RDLOCK = 12, RW_WRLOCK = 13, RW_UNLOCK = 14, WAIT_UINT_PRIVATE = 15,
    WAKE_PRIVATE = 16, MUTEX_WAIT = 17, MUTEX_WAKE = 18, SEM_WAIT = 19, SEM_WAKE = 20, NWAKE_PRIVATE = 21, MUTEX_WAKE2 = 22,
    SEM2_WAIT = 23, SEM2_WAKE = 24, ROBUST_LISTS = 26, GET_MIN_TIMEOUT = 27, SET_MIN_TIMEOUT = 28,
    EDEADLK = 11, EBUSY = 16, ENOTRECOVERABLE = 95, EOWNERDEAD = 96,
    CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 4,
}

/// As many as there are.
pub(crate) const ALL: u64 = 0x7fff_ffff;

pub(crate) fn op(object: u64, operation: u64, value: u64, first: u64, second: u64) -> sys::Result {
    sys::call(sys::UMTX_OP, [object, operation, value, first, second])
}

/// `struct _umtx_time`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) seconds: u64,
    pub(crate) nanoseconds: u64,
    pub(crate) flags: u32,
    pub(crate) clock: u32,
    /// Where SEM2_WAIT leaves what remains.
    pub(crate) left: [u64; 2],
}

impl Time {
    /// This long, by `clock`.
    pub(crate) fn after(nanoseconds: u64, clock: u64) -> Self {
        Self {
            seconds: nanoseconds / 1_000_000_000,
            nanoseconds: nanoseconds % 1_000_000_000,
            flags: 0,
            clock: clock as u32,
            left: [u64::MAX; 2],
        }
    }

    /// Until then, by `clock`.
    pub(crate) fn at(nanoseconds: u64, clock: u64) -> Self {
        Self {
            flags: 1,
            ..Self::after(nanoseconds, clock)
        }
    }

    pub(crate) fn address(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }
}

pub(crate) fn now(clock: u64) -> u64 {
    let time = [0u64; 2];
    sys::call(sys::CLOCK_GETTIME, [clock, time.as_ptr() as u64]).expect("clock_gettime");
    let [seconds, nanoseconds] = unsafe { (&raw const time).read_volatile() };
    seconds * 1_000_000_000 + nanoseconds
}

/// `op` with a timeout, or none.
pub(crate) fn timed(object: u64, operation: u64, value: u64, time: Option<&Time>) -> sys::Result {
    let (size, at) = time.map_or((0, 0), |time| (24, time.address()));
    op(object, operation, value, size, at)
}

pub(crate) const SHARED: u32 = 1;
pub(crate) const INHERIT: u32 = 4;
pub(crate) const PROTECT: u32 = 8;
pub(crate) const ROBUST: u32 = 0x10;
pub(crate) const NONCONSISTENT: u32 = 0x20;
pub(crate) const CONTESTED: u32 = 0x8000_0000;
pub(crate) const OWNERDEAD: u32 = 0x8000_0010;
pub(crate) const NOTRECOV: u32 = 0x8000_0011;

/// `struct umutex`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Mutex {
    pub(crate) owner: AtomicU32,
    pub(crate) flags: AtomicU32,
    pub(crate) ceilings: [AtomicU32; 2],
    pub(crate) link: AtomicU64,
    pub(crate) spare: [AtomicU32; 2],
}

impl Mutex {
    pub(crate) const fn new(flags: u32) -> Self {
        let owner = if flags & PROTECT == 0 { 0 } else { CONTESTED };
        Self {
            owner: AtomicU32::new(owner),
            flags: AtomicU32::new(flags),
            ceilings: [AtomicU32::new(0), AtomicU32::new(u32::MAX)],
            link: AtomicU64::new(0),
            spare: [const { AtomicU32::new(0) }; 2],
        }
    }

    pub(crate) fn at(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }

    pub(crate) fn owner(&self) -> u32 {
        self.owner.load(SeqCst)
    }

    fn swap(&self, old: u32, new: u32) -> bool {
        self.owner
            .compare_exchange(old, new, SeqCst, SeqCst)
            .is_ok()
    }

    /// As the library locks: by itself if it can, else it waits until the mutex looks free, and tries again.
    pub(crate) fn lock(&self, id: u32, time: Option<&Time>) -> sys::Result {
        if self.swap(0, id) {
            return Ok(0);
        }
        if self.flags.load(SeqCst) & (INHERIT | PROTECT) != 0 {
            return timed(self.at(), MUTEX_LOCK, 0, time);
        }
        let mut last = Ok(0);
        loop {
            match self.owner() {
                NOTRECOV => return Err(ENOTRECOVERABLE),
                free @ (0 | CONTESTED) if self.swap(free, id | free) => return Ok(0),
                OWNERDEAD if self.swap(OWNERDEAD, id | CONTESTED) => return Err(EOWNERDEAD),
                _ => {}
            }
            match last {
                Ok(_) | Err(sys::EINTR) => {}
                error => return error,
            }
            last = timed(self.at(), MUTEX_WAIT, 0, time);
        }
    }

    /// As the library unlocks: whether the kernel has to be called with MUTEX_WAKE2.
    pub(crate) fn leave(&self, id: u32) -> bool {
        let flags = self.flags.load(SeqCst);
        let left = if flags & NONCONSISTENT == 0 {
            0
        } else {
            NOTRECOV
        };
        loop {
            let owner = self.owner();
            assert_eq!(owner & !CONTESTED, id, "not the owner's any more");
            if self.swap(owner, left) {
                return owner & CONTESTED != 0;
            }
        }
    }

    pub(crate) fn wake2(&self) {
        let flags = u64::from(self.flags.load(SeqCst));
        op(self.at(), MUTEX_WAKE2, flags, 0, 0).expect("MUTEX_WAKE2");
    }

    pub(crate) fn unlock(&self, id: u32) {
        let flags = self.flags.load(SeqCst);
        if flags & (INHERIT | PROTECT) != 0 {
            if flags & PROTECT != 0 || !self.swap(id, 0) {
                op(self.at(), MUTEX_UNLOCK, 0, 0, 0).expect("MUTEX_UNLOCK");
            }
        } else if self.leave(id) {
            self.wake2();
        }
    }
}

/// `struct ucond`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Condition {
    pub(crate) has_waiters: AtomicU32,
    pub(crate) flags: AtomicU32,
    pub(crate) clock: AtomicU32,
    pub(crate) spare: AtomicU32,
}

impl Condition {
    pub(crate) const fn new(flags: u32) -> Self {
        Self {
            has_waiters: AtomicU32::new(0),
            flags: AtomicU32::new(flags),
            clock: AtomicU32::new(0),
            spare: AtomicU32::new(0),
        }
    }

    pub(crate) fn at(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }

    /// Waits, and locks the mutex again.
    pub(crate) fn wait(
        &self,
        mutex: &Mutex,
        id: u32,
        flags: u64,
        time: Option<&Time>,
    ) -> sys::Result {
        let at = time.map_or(0, Time::address);
        let result = op(self.at(), CV_WAIT, flags, mutex.at(), at);
        mutex.lock(id, None).expect("lock");
        result
    }

    pub(crate) fn signal(&self) {
        if self.has_waiters.load(SeqCst) != 0 {
            op(self.at(), CV_SIGNAL, 0, 0, 0).expect("CV_SIGNAL");
        }
    }

    pub(crate) fn broadcast(&self) {
        if self.has_waiters.load(SeqCst) != 0 {
            op(self.at(), CV_BROADCAST, 0, 0, 0).expect("CV_BROADCAST");
        }
    }
}

pub(crate) const PREFER_READER: u32 = 2;
pub(crate) const WRITE_OWNER: u32 = 0x8000_0000;
pub(crate) const WRITE_WAITERS: u32 = 0x4000_0000;
pub(crate) const READ_WAITERS: u32 = 0x2000_0000;
pub(crate) const READERS: u32 = 0x1fff_ffff;

/// `struct urwlock`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Rwlock {
    pub(crate) state: AtomicU32,
    pub(crate) flags: AtomicU32,
    pub(crate) blocked_readers: AtomicU32,
    pub(crate) blocked_writers: AtomicU32,
    pub(crate) spare: [AtomicU32; 4],
}

impl Rwlock {
    pub(crate) const fn new(flags: u32) -> Self {
        Self {
            state: AtomicU32::new(0),
            flags: AtomicU32::new(flags),
            blocked_readers: AtomicU32::new(0),
            blocked_writers: AtomicU32::new(0),
            spare: [const { AtomicU32::new(0) }; 4],
        }
    }

    pub(crate) fn at(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }

    fn swap(&self, old: u32, new: u32) -> bool {
        self.state
            .compare_exchange(old, new, SeqCst, SeqCst)
            .is_ok()
    }

    pub(crate) fn read(&self, time: Option<&Time>) -> sys::Result {
        let barrier = match self.flags.load(SeqCst) & PREFER_READER {
            0 => WRITE_OWNER | WRITE_WAITERS,
            _ => WRITE_OWNER,
        };
        loop {
            let state = self.state.load(SeqCst);
            if state & barrier != 0 {
                return timed(self.at(), RW_RDLOCK, 0, time);
            }
            if self.swap(state, state + 1) {
                return Ok(0);
            }
        }
    }

    pub(crate) fn write(&self, time: Option<&Time>) -> sys::Result {
        loop {
            let state = self.state.load(SeqCst);
            if state & (WRITE_OWNER | READERS) != 0 {
                return timed(self.at(), RW_WRLOCK, 0, time);
            }
            if self.swap(state, state | WRITE_OWNER) {
                return Ok(0);
            }
        }
    }

    pub(crate) fn unlock(&self) {
        if self.swap(WRITE_OWNER, 0) {
            return;
        }
        loop {
            let state = self.state.load(SeqCst);
            let last = state & READERS == 1 && state & (WRITE_WAITERS | READ_WAITERS) != 0;
            if state & WRITE_OWNER != 0 || last {
                op(self.at(), RW_UNLOCK, 0, 0, 0).expect("RW_UNLOCK");
                return;
            }
            assert_ne!(state & READERS, 0);
            if self.swap(state, state - 1) {
                return;
            }
        }
    }
}

pub(crate) const HAS_WAITERS: u32 = 0x8000_0000;

/// `struct _usem2`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Semaphore {
    pub(crate) count: AtomicU32,
    pub(crate) flags: AtomicU32,
}

impl Semaphore {
    pub(crate) const fn new(flags: u32) -> Self {
        Self {
            count: AtomicU32::new(0),
            flags: AtomicU32::new(flags),
        }
    }

    pub(crate) fn at(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }

    pub(crate) fn wait(&self, time: Option<&Time>) -> sys::Result {
        loop {
            let count = self.count.load(SeqCst);
            if count & !HAS_WAITERS == 0 {
                timed(self.at(), SEM2_WAIT, 0, time)?;
            } else if self
                .count
                .compare_exchange(count, count - 1, SeqCst, SeqCst)
                .is_ok()
            {
                return Ok(0);
            }
        }
    }

    pub(crate) fn post(&self) {
        if self.count.fetch_add(1, SeqCst) & HAS_WAITERS != 0 {
            op(self.at(), SEM2_WAKE, 0, 0, 0).expect("SEM2_WAKE");
        }
    }
}

/// `struct _usem`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct OldSemaphore {
    pub(crate) has_waiters: AtomicU32,
    pub(crate) count: AtomicU32,
    pub(crate) flags: AtomicU32,
}

impl OldSemaphore {
    pub(crate) const fn new() -> Self {
        Self {
            has_waiters: AtomicU32::new(0),
            count: AtomicU32::new(0),
            flags: AtomicU32::new(0),
        }
    }

    pub(crate) fn at(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }

    pub(crate) fn wait(&self, time: Option<&Time>) -> sys::Result {
        loop {
            let count = self.count.load(SeqCst);
            if count == 0 {
                timed(self.at(), SEM_WAIT, 0, time)?;
            } else if self
                .count
                .compare_exchange(count, count - 1, SeqCst, SeqCst)
                .is_ok()
            {
                return Ok(0);
            }
        }
    }

    pub(crate) fn post(&self) {
        self.count.fetch_add(1, SeqCst);
        if self.has_waiters.load(SeqCst) != 0 {
            op(self.at(), SEM_WAKE, 0, 0, 0).expect("SEM_WAKE");
        }
    }
}
