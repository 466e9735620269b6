//! A knote on a descriptor that epoll can tell about: reading, writing, the end of a process.

use super::event::{Change, Flags, Kind, Life, News, Wanted};
use super::note::{Found, Note};
use super::process::how_it_ended;
use super::ready::{self, ERR, File, HUP, IN, OUT, RDHUP};

#[derive(Debug)]
pub(super) struct Side {
    pub(super) note: Note,
    kind: Kind,
    low_water: Option<i64>,
    like_poll: bool,
    exit: bool,
}

impl Side {
    pub(super) fn new(change: &Change) -> Self {
        let mut side = Self {
            note: Note::new(change),
            kind: change.wanted.kind(),
            low_water: None,
            like_poll: false,
            exit: false,
        };
        if side.kind == Kind::ProcessDescriptor {
            // A process ends once (procdesc_kqops_event).
            let once = Flags::CLEAR.with(Flags::ONCE);
            side.note.flags = side.note.flags.with(once);
        }
        side.details(change);
        side
    }

    pub(super) fn change(&mut self, change: &Change) {
        self.note.change(change);
        self.details(change);
    }

    fn details(&mut self, change: &Change) {
        match change.wanted {
            Wanted::Read {
                low_water,
                like_poll,
            } => (self.low_water, self.like_poll) = (low_water, like_poll),
            Wanted::Write { low_water } => self.low_water = low_water,
            Wanted::ProcessDescriptor { exit } => self.exit = exit,
            _ => {}
        }
    }

    /// Events of epoll that concern it.
    pub(super) fn interest(&self) -> u32 {
        match self.kind {
            Kind::Write => OUT,
            Kind::ProcessDescriptor => IN,
            _ => IN | RDHUP,
        }
    }

    /// Whether the host's own idea of "ready" is enough.
    pub(super) fn plain(&self) -> bool {
        self.low_water.is_none()
    }

    /// Looks at the descriptor; `mask` is what epoll or poll said.
    pub(super) fn look(&self, fd: i32, file: &mut File, mask: u32) -> Option<Found> {
        let mask = mask & (self.interest() | HUP | ERR);
        let found = match self.kind {
            Kind::Write => ready::to_write(fd, file, mask),
            Kind::ProcessDescriptor => self.end_of_process(fd, mask),
            _ => ready::to_read(fd, file, mask),
        };
        self.note
            .judge(found.filter(|found| self.passes(*file, *found)))
    }

    fn passes(&self, file: File, found: Found) -> bool {
        if file == File::Regular {
            return self.kind == Kind::Write || self.like_poll || found.data != 0;
        }
        found.eof || self.low_water.is_none_or(|least| found.data >= least)
    }

    fn end_of_process(&self, fd: i32, mask: u32) -> Option<Found> {
        if mask & IN == 0 || !self.exit {
            return None;
        }
        let ended = how_it_ended(fd).ok()?;
        Some(Found {
            eof: true,
            news: News::Life(Life::EXIT, Some(ended)),
            ..Found::plain(0)
        })
    }

    /// Its state after a report; `false` when it is to go.
    pub(super) fn reported(&mut self) -> bool {
        self.note.reported()
    }
}
