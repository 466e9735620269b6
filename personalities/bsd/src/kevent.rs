//! `struct kevent` as a change to a kqueue, and events as `struct kevent`.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::ev_flags::{
    EV_ADD, EV_CLEAR, EV_DELETE, EV_DISABLE, EV_DISPATCH, EV_ENABLE, EV_EOF, EV_ERROR,
    EV_FORCEONESHOT, EV_KEEPUDATA, EV_ONESHOT, EV_RECEIPT,
};
use compat_tables::bsd::flags::evfilt::{
    EVFILT_AIO, EVFILT_EMPTY, EVFILT_FS, EVFILT_LIO, EVFILT_PROC, EVFILT_PROCDESC, EVFILT_READ,
    EVFILT_SENDFILE, EVFILT_SIGNAL, EVFILT_TIMER, EVFILT_USER, EVFILT_VNODE, EVFILT_WRITE,
};
use compat_tables::bsd::flags::note_proc::{
    NOTE_CHILD, NOTE_EXEC, NOTE_EXIT, NOTE_FORK, NOTE_TRACK, NOTE_TRACKERR,
};
use compat_tables::bsd::flags::note_rw::{NOTE_FILE_POLL, NOTE_LOWAT};
use compat_tables::bsd::flags::note_timer::{
    NOTE_ABSTIME, NOTE_MSECONDS, NOTE_NSECONDS, NOTE_SECONDS, NOTE_USECONDS,
};
use compat_tables::bsd::flags::note_user::{
    NOTE_FFAND, NOTE_FFCOPY, NOTE_FFNOP, NOTE_FFOR, NOTE_TRIGGER,
};
use compat_tables::bsd::flags::note_vnode::{
    NOTE_ATTRIB, NOTE_CLOSE, NOTE_CLOSE_WRITE, NOTE_DELETE, NOTE_EXTEND, NOTE_LINK, NOTE_OPEN,
    NOTE_READ, NOTE_RENAME, NOTE_REVOKE, NOTE_WRITE,
};
use compat_translate::Cx;
use compat_translate::objects::kqueue::{
    Bits, Change, Ended, Event, FileChanges, Flags, Kind, Life, News, Time, Wanted,
};

use crate::abi::event::Kevent;
use crate::error::Return;
use crate::signals;
use crate::system::errno_number;

/// NOTE_FFCTRLMASK.
const FFCTRL: u32 = NOTE_FFCOPY;
/// NOTE_FFLAGSMASK.
const FFLAGS: u32 = 0x00ff_ffff;

const FLAGS: [(u32, Flags); 10] = [
    (EV_ADD, Flags::ADD),
    (EV_CLEAR, Flags::CLEAR),
    (EV_DELETE, Flags::DELETE),
    (EV_DISABLE, Flags::DISABLE),
    (EV_DISPATCH, Flags::DISPATCH),
    (EV_ENABLE, Flags::ENABLE),
    (EV_FORCEONESHOT, Flags::FORCE_ONCE),
    (EV_KEEPUDATA, Flags::KEEP_USER_DATA),
    (EV_ONESHOT, Flags::ONCE),
    (EV_RECEIPT, Flags::RECEIPT),
];

fn flags_from_guest(flags: u16) -> Flags {
    FLAGS.iter().fold(Flags::NONE, |all, &(bit, flag)| {
        if u32::from(flags) & bit != 0 {
            all.with(flag)
        } else {
            all
        }
    })
}

fn flags_to_guest(flags: Flags) -> u16 {
    let all = FLAGS
        .iter()
        .chain([&(EV_EOF, Flags::EOF)])
        .filter(|(_, flag)| flags.has(*flag))
        .fold(0, |all, (bit, _)| all | bit);
    all as u16
}

/// What a program asks for (kqueue_register).
///
/// # Errors
/// `EINVAL` for an unknown filter or flags that exclude each other; what the filter itself refuses with.
pub fn to_change(cx: &mut Cx, kevent: &Kevent) -> Return<Change> {
    let flags = flags_from_guest(kevent.flags);
    if flags.has(Flags::ENABLE.with(Flags::DISABLE))
        || flags.has(Flags::ADD.with(Flags::KEEP_USER_DATA))
    {
        return Err(Errno::EINVAL.into());
    }
    Ok(Change {
        ident: kevent.ident,
        wanted: wanted(cx, kevent, flags)?,
        flags,
        user_data: kevent.udata,
        extensions: kevent.ext,
    })
}

fn wanted(cx: &mut Cx, kevent: &Kevent, flags: Flags) -> Return<Wanted> {
    let low_water = (kevent.fflags & NOTE_LOWAT != 0).then_some(kevent.data);
    Ok(match i32::from(kevent.filter) {
        EVFILT_READ => Wanted::Read {
            low_water,
            like_poll: kevent.fflags & NOTE_FILE_POLL != 0,
        },
        EVFILT_WRITE => Wanted::Write { low_water },
        EVFILT_USER => Wanted::User {
            operation: match kevent.fflags & FFCTRL {
                NOTE_FFAND => Bits::And,
                NOTE_FFOR => Bits::Or,
                NOTE_FFCOPY => Bits::Copy,
                _ => Bits::Keep,
            },
            operand: kevent.fflags & FFLAGS,
            trigger: kevent.fflags & NOTE_TRIGGER != 0,
            value: kevent.data,
        },
        EVFILT_VNODE => Wanted::File(file_changes(kevent.fflags)),
        EVFILT_PROC => Wanted::Process(life(kevent.fflags)),
        EVFILT_PROCDESC => Wanted::ProcessDescriptor {
            exit: kevent.fflags & NOTE_EXIT != 0,
        },
        EVFILT_SIGNAL => Wanted::Signal,
        // A timer is looked at only when it starts (filt_timerattach, filt_timertouch).
        EVFILT_TIMER if !flags.has(Flags::ADD) => Wanted::Timer(Time::Every(0)),
        EVFILT_TIMER => Wanted::Timer(time(kevent, flags)?),
        EVFILT_FS => return Err(cx.gap("kevent: EVFILT_FS", Errno::EINVAL.into())),
        EVFILT_EMPTY => return Err(cx.gap("kevent: EVFILT_EMPTY", Errno::EINVAL.into())),
        // The kernel alone makes these (filt_aioattach, filt_lioattach).
        filter @ (EVFILT_AIO | EVFILT_LIO) if !flags.has(Flags::ADD) => Wanted::Finished {
            list: filter == EVFILT_LIO,
            value: 0,
            eof: false,
        },
        EVFILT_AIO | EVFILT_LIO | EVFILT_SENDFILE => return Err(Errno::EPERM.into()),
        _ => return Err(Errno::EINVAL.into()),
    })
}

const CHANGES: [(u32, FileChanges); 11] = [
    (NOTE_ATTRIB, FileChanges::ATTRIB),
    (NOTE_CLOSE, FileChanges::CLOSE),
    (NOTE_CLOSE_WRITE, FileChanges::CLOSE_WRITE),
    (NOTE_DELETE, FileChanges::DELETE),
    (NOTE_EXTEND, FileChanges::EXTEND),
    (NOTE_LINK, FileChanges::LINK),
    (NOTE_OPEN, FileChanges::OPEN),
    (NOTE_READ, FileChanges::READ),
    (NOTE_RENAME, FileChanges::RENAME),
    (NOTE_REVOKE, FileChanges::REVOKE),
    (NOTE_WRITE, FileChanges::WRITE),
];

fn file_changes(notes: u32) -> FileChanges {
    CHANGES
        .iter()
        .filter(|(note, _)| notes & note != 0)
        .fold(FileChanges::NONE, |all, (_, change)| all.with(*change))
}

fn notes_of(changes: FileChanges) -> u32 {
    CHANGES
        .iter()
        .filter(|(_, change)| changes.any(*change))
        .fold(0, |all, (note, _)| all | note)
}

const LIFE: [(u32, Life); 5] = [
    (NOTE_EXIT, Life::EXIT),
    (NOTE_FORK, Life::FORK),
    (NOTE_EXEC, Life::EXEC),
    (NOTE_TRACK, Life::TRACK),
    (NOTE_TRACKERR, Life::TRACK_FAILED),
];

fn life(notes: u32) -> Life {
    LIFE.iter()
        .filter(|(note, _)| notes & note & !NOTE_TRACKERR != 0)
        .fold(Life::NONE, |all, (_, what)| all.with(*what))
}

fn notes_of_life(life: Life) -> u32 {
    LIFE.iter()
        .filter(|(_, what)| life.any(*what))
        .fold(0, |all, (note, _)| all | note)
}

/// When a timer fires (filt_timervalidate, timer2sbintime).
fn time(kevent: &Kevent, flags: Flags) -> Return<Time> {
    const UNITS: u32 = NOTE_SECONDS | NOTE_MSECONDS | NOTE_USECONDS | NOTE_NSECONDS;
    let unit = match kevent.fflags & UNITS {
        NOTE_SECONDS => 1_000_000_000,
        0 | NOTE_MSECONDS => 1_000_000,
        NOTE_USECONDS => 1_000,
        NOTE_NSECONDS => 1,
        _ => return Err(Errno::EINVAL.into()),
    };
    if kevent.fflags & !(UNITS | NOTE_ABSTIME) != 0 || kevent.data < 0 {
        return Err(Errno::EINVAL.into());
    }
    let count = if kevent.data == 0 && !flags.has(Flags::ONCE) {
        1
    } else {
        kevent.data
    };
    let nanos = count.saturating_mul(unit);
    Ok(if kevent.fflags & NOTE_ABSTIME != 0 {
        Time::At(nanos)
    } else {
        Time::Every(nanos)
    })
}

/// The status word of a process that ended (KW_EXITCODE).
fn status(ended: Ended) -> i64 {
    const CORE: i64 = 0x80;
    match ended {
        Ended::Exit(code) => i64::from(code & 0xff) << 8,
        Ended::Signal { signal, core } => {
            let signal = signals::from_host(signal).unwrap_or(signal);
            i64::from(signal) | if core { CORE } else { 0 }
        }
        Ended::Unknown => 0,
    }
}

/// Whether the two make the knotes of one descriptor for reading and for writing, as network pollers ask for them.
pub fn are_pair(first: &Kevent, second: &Kevent) -> bool {
    let plain = |kevent: &Kevent| {
        u32::from(kevent.flags) & (EV_ADD | EV_DELETE) == EV_ADD
            && matches!(i32::from(kevent.filter), EVFILT_READ | EVFILT_WRITE)
    };
    first.ident == second.ident && first.filter != second.filter && plain(first) && plain(second)
}

/// An event as the program sees it.
pub fn to_guest(event: &Event) -> Kevent {
    Kevent {
        ident: event.ident,
        filter: filter(event.kind) as i16,
        flags: flags_to_guest(event.flags),
        fflags: match event.news {
            News::Plain if event.kind == Kind::Child => NOTE_CHILD,
            News::Plain => 0,
            News::Error(error) => u32::from(errno_number(Errno::from_host(error.0))),
            News::File(changes) => notes_of(changes),
            News::Life(life, _) => notes_of_life(life),
            News::User(bits) => bits,
        },
        data: match event.news {
            News::Life(_, Some(ended)) => status(ended),
            _ => event.data,
        },
        udata: event.user_data,
        ext: event.extensions,
    }
}

fn filter(kind: Kind) -> i32 {
    match kind {
        Kind::Read => EVFILT_READ,
        Kind::Write => EVFILT_WRITE,
        Kind::File => EVFILT_VNODE,
        Kind::ProcessDescriptor => EVFILT_PROCDESC,
        Kind::Process | Kind::Child => EVFILT_PROC,
        Kind::Signal => EVFILT_SIGNAL,
        Kind::Timer => EVFILT_TIMER,
        Kind::User => EVFILT_USER,
        Kind::Request => EVFILT_AIO,
        Kind::Requests => EVFILT_LIO,
    }
}

/// The record that answers a change: its errno, or 0.
pub fn answer(kevent: Kevent, result: Return<()>) -> Kevent {
    Kevent {
        flags: EV_ERROR as u16,
        data: result
            .err()
            .map_or(0, |error| i64::from(errno_number(error.0))),
        ..kevent
    }
}

const _: () = assert!(NOTE_FFNOP == 0 && FFCTRL & FFLAGS == 0);
