//! kqueue, whose `struct kevent` and numbers of filters differ.

use core::mem::MaybeUninit;

use super::System;
use super::files::{file, path};
use super::signals::Signals;
use crate::bsd;
use crate::sys::{self, call};

/// `EV_*`
pub const ADD: u32 = 1;
/// The same.
pub const ONESHOT: u32 = 0x10;
const DELETE: u32 = 2;
const ENABLE: u32 = 4;
const DISABLE: u32 = 8;
const CLEAR: u32 = 0x20;
const RECEIPT: u32 = 0x40;
const ERROR: u32 = 0x4000;
const EOF: u32 = 0x8000;

/// `struct kevent`, in no system's layout.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are the structure's")]
pub struct Event {
    pub ident: u64,
    pub filter: i32,
    pub flags: u32,
    pub fflags: u32,
    pub data: i64,
    pub udata: u64,
}

/// `EVFILT_*`
#[expect(missing_docs, reason = "the fields are named as the filters")]
pub struct Filters {
    pub read: i32,
    pub write: i32,
    pub vnode: i32,
    pub process: i32,
    pub signal: i32,
    pub timer: i32,
    pub user: i32,
    /// No filter at all.
    pub none: i32,
}

/// A system's kqueue.
pub trait Kqueue: System {
    /// Call number.
    const KQUEUE: u64;
    /// Call number.
    const KEVENT: u64;
    /// Its filters.
    const FILTERS: Filters;
    /// `struct kevent` as the kernel has it.
    type Kevent: Copy + From<Event> + Into<Event>;

    /// A new queue.
    fn queue() -> u64 {
        call(Self::KQUEUE, []).expect("kqueue")
    }

    /// Hands in changes without asking for events.
    fn change<const N: usize>(queue: u64, changes: [Event; N]) -> sys::Result {
        let changes = changes.map(Self::Kevent::from);
        let args = [queue, changes.as_ptr() as u64, N as u64, 0, 0, 0];
        call(Self::KEVENT, args)
    }

    /// Hands in changes and takes what is there, or becomes so within the time (forever without one): how many events, and those.
    fn exchange<const N: usize>(
        queue: u64,
        changes: [Event; N],
        time: Option<[u64; 2]>,
    ) -> Result<(usize, [Event; 4]), u64> {
        let changes = changes.map(Self::Kevent::from);
        let mut found = MaybeUninit::<[Self::Kevent; 4]>::zeroed();
        let args = [
            queue,
            changes.as_ptr() as u64,
            N as u64,
            found.as_mut_ptr() as u64,
            4,
            time.as_ref().map_or(0, |time| time.as_ptr() as u64),
        ];
        let count = call(Self::KEVENT, args)? as usize;
        let found = unsafe { found.as_ptr().read_volatile() };
        Ok((count, found.map(Into::into)))
    }

    /// How many events are there.
    fn ready(queue: u64) -> usize {
        let found = Self::exchange(queue, [], Some([0, 0]));
        found.expect("kevent").0
    }

    /// The one event that comes.
    fn one(queue: u64) -> Event {
        let (count, found) = Self::exchange(queue, [], Some([10, 0])).expect("kevent");
        assert_eq!(count, 1, "{found:?}");
        found[0]
    }
}

/// A change.
pub fn event(ident: u64, filter: i32, flags: u32, fflags: u32, data: i64) -> Event {
    Event {
        ident,
        filter,
        flags,
        fflags,
        data,
        udata: 0xabcd,
    }
}

/// Both ends of a pipe, by level and once.
pub fn pipes<S: Kqueue>() {
    let Filters { read, write, .. } = S::FILTERS;
    let (queue, (from, into)) = (S::queue(), bsd::pipe());
    let both = [
        event(from, read, ADD, 0, 0),
        event(into, write, ADD | ONESHOT, 0, 0),
    ];
    assert_eq!(S::change(queue, both), Ok(0));
    let found = S::one(queue);
    assert_eq!(
        (found.ident, found.filter, found.udata),
        (into, write, 0xabcd)
    );
    assert_eq!(S::ready(queue), 0, "once only");
    assert_eq!(call(sys::WRITE, [into, b"abc".as_ptr() as u64, 3]), Ok(3));
    let found = S::one(queue);
    assert_eq!((found.ident, found.filter, found.data), (from, read, 3));
    assert_eq!(S::ready(queue), 1, "as long as it is there");
    assert_eq!(S::change(queue, [event(from, read, DISABLE, 0, 0)]), Ok(0));
    assert_eq!(S::ready(queue), 0);
    assert_eq!(S::change(queue, [event(from, read, ENABLE, 0, 0)]), Ok(0));
    assert_eq!(call(sys::CLOSE, [into]), Ok(0));
    let found = S::one(queue);
    assert_eq!((found.flags & EOF, found.data), (EOF, 3));
}

/// Events that the program raises itself.
pub fn user<S: Kqueue>() {
    const TRIGGER: u32 = 0x0100_0000;
    const COPY: u32 = 0xc000_0000;
    let Filters { user, .. } = S::FILTERS;
    let queue = S::queue();
    assert_eq!(
        S::change(queue, [event(77, user, ADD | CLEAR, 0, 0)]),
        Ok(0)
    );
    assert_eq!(S::ready(queue), 0);
    let trigger = event(77, user, 0, TRIGGER | COPY | 0x15, 0);
    assert_eq!(S::change(queue, [trigger]), Ok(0));
    let found = S::one(queue);
    assert_eq!((found.ident, found.filter, found.fflags), (77, user, 0x15));
    assert_eq!(S::ready(queue), 0, "cleared");
}

/// Milliseconds, again and again and once.
pub fn timers<S: Kqueue>() {
    let Filters { timer, .. } = S::FILTERS;
    let queue = S::queue();
    assert_eq!(S::change(queue, [event(1, timer, ADD, 0, 3)]), Ok(0));
    let found = S::one(queue);
    assert!(found.ident == 1 && found.filter == timer && found.data >= 1);
    S::one(queue);
    assert_eq!(S::change(queue, [event(1, timer, DELETE, 0, 0)]), Ok(0));
    assert_eq!(S::ready(queue), 0);
    one_timer::<S>(queue, event(2, timer, ADD | ONESHOT, 0, 2));
}

/// A timer that goes off once.
pub fn one_timer<S: Kqueue>(queue: u64, timer: Event) {
    assert_eq!(S::change(queue, [timer]), Ok(0), "{timer:?}");
    assert_eq!(S::one(queue).ident, timer.ident);
    assert_eq!(S::ready(queue), 0);
}

/// A signal that is ignored and yet counted.
pub fn signals<S: Kqueue + Signals>() {
    let Filters { signal, .. } = S::FILTERS;
    let queue = S::queue();
    S::ignore(30);
    assert_eq!(S::change(queue, [event(30, signal, ADD, 0, 0)]), Ok(0));
    for _ in 0..2 {
        assert_eq!(call(sys::KILL, [sys::pid(), 30]), Ok(0));
    }
    let found = S::one(queue);
    assert_eq!((found.ident, found.filter, found.data), (30, signal, 2));
}

/// A child's end.
pub fn processes<S: Kqueue>() {
    const EXIT: u32 = 0x8000_0000;
    let Filters { process, .. } = S::FILTERS;
    let queue = S::queue();
    let sys::Fork::Parent(child) = sys::fork() else {
        S::pause(30_000);
        sys::exit(9)
    };
    let watch = event(child, process, ADD, EXIT, 0);
    assert_eq!(S::change(queue, [watch]), Ok(0));
    let found = S::one(queue);
    assert_eq!(
        (found.ident, found.filter, found.fflags & EXIT),
        (child, process, EXIT)
    );
    assert_eq!(found.data, 9 << 8, "its status");
    assert_eq!(call(S::WAIT4, [child, 0, 0, 0]), Ok(child));
    assert_eq!(S::change(queue, [watch]), Err(sys::ESRCH));
}

/// What happens to a file.
pub fn files<S: Kqueue>() {
    const NOTE_DELETE: u32 = 1;
    const NOTE_WRITE: u32 = 2;
    let Filters { vnode, .. } = S::FILTERS;
    let queue = S::queue();
    let fd = file(c"watched", b"");
    let watch = event(fd, vnode, ADD | CLEAR, NOTE_DELETE | NOTE_WRITE, 0);
    assert_eq!(S::change(queue, [watch]), Ok(0));
    assert_eq!(call(sys::WRITE, [fd, b"x".as_ptr() as u64, 1]), Ok(1));
    let found = S::one(queue);
    assert_eq!(
        (found.ident, found.filter, found.fflags & NOTE_WRITE),
        (fd, vnode, NOTE_WRITE)
    );
    assert_eq!(call(super::files::UNLINK, [path(c"watched")]), Ok(0));
    assert_eq!(S::one(queue).fflags & NOTE_DELETE, NOTE_DELETE);
}

/// What is refused, by the call or in an answer.
pub fn errors<S: Kqueue>() {
    let Filters {
        read, user, none, ..
    } = S::FILTERS;
    let queue = S::queue();
    let refused = |change: Event| S::change(queue, [change]);
    assert_eq!(refused(event(0, none, ADD, 0, 0)), Err(sys::EINVAL));
    assert_eq!(refused(event(999, read, ADD, 0, 0)), Err(sys::EBADF));
    assert_eq!(refused(event(5, user, DELETE, 0, 0)), Err(sys::ENOENT));
    assert_eq!(S::change(999, []), Err(sys::EBADF));
    // With room for answers, errors are answers; and a receipt is one of success.
    let changes = [
        event(5, user, DELETE, 0, 0),
        event(6, user, ADD | RECEIPT, 0, 0),
    ];
    let (count, found) = S::exchange(queue, changes, None).expect("kevent");
    assert_eq!(count, 2);
    let answers = [found[0], found[1]].map(|found| (found.ident, found.flags & ERROR, found.data));
    assert_eq!(answers, [(5, ERROR, 2), (6, ERROR, 0)]);
    let long = S::exchange(queue, [], Some([0, 1_000_000_000]));
    assert_eq!(long.err(), Some(sys::EINVAL));
}

/// Closing what is no descriptor once made every kqueue forget all of its own.
pub fn closing_nothing<S: Kqueue>() {
    let (queue, (from, into)) = (S::queue(), bsd::pipe());
    let watch = event(from, S::FILTERS.read, ADD, 0, 0);
    assert_eq!(S::change(queue, [watch]), Ok(0));
    assert_eq!(call(sys::CLOSE, [u64::MAX]), Err(sys::EBADF));
    assert_eq!(call(sys::CLOSE, [i32::MIN as u64]), Err(sys::EBADF));
    assert_eq!(call(sys::CLOSE, [1000]), Err(sys::EBADF));
    assert_eq!(call(sys::WRITE, [into, b"x".as_ptr() as u64, 1]), Ok(1));
    assert_eq!(S::one(queue).ident, from);
}
