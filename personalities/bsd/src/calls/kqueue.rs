//! kqueue: waiting for many things at once (kern_event.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::ev_flags::EV_RECEIPT;
use compat_tables::bsd::flags::kqueue_flags::KQUEUE_CLOEXEC;
use compat_translate::guest::{In, Out};
use compat_translate::host::{HostErrno, Timespec};
use compat_translate::objects::kqueue::{Change, Event, Kind, Kqueue, Life, Wanted};
use compat_translate::{Cx, Progress};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::abi::event::{Kevent, KeventFreebsd11};
use crate::error::{Error, Return};
use crate::kevent;
use crate::lower::Fd;

pub fn kqueue(cx: &mut Cx) -> Return<Fd> {
    Ok(Fd(cx.process().objects.new_kqueue()?))
}

pub fn kqueuex(cx: &mut Cx, flags: u32) -> Return<Fd> {
    if flags & !KQUEUE_CLOEXEC != 0 {
        return Err(cx.gap("kqueuex: KQUEUE_CPONFORK", Errno::EINVAL.into()));
    }
    // A kqueue of ours does not outlive its program in any case.
    kqueue(cx)
}

pub fn kevent(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<Kevent>,
    nchanges: i32,
    eventlist: Out<Kevent>,
    nevents: i32,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, nchanges),
        (eventlist, nevents),
        timeout,
    )
}

pub fn freebsd11_kevent(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<KeventFreebsd11>,
    nchanges: i32,
    eventlist: Out<KeventFreebsd11>,
    nevents: i32,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, nchanges),
        (eventlist, nevents),
        timeout,
    )
}

/// kern_kevent, for any layout.
pub fn exchange<L>(
    cx: &mut Cx,
    fd: Fd,
    changes: (In<L>, i32),
    events: (Out<L>, i32),
    timeout: In<[i64; 2]>,
) -> Return<i32>
where
    L: FromBytes + IntoBytes + Immutable + Into<Kevent> + From<Kevent>,
{
    cx.never_restart = true;
    let timeout = timeout.read_optional()?;
    let kqueue = cx
        .process()
        .objects
        .use_kqueue(cx.thread, fd.0)
        .ok_or(Error(Errno::EBADF))?;
    let result = exchange_with(cx, &kqueue, changes, events, timeout);
    kqueue.keep(cx.thread);
    result
}

#[inline(always)]
fn exchange_with<L>(
    cx: &mut Cx,
    kqueue: &Kqueue,
    (changelist, nchanges): (In<L>, i32),
    (eventlist, nevents): (Out<L>, i32),
    timeout: Option<[i64; 2]>,
) -> Return<i32>
where
    L: FromBytes + IntoBytes + Immutable + Into<Kevent> + From<Kevent>,
{
    let room = usize::try_from(nevents).unwrap_or(0);
    let changes = usize::try_from(nchanges).unwrap_or(0);
    let mut answers = Answers {
        list: eventlist,
        room,
        count: 0,
    };
    if change(cx, kqueue, changelist, changes, &mut answers)? == Next::Return || answers.count > 0 {
        return Ok(answers.count as i32);
    }
    if room == 0 {
        return Ok(0);
    }
    let timeout = timeout.map(valid_interval).transpose()?;
    let mut written = 0;
    let count = kqueue.wait(cx, room, timeout, &mut |event: &Event| {
        let place = eventlist.at(written);
        written += 1;
        place.write(&kevent::to_guest(event).into())
    })?;
    Ok(count as i32)
}

/// timespecvalid_interval.
fn valid_interval([sec, nsec]: [i64; 2]) -> Return<Timespec> {
    if sec < 0 || !(0..1_000_000_000).contains(&nsec) {
        return Err(Errno::EINVAL.into());
    }
    Ok(Timespec { sec, nsec })
}

#[derive(PartialEq, Eq)]
enum Next {
    Scan,
    Return,
}

/// Carries out the changes in order (kqueue_kevent).
fn change<L>(
    cx: &mut Cx,
    kqueue: &Kqueue,
    changelist: In<L>,
    count: usize,
    answers: &mut Answers<L>,
) -> Return<Next>
where
    L: FromBytes + IntoBytes + Immutable + Into<Kevent> + From<Kevent>,
{
    if count != 0 {
        // From here on the call must not start over.
        cx.progress = Progress::Made;
    }
    let mut index = 0;
    let mut ahead = None;
    while index < count {
        let first: Kevent = match ahead.take() {
            Some(kevent) => kevent,
            None => changelist.at(index).read()?.into(),
        };
        index += 1;
        if first.filter == 0 {
            continue;
        }
        if index < count {
            ahead = Some(changelist.at(index).read()?.into());
        }
        let (result, second) = register(cx, kqueue, first, ahead);
        let done = match second {
            Some(second) => {
                ahead = None;
                index += 1;
                [Some(first), Some(second)]
            }
            None => [Some(first), None],
        };
        for kevent in done.into_iter().flatten() {
            let receipt = u32::from(kevent.flags) & EV_RECEIPT != 0;
            if (result.is_err() || receipt) && !answers.add(kevent, result) {
                return result.map(|()| Next::Return);
            }
        }
    }
    Ok(Next::Scan)
}

/// Carries out `first`, together with `second` when that is possible; which of them the result is for.
fn register(
    cx: &mut Cx,
    kqueue: &Kqueue,
    first: Kevent,
    second: Option<Kevent>,
) -> (Return<()>, Option<Kevent>) {
    let objects = &cx.process().objects;
    let one = match kevent::to_change(cx, &first) {
        Ok(change) => change,
        Err(error) => return (Err(error), None),
    };
    if one.wanted.kind() == Kind::Write && objects.kqueue(first.ident as i32).is_some() {
        // kqueue_kqfilter knows reading only.
        return (Err(Errno::EINVAL.into()), None);
    }
    if let Some(second) = second.filter(|second| kevent::are_pair(&first, second))
        && let Ok(two) = kevent::to_change(cx, &second)
    {
        return (apply(cx, kqueue, &[one, two]), Some(second));
    }
    (apply(cx, kqueue, &[one]), None)
}

fn apply(cx: &mut Cx, kqueue: &Kqueue, changes: &[Change]) -> Return<()> {
    match (kqueue.apply(cx.process(), changes), changes) {
        (Err(HostErrno::EOPNOTSUPP), &[change]) => less(cx, kqueue, change),
        (result, _) => Ok(result?),
    }
}

/// A program of the host, or one that may not be looked into, tells nobody what it does; its end is seen all the same.
fn less(cx: &mut Cx, kqueue: &Kqueue, mut change: Change) -> Return<()> {
    const WHAT: &str = "kevent: NOTE_FORK, NOTE_EXEC, NOTE_TRACK of a program of the host";
    let error = cx.gap(WHAT, Errno::EINVAL.into());
    match change.wanted {
        Wanted::Process(life) if life.any(Life::EXIT) => {
            change.wanted = Wanted::Process(Life::EXIT);
            Ok(kqueue.apply(cx.process(), &[change])?)
        }
        _ => Err(error),
    }
}

/// The records that answer changes, at the head of the event list.
struct Answers<L> {
    list: Out<L>,
    room: usize,
    count: usize,
}

impl<L: IntoBytes + Immutable + From<Kevent>> Answers<L> {
    /// Whether there was room.
    fn add(&mut self, kevent: Kevent, result: Return<()>) -> bool {
        if self.count >= self.room {
            return false;
        }
        // The kernel as well goes on when the list cannot be written.
        let _ = self
            .list
            .at(self.count)
            .write(&kevent::answer(kevent, result).into());
        self.count += 1;
        true
    }
}
