//! Calls as kernels before 5.0 had them: the seconds of their times have 32 bits (sys/compat/common, the files `*_50.c`).

use compat_bsd::abi::resource::Rusage;
use compat_bsd::abi::time::Ntptimeval;
use compat_bsd::calls::{clock, discipline, filetime, poll, select as selecting, timer};
use compat_translate::Cx;
use compat_translate::guest::{In, InOut, Out, Path};
use compat_translate::host::{self, nr};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::{____sigtimedwait50, compat_100___kevent50, wait};
use crate::abi::event::Kevent100;
use crate::abi::signal::Siginfo;
use crate::abi::time::{Timespec50, Timeval50};
use crate::error::Return;
use crate::lower::Fd;

/// `struct rusage50`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Rusage50 {
    utime: Timeval50,
    stime: Timeval50,
    counts: [i64; 14],
}

impl From<Timeval50> for [i64; 2] {
    fn from(own: Timeval50) -> Self {
        [i64::from(own.sec), i64::from(own.usec)]
    }
}

impl From<Timespec50> for [i64; 2] {
    fn from(own: Timespec50) -> Self {
        [i64::from(own.sec), own.nsec]
    }
}

fn timeval([sec, usec]: [i64; 2]) -> Timeval50 {
    Timeval50 {
        sec: sec as i32,
        usec: usec as i32,
    }
}

impl From<Rusage> for Rusage50 {
    fn from(new: Rusage) -> Self {
        Self {
            utime: timeval(new.utime),
            stime: timeval(new.stime),
            counts: new.counts,
        }
    }
}

/// The address of a time for the family's handlers, 0 for none.
pub(super) fn address<T>(time: Option<&T>) -> u64 {
    time.map_or(0, |time| core::ptr::from_ref(time) as u64)
}

pub(super) fn widened<T: FromBytes + Into<[i64; 2]>>(given: In<T>) -> Return<Option<[i64; 2]>> {
    Ok(given.read_optional()?.map(Into::into))
}

pub(crate) fn compat_50_wait4(
    cx: &mut Cx,
    pid: i32,
    status: Out<i32>,
    options: u32,
    usage: Out<Rusage50>,
) -> Return<i32> {
    let mut found = Rusage::ZERO;
    let into = Out::new((&raw mut found) as u64);
    let pid = wait::__wait450(cx, pid, status, options, into)?;
    if pid != 0 {
        usage.write_optional(&found.into())?;
    }
    Ok(pid)
}

pub(crate) fn compat_50_getrusage(_cx: &mut Cx, who: i32, usage: Out<Rusage50>) -> Return<()> {
    let mut found = Rusage::ZERO;
    // SAFETY: a structure of the host's layout.
    unsafe { host::call_n(nr::getrusage, [who as u64, (&raw mut found) as u64]) }?;
    Ok(usage.write(&found.into())?)
}

pub(crate) fn compat_50_select(
    cx: &mut Cx,
    count: i32,
    read: u64,
    write: u64,
    except: u64,
    timeout: In<Timeval50>,
) -> Return<u64> {
    let time = widened(timeout)?;
    let time = In::new(address(time.as_ref()));
    selecting::select(cx, count, read, write, except, time)
}

pub(crate) fn compat_50_pselect(
    cx: &mut Cx,
    count: i32,
    read: u64,
    write: u64,
    except: u64,
    timeout: In<Timespec50>,
    mask: In<[u32; 4]>,
) -> Return<u64> {
    let time = widened(timeout)?;
    let time = In::new(address(time.as_ref()));
    selecting::pselect(cx, count, read, write, except, time, mask)
}

pub(crate) fn compat_50_pollts(
    cx: &mut Cx,
    fds: u64,
    count: u32,
    timeout: In<Timespec50>,
    mask: In<[u32; 4]>,
) -> Return<u64> {
    let time = widened(timeout)?;
    poll::ppoll(cx, fds, count, In::new(address(time.as_ref())), mask)
}

pub(crate) fn compat_50_kevent(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<Kevent100>,
    nchanges: u64,
    eventlist: Out<Kevent100>,
    nevents: u64,
    timeout: In<Timespec50>,
) -> Return<i32> {
    let time = widened(timeout)?;
    let time = In::new(address(time.as_ref()));
    compat_100___kevent50(cx, fd, changelist, nchanges, eventlist, nevents, time)
}

type Clean = [i64; 4];

/// Two times without a gap, as the family's handlers take them.
fn two(given: In<[Timeval50; 2]>) -> Return<Option<Clean>> {
    let Some([first, second]) = given.read_optional()? else {
        return Ok(None);
    };
    let ([a, b], [c, d]): ([i64; 2], [i64; 2]) = (first.into(), second.into());
    Ok(Some([a, b, c, d]))
}

pub(crate) fn compat_50_utimes(cx: &mut Cx, path: Path, times: In<[Timeval50; 2]>) -> Return<()> {
    let times = two(times)?;
    filetime::utimes(cx, path, In::new(address(times.as_ref())))
}

pub(crate) fn compat_50_lutimes(cx: &mut Cx, path: Path, times: In<[Timeval50; 2]>) -> Return<()> {
    let times = two(times)?;
    filetime::lutimes(cx, path, In::new(address(times.as_ref())))
}

pub(crate) fn compat_50_futimes(cx: &mut Cx, fd: Fd, times: In<[Timeval50; 2]>) -> Return<()> {
    let times = two(times)?;
    filetime::futimes(cx, fd, In::new(address(times.as_ref())))
}

pub(crate) fn compat_50_clock_getres(cx: &mut Cx, id: i32, time: Out<Timespec50>) -> Return<()> {
    let mut found = [0i64; 2];
    clock::clock_getres(cx, id, Out::new(found.as_mut_ptr() as u64))?;
    time.write_optional(&Timespec50 {
        sec: found[0] as i32,
        pad: 0,
        nsec: found[1],
    })?;
    Ok(())
}

pub(crate) fn compat_50_setitimer(
    cx: &mut Cx,
    which: u32,
    new: In<[Timeval50; 2]>,
    old: Out<[Timeval50; 2]>,
) -> Return<()> {
    let new = two(new)?;
    let mut before = Clean::default();
    let into = if old.is_null() {
        0
    } else {
        before.as_mut_ptr() as u64
    };
    clock::setitimer(cx, which, In::new(address(new.as_ref())), Out::new(into))?;
    let [a, b, c, d] = before;
    old.write_optional(&[timeval([a, b]), timeval([c, d])])?;
    Ok(())
}

pub(crate) fn compat_50_getitimer(cx: &mut Cx, which: u32, now: Out<[Timeval50; 2]>) -> Return<()> {
    compat_50_setitimer(cx, which, In::new(0), now)
}

/// `struct ntptimeval50`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ntptimeval50 {
    time: Timespec50,
    maxerror: i64,
    esterror: i64,
    tai: i64,
    time_state: i32,
    pad: u32,
}

/// `struct ntptimeval30`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ntptimeval30 {
    time: Timeval50,
    maxerror: i64,
    esterror: i64,
}

const _: () = assert!(size_of::<Ntptimeval50>() == 48 && size_of::<Ntptimeval30>() == 24);

fn timespec([sec, nsec]: [i64; 2]) -> Timespec50 {
    Timespec50 {
        sec: sec as i32,
        pad: 0,
        nsec,
    }
}

/// What the clock is like, and its state.
fn ntp(cx: &mut Cx) -> Return<(Ntptimeval, i32)> {
    let mut found = Ntptimeval::new_zeroed();
    let state = discipline::ntp_gettime(cx, Out::new((&raw mut found) as u64))?;
    Ok((found, state))
}

pub(crate) fn compat_50___ntp_gettime30(cx: &mut Cx, place: Out<Ntptimeval50>) -> Return<i32> {
    let (found, state) = ntp(cx)?;
    place.write_optional(&Ntptimeval50 {
        time: timespec(found.time),
        maxerror: found.maxerror,
        esterror: found.esterror,
        tai: found.tai,
        time_state: found.time_state,
        pad: 0,
    })?;
    Ok(state)
}

pub(crate) fn compat_30_ntp_gettime(cx: &mut Cx, place: Out<Ntptimeval30>) -> Return<i32> {
    let (found, state) = ntp(cx)?;
    let [sec, nsec] = found.time;
    place.write_optional(&Ntptimeval30 {
        time: timeval([sec, nsec / 1000]),
        maxerror: found.maxerror,
        esterror: found.esterror,
    })?;
    Ok(state)
}

pub(crate) fn compat_50_adjtime(
    cx: &mut Cx,
    delta: In<Timeval50>,
    old: Out<Timeval50>,
) -> Return<()> {
    let delta = widened(delta)?;
    let mut before = [0i64; 2];
    let into = Out::new(before.as_mut_ptr() as u64);
    discipline::adjtime(cx, In::new(address(delta.as_ref())), into)?;
    old.write_optional(&timeval(before))?;
    Ok(())
}

pub(crate) fn compat_50_timer_settime(
    cx: &mut Cx,
    id: i32,
    flags: u32,
    value: In<[Timespec50; 2]>,
    old: Out<[Timespec50; 2]>,
) -> Return<()> {
    let new: timer::Itimerspec = value.read()?.map(Into::into);
    let mut before: timer::Itimerspec = [[0; 2]; 2];
    let (new, into) = (In::new(new.as_ptr() as u64), before.as_mut_ptr() as u64);
    timer::ktimer_settime(cx, id, flags, new, Out::new(into))?;
    old.write_optional(&before.map(timespec))?;
    Ok(())
}

pub(crate) fn compat_50_timer_gettime(
    cx: &mut Cx,
    id: i32,
    value: Out<[Timespec50; 2]>,
) -> Return<()> {
    let mut now: timer::Itimerspec = [[0; 2]; 2];
    timer::ktimer_gettime(cx, id, Out::new(now.as_mut_ptr() as u64))?;
    Ok(value.write(&now.map(timespec))?)
}

pub(crate) fn compat_50___sigtimedwait(
    cx: &mut Cx,
    set: In<[u32; 4]>,
    info: Out<Siginfo>,
    timeout: InOut<Timespec50>,
) -> Return<i32> {
    let time = widened(In::<Timespec50>::new(timeout.address()))?;
    ____sigtimedwait50(cx, set, info, InOut::new(address(time.as_ref())))
}
