//! Waiting for events (kqueue_scan).

use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::sync::atomic::Ordering;

use super::event::Event;
use super::note::Scan;
use super::token::Token;
use super::{Kqueue, timer};
use crate::Cx;
use crate::host::{self, HostErrno, HostResult, Timespec, linux, nr};
use crate::objects::Objects;
use crate::signal;

/// How many events one look at epoll brings without asking for memory.
const FEW: usize = 64;
/// Descriptors of ours that epoll may report besides the program's.
const HIDDEN: usize = 8;
const CLOCK_MONOTONIC: i32 = 1;

/// Where epoll writes.
type Places = [MaybeUninit<linux::epoll_event>];

impl Kqueue {
    /// Waits until there are events, at most `timeout` (`None`: for ever; zero: not at all), and reports up to `room` of
    /// them; returns how many.
    ///
    /// `report` runs under the kqueue's lock and must not sleep or come back here.
    ///
    /// # Errors
    /// `EINTR`; `EBADF` when the kqueue is closed meanwhile; what `report` failed with.
    pub fn wait(
        &self,
        cx: &mut Cx,
        room: usize,
        timeout: Option<Timespec>,
        report: &mut dyn FnMut(&Event) -> HostResult<()>,
    ) -> HostResult<usize> {
        if room <= FEW {
            let mut few = [const { MaybeUninit::uninit() }; FEW];
            self.wait_with(cx, &mut few, room, timeout, report)
        } else {
            // No more than there are.
            let most = self.state.lock().watches.len() + HIDDEN;
            let mut many = Vec::with_capacity(room.min(most));
            self.wait_with(cx, many.spare_capacity_mut(), room, timeout, report)
        }
    }

    #[inline(always)]
    fn wait_with(
        &self,
        cx: &mut Cx,
        places: &mut Places,
        room: usize,
        timeout: Option<Timespec>,
        report: &mut dyn FnMut(&Event) -> HostResult<()>,
    ) -> HostResult<usize> {
        let mut patience = Patience::new(timeout)?;
        if self.draining.load(Ordering::Acquire) {
            self.look_for_room(&cx.process().objects);
        }
        let asked = places.len().min(room);
        loop {
            let found = match self.sleep(cx, places, asked, &patience) {
                // Not for a signal that no handler of the guest will see.
                Err(HostErrno::EINTR) if !cx.roused && signal::settle(cx.thread) => {
                    patience.refresh()?;
                    continue;
                }
                found => found?,
            };
            self.open()?;
            if found == 0 {
                return Ok(0);
            }
            let objects = &cx.process().objects;
            let found = found.min(asked);
            // SAFETY: epoll has written so many.
            let found = unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), found) };
            let count = self.harvest(objects, found, room, report)?;
            if count != 0 {
                return Ok(count);
            }
            // What epoll saw was nothing to report; the rest of the time is still to be waited.
            patience.refresh()?;
        }
    }

    #[inline(always)]
    fn sleep(
        &self,
        cx: &mut Cx,
        places: &mut Places,
        asked: usize,
        patience: &Patience,
    ) -> HostResult<usize> {
        let (epoll, events, count) = (
            self.epoll() as u64,
            places.as_mut_ptr() as u64,
            asked as u64,
        );
        match patience {
            // SAFETY: `events` has room for `count` of them.
            Patience::None => unsafe { host::call_n(nr::epoll_wait, [epoll, events, count, 0]) },
            Patience::Until { left, .. } => {
                let left = (left as *const Timespec) as u64;
                self.waiting.fetch_add(1, Ordering::AcqRel);
                // SAFETY: as above, and a valid timespec.
                let found =
                    unsafe { cx.host(nr::epoll_pwait2, [epoll, events, count, left, 0, 8]) };
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                found
            }
            Patience::Endless => {
                let endless = -1i64 as u64;
                self.waiting.fetch_add(1, Ordering::AcqRel);
                // SAFETY: as above.
                let found =
                    unsafe { cx.host(nr::epoll_pwait, [epoll, events, count, endless, 0, 8]) };
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                found
            }
        }
        .map(|found| found as usize)
    }

    // Rare: out of the way of what is waited for again and again.
    #[cold]
    #[inline(never)]
    fn look_for_room(&self, objects: &Objects) {
        let mut state = self.state.lock();
        self.draining.store(false, Ordering::Release);
        state.look_for_room(objects, self.epoll());
    }

    #[inline(always)]
    fn harvest(
        &self,
        objects: &Objects,
        found: &[linux::epoll_event],
        room: usize,
        report: &mut dyn FnMut(&Event) -> HostResult<()>,
    ) -> HostResult<usize> {
        let mut state = self.state.lock();
        let epoll = self.epoll();
        state.scans = state.scans.wrapping_add(1);
        let mut scan = Scan {
            number: state.scans,
            room,
            count: 0,
            report,
            failed: Ok(()),
        };
        for event in found {
            let news = (Token::unpack(event.data), event.events);
            state.harvest(objects, epoll, news, &mut scan);
        }
        if !state.drains.is_empty() {
            self.draining.store(true, Ordering::Release);
        }
        scan.failed.map(|()| scan.count)
    }
}

/// How long to wait still.
enum Patience {
    None,
    Endless,
    Until { end: i64, left: Timespec },
}

impl Patience {
    fn new(timeout: Option<Timespec>) -> HostResult<Self> {
        Ok(match timeout {
            None => Self::Endless,
            Some(timeout) if timeout == Timespec::default() => Self::None,
            Some(left) => Self::Until {
                end: timer::now(CLOCK_MONOTONIC)?.saturating_add(left.as_nanos()),
                left,
            },
        })
    }

    fn refresh(&mut self) -> HostResult<()> {
        if let Self::Until { end, .. } = *self {
            let left = end.saturating_sub(timer::now(CLOCK_MONOTONIC)?);
            *self = if left > 0 {
                Self::Until {
                    end,
                    left: Timespec::from_nanos(left),
                }
            } else {
                Self::None
            };
        }
        Ok(())
    }
}
