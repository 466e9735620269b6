//! What processes do besides ending: see `task::follow`.

use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

use super::event::{Kind, Life};
use super::finished::Finished;
use super::process::{Process, status};
use super::special::{Special, What};
use super::state::State;
use super::token::{Token, control};
use crate::host::{HostResult, linux};
use crate::objects::Objects;
use crate::task::follow::{self, Deed, Follower};

const IN: u32 = 1;
/// How many news of processes that nobody has heard of are kept. A child may be faster than its parent.
const EARLY: usize = 256;

/// How often, and how long each time in nanoseconds, news are waited for that are on their way.
const PATIENCE: u32 = 100;
const PAUSE: i64 = 200_000;

/// A kqueue's ear for them.
#[derive(Default)]
pub(super) struct Lives {
    /// The socket and its port.
    socket: Option<(i32, u32)>,
    early: Vec<(i32, Deed)>,
}

impl Lives {
    fn attach(&mut self, objects: &Objects, epoll: i32) -> HostResult<u32> {
        if let Some((_, port)) = self.socket {
            return Ok(port);
        }
        let (fresh, port) = follow::listen()?;
        let fd = objects.hidden.hide(fresh);
        self.socket = Some((fd, port));
        control(epoll, linux::EPOLL_CTL_ADD, fd, IN, Token::Lives)?;
        Ok(port)
    }

    /// Has process `pid` tell what it does.
    ///
    /// # Errors
    /// As [`follow::follow`].
    pub(super) fn follow(
        &mut self,
        objects: &Objects,
        epoll: i32,
        pid: i32,
        asked: Life,
    ) -> HostResult<()> {
        let port = self.attach(objects, epoll)?;
        let children = asked.any(Life::TRACK);
        follow::follow(pid, Follower { port, children })
    }

    fn hear(&mut self) -> Vec<(i32, Deed)> {
        let mut news = core::mem::take(&mut self.early);
        if let Some((socket, _)) = self.socket {
            news.extend(core::iter::from_fn(|| follow::hear(socket)));
        }
        news
    }

    fn keep(&mut self, mut early: Vec<(i32, Deed)>) {
        let old = early.len().saturating_sub(EARLY);
        early.drain(..old);
        self.early = early;
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        if let Some((fd, _)) = &mut self.socket
            && *fd == old
        {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, Token::Lives);
            let _ = control(epoll, linux::EPOLL_CTL_ADD, new, IN, Token::Lives);
            *fd = new;
        }
    }

    pub(super) fn release(&mut self, objects: &Objects, epoll: i32) {
        if let Some((fd, _)) = self.socket.take() {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, fd, 0, Token::Lives);
            objects.hidden.close(fd);
        }
    }
}

impl State {
    /// Takes in what has come.
    pub(super) fn hear_of_lives(&mut self, objects: &Objects, epoll: i32) {
        self.take_in_all(objects, epoll);
        // Whoever waited for one tells how it ended, a moment later.
        for _ in 0..PATIENCE {
            if !self
                .processes()
                .any(|(_, process)| process.ended_silently())
            {
                break;
            }
            follow::pause(PAUSE);
            self.take_in_all(objects, epoll);
        }
        // Children that had ended, and been waited for, before their birth was heard of.
        let unseen: Vec<_> = self
            .processes()
            .filter_map(|(key, process)| process.conclude().then_some(key))
            .collect();
        for key in unseen {
            self.remember_special(objects, key);
        }
    }

    fn processes(&mut self) -> impl Iterator<Item = ((Kind, u64), &mut Process)> {
        let specials = self.specials.iter_mut();
        specials.filter_map(|(key, special)| match &mut special.what {
            What::Process(process) => Some((*key, process)),
            _ => None,
        })
    }

    fn take_in_all(&mut self, objects: &Objects, epoll: i32) {
        let mut news = self.lives.hear();
        loop {
            let before = news.len();
            news.retain(|&(pid, deed)| !self.take_in(objects, epoll, pid, deed));
            if news.is_empty() || news.len() == before {
                break;
            }
        }
        self.lives.keep(news);
    }

    /// `false` when no knote is about process `pid`.
    fn take_in(&mut self, objects: &Objects, epoll: i32, pid: i32, deed: Deed) -> bool {
        let key = (Kind::Process, pid as u64);
        let Some(process) = self.process(key) else {
            return false;
        };
        match deed {
            Deed::Forked(child) => {
                process.did(Life::FORK);
                if process.asked().any(Life::TRACK)
                    && self.born(objects, epoll, child, pid).is_err()
                    && let Some(process) = self.process(key)
                {
                    process.lost_a_child();
                }
            }
            Deed::Executed => process.did(Life::EXEC),
            Deed::Ended(how) => process.told(status(how)),
        }
        self.remember_special(objects, key);
        true
    }

    /// A knote for the child like its parent's, and news of the birth (knote_fork).
    fn born(&mut self, objects: &Objects, epoll: i32, child: i32, parent: i32) -> HostResult<()> {
        let Some(Special {
            note,
            what: What::Process(process),
        }) = self.specials.get(&(Kind::Process, parent as u64))
        else {
            return Ok(());
        };
        let asked = process.asked();
        let [of_birth, of_life] = [note.like(true), note.like(false)];
        let key = (Kind::Child, child as u64);
        let birth = Finished::new(i64::from(parent), false);
        let birth = Special {
            note: of_birth,
            what: What::Finished(birth),
        };
        self.specials.insert(key, birth);
        self.remember_special(objects, key);
        let key = (Kind::Process, child as u64);
        if let Entry::Vacant(place) = self.specials.entry(key) {
            let process = Process::of_child(objects, epoll, child, asked)?;
            place.insert(Special {
                note: of_life,
                what: What::Process(process),
            });
        }
        Ok(())
    }

    /// The knote of a process.
    pub(super) fn process(&mut self, key: (Kind, u64)) -> Option<&mut Process> {
        match &mut self.specials.get_mut(&key)?.what {
            What::Process(process) => Some(process),
            _ => None,
        }
    }
}
