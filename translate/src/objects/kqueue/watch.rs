//! A descriptor's knotes and the one epoll entry that serves them.

use alloc::boxed::Box;

use super::apart::Entry;
use super::event::{Change, Flags, Kind};
use super::file::FileNote;
use super::kinds::Kinds;
use super::note::{Found, Note, Scan};
use super::process::how_it_ended;
use super::ready::{self, File, IN, OUT, RDHUP};
use super::side::Side;
use super::token::{Token, control};
use crate::host::{HostErrno, HostResult, linux};

pub(super) const EDGE: u32 = 1 << 31;
const ONE_SHOT: u32 = 1 << 30;

/// The kinds that epoll tells about, in the order in which they are reported.
const SIDES: [Kind; 3] = [Kind::Read, Kind::Write, Kind::ProcessDescriptor];

/// A descriptor.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) fd: i32,
    /// Tells this use of the number from earlier ones; part of what epoll hands back.
    pub(super) generation: u32,
    file: File,
    /// As [`SIDES`].
    pub(super) sides: [Option<Side>; 3],
    /// Changes to the file. Few have it.
    pub(super) changes: Option<Box<FileNote>>,
    /// What inotify has been asked for the file, whoever needs it.
    pub(super) listening: u32,
    /// Size and time of modification when a file was last looked at.
    written: (i64, i64, i64),
    /// What epoll has been told, when it has this descriptor; 0 once it has disarmed the entry itself.
    armed: Option<u32>,
    /// The host keeps reporting what a kqueue does not (a socket not connected yet): only changes are listened for.
    parked: bool,
    /// Room to write has just been reported as an edge, and perhaps of a connection: see `drain`.
    pub(super) roomy: bool,
    /// How often both knotes were reported together, since the guest last changed one.
    pub(super) together: u8,
    /// The instance that has the knote for writing, if it stands apart.
    pub(super) apart: Option<i32>,
}

impl Watch {
    pub(super) fn new(fd: i32, generation: u32) -> Self {
        Self {
            fd,
            generation,
            file: File::Unknown,
            sides: [None, None, None],
            changes: None,
            listening: 0,
            written: (0, 0, 0),
            armed: None,
            parked: false,
            roomy: false,
            together: 0,
            apart: None,
        }
    }

    /// Whether it is a file or directory, of which epoll knows nothing.
    pub(super) fn is_regular(&self) -> bool {
        self.file == File::Regular
    }

    fn slot(&mut self, kind: Kind) -> &mut Option<Side> {
        let [read, write, process] = &mut self.sides;
        match kind {
            Kind::Write => write,
            Kind::ProcessDescriptor => process,
            _ => read,
        }
    }

    /// The knote of a kind.
    pub(super) fn note(&mut self, kind: Kind) -> Option<&mut Note> {
        if kind == Kind::File {
            self.changes.as_mut().map(|changes| &mut changes.note)
        } else {
            self.slot(kind).as_mut().map(|side| &mut side.note)
        }
    }

    pub(super) fn remove(&mut self, kind: Kind) {
        if kind == Kind::File {
            self.changes = None;
        } else {
            *self.slot(kind) = None;
        }
    }

    /// Makes or changes the knote that `change` names; epoll is told by [`Watch::arm`], inotify by `State`.
    ///
    /// # Errors
    /// `ENOENT` when there is none to change; `EINVAL` when the descriptor cannot have one of that kind.
    pub(super) fn apply(&mut self, change: &Change) -> HostResult<()> {
        let kind = change.wanted.kind();
        let exists = self.note(kind).is_some();
        if !exists && !change.flags.has(Flags::ADD) {
            return Err(HostErrno::ENOENT);
        }
        if exists && change.flags.has(Flags::DELETE) {
            self.remove(kind);
        } else if kind == Kind::File {
            match &mut self.changes {
                Some(changes) => changes.change(change),
                None => self.changes = Some(Box::new(FileNote::new(change, self.fd)?)),
            }
        } else {
            if kind == Kind::ProcessDescriptor && !exists {
                must_be_process(self.fd)?;
            }
            match self.slot(kind) {
                Some(side) => side.change(change),
                slot => *slot = Some(Side::new(change)),
            }
        }
        // A new state of affairs: try the host's own idea again.
        self.parked = false;
        self.join();
        Ok(())
    }

    /// Whether nothing is left of it, in the kqueue or in epoll.
    pub(super) fn is_spent(&self) -> bool {
        self.armed.is_none() && self.changes.is_none() && self.sides.iter().all(Option::is_none)
    }

    fn enabled(&self) -> impl Iterator<Item = &Side> {
        self.sides.iter().flatten().filter(|side| side.note.enabled)
    }

    /// What epoll is to be told.
    fn mask(&self) -> u32 {
        let mut mask = self.enabled().fold(0, |mask, side| mask | side.interest());
        if self.apart.is_some() {
            mask &= !OUT;
        }
        if mask == 0 || self.is_regular() {
            return 0;
        }
        let once = |side: &Side| {
            side.plain()
                && (side.note.flags.has(Flags::ONCE) || side.note.flags.has(Flags::DISPATCH))
        };
        let edge = |side: &Side| side.note.flags.has(Flags::CLEAR) || !side.plain();
        if !self.parked && self.enabled().all(once) {
            mask | ONE_SHOT
        } else if self.parked || self.enabled().any(edge) {
            mask | EDGE
        } else {
            mask
        }
    }

    /// Whether nobody tells that a knote stays ready, so that it must be remembered here.
    fn must_remember(&self) -> bool {
        self.armed.is_none_or(|mask| mask == 0 || mask & EDGE != 0)
    }

    /// Tells epoll what is wanted now. With `again`, epoll looks at the descriptor anew even when nothing changed.
    ///
    /// # Errors
    /// As `epoll_ctl`; `ENODEV` for a device that cannot be waited for.
    pub(super) fn arm(&mut self, epoll: i32, again: bool) -> HostResult<()> {
        let mask = self.mask();
        match self.armed {
            None | Some(0) if mask == 0 => return Ok(()),
            Some(_) if mask == 0 => {
                self.disarm(epoll);
                return Ok(());
            }
            Some(armed) if armed == mask && !again => return Ok(()),
            Some(_) => match self.control(epoll, linux::EPOLL_CTL_MOD, mask) {
                // The file behind the number changed without our being told.
                Err(HostErrno::ENOENT) => self.control(epoll, linux::EPOLL_CTL_ADD, mask),
                other => other,
            },
            None => match self.control(epoll, linux::EPOLL_CTL_ADD, mask) {
                Err(HostErrno::EEXIST) => self.control(epoll, linux::EPOLL_CTL_MOD, mask),
                Err(HostErrno::EPERM) => return self.not_for_epoll(),
                other => other,
            },
        }?;
        self.armed = Some(mask);
        Ok(())
    }

    /// epoll does not take it: a file is always ready, a device without poll cannot be waited for.
    fn not_for_epoll(&mut self) -> HostResult<()> {
        self.file = ready::identify(self.fd);
        if self.is_regular() {
            Ok(())
        } else {
            Err(HostErrno::ENODEV)
        }
    }

    /// Takes the descriptor out of epoll.
    pub(super) fn disarm(&mut self, epoll: i32) {
        self.join();
        if self.armed.take().is_some() {
            let _ = self.control(epoll, linux::EPOLL_CTL_DEL, 0);
        }
    }

    fn control(&self, epoll: i32, operation: u32, mask: u32) -> HostResult<()> {
        control(epoll, operation, self.fd, mask, self.token())
    }

    pub(super) fn token(&self) -> Token {
        Token::Descriptor {
            fd: self.fd,
            generation: self.generation,
        }
    }

    /// epoll reported `mask` for an entry. Reports what a kqueue would, and returns which knotes are to be looked at again without
    /// epoll's doing.
    pub(super) fn harvest(
        &mut self,
        epoll: i32,
        entry: Entry,
        mask: u32,
        scan: &mut Scan,
    ) -> Kinds {
        // What epoll is told changes seldom.
        let mut changed = false;
        if self.armed.is_some_and(|armed| armed & ONE_SHOT != 0) {
            self.armed = Some(0);
            changed = true;
        }
        let mut again = Kinds::default();
        let mut silent = true;
        for kind in SIDES {
            let served = match entry {
                Entry::Shared => kind != Kind::Write || self.apart.is_none(),
                Entry::Apart => kind == Kind::Write,
            };
            if !served || self.slot(kind).is_none() {
                continue;
            }
            let Some(found) = self.look(kind, mask) else {
                continue;
            };
            silent = false;
            if core::mem::take(&mut self.parked) {
                let _ = self.arm(epoll, false);
            }
            let must_remember = self.must_remember();
            let Some(side) = self.slot(kind) else {
                continue;
            };
            let remember = if scan.passes_over(&side.note) {
                // A level that epoll watches is reported again by itself.
                must_remember
            } else {
                changed |= side.note.changes_by_report();
                self.report(kind, found, scan)
            };
            if remember {
                again.add(kind);
            }
        }
        if silent && !self.must_remember() {
            // Or epoll would report it for ever.
            self.parked = true;
            changed = true;
        }
        if changed {
            let _ = self.arm(epoll, false);
        }
        again
    }

    /// Looks at one knote that was remembered; whether it stays so.
    pub(super) fn look_again(&mut self, epoll: i32, kind: Kind, scan: &mut Scan) -> bool {
        if kind == Kind::File {
            return self.report_changes(scan);
        }
        let mask = if self.is_regular() {
            self.is_news();
            0
        } else {
            ready::poll(self.fd, IN | OUT | RDHUP)
        };
        let Some(found) = self.look(kind, mask) else {
            return false;
        };
        let again = self.report(kind, found, scan);
        let _ = self.arm(epoll, false);
        again
    }

    fn look(&mut self, kind: Kind, mask: u32) -> Option<Found> {
        let (fd, mut file) = (self.fd, self.file);
        let side = self.slot(kind).as_ref().filter(|side| side.note.enabled)?;
        let found = side.look(fd, &mut file, mask);
        self.file = file;
        found
    }

    /// Reports a knote; whether it stays ready as far as anybody knows, and nobody will tell.
    fn report(&mut self, kind: Kind, found: Found, scan: &mut Scan) -> bool {
        let ident = self.fd as u64;
        let must_remember = self.must_remember();
        let Some(side) = self.slot(kind) else {
            return false;
        };
        scan.tell(&mut side.note, ident, kind, found);
        let clear = side.note.flags.has(Flags::CLEAR);
        if !side.reported() {
            self.remove(kind);
            return false;
        }
        let enabled = side.note.enabled;
        if kind == Kind::Write && clear && enabled && !found.eof {
            self.roomy = !matches!(self.file, File::Pipe | File::Regular | File::Other);
        }
        enabled && !clear && must_remember
    }

    fn report_changes(&mut self, scan: &mut Scan) -> bool {
        let ident = self.fd as u64;
        let Some(changes) = &mut self.changes else {
            return false;
        };
        let Some(found) = changes.note.judge(changes.look()) else {
            return false;
        };
        scan.tell(&mut changes.note, ident, Kind::File, found);
        if !changes.reported() {
            self.changes = None;
            return false;
        }
        changes.note.enabled && changes.look().is_some()
    }

    /// Events of inotify that its knotes need.
    pub(super) fn wants_to_hear(&self) -> u32 {
        let [read, ..] = &self.sides;
        let growth = match read {
            Some(_) if self.is_regular() => linux::IN_MODIFY,
            _ => 0,
        };
        growth | self.changes.as_ref().map_or(0, |changes| changes.mask())
    }

    /// Whether the file was written since the last look.
    pub(super) fn is_news(&mut self) -> bool {
        let Ok(stat) = ready::stat(self.fd) else {
            return true;
        };
        let now = (
            stat.st_size,
            stat.st_mtime as i64,
            stat.st_mtime_nsec as i64,
        );
        core::mem::replace(&mut self.written, now) != now
    }

    /// inotify said `mask`; returns which knotes are to be looked at.
    pub(super) fn hear(&mut self, mask: u32, named: bool) -> Kinds {
        let mut again = Kinds::default();
        let fd = self.fd;
        if let Some(changes) = &mut self.changes
            && changes.hear(fd, mask, named)
        {
            again.add(Kind::File);
        }
        // inotify may speak of what has been reported already.
        if mask & linux::IN_MODIFY != 0 && self.is_regular() && self.is_news() {
            again.add(Kind::Read);
        }
        again
    }
}

/// # Errors
/// `EINVAL` when `fd` is not a process descriptor.
fn must_be_process(fd: i32) -> HostResult<()> {
    match how_it_ended(fd) {
        Ok(_) | Err(HostErrno::EAGAIN) => Ok(()),
        Err(error) => Err(if error == HostErrno::EBADF {
            // Its being open was seen to.
            HostErrno::EINVAL
        } else {
            error
        }),
    }
}
