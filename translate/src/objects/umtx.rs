//! Sleeping on words of guest memory: queues of threads, found by the address or by what memory is behind it.
//!
//! A queue here is the host's futex queue of one 32-bit word, and nothing else: no state of ours says who sleeps. That
//! is what lets processes share a queue, and what a thread that is killed in its sleep cannot damage. In exchange there
//! is no way to join a queue first and look at memory then, as guest kernels do it. The host compares one word with one
//! value in the moment of joining, so every protocol built on this must change that word before it wakes anybody.

use crate::cx::Cx;
use crate::host::{HostErrno, HostResult, Timespec, call_n, nr};

/// Who can meet in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Threads that share an address space, by the word's address.
    Process,
    /// All threads that see the same word of shared memory, wherever they map it. Of memory that is not shared, the
    /// threads of one process; they do not meet those of [`Scope::Process`].
    Memory,
}

/// The queue of the threads that sleep on one word.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    address: u64,
    scope: Scope,
}

/// How a sleep ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// By [`Queue::wake`], or for no reason.
    Woken,
    /// It never began: the word was another.
    Changed,
    /// The time came, and nobody had woken the thread until then.
    TimedOut,
    /// A guest signal waits, and nobody had woken the thread until it came; or the thread is not to sleep now.
    Interrupted,
}

/// A point in time at which a sleep ends.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// When.
    pub at: Timespec,
    /// Whether on the host's `CLOCK_REALTIME`, which can be set; else on its `CLOCK_MONOTONIC`.
    pub realtime: bool,
}

/// Every sleeper of a queue, for [`Queue::wake`].
pub const ALL: u32 = i32::MAX as u32;
/// Sleepers of a queue may be divided into channels: this is every channel.
pub const ANY: u32 = u32::MAX;

const FUTEX_WAKE: u64 = 1;
const FUTEX_REQUEUE: u64 = 3;
const FUTEX_WAIT_BITSET: u64 = 9;
const FUTEX_WAKE_BITSET: u64 = 10;
const FUTEX_PRIVATE: u64 = 128;
const FUTEX_CLOCK_REALTIME: u64 = 256;

/// `struct futex_waitv`.
#[repr(C)]
struct Waiter {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

impl Queue {
    /// The queue of the word at `address`.
    pub fn new(address: u64, scope: Scope) -> Self {
        Self { address, scope }
    }

    fn private(self) -> u64 {
        match self.scope {
            Scope::Process => FUTEX_PRIVATE,
            Scope::Memory => 0,
        }
    }

    /// Sleeps if the word is `expected`, in one step with joining the queue, until a wake-up for one of `channels`.
    ///
    /// # Errors
    /// `EFAULT` for a word that cannot be read, `EINVAL` for an address that is no multiple of 4.
    pub fn sleep(
        self,
        cx: &mut Cx,
        expected: u32,
        channels: u32,
        until: Option<&Until>,
    ) -> HostResult<End> {
        let (clock, at) = match until {
            Some(until) if until.realtime => (FUTEX_CLOCK_REALTIME, (&raw const until.at) as u64),
            Some(until) => (0, (&raw const until.at) as u64),
            None => (0, 0),
        };
        let operation = FUTEX_WAIT_BITSET | self.private() | clock;
        let args = [
            self.address,
            operation,
            u64::from(expected),
            at,
            0,
            u64::from(channels),
        ];
        // SAFETY: the kernel checks the guest's word; the time is a valid timespec or absent.
        let result = unsafe { cx.host(nr::futex, args) };
        end(cx, result)
    }

    /// [`Queue::sleep`] for a word of 64 bits. Wake-ups are those of its lower half.
    ///
    /// # Errors
    /// As [`Queue::sleep`].
    pub fn sleep_long(self, cx: &mut Cx, expected: u64, until: Option<&Until>) -> HostResult<End> {
        const FUTEX2_SIZE_U32: u32 = 2;
        const CLOCK_REALTIME: u64 = 0;
        const CLOCK_MONOTONIC: u64 = 1;
        // Both halves are compared; that nobody wakes the upper one does not matter.
        let half = |value: u64, address: u64| Waiter {
            value: value & 0xffff_ffff,
            address,
            flags: FUTEX2_SIZE_U32 | self.private() as u32,
            reserved: 0,
        };
        let waiters = [
            half(expected, self.address),
            half(expected >> 32, self.address.wrapping_add(4)),
        ];
        let (clock, at) = match until {
            Some(until) if until.realtime => (CLOCK_REALTIME, (&raw const until.at) as u64),
            Some(until) => (CLOCK_MONOTONIC, (&raw const until.at) as u64),
            None => (CLOCK_MONOTONIC, 0),
        };
        let args = [waiters.as_ptr() as u64, 2, 0, at, clock, 0];
        // SAFETY: two valid waiters; the kernel checks the guest's words.
        match unsafe { cx.host(nr::futex_waitv, args) } {
            Err(HostErrno::ENOSYS | HostErrno::EPERM) => {
                self.sleep_on_lower_half(cx, expected, until)
            }
            result => end(cx, result),
        }
    }

    /// For hosts before Linux 5.16, which compare 32 bits only: a change of the upper half alone, between the look and
    /// the sleep, is noticed a moment later.
    fn sleep_on_lower_half(
        self,
        cx: &mut Cx,
        expected: u64,
        until: Option<&Until>,
    ) -> HostResult<End> {
        const MOMENT: i64 = 20_000_000;
        loop {
            if crate::guest::load_u64(self.address)? != expected {
                return Ok(End::Changed);
            }
            let moment = Until::from_now(MOMENT)?;
            let (step, last) = match until {
                Some(until) if until.remaining()? <= MOMENT => (until, true),
                _ => (&moment, false),
            };
            match self.sleep(cx, expected as u32, ANY, Some(step))? {
                End::TimedOut if !last => {}
                end => return Ok(end),
            }
        }
    }

    /// Wakes up to `count` sleepers; returns how many. The guest's memory is not looked at.
    pub fn wake(self, count: u32) -> u32 {
        self.call([FUTEX_WAKE, u64::from(count), 0, 0, 0])
    }

    /// [`Queue::wake`] for those who sleep on one of `channels`.
    pub fn wake_channels(self, count: u32, channels: u32) -> u32 {
        self.call([
            FUTEX_WAKE_BITSET,
            u64::from(count),
            0,
            0,
            u64::from(channels),
        ])
    }

    /// How many sleep here at the moment. Those about to are not counted.
    pub fn sleepers(self) -> u32 {
        // Moving all of them to where they are, which the host allows, is the only way to count them.
        self.call([FUTEX_REQUEUE, 0, u64::from(ALL), self.address, 0])
    }

    fn call(self, [operation, count, second, other, bits]: [u64; 5]) -> u32 {
        let operation = operation | self.private();
        // SAFETY: the kernel checks the address and writes nothing.
        let result = unsafe {
            call_n(
                nr::futex,
                [self.address, operation, count, second, other, bits],
            )
        };
        // Nobody sleeps at an address that is none.
        result.map_or(0, |count| count as u32)
    }
}

fn end(cx: &Cx, result: HostResult) -> HostResult<End> {
    match result {
        Ok(_) => Ok(End::Woken),
        Err(HostErrno::EAGAIN) => Ok(End::Changed),
        Err(HostErrno::ETIMEDOUT) => Ok(End::TimedOut),
        Err(HostErrno::EINTR) if cx.thread.signal_waiting() || cx.roused => Ok(End::Interrupted),
        Err(HostErrno::EINTR) => Ok(End::Woken),
        Err(error) => Err(error),
    }
}

impl Until {
    /// `nanos` from now.
    ///
    /// # Errors
    /// None in practice.
    pub fn from_now(nanos: i64) -> HostResult<Self> {
        let now = crate::host::vdso::clock_gettime(1)?;
        Ok(Self {
            at: Timespec::from_nanos(now.as_nanos().saturating_add(nanos)),
            realtime: false,
        })
    }

    /// Nanoseconds from now until then; negative when it is over.
    ///
    /// # Errors
    /// None in practice.
    pub fn remaining(&self) -> HostResult<i64> {
        let now = crate::host::vdso::clock_gettime(i32::from(!self.realtime))?;
        Ok(self.at.as_nanos().saturating_sub(now.as_nanos()))
    }
}
