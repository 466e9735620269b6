//! Room to write that comes back without the host's saying so.
//!
//! A kqueue tells of room on a connection each time the other side has taken something (sowwakeup). epoll's edges tell only whoever
//! found none before. So a program that writes a piece of what it has at each event, and there was room for more, would wait
//! for ever. When room was reported as an edge, the next scan looks whether much was written since, and at the knote again if
//! so. A program that writes little writes all it has, or until there is no room: it is spared the extra events.

use alloc::vec::Vec;

use super::event::Kind;
use super::ready;
use super::state::State;
use crate::objects::Objects;

/// Bytes from which on somebody limits himself to pieces.
const MUCH: u64 = 8192;

/// A connection whose room was reported.
#[derive(Debug)]
pub(super) struct Told {
    fd: i32,
    generation: u32,
    /// [`ready::sent`] at that time.
    sent: u64,
}

/// The connections whose room the last scan reported.
pub(super) type Drains = Vec<Told>;

impl State {
    /// Room on `fd` was reported as an edge.
    pub(super) fn told_of_room(&mut self, fd: i32, generation: u32) {
        if let Some(sent) = ready::sent(fd) {
            self.drains.push(Told {
                fd,
                generation,
                sent,
            });
        }
    }

    /// Looks again at the connections whose room was reported and has been used.
    pub(super) fn look_for_room(&mut self, objects: &Objects, epoll: i32) {
        for told in core::mem::take(&mut self.drains) {
            let same = self
                .watch(told.fd)
                .is_some_and(|watch| watch.generation == told.generation);
            let much = |now: u64| now.wrapping_sub(told.sent) >= MUCH;
            if same && ready::sent(told.fd).is_some_and(much) {
                self.remember(told.fd, Kind::Write);
            }
        }
        self.ring_if_queued(objects, epoll);
    }
}
