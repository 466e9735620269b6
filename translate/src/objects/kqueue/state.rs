//! The knotes of one kqueue.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::bell::Rope;
use super::event::{Change, Event, Flags, Kind};
use super::note::User;
use super::ready::{self, File};
use super::watch::{Again, Token, Watch};
use crate::host::{self, HostErrno, HostResult, nr};
use crate::objects::Objects;

/// Which knote stands in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Queued {
    Side {
        fd: i32,
        generation: u32,
        kind: Kind,
    },
    User(u64),
}

#[derive(Default)]
pub(super) struct State {
    /// By descriptor.
    watches: Vec<Option<Box<Watch>>>,
    next_generation: u32,
    users: BTreeMap<u64, User>,
    /// Knotes that are or may be ready without epoll's knowing.
    queue: VecDeque<Queued>,
    rope: Rope,
}

impl State {
    pub(super) fn apply(
        &mut self,
        objects: &Objects,
        epoll: i32,
        changes: &[Change],
    ) -> HostResult<()> {
        let Some(change) = changes.first() else {
            return Ok(());
        };
        match change.wanted.kind() {
            Kind::Read | Kind::Write => self.apply_to_descriptor(objects, epoll, changes)?,
            Kind::User => self.apply_to_user(objects, epoll, change)?,
        }
        self.ring_if_queued(epoll);
        Ok(())
    }

    fn ring_if_queued(&mut self, epoll: i32) {
        if !self.queue.is_empty() {
            self.rope.ring(epoll);
        }
    }

    // Descriptors

    fn watch(&mut self, fd: i32) -> Option<&mut Watch> {
        self.watches.get_mut(fd as usize)?.as_deref_mut()
    }

    fn watch_or_new(&mut self, fd: i32) -> Option<&mut Watch> {
        let index = fd as usize;
        if self.watches.len() <= index {
            self.watches.resize_with(index + 1, || None);
        }
        let next = &mut self.next_generation;
        let watch = self.watches.get_mut(index)?.get_or_insert_with(|| {
            *next = Token::next_generation(*next);
            Box::new(Watch::new(fd, *next))
        });
        Some(watch)
    }

    fn forget_if_spent(&mut self, fd: i32) {
        if let Some(slot) = self.watches.get_mut(fd as usize)
            && slot.as_ref().is_some_and(|watch| watch.is_spent())
        {
            *slot = None;
        }
    }

    fn apply_to_descriptor(
        &mut self,
        objects: &Objects,
        epoll: i32,
        changes: &[Change],
    ) -> HostResult<()> {
        let Some(change) = changes.first() else {
            return Ok(());
        };
        let fd = i32::try_from(change.ident)
            .ok()
            .filter(|&fd| !objects.hides(fd))
            .ok_or(HostErrno::EBADF)?;
        let known = self.watch(fd).is_some();
        if !known {
            // No table entry for a number that is not a descriptor.
            open(fd)?;
            if !change.flags.has(Flags::ADD) {
                return Err(HostErrno::ENOENT);
            }
        }
        let Some(watch) = self.watch_or_new(fd) else {
            return Err(HostErrno::ENOMEM);
        };
        let result = changes
            .iter()
            .try_for_each(|change| watch.apply(change))
            .and_then(|()| match watch.arm(epoll, true) {
                Err(HostErrno::EPERM) => not_pollable(watch),
                other => other,
            });
        if let Err(error) = result {
            if error != HostErrno::ENOENT {
                for change in changes {
                    watch.remove(change.wanted.kind());
                }
            }
            self.forget_if_spent(fd);
            return match error {
                HostErrno::ENOENT => open(fd).and(Err(error)),
                // A cycle of kqueues.
                HostErrno::ELOOP => Err(HostErrno::EINVAL),
                HostErrno::ENOSPC => Err(HostErrno::ENOMEM),
                _ => Err(error),
            };
        }
        if watch.file == File::Regular {
            for change in changes {
                self.queue_side(fd, change.wanted.kind());
            }
            self.rope.attach(objects, epoll)?;
        }
        self.forget_if_spent(fd);
        Ok(())
    }

    /// Puts a knote into the queue, if it is not there and may report.
    fn queue_side(&mut self, fd: i32, kind: Kind) {
        let Some(watch) = self.watch(fd) else {
            return;
        };
        let generation = watch.generation;
        if let Some(side) = watch.side(kind)
            && side.note.enabled
            && !core::mem::replace(&mut side.note.queued, true)
        {
            self.queue.push_back(Queued::Side {
                fd,
                generation,
                kind,
            });
        }
    }

    fn queue_sides(&mut self, fd: i32, again: Again) {
        if again.read {
            self.queue_side(fd, Kind::Read);
        }
        if again.write {
            self.queue_side(fd, Kind::Write);
        }
    }

    pub(super) fn descriptors_close(&mut self, epoll: i32, low: i32, high: i32) {
        let end = (high as usize).saturating_add(1).min(self.watches.len());
        let range = self.watches.get_mut(low.max(0) as usize..end);
        for slot in range.unwrap_or_default() {
            if let Some(mut watch) = slot.take() {
                watch.disarm(epoll);
            }
        }
    }

    // User events

    fn apply_to_user(&mut self, objects: &Objects, epoll: i32, change: &Change) -> HostResult<()> {
        match self.users.get_mut(&change.ident) {
            None if change.flags.has(Flags::ADD) => {
                self.rope.attach(objects, epoll)?;
                self.users.insert(change.ident, User::new(change));
            }
            None => return Err(HostErrno::ENOENT),
            Some(_) if change.flags.has(Flags::DELETE) => {
                self.users.remove(&change.ident);
            }
            Some(user) => {
                user.change(change);
                let ready = user.note.enabled
                    && (user.look().is_some() || change.flags.has(Flags::FORCE_ONCE));
                if ready && !core::mem::replace(&mut user.note.queued, true) {
                    self.queue.push_back(Queued::User(change.ident));
                }
            }
        }
        Ok(())
    }

    // Scanning

    /// epoll reported `token` with `mask`: reports events, at most `room`.
    pub(super) fn harvest(
        &mut self,
        epoll: i32,
        token: Token,
        mask: u32,
        room: usize,
        report: &mut dyn FnMut(Event),
    ) {
        match token {
            Token::Descriptor { fd, generation } => {
                let Some(watch) = self
                    .watch(fd)
                    .filter(|watch| watch.generation == generation)
                else {
                    return;
                };
                let again = watch.harvest(epoll, mask, room, report);
                self.queue_sides(fd, again);
                self.forget_if_spent(fd);
            }
            Token::Bell => {
                self.rope.heard();
                self.scan_queue(epoll, room, report);
            }
        }
        self.ring_if_queued(epoll);
    }

    fn scan_queue(&mut self, epoll: i32, room: usize, report: &mut dyn FnMut(Event)) {
        let mut room = room;
        // Knotes that stay ready go to the end, and are not looked at twice.
        for _ in 0..self.queue.len() {
            if room == 0 {
                return;
            }
            let Some(queued) = self.queue.pop_front() else {
                return;
            };
            let mut counted = |event| {
                room -= 1;
                report(event);
            };
            match queued {
                Queued::Side {
                    fd,
                    generation,
                    kind,
                } => self.look_again(epoll, fd, generation, kind, &mut counted),
                Queued::User(ident) => self.look_at_user(ident, &mut counted),
            }
        }
    }

    fn look_again(
        &mut self,
        epoll: i32,
        fd: i32,
        generation: u32,
        kind: Kind,
        report: &mut dyn FnMut(Event),
    ) {
        let Some(watch) = self
            .watch(fd)
            .filter(|watch| watch.generation == generation)
        else {
            return;
        };
        let Some(side) = watch.side(kind) else {
            return;
        };
        if core::mem::take(&mut side.note.queued) && watch.look_again(epoll, kind, report) {
            self.queue_side(fd, kind);
        }
        self.forget_if_spent(fd);
    }

    fn look_at_user(&mut self, ident: u64, report: &mut dyn FnMut(Event)) {
        let Some(user) = self.users.get_mut(&ident) else {
            return;
        };
        if !core::mem::take(&mut user.note.queued) || !user.note.enabled {
            return;
        }
        let Some(found) = user.look() else {
            return;
        };
        report(user.note.event(ident, Kind::User, found));
        if !user.reported() {
            self.users.remove(&ident);
        } else if user.note.enabled && user.look().is_some() {
            user.note.queued = true;
            self.queue.push_back(Queued::User(ident));
        }
    }

    pub(super) fn ring_for_ever(&mut self, objects: &Objects, epoll: i32) {
        self.rope.ring_for_ever(objects, epoll);
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        self.rope.moved(epoll, old, new);
    }
}

/// epoll does not take it: a file is always ready, a device cannot be waited for.
fn not_pollable(watch: &mut Watch) -> HostResult<()> {
    watch.file = ready::identify(watch.descriptor());
    if watch.file == File::Regular {
        Ok(())
    } else {
        Err(HostErrno::ENODEV)
    }
}

/// Whether `fd` is a descriptor.
fn open(fd: i32) -> HostResult<()> {
    const F_GETFD: u64 = 1;
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::fcntl, [fd as u64, F_GETFD]) }.map(drop)
}
