//! Timeouts: `struct timespec` and `struct _umtx_time` (umtx_copyin_umtx_time, umtx_abs_timeout_init).

use core::sync::atomic::{AtomicI64, Ordering};

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{clock_id::*, umtx_time_flags::UMTX_ABSTIME};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{HostErrno, Timespec};
use compat_translate::objects::umtx::{End, Queue, Until};

use crate::abi::time::{GuestTimespec, is_proper, timespec};
use crate::abi::umtx::UmtxTime;
use crate::calls::clock;
use crate::error::Return;

/// A timeout as the guest gave it.
#[derive(Clone, Copy)]
pub(super) struct Timeout {
    time: Timespec,
    absolute: bool,
    clock: i32,
}

impl Timeout {
    /// The timeout at `address`, `size` bytes long: a relative timespec, or `struct _umtx_time`.
    pub(super) fn read(size: u64, address: u64) -> Return<Option<Self>> {
        if size <= size_of::<GuestTimespec>() as u64 {
            return Self::read_interval(address);
        }
        if address == 0 {
            return Ok(None);
        }
        let given: UmtxTime = guest::read(address)?;
        let absolute = given._flags & UMTX_ABSTIME != 0;
        Self::new(given._timeout, absolute, given._clockid as i32).map(Some)
    }

    /// The timespec at `address`: so long from now.
    pub(super) fn read_interval(address: u64) -> Return<Option<Self>> {
        Self::read_timespec(address, false, CLOCK_REALTIME)
    }

    /// The timespec at `address`.
    pub(super) fn read_timespec(address: u64, absolute: bool, clock: i32) -> Return<Option<Self>> {
        if address == 0 {
            return Ok(None);
        }
        Self::new(guest::read(address)?, absolute, clock).map(Some)
    }

    fn new(time: GuestTimespec, absolute: bool, clock: i32) -> Return<Self> {
        let [sec, _] = time;
        if sec < 0 || !is_proper(time) {
            return Err(Errno::EINVAL.into());
        }
        Ok(Self {
            time: timespec(time),
            absolute,
            clock,
        })
    }

    pub(super) fn is_absolute(self) -> bool {
        self.absolute
    }

    /// Fixes the moment it stands for.
    pub(super) fn start(self) -> Return<Deadline> {
        let realtime = matches!(
            self.clock,
            CLOCK_REALTIME | CLOCK_REALTIME_PRECISE | CLOCK_REALTIME_FAST | CLOCK_SECOND
        );
        let monotonic = matches!(
            self.clock,
            CLOCK_MONOTONIC
                | CLOCK_MONOTONIC_PRECISE
                | CLOCK_MONOTONIC_FAST
                | CLOCK_UPTIME
                | CLOCK_UPTIME_PRECISE
                | CLOCK_UPTIME_FAST
        );
        if self.absolute && (realtime || monotonic) {
            return Ok(Deadline::Clock(Until {
                at: self.time,
                realtime,
            }));
        }
        if realtime || monotonic {
            // An interval goes by whatever the time of day is set to meanwhile.
            return Ok(Deadline::Clock(Until::from_now(self.time.as_nanos())?));
        }
        let begin = if self.absolute {
            0
        } else {
            clock::now(self.clock)?.as_nanos()
        };
        Ok(Deadline::Looked {
            clock: self.clock,
            at: begin.saturating_add(self.time.as_nanos()),
        })
    }
}

/// When a sleep ends.
#[derive(Clone, Copy)]
pub(super) enum Deadline {
    /// On a clock that the host can sleep by.
    Clock(Until),
    /// On a clock that has to be looked at (processor time): its id, nanoseconds.
    Looked { clock: i32, at: i64 },
}

impl Deadline {
    /// Nanoseconds left; none or less when it is over.
    pub(super) fn remaining(self) -> Return<i64> {
        Ok(match self {
            Self::Clock(until) => until.remaining()?,
            Self::Looked { clock, at } => at.saturating_sub(clock::now(clock)?.as_nanos()),
        })
    }

    /// What to ask the host for; `None` when it is over.
    pub(super) fn until(self) -> Return<Option<Until>> {
        let shortest = SHORTEST.load(Ordering::Relaxed);
        match self {
            Self::Clock(until) if shortest != 0 && shortest > until.remaining()? => {
                Ok(Some(Until::from_now(shortest)?))
            }
            Self::Clock(until) => Ok(Some(until)),
            // umtx_abs_timeout_getsbt: sleep as long as it takes at least, then look again.
            Self::Looked { .. } => match self.remaining()? {
                ..=0 => Ok(None),
                remaining => Ok(Some(Until::from_now(remaining)?)),
            },
        }
    }
}

/// Sleeps in `queue` while its word is `expected`.
pub(super) fn sleep(
    cx: &mut Cx,
    queue: Queue,
    expected: u32,
    channels: u32,
    deadline: Option<Deadline>,
) -> Return<End> {
    by(deadline, |until| queue.sleep(cx, expected, channels, until))
}

/// [`sleep`] for a word of 64 bits.
pub(super) fn sleep_long(
    cx: &mut Cx,
    queue: Queue,
    expected: u64,
    deadline: Option<Deadline>,
) -> Return<End> {
    by(deadline, |until| queue.sleep_long(cx, expected, until))
}

/// Sleeps by whatever the deadline asks of the host, as often as that takes.
pub(super) fn by(
    deadline: Option<Deadline>,
    mut sleep: impl FnMut(Option<&Until>) -> Result<End, HostErrno>,
) -> Return<End> {
    let Some(deadline) = deadline else {
        return Ok(sleep(None)?);
    };
    while let Some(until) = deadline.until()? {
        match (sleep(Some(&until))?, deadline) {
            (End::TimedOut, Deadline::Looked { .. }) => {}
            (end, _) => return Ok(end),
        }
    }
    Ok(End::TimedOut)
}

/// The error of a sleep that nobody ended.
pub(super) fn failure(end: End) -> Option<Errno> {
    match end {
        End::Woken | End::Changed => None,
        End::TimedOut => Some(Errno::ETIMEDOUT),
        End::Interrupted => Some(Errno::EINTR),
    }
}

/// `p_umtx_min_timeout`: no sleep that may time out is shorter, in nanoseconds. A forked child keeps it, an execve does
/// not.
static SHORTEST: AtomicI64 = AtomicI64::new(0);

pub(super) fn shortest(address: u64) -> Return<()> {
    Ok(guest::write(address, &SHORTEST.load(Ordering::Relaxed))?)
}

pub(super) fn set_shortest(nanos: u64) -> Return<()> {
    SHORTEST.store(i64::try_from(nanos).unwrap_or(i64::MAX), Ordering::Relaxed);
    Ok(())
}
