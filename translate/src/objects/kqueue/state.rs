//! The knotes of one kqueue, and the queue of those that epoll does not see.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::apart::{Apart, Entry};
use super::bell::Rope;
use super::drain::Drains;
use super::event::{Change, Flags, Kind};
use super::file::Files;
use super::kinds::Kinds;
use super::lives::Lives;
use super::note::Scan;
use super::signal::Ear;
use super::special::{Special, What};
use super::timer::Clock;
use super::token::Token;
use super::watch::Watch;
use super::{signal, timer};
use crate::host::{HostErrno, HostResult};
use crate::objects::Objects;
use crate::task::Process;

/// Which knote stands in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Queued {
    OfDescriptor {
        fd: i32,
        generation: u32,
        kind: Kind,
    },
    Special(Kind, u64),
}

/// Everything behind a kqueue's lock.
#[derive(Default)]
pub(super) struct State {
    /// By descriptor.
    pub(super) watches: Vec<Option<Box<Watch>>>,
    pub(super) next_generation: u32,
    pub(super) specials: BTreeMap<(Kind, u64), Special>,
    /// Knotes that are or may be ready without epoll's knowing.
    queue: VecDeque<Queued>,
    pub(super) rope: Rope,
    pub(super) clock: Clock,
    pub(super) files: Files,
    pub(super) ear: Ear,
    pub(super) lives: Lives,
    apart: Apart,
    pub(super) drains: Drains,
    /// Counts scans.
    pub(super) scans: u32,
}

impl State {
    /// See `Kqueue::apply`.
    pub(super) fn apply(
        &mut self,
        process: &Process,
        epoll: i32,
        changes: &[Change],
    ) -> HostResult<()> {
        let Some(change) = changes.first() else {
            return Ok(());
        };
        let result = if change.wanted.kind().of_descriptor() {
            self.apply_to_descriptor(&process.objects, epoll, changes)
        } else {
            self.apply_to_special(process, epoll, change)
        };
        self.ring_if_queued(&process.objects, epoll);
        result
    }

    pub(super) fn ring_if_queued(&mut self, objects: &Objects, epoll: i32) {
        if !self.queue.is_empty() {
            self.rope.ring(objects, epoll);
        }
    }

    pub(super) fn watch(&mut self, fd: i32) -> Option<&mut Watch> {
        self.watches.get_mut(fd as usize)?.as_deref_mut()
    }

    /// Puts a descriptor's knote into the queue, if it is not there and may report.
    pub(super) fn remember(&mut self, fd: i32, kind: Kind) {
        let Some(watch) = self.watch(fd) else {
            return;
        };
        let generation = watch.generation;
        if let Some(note) = watch.note(kind)
            && note.enabled
            && !core::mem::replace(&mut note.queued, true)
        {
            self.queue.push_back(Queued::OfDescriptor {
                fd,
                generation,
                kind,
            });
        }
    }

    /// Puts another knote into the queue, if it is ready.
    pub(super) fn remember_special(&mut self, objects: &Objects, key: (Kind, u64)) {
        if let Some(special) = self.specials.get_mut(&key)
            && special.look(&objects.arrivals).is_some()
            && !core::mem::replace(&mut special.note.queued, true)
        {
            self.queue.push_back(Queued::Special(key.0, key.1));
        }
    }

    fn remember_signals(&mut self, objects: &Objects) {
        let pending = signal::pending();
        let mut heard = Vec::new();
        for (key, special) in &mut self.specials {
            if let What::Signal(signal) = &mut special.what {
                signal.note_pending(&objects.arrivals, pending);
                heard.push(*key);
            }
        }
        for key in heard {
            self.remember_special(objects, key);
        }
    }

    /// epoll reported `token` with `mask`: reports events.
    pub(super) fn harvest(
        &mut self,
        objects: &Objects,
        epoll: i32,
        (token, mask): (Token, u32),
        scan: &mut Scan,
    ) {
        match token {
            Token::Descriptor { fd, generation } => {
                let place = (epoll, Entry::Shared);
                if self.harvest_descriptor(place, (fd, generation), mask, scan) {
                    self.part(objects, epoll, fd);
                }
                self.ring_if_queued(objects, epoll);
                return;
            }
            Token::Apart => {
                self.harvest_apart(epoll, scan);
                self.ring_if_queued(objects, epoll);
                return;
            }
            Token::Bell => self.rope.heard(),
            Token::Clock => self.fire_timers(objects),
            Token::Files => self.hear_of_files(),
            Token::Signals | Token::BlockedSignals => self.remember_signals(objects),
            Token::Lives => self.hear_of_lives(objects, epoll),
            Token::Process(pid) => self.end(objects, epoll, pid),
        }
        self.scan_queue(objects, epoll, scan);
        self.clock.set();
        self.ring_if_queued(objects, epoll);
    }

    /// Whether the descriptor's knotes had better stand apart.
    fn harvest_descriptor(
        &mut self,
        (epoll, entry): (i32, Entry),
        (fd, generation): (i32, u32),
        mask: u32,
        scan: &mut Scan,
    ) -> bool {
        let Some(watch) = self.watch(fd).filter(|it| it.generation == generation) else {
            return false;
        };
        let again = watch.harvest(epoll, entry, mask, scan);
        let spent = watch.is_spent();
        let part = entry == Entry::Shared && watch.had_better_part(mask);
        let roomy = core::mem::take(&mut watch.roomy);
        self.remember_kinds(fd, again);
        if spent {
            self.forget_if_spent(fd);
        }
        if roomy {
            self.told_of_room(fd, generation);
        }
        part
    }

    fn part(&mut self, objects: &Objects, epoll: i32, fd: i32) {
        let Ok(apart) = self.apart.attach(objects, epoll) else {
            return;
        };
        if let Some(watch) = self.watch(fd) {
            watch.part(epoll, apart);
        }
    }

    fn harvest_apart(&mut self, epoll: i32, scan: &mut Scan) {
        if scan.room == 0 {
            // It is reported again.
            return;
        }
        let apart = core::mem::take(&mut self.apart);
        apart.hear(scan.room, |token, mask| {
            if let Token::Descriptor { fd, generation } = token {
                let place = (epoll, Entry::Apart);
                self.harvest_descriptor(place, (fd, generation), mask, scan);
            }
        });
        self.apart = apart;
    }

    fn remember_kinds(&mut self, fd: i32, kinds: Kinds) {
        if kinds.is_empty() {
            return;
        }
        for kind in kinds.iter() {
            self.remember(fd, kind);
        }
    }

    fn fire_timers(&mut self, objects: &Objects) {
        self.clock.rang();
        let Ok(now) = timer::now(1) else {
            return;
        };
        while let Some(ident) = self.clock.next_due(now) {
            let key = (Kind::Timer, ident);
            if let Some(Special {
                what: What::Timer(timer),
                ..
            }) = self.specials.get_mut(&key)
            {
                timer.fire(now);
                self.clock.add(ident, timer.due());
            }
            self.remember_special(objects, key);
        }
    }

    fn end(&mut self, objects: &Objects, epoll: i32, pid: i32) {
        let key = (Kind::Process, pid as u64);
        let Some(process) = self.process(key) else {
            return;
        };
        process.ended(objects, epoll, pid);
        self.hear_of_lives(objects, epoll);
        if self
            .process(key)
            .is_some_and(|process| process.look().is_some())
        {
            self.remember_special(objects, key);
        } else {
            // Nobody asked, and there is no more to come (EV_DROP).
            self.remove_special(objects, epoll, key);
        }
    }

    fn hear_of_files(&mut self) {
        for heard in self.files.hear() {
            let again = self
                .watch(heard.fd)
                .map_or_else(Kinds::default, |watch| watch.hear(heard.mask, heard.named));
            self.remember_kinds(heard.fd, again);
        }
    }

    fn scan_queue(&mut self, objects: &Objects, epoll: i32, scan: &mut Scan) {
        // Knotes that stay ready go to the end, and are not looked at twice.
        for _ in 0..self.queue.len() {
            if scan.room == 0 {
                return;
            }
            let Some(queued) = self.queue.pop_front() else {
                return;
            };
            match queued {
                Queued::OfDescriptor {
                    fd,
                    generation,
                    kind,
                } => self.look_again(objects, epoll, (fd, generation), kind, scan),
                Queued::Special(kind, ident) => {
                    self.look_at_special(objects, epoll, (kind, ident), scan);
                }
            }
        }
    }

    fn look_again(
        &mut self,
        objects: &Objects,
        epoll: i32,
        (fd, generation): (i32, u32),
        kind: Kind,
        scan: &mut Scan,
    ) {
        let Some(watch) = self.watch(fd).filter(|it| it.generation == generation) else {
            return;
        };
        let Some(note) = watch.note(kind).filter(|note| note.queued) else {
            return;
        };
        note.queued = false;
        if scan.passes_over(note) {
            self.remember(fd, kind);
            return;
        }
        let regular = watch.is_regular();
        let again = watch.look_again(epoll, kind, scan);
        let roomy = core::mem::take(&mut watch.roomy);
        if again {
            self.remember(fd, kind);
        } else if regular {
            // Nobody but inotify tells when it grows.
            self.listen(objects, epoll, fd);
        }
        if roomy {
            self.told_of_room(fd, generation);
        }
        self.forget_if_spent(fd);
    }

    fn look_at_special(
        &mut self,
        objects: &Objects,
        epoll: i32,
        key: (Kind, u64),
        scan: &mut Scan,
    ) {
        let Some(special) = self.specials.get_mut(&key) else {
            return;
        };
        if !core::mem::take(&mut special.note.queued) {
            return;
        }
        if scan.passes_over(&special.note) {
            self.remember_special(objects, key);
            return;
        }
        let Some(found) = special.look(&objects.arrivals) else {
            return;
        };
        if special.report(key, found, &objects.arrivals, scan) {
            self.remember_special(objects, key);
        } else {
            self.remove_special(objects, epoll, key);
        }
    }

    // Everything else

    pub(super) fn ring_for_ever(&mut self, objects: &Objects, epoll: i32) {
        self.rope.ring_for_ever(objects, epoll);
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        self.rope.moved(epoll, old, new);
        self.clock.moved(epoll, old, new);
        self.files.moved(epoll, old, new);
        self.ear.moved(epoll, old, new);
        self.lives.moved(epoll, old, new);
        if self.apart.moved(epoll, old, new) {
            for watch in self.watches.iter_mut().flatten() {
                watch.apart_moved(new);
            }
        }
        for ((_, ident), special) in &mut self.specials {
            if let What::Process(process) = &mut special.what {
                process.moved(epoll, *ident as i32, old, new);
            }
        }
    }

    /// The kqueue is no more: closes what is its own.
    pub(super) fn release(&mut self, objects: &Objects, epoll: i32) {
        self.clock.release(objects, epoll);
        self.files.release(objects, epoll);
        self.apart.release(objects, epoll);
        self.lives.release(objects, epoll);
        for (_, mut special) in core::mem::take(&mut self.specials) {
            if let What::Process(process) = &mut special.what {
                process.release(objects, epoll);
            }
        }
        self.watches.clear();
        self.queue.clear();
    }
}

/// # Errors
/// `ENOENT` unless the change makes its knote.
pub(super) fn must_add(change: &Change) -> HostResult<()> {
    if change.flags.has(Flags::ADD) {
        Ok(())
    } else {
        Err(HostErrno::ENOENT)
    }
}
