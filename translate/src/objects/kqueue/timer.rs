//! Timers: one timerfd for all timers of a kqueue.

use alloc::collections::BTreeSet;

use super::event::Time;
use super::note::Found;
use super::token::{Token, control};
use crate::host::{self, HostResult, Timespec, linux, nr, vdso};
use crate::objects::Objects;

const CLOCK_REALTIME: i32 = 0;
const CLOCK_MONOTONIC: i32 = 1;
const IN: u32 = 1;

/// What a timer has beside its knote.
#[derive(Debug)]
pub(super) struct Timer {
    /// When it fires next, by the monotonic clock.
    due: i64,
    /// 0: it fires once.
    period: i64,
    count: i64,
}

impl Timer {
    /// See filt_timerstart: a time of the day is converted once, and later changes to the clock do not count.
    pub(super) fn new(time: Time, once: bool) -> HostResult<Self> {
        let now = now(CLOCK_MONOTONIC)?;
        Ok(match time {
            Time::Every(period) => Self {
                due: now.saturating_add(period),
                period: if once { 0 } else { period },
                count: 0,
            },
            Time::At(time) => Self {
                due: now.saturating_add(time.saturating_sub(self::now(CLOCK_REALTIME)?).max(0)),
                period: 0,
                count: 0,
            },
        })
    }

    pub(super) fn look(&self) -> Option<Found> {
        (self.count != 0).then_some(Found::plain(self.count))
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// When it is due; `None` when it has fired for the last time.
    pub(super) fn due(&self) -> Option<i64> {
        (self.due != i64::MAX).then_some(self.due)
    }

    /// Counts what has come due by `now`, and moves on.
    pub(super) fn fire(&mut self, now: i64) {
        if self.due > now {
            return;
        }
        if self.period <= 0 {
            self.count = self.count.saturating_add(1);
            self.due = i64::MAX;
        } else {
            let times = (now - self.due) / self.period + 1;
            self.count = self.count.saturating_add(times);
            self.due = self.due.saturating_add(times.saturating_mul(self.period));
        }
    }
}

pub(super) fn now(clock: i32) -> HostResult<i64> {
    vdso::clock_gettime(clock).map(Timespec::as_nanos)
}

/// The timerfd, and which timers it serves.
#[derive(Default)]
pub(super) struct Clock {
    fd: Option<i32>,
    due: BTreeSet<(i64, u64)>,
    /// What the timerfd is set to; 0 when it is not.
    set_to: i64,
}

impl Clock {
    pub(super) fn attach(&mut self, objects: &Objects, epoll: i32) -> HostResult<()> {
        const TFD_CLOEXEC_NONBLOCK: u64 = 0x80800;
        if self.fd.is_none() {
            let args = [CLOCK_MONOTONIC as u64, TFD_CLOEXEC_NONBLOCK];
            // SAFETY: no memory is involved.
            let fd = unsafe { host::call_n(nr::timerfd_create, args) }? as i32;
            let fd = objects.hidden.hide(fd);
            self.fd = Some(fd);
            control(epoll, linux::EPOLL_CTL_ADD, fd, IN, Token::Clock)?;
        }
        Ok(())
    }

    pub(super) fn add(&mut self, ident: u64, due: Option<i64>) {
        if let Some(due) = due {
            self.due.insert((due, ident));
        }
    }

    pub(super) fn remove(&mut self, ident: u64, due: Option<i64>) {
        if let Some(due) = due {
            self.due.remove(&(due, ident));
        }
    }

    /// Takes out a timer that is due at `now`.
    pub(super) fn next_due(&mut self, now: i64) -> Option<u64> {
        let first = *self.due.first()?;
        if first.0 > now {
            return None;
        }
        self.due.remove(&first);
        Some(first.1)
    }

    /// epoll reported it: it is quiet only once it has been set anew.
    pub(super) fn rang(&mut self) {
        self.set_to = -1;
    }

    /// Sets the timerfd for the first timer due.
    pub(super) fn set(&mut self) {
        const TFD_TIMER_ABSTIME: u64 = 1;
        let Some(fd) = self.fd else {
            return;
        };
        let wanted = self.due.first().map_or(0, |(due, _)| (*due).max(1));
        if wanted == self.set_to {
            return;
        }
        self.set_to = wanted;
        let value = [Timespec::default(), Timespec::from_nanos(wanted)];
        let args = [fd as u64, TFD_TIMER_ABSTIME, (&raw const value) as u64, 0];
        // SAFETY: a valid itimerspec.
        let _ = unsafe { host::call_n(nr::timerfd_settime, args) };
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        if self.fd == Some(old) {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, Token::Clock);
            let _ = control(epoll, linux::EPOLL_CTL_ADD, new, IN, Token::Clock);
            self.fd = Some(new);
        }
    }

    pub(super) fn release(&mut self, objects: &Objects, epoll: i32) {
        if let Some(fd) = self.fd.take() {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, fd, 0, Token::Clock);
            objects.hidden.close(fd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timer;

    #[test]
    fn a_period_that_was_missed_is_counted() {
        let mut timer = Timer {
            due: 100,
            period: 10,
            count: 0,
        };
        timer.fire(99);
        assert_eq!((timer.count, timer.due()), (0, Some(100)));
        timer.fire(100);
        assert_eq!((timer.count, timer.due()), (1, Some(110)));
        timer.fire(135);
        assert_eq!((timer.count, timer.due()), (4, Some(140)));
    }

    #[test]
    fn a_single_timer_fires_once() {
        let mut timer = Timer {
            due: 100,
            period: 0,
            count: 0,
        };
        timer.fire(5000);
        timer.fire(i64::MAX - 1);
        assert_eq!((timer.count, timer.due()), (1, None));
    }

    #[test]
    fn times_beyond_the_clock_never_come() {
        let mut timer = Timer {
            due: i64::MAX,
            period: i64::MAX,
            count: 0,
        };
        timer.fire(i64::MAX - 1);
        assert_eq!((timer.count, timer.due()), (0, None));
    }
}
