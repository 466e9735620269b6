//! What a program asks a kqueue, and what it is told.

use crate::host::HostErrno;

/// The kinds of things that can be waited for. With an identifier, a kind names a knote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A descriptor has something to read.
    Read,
    /// A descriptor has room to write.
    Write,
    /// A file changes.
    File,
    /// The process behind a process descriptor ends.
    ProcessDescriptor,
    /// A process does something, or ends.
    Process,
    /// A process that is watched has a child.
    Child,
    /// A signal arrives at this process.
    Signal,
    /// Time passes.
    Timer,
    /// Something of the program's own.
    User,
    /// A request is over.
    Request,
    /// All requests of a list are.
    Requests,
}

impl Kind {
    /// Whether the identifier is a descriptor, so that the knote goes when that is closed.
    pub const fn of_descriptor(self) -> bool {
        matches!(
            self,
            Self::Read | Self::Write | Self::File | Self::ProcessDescriptor
        )
    }
}

/// A kind, with what exactly is asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Something to read.
    Read {
        /// Only when so many bytes are there; `None` leaves it to the file.
        low_water: Option<i64>,
        /// A file counts as ready even at its end.
        like_poll: bool,
    },
    /// Room to write.
    Write {
        /// Only when there is room for so many bytes.
        low_water: Option<i64>,
    },
    /// Some of these changes to a file.
    File(FileChanges),
    /// The end of a process, by its descriptor.
    ProcessDescriptor {
        /// Whether its end is asked for.
        exit: bool,
    },
    /// Some of what a process does, by its number.
    Process(Life),
    /// A signal.
    Signal,
    /// A time.
    Timer(Time),
    /// A change to a user event.
    User {
        /// What to do with its bits.
        operation: Bits,
        /// The operand.
        operand: u32,
        /// Let it happen.
        trigger: bool,
        /// A value handed through.
        value: i64,
    },
    /// News of what is over already. Made by ourselves on behalf of a program.
    Finished {
        /// [`Kind::Requests`] rather than [`Kind::Request`].
        list: bool,
        /// A value handed through.
        value: i64,
        /// Whether it is reported with [`Flags::EOF`].
        eof: bool,
    },
}

impl Wanted {
    /// The kind alone.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Read { .. } => Kind::Read,
            Self::Write { .. } => Kind::Write,
            Self::File(_) => Kind::File,
            Self::ProcessDescriptor { .. } => Kind::ProcessDescriptor,
            Self::Process(_) => Kind::Process,
            Self::Signal => Kind::Signal,
            Self::Timer(_) => Kind::Timer,
            Self::User { .. } => Kind::User,
            Self::Finished { list: false, .. } => Kind::Request,
            Self::Finished { list: true, .. } => Kind::Requests,
        }
    }
}

/// When a timer fires. Nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// So long after the change that makes it, and again after each such period.
    Every(i64),
    /// When the clock of the day shows so much.
    At(i64),
}

/// Ways in which a file changes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct FileChanges(u16);

impl FileChanges {
    /// None.
    pub const NONE: Self = Self(0);
    /// A name of it was removed.
    pub const DELETE: Self = Self(1);
    /// It was written, or a directory's entries changed.
    pub const WRITE: Self = Self(2);
    /// It grew.
    pub const EXTEND: Self = Self(4);
    /// Its attributes changed.
    pub const ATTRIB: Self = Self(8);
    /// Its number of names changed.
    pub const LINK: Self = Self(0x10);
    /// It was renamed.
    pub const RENAME: Self = Self(0x20);
    /// Access to it was revoked, or its file system is gone.
    pub const REVOKE: Self = Self(0x40);
    /// It was opened.
    pub const OPEN: Self = Self(0x80);
    /// A descriptor that could not write was closed.
    pub const CLOSE: Self = Self(0x100);
    /// A descriptor that could write was closed.
    pub const CLOSE_WRITE: Self = Self(0x200);
    /// It was read.
    pub const READ: Self = Self(0x400);

    /// Whether some of `other` are among them.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What a process does.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Life(u8);

impl Life {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// It ends.
    pub const EXIT: Self = Self(1);
    /// It makes a child.
    pub const FORK: Self = Self(2);
    /// It runs another program.
    pub const EXEC: Self = Self(4);
    /// Not an event but a wish: children shall be waited for as it is.
    pub const TRACK: Self = Self(8);
    /// A child could not be.
    pub const TRACK_FAILED: Self = Self(0x10);

    /// Whether some of `other` are among it.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// That of either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// That of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By itself, with this code.
    Exit(i32),
    /// By a host signal.
    Signal {
        /// Its number on the host.
        signal: u8,
        /// With a core file.
        core: bool,
    },
    /// The host does not say: it was somebody else's child.
    Unknown,
}

/// How a user event's bits change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bits {
    /// Not at all.
    Keep,
    /// Those that the operand lacks go.
    And,
    /// Those of the operand come.
    Or,
    /// They become the operand.
    Copy,
}

/// Switches of a change, and properties of a knote and of an event.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Flags(u16);

impl Flags {
    /// None.
    pub const NONE: Self = Self(0);
    /// Make the knote if there is none.
    pub const ADD: Self = Self(1);
    /// Remove it.
    pub const DELETE: Self = Self(2);
    /// Let it report.
    pub const ENABLE: Self = Self(4);
    /// Keep it from reporting.
    pub const DISABLE: Self = Self(8);
    /// Report now, and only once.
    pub const FORCE_ONCE: Self = Self(0x10);
    /// Leave its user data as they are.
    pub const KEEP_USER_DATA: Self = Self(0x20);
    /// It goes when it has reported.
    pub const ONCE: Self = Self(0x40);
    /// Its state is reset when it has reported: only what comes later is reported again.
    pub const CLEAR: Self = Self(0x80);
    /// It is disabled when it has reported.
    pub const DISPATCH: Self = Self(0x100);
    /// The change is answered by a record even when it succeeds.
    pub const RECEIPT: Self = Self(0x200);
    /// The other side is gone.
    pub const EOF: Self = Self(0x400);

    /// The switches, which a knote does not keep.
    const SWITCHES: Self = Self(0x1f);

    /// Whether all of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether some of `other` are set.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that `other` lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What a knote remembers of the change that made it.
    pub(super) const fn kept(self) -> Self {
        self.without(Self::SWITCHES)
    }
}

/// One change to a kqueue.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The descriptor, process, signal or number it is about.
    pub ident: u64,
    /// The kind and its details.
    pub wanted: Wanted,
    /// What to do.
    pub flags: Flags,
    /// Handed back with events.
    pub user_data: u64,
    /// Handed back with events.
    pub extensions: [u64; 4],
}

/// One event reported.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// What it is about.
    pub ident: u64,
    /// The knote's kind.
    pub kind: Kind,
    /// Properties of the knote, and [`Flags::EOF`].
    pub flags: Flags,
    /// What happened.
    pub news: News,
    /// A count that depends on the kind.
    pub data: i64,
    /// As given.
    pub user_data: u64,
    /// As given.
    pub extensions: [u64; 4],
}

/// What happened, beyond the kind's plain meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// Nothing more.
    Plain,
    /// The file ended with an error.
    Error(HostErrno),
    /// How the file changed.
    File(FileChanges),
    /// What the process did, and how it ended, if that is part of it.
    Life(Life, Option<Ended>),
    /// The bits of a user event.
    User(u32),
}
