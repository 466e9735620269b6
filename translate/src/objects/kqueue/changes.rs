//! Carrying out changes (kqueue_register).

use alloc::boxed::Box;

use super::event::{Change, Flags, Kind, Time, Wanted};
use super::finished::Finished;
use super::process;
use super::signal::Signal;
use super::special::{Special, What};
use super::state::{State, must_add};
use super::timer::Timer;
use super::token::Token;
use super::user::User;
use super::watch::Watch;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::objects::Objects;
use crate::task::Process;

// Descriptors

/// Below it, entries cost little.
const SMALL: usize = 4096;

/// Whether epoll is told when this change makes a descriptor's first knote.
fn asks_epoll(change: &Change) -> bool {
    matches!(change.wanted.kind(), Kind::Read | Kind::Write)
        && change.flags.has(Flags::ADD)
        && !change.flags.has(Flags::DISABLE)
}

impl State {
    fn watch_or_new(&mut self, fd: i32) -> Option<&mut Watch> {
        let index = fd as usize;
        if self.watches.len() <= index {
            let enough = (index + 1).next_power_of_two().max(64);
            self.watches.resize_with(enough, || None);
        }
        let next = &mut self.next_generation;
        let watch = self.watches.get_mut(index)?.get_or_insert_with(|| {
            *next = Token::next_generation(*next);
            Box::new(Watch::new(fd, *next))
        });
        Some(watch)
    }

    pub(super) fn forget_if_spent(&mut self, fd: i32) {
        if let Some(slot) = self.watches.get_mut(fd as usize)
            && let Some(watch) = slot
            && watch.is_spent()
        {
            let listening = watch.listening != 0;
            *slot = None;
            if listening {
                self.files.forget(fd);
            }
        }
    }

    pub(super) fn apply_to_descriptor(
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
        if self.watch(fd).is_none() {
            // No long table for a number that is not a descriptor. A small one epoll will look at, if it is asked.
            if fd as usize >= SMALL || !changes.iter().all(asks_epoll) {
                must_be_open(fd)?;
            }
            must_add(change)?;
        }
        let result = self.change_watch(epoll, fd, changes);
        match result {
            Ok(()) => {
                for change in changes {
                    self.after_change(objects, epoll, fd, change)?;
                }
            }
            Err(HostErrno::ENOENT) => {}
            Err(_) => {
                if let Some(watch) = self.watch(fd) {
                    for change in changes {
                        watch.remove(change.wanted.kind());
                    }
                }
            }
        }
        self.forget_if_spent(fd);
        result.map_err(|error| match error {
            HostErrno::ENOENT => must_be_open(fd).err().unwrap_or(error),
            // A cycle of kqueues.
            HostErrno::ELOOP => HostErrno::EINVAL,
            HostErrno::ENOSPC => HostErrno::ENOMEM,
            _ => error,
        })
    }

    fn change_watch(&mut self, epoll: i32, fd: i32, changes: &[Change]) -> HostResult<()> {
        let watch = self.watch_or_new(fd).ok_or(HostErrno::ENOMEM)?;
        for change in changes {
            watch.apply(change)?;
        }
        watch.arm(epoll, true)
    }

    /// What epoll does not do for a changed knote.
    fn after_change(
        &mut self,
        objects: &Objects,
        epoll: i32,
        fd: i32,
        change: &Change,
    ) -> HostResult<()> {
        let kind = change.wanted.kind();
        let Some(watch) = self.watch(fd) else {
            return Ok(());
        };
        let unseen = watch.is_regular() || kind == Kind::File;
        if unseen {
            self.rope.attach(objects, epoll)?;
        }
        if kind == Kind::File {
            self.listen(objects, epoll, fd);
        }
        if unseen || change.flags.has(Flags::FORCE_ONCE) {
            self.remember(fd, kind);
        }
        Ok(())
    }

    /// Asks inotify for what the knotes of `fd` need; what is new may have happened just before, so they are looked at
    /// once more.
    pub(super) fn listen(&mut self, objects: &Objects, epoll: i32, fd: i32) {
        let Some(watch) = self.watch(fd) else {
            return;
        };
        let wanted = watch.wants_to_hear();
        if wanted & !watch.listening == 0 {
            return;
        }
        watch.listening |= wanted;
        let listens = self.files.listen(objects, epoll, fd, wanted).is_ok();
        if listens && self.watch(fd).is_some_and(Watch::is_news) {
            self.remember(fd, Kind::Read);
        }
    }

    /// The descriptors in `low..=high` are about to be closed.
    pub(super) fn descriptors_close(&mut self, epoll: i32, low: i32, high: i32) {
        // What is no descriptor at all is closed, too: close(-1).
        let Ok(high) = usize::try_from(high) else {
            return;
        };
        let end = high.saturating_add(1).min(self.watches.len());
        for fd in low.max(0) as usize..end {
            if let Some(mut watch) = self.watches.get_mut(fd).and_then(Option::take) {
                watch.disarm(epoll);
                if watch.listening != 0 {
                    self.files.forget(fd as i32);
                }
            }
        }
    }
}

/// # Errors
/// `EBADF`.
fn must_be_open(fd: i32) -> HostResult<()> {
    const F_GETFD: u64 = 1;
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::fcntl, [fd as u64, F_GETFD]) }.map(drop)
}

// Everything else

impl State {
    pub(super) fn apply_to_special(
        &mut self,
        process: &Process,
        epoll: i32,
        change: &Change,
    ) -> HostResult<()> {
        let objects = &process.objects;
        let key = (change.wanted.kind(), change.ident);
        let Some(special) = self.specials.get_mut(&key) else {
            must_add(change)?;
            self.rope.attach(objects, epoll)?;
            let what = self.make(process, epoll, change)?;
            self.specials.insert(key, Special::new(change, what));
            self.remember_special(objects, key);
            return Ok(());
        };
        if change.flags.has(Flags::DELETE) {
            self.remove_special(objects, epoll, key);
            return Ok(());
        }
        special.note.change(change);
        match (&mut special.what, change.wanted) {
            (What::User(user), _) => user.change(change),
            (What::Process(process), Wanted::Process(asked)) => {
                let more = process.ask(asked);
                if more {
                    self.lives
                        .follow(objects, epoll, change.ident as i32, asked)?;
                }
            }
            (What::Finished(finished), _) if change.flags.has(Flags::ADD) => {
                finished.change(change);
            }
            (What::Timer(timer), Wanted::Timer(time)) if change.flags.has(Flags::ADD) => {
                // Starts over, and what it counted is gone (filt_timertouch).
                let old = timer.due();
                *timer = Timer::new(time, special.note.flags.has(Flags::ONCE))?;
                special.note.queued = false;
                let new = timer.due();
                self.clock.remove(change.ident, old);
                self.clock.add(change.ident, new);
                self.clock.set();
            }
            _ => {}
        }
        self.remember_special(objects, key);
        Ok(())
    }

    fn make(&mut self, process: &Process, epoll: i32, change: &Change) -> HostResult<What> {
        let objects = &process.objects;
        Ok(match change.wanted {
            Wanted::Timer(time) => {
                self.clock.attach(objects, epoll)?;
                let timer = Timer::new(time, once(change, time))?;
                self.clock.add(change.ident, timer.due());
                self.clock.set();
                What::Timer(timer)
            }
            Wanted::Signal => {
                let signal = Signal::new(process, change.ident)?;
                if let Some(host) = signal.host() {
                    self.ear.attach(objects, epoll, host)?;
                }
                What::Signal(signal)
            }
            Wanted::Process(asked) => {
                let mut process = process::Process::new(objects, epoll, change.ident, asked)?;
                if process.is_to_be_followed()
                    && let Err(error) =
                        self.lives
                            .follow(objects, epoll, change.ident as i32, asked)
                {
                    process.release(objects, epoll);
                    return Err(error);
                }
                What::Process(process)
            }
            Wanted::User { operand, value, .. } => What::User(User::new(operand, value)),
            Wanted::Finished { value, eof, .. } => What::Finished(Finished::new(value, eof)),
            _ => return Err(HostErrno::EINVAL),
        })
    }

    pub(super) fn remove_special(&mut self, objects: &Objects, epoll: i32, key: (Kind, u64)) {
        match self.specials.remove(&key).map(|special| special.what) {
            Some(What::Timer(timer)) => {
                self.clock.remove(key.1, timer.due());
                self.clock.set();
            }
            Some(What::Process(mut process)) => process.release(objects, epoll),
            _ => {}
        }
    }
}

fn once(change: &Change, time: Time) -> bool {
    change.flags.has(Flags::ONCE) || matches!(time, Time::At(_))
}
