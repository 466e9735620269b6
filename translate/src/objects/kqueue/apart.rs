//! Knotes for writing that stand in an epoll instance of their own, which stands in the kqueue's.
//!
//! An edge is reported with all that a descriptor is ready for. One entry for both of a connection's knotes thus finds room
//! to write with everything that arrives, and each time the host is asked how much. In an entry apart, room is an event of
//! its own, as it is for a kqueue: the host wakes those who wait for room only when there was none before.

use super::event::Flags;
use super::ready::{IN, OUT};
use super::side::Side;
use super::token::{Token, control};
use super::watch::{EDGE, Watch};
use crate::host::{self, HostResult, linux, nr};
use crate::objects::Objects;

/// How many events are taken at a time.
const FEW: usize = 64;

/// How often room to write is found with what arrives before it is waited for apart.
const OFTEN: u8 = 4;

/// Which entry of a descriptor epoll reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// The one for all knotes that do not stand apart.
    Shared,
    /// The one in `apart`, for the knote for writing.
    Apart,
}

/// The instance, once it is needed.
#[derive(Default)]
pub(super) struct Apart {
    fd: Option<i32>,
}

impl Apart {
    /// Its descriptor.
    ///
    /// # Errors
    /// `EMFILE` and the like.
    pub(super) fn attach(&mut self, objects: &Objects, epoll: i32) -> HostResult<i32> {
        const EPOLL_CLOEXEC: u64 = 0x80000;
        if let Some(fd) = self.fd {
            return Ok(fd);
        }
        // SAFETY: no memory is involved.
        let fd = unsafe { host::call_n(nr::epoll_create1, [EPOLL_CLOEXEC]) }? as i32;
        let fd = objects.hidden.hide(fd);
        if let Err(error) = control(epoll, linux::EPOLL_CTL_ADD, fd, IN, Token::Apart) {
            objects.hidden.close(fd);
            return Err(error);
        }
        self.fd = Some(fd);
        Ok(fd)
    }

    /// Tells `visit` what has happened, `most` things at most; the rest is reported again.
    pub(super) fn hear(&self, most: usize, mut visit: impl FnMut(Token, u32)) {
        let Some(fd) = self.fd else {
            return;
        };
        let mut events = [linux::epoll_event { events: 0, data: 0 }; FEW];
        let args = [
            fd as u64,
            events.as_mut_ptr() as u64,
            most.min(FEW) as u64,
            0,
        ];
        // SAFETY: there is room for so many.
        let found = unsafe { host::call_n(nr::epoll_wait, args) }.unwrap_or(0);
        for event in events.into_iter().take(found as usize) {
            visit(Token::unpack(event.data), event.events);
        }
    }

    /// Whether its number was `old`, and is `new` now.
    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) -> bool {
        let moved = self.fd == Some(old);
        if moved {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, Token::Apart);
            let _ = control(epoll, linux::EPOLL_CTL_ADD, new, IN, Token::Apart);
            self.fd = Some(new);
        }
        moved
    }

    pub(super) fn release(&mut self, objects: &Objects, epoll: i32) {
        if let Some(fd) = self.fd.take() {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, fd, 0, Token::Apart);
            objects.hidden.close(fd);
        }
    }
}

impl Watch {
    /// Having reported `mask`, whether both its knotes are edges of a connection on which there is always room.
    pub(super) fn had_better_part(&mut self, mask: u32) -> bool {
        if self.apart.is_some() || mask != IN | OUT || self.together > OFTEN {
            return false;
        }
        let [Some(read), Some(write), None] = &self.sides else {
            return false;
        };
        let edge = |side: &Side| {
            side.note.enabled
                && side.plain()
                && side.note.flags.has(Flags::CLEAR)
                && !side.note.changes_by_report()
        };
        if !edge(read) || !edge(write) {
            return false;
        }
        self.together += 1;
        self.together > OFTEN
    }

    /// Moves the knote for writing into an entry in `apart`. Where that cannot be, all stays as it is.
    pub(super) fn part(&mut self, epoll: i32, apart: i32) {
        if control(
            apart,
            linux::EPOLL_CTL_ADD,
            self.fd,
            OUT | EDGE,
            self.token(),
        )
        .is_err()
        {
            return;
        }
        self.apart = Some(apart);
        if self.arm(epoll, false).is_err() {
            self.join();
        }
    }

    /// Takes the knote for writing back; [`Watch::arm`] is to be called.
    pub(super) fn join(&mut self) {
        self.together = 0;
        if let Some(apart) = self.apart.take() {
            let _ = control(apart, linux::EPOLL_CTL_DEL, self.fd, 0, self.token());
        }
    }

    /// The instance has got another number.
    pub(super) fn apart_moved(&mut self, new: i32) {
        if let Some(apart) = &mut self.apart {
            *apart = new;
        }
    }
}
