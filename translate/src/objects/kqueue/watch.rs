//! A descriptor's knotes and the one epoll entry that serves them.

use super::event::{Change, Event, Flags, Kind, Wanted};
use super::note::{Found, Note};
use super::ready::{self, ERR, File, HUP, IN, OUT, RDHUP};
use crate::host::{self, HostErrno, HostResult, linux, nr};

const EDGE: u32 = 1 << 31;
const ONE_SHOT: u32 = 1 << 30;

/// A knote for reading or writing.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) note: Note,
    low_water: Option<i64>,
    like_poll: bool,
}

impl Side {
    fn new(change: &Change) -> Self {
        let mut side = Self {
            note: Note::new(change),
            low_water: None,
            like_poll: false,
        };
        side.details(change);
        side
    }

    fn details(&mut self, change: &Change) {
        match change.wanted {
            Wanted::Read {
                low_water,
                like_poll,
            } => (self.low_water, self.like_poll) = (low_water, like_poll),
            Wanted::Write { low_water } => self.low_water = low_water,
            Wanted::User { .. } => {}
        }
    }

    /// Whether the host's own idea of "ready" is enough.
    fn plain(&self) -> bool {
        self.low_water.is_none()
    }

    fn passes(&self, file: File, found: Found) -> bool {
        if found.eof {
            return true;
        }
        match (file, self.low_water) {
            (File::Regular, _) => self.like_poll || found.data != 0,
            (_, Some(least)) => found.data >= least,
            _ => true,
        }
    }
}

/// A descriptor.
#[derive(Debug)]
pub(super) struct Watch {
    fd: i32,
    /// Tells this use of the number from earlier ones; part of what epoll hands back.
    pub(super) generation: u32,
    pub(super) file: File,
    read: Option<Side>,
    write: Option<Side>,
    /// What epoll has been told, when it has this descriptor; 0 once it has disarmed the entry itself.
    armed: Option<u32>,
    /// The host keeps reporting what a kqueue does not (a socket not connected yet): only changes are listened for.
    parked: bool,
}

impl Watch {
    pub(super) fn new(fd: i32, generation: u32) -> Self {
        Self {
            fd,
            generation,
            file: File::Unknown,
            read: None,
            write: None,
            armed: None,
            parked: false,
        }
    }

    pub(super) fn descriptor(&self) -> i32 {
        self.fd
    }

    fn slot(&mut self, kind: Kind) -> &mut Option<Side> {
        if kind == Kind::Write {
            &mut self.write
        } else {
            &mut self.read
        }
    }

    pub(super) fn side(&mut self, kind: Kind) -> Option<&mut Side> {
        self.slot(kind).as_mut()
    }

    pub(super) fn remove(&mut self, kind: Kind) {
        *self.slot(kind) = None;
    }

    /// Makes or changes the knote that `change` names; epoll is told by [`Watch::arm`].
    ///
    /// # Errors
    /// `ENOENT` when there is none to change.
    pub(super) fn apply(&mut self, change: &Change) -> HostResult<()> {
        let slot = self.slot(change.wanted.kind());
        match slot {
            None if change.flags.has(Flags::ADD) => *slot = Some(Side::new(change)),
            None => return Err(HostErrno::ENOENT),
            Some(_) if change.flags.has(Flags::DELETE) => *slot = None,
            Some(side) => {
                side.note.change(change);
                side.details(change);
            }
        }
        // A new state of affairs: try the host's own idea again.
        self.parked = false;
        Ok(())
    }

    /// Whether nothing is left of it, in the kqueue or in epoll.
    pub(super) fn is_spent(&self) -> bool {
        self.read.is_none() && self.write.is_none() && self.armed.is_none()
    }

    fn enabled(&self) -> impl Iterator<Item = &Side> {
        [&self.read, &self.write]
            .into_iter()
            .flatten()
            .filter(|side| side.note.enabled)
    }

    /// What epoll is to be told.
    fn mask(&self) -> u32 {
        let on = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.note.enabled);
        let mut mask = 0;
        if on(&self.read) {
            mask |= IN | RDHUP;
        }
        if on(&self.write) {
            mask |= OUT;
        }
        if mask == 0 || self.file == File::Regular {
            return 0;
        }
        let once = |side: &Side| {
            side.plain()
                && (side.note.flags.has(Flags::ONCE) || side.note.flags.has(Flags::DISPATCH))
        };
        if !self.parked && self.enabled().all(once) {
            mask | ONE_SHOT
        } else if self.parked
            || self
                .enabled()
                .any(|side| side.note.flags.has(Flags::CLEAR) || !side.plain())
        {
            mask | EDGE
        } else {
            mask
        }
    }

    /// Whether epoll tells of changes only, so that what stays ready must be remembered here.
    fn on_edges(&self) -> bool {
        self.armed.is_none_or(|mask| mask == 0 || mask & EDGE != 0)
    }

    /// Tells epoll what is wanted now. With `again`, epoll looks at the descriptor anew even when nothing changed.
    ///
    /// # Errors
    /// `EPERM` for a file that epoll cannot watch; otherwise as `epoll_ctl`.
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
                other => other,
            },
        }?;
        self.armed = Some(mask);
        Ok(())
    }

    /// Takes the descriptor out of epoll.
    pub(super) fn disarm(&mut self, epoll: i32) {
        if self.armed.take().is_some() {
            let _ = self.control(epoll, linux::EPOLL_CTL_DEL, 0);
        }
    }

    fn control(&self, epoll: i32, operation: u32, mask: u32) -> HostResult<()> {
        let token = Token::Descriptor {
            fd: self.fd,
            generation: self.generation,
        };
        control(epoll, operation, self.fd, mask, token)
    }

    /// epoll reported `mask`. Reports what a kqueue would, at most `room` events, and returns which knotes are to be
    /// looked at again without epoll's doing.
    pub(super) fn harvest(
        &mut self,
        epoll: i32,
        mask: u32,
        room: usize,
        report: &mut dyn FnMut(Event),
    ) -> Again {
        if self.armed.is_some_and(|armed| armed & ONE_SHOT != 0) {
            self.armed = Some(0);
        }
        let mut again = Again::default();
        let mut room = room;
        let mut silent = true;
        for kind in [Kind::Read, Kind::Write] {
            match self.look(kind, mask) {
                Look::Not => {}
                Look::Ready(_) if room == 0 => {
                    silent = false;
                    // A level that epoll watches is reported again by itself.
                    again.note(kind, self.on_edges());
                }
                Look::Ready(found) => {
                    silent = false;
                    room -= 1;
                    if core::mem::take(&mut self.parked) {
                        let _ = self.arm(epoll, false);
                    }
                    again.note(kind, self.report(kind, found, report));
                }
            }
        }
        if silent && !self.on_edges() {
            // Or epoll would report it for ever.
            self.parked = true;
        }
        let _ = self.arm(epoll, false);
        again
    }

    /// Looks at one knote that waits in the queue; whether it is to stay there.
    pub(super) fn look_again(
        &mut self,
        epoll: i32,
        kind: Kind,
        report: &mut dyn FnMut(Event),
    ) -> bool {
        let mask = if self.file == File::Regular {
            0
        } else {
            ready::poll(self.fd, IN | OUT | RDHUP)
        };
        match self.look(kind, mask) {
            Look::Not => false,
            Look::Ready(found) => {
                let again = self.report(kind, found, report);
                let _ = self.arm(epoll, false);
                again
            }
        }
    }

    fn look(&mut self, kind: Kind, mask: u32) -> Look {
        let (fd, mut file) = (self.fd, self.file);
        let Some(side) = self.side(kind).filter(|side| side.note.enabled) else {
            return Look::Not;
        };
        let found = match kind {
            Kind::Write => ready::to_write(fd, &mut file, mask & (OUT | HUP | ERR)),
            _ => ready::to_read(fd, &mut file, mask & (IN | RDHUP | HUP | ERR)),
        };
        let found = found.filter(|found| side.passes(file, *found));
        self.file = file;
        found.map_or(Look::Not, Look::Ready)
    }

    /// Reports a knote; whether it stays ready as far as anybody knows, and nobody will tell.
    fn report(&mut self, kind: Kind, found: Found, report: &mut dyn FnMut(Event)) -> bool {
        let ident = self.fd as u64;
        let on_edges = self.on_edges() || self.file == File::Regular;
        let Some(side) = self.side(kind) else {
            return false;
        };
        report(side.note.event(ident, kind, found));
        let clear = side.note.flags.has(Flags::CLEAR);
        if !side.note.reported() {
            self.remove(kind);
            return false;
        }
        side.note.enabled && !clear && on_edges
    }
}

enum Look {
    Not,
    Ready(Found),
}

/// Which knotes of a descriptor go to the queue.
#[derive(Default)]
pub(super) struct Again {
    pub(super) read: bool,
    pub(super) write: bool,
}

impl Again {
    fn note(&mut self, kind: Kind, again: bool) {
        match kind {
            Kind::Write => self.write |= again,
            _ => self.read |= again,
        }
    }
}

/// What epoll hands back with an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// A descriptor of the guest.
    Descriptor {
        /// Its number.
        fd: i32,
        /// [`Watch::generation`], 24 bits.
        generation: u32,
    },
    /// The bell: see `bell`.
    Bell,
}

const GENERATION_BITS: u32 = 24;

impl Token {
    pub(super) fn pack(self) -> u64 {
        match self {
            Self::Descriptor { fd, generation } => {
                (u64::from(generation & ((1 << GENERATION_BITS) - 1)) << 32) | u64::from(fd as u32)
            }
            Self::Bell => 1 << 56,
        }
    }

    pub(super) fn unpack(packed: u64) -> Self {
        match packed >> 56 {
            0 => Self::Descriptor {
                fd: packed as u32 as i32,
                generation: (packed >> 32) as u32,
            },
            _ => Self::Bell,
        }
    }

    /// The generation after `generation`.
    pub(super) fn next_generation(generation: u32) -> u32 {
        (generation + 1) & ((1 << GENERATION_BITS) - 1)
    }
}

/// `epoll_ctl`.
///
/// # Errors
/// As the call.
pub(super) fn control(
    epoll: i32,
    operation: u32,
    fd: i32,
    mask: u32,
    token: Token,
) -> HostResult<()> {
    let event = linux::epoll_event {
        events: mask,
        data: token.pack(),
    };
    let args = [
        epoll as u64,
        u64::from(operation),
        fd as u64,
        (&raw const event) as u64,
    ];
    // SAFETY: a valid epoll_event.
    unsafe { host::call_n(nr::epoll_ctl, args) }.map(drop)
}
