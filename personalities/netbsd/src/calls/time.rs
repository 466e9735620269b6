//! Times: `struct timeval` has microseconds of 32 bits, and before 5.0 seconds too.

use compat_bsd::abi::time::{Itimerval, Sigevent as Notice};
use compat_bsd::calls::at::AtFlags;
use compat_bsd::calls::{clock, discipline, filetime, select as selecting, timer};
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, InOut, Out, Path};
use compat_translate::host::Timespec;

use super::before_5::address;
use crate::abi::signal::{SIGEV_SA, Sigevent};
use crate::abi::time::{Timespec50, Timeval, Timeval50};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

type Timevals = [Timeval; 2];
type Clean = [i64; 4];

/// Two of them without what lies between, for the family's handlers: where that is, 0 for none.
fn clean(given: In<Timevals>, room: &mut Clean) -> Return<In<Clean>> {
    let Some([first, second]) = given.read_optional()? else {
        return Ok(In::new(0));
    };
    *room = [
        first.sec,
        i64::from(first.usec),
        second.sec,
        i64::from(second.usec),
    ];
    Ok(In::new((&raw const *room) as u64))
}

pub(crate) fn __utimes50(cx: &mut Cx, path: Path, times: In<Timevals>) -> Return<()> {
    let mut room = Clean::default();
    let times = clean(times, &mut room)?;
    filetime::utimes(cx, path, times)
}

pub(crate) fn __lutimes50(cx: &mut Cx, path: Path, times: In<Timevals>) -> Return<()> {
    let mut room = Clean::default();
    let times = clean(times, &mut room)?;
    filetime::lutimes(cx, path, times)
}

pub(crate) fn __futimes50(cx: &mut Cx, fd: Fd, times: In<Timevals>) -> Return<()> {
    let mut room = Clean::default();
    let times = clean(times, &mut room)?;
    filetime::futimes(cx, fd, times)
}

/// `UTIME_NOW` and `UTIME_OMIT`, which are the host's.
const UTIME_NOW: i64 = 0x3fff_ffff;
const UTIME_OMIT: i64 = 0x3fff_fffe;

/// Two `struct timespec` with the family's `UTIME_NOW` and `UTIME_OMIT`, as [`clean`].
fn marked(given: In<Clean>, room: &mut Clean) -> Return<In<Clean>> {
    let Some(times) = given.read_optional()? else {
        return Ok(In::new(0));
    };
    let mark = |nsec| match nsec {
        UTIME_NOW => filetime::UTIME_NOW,
        UTIME_OMIT => filetime::UTIME_OMIT,
        // No number of nanoseconds, here as there.
        nsec @ ..0 => nsec.wrapping_sub(2),
        nsec => nsec,
    };
    *room = [times[0], mark(times[1]), times[2], mark(times[3])];
    Ok(In::new((&raw const *room) as u64))
}

pub(crate) fn futimens(cx: &mut Cx, fd: Fd, times: In<Clean>) -> Return<()> {
    let mut room = Clean::default();
    let times = marked(times, &mut room)?;
    filetime::futimens(cx, fd, times)
}

pub(crate) fn utimensat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    times: In<Clean>,
    flag: AtFlags,
) -> Return<()> {
    let mut room = Clean::default();
    let times = marked(times, &mut room)?;
    filetime::utimensat(cx, at, path, times, flag)
}

pub(crate) fn __setitimer50(
    cx: &mut Cx,
    which: u32,
    new: In<Timevals>,
    old: Out<Itimerval>,
) -> Return<()> {
    let mut room = Clean::default();
    let new = clean(new, &mut room)?;
    clock::setitimer(cx, which, In::new(new.address()), old)
}

pub(crate) fn __select50(
    cx: &mut Cx,
    count: i32,
    read: u64,
    write: u64,
    except: u64,
    timeout: In<Timeval>,
) -> Return<u64> {
    let time = timeout.read_optional()?.map(<[i64; 2]>::from);
    let at = time.as_ref().map_or(0, |time| time.as_ptr() as u64);
    selecting::select(cx, count, read, write, except, In::new(at))
}

/// timer_create1: without an event the timer raises its clock's signal.
pub(crate) fn timer_create(
    cx: &mut Cx,
    clock: i32,
    event: In<Sigevent>,
    id: Out<i32>,
) -> Return<()> {
    let Some(own) = event.read_optional()? else {
        return timer::ktimer_create(cx, clock, In::new(0), id);
    };
    if !(0..=SIGEV_SA).contains(&own.notify) {
        return Err(Errno::EINVAL.into());
    }
    let event: Notice = own.into();
    timer::ktimer_create(cx, clock, In::new((&raw const event) as u64), id)
}

pub(crate) fn timer_delete(cx: &mut Cx, id: i32) -> Return<()> {
    timer::ktimer_delete(cx, id)
}

pub(crate) fn timer_getoverrun(cx: &mut Cx, id: i32) -> Return<u64> {
    timer::ktimer_getoverrun(cx, id)
}

pub(crate) fn __timer_settime50(
    cx: &mut Cx,
    id: i32,
    flags: u32,
    value: In<timer::Itimerspec>,
    old: Out<timer::Itimerspec>,
) -> Return<()> {
    timer::ktimer_settime(cx, id, flags, value, old)
}

pub(crate) fn __timer_gettime50(cx: &mut Cx, id: i32, value: Out<timer::Itimerspec>) -> Return<()> {
    timer::ktimer_gettime(cx, id, value)
}

pub(crate) fn __adjtime50(cx: &mut Cx, delta: In<Timeval>, old: Out<[i64; 2]>) -> Return<()> {
    let delta = delta.read_optional()?.map(<[i64; 2]>::from);
    discipline::adjtime(cx, In::new(address(delta.as_ref())), old)
}

/// Before 5.0.
pub(crate) fn compat_50_clock_gettime(_cx: &mut Cx, id: i32, time: Out<Timespec50>) -> Return<()> {
    let Timespec { sec, nsec } = clock::now(id)?;
    Ok(time.write(&Timespec50 {
        sec: sec as i32,
        pad: 0,
        nsec,
    })?)
}

/// Before 5.0. Nobody sets the kernel's time zone.
pub(crate) fn compat_50_gettimeofday(
    _cx: &mut Cx,
    time: Out<Timeval50>,
    zone: Out<[i32; 2]>,
) -> Return<()> {
    let Timespec { sec, nsec } = clock::now(compat_tables::bsd::flags::clock_id::CLOCK_REALTIME)?;
    time.write_optional(&Timeval50 {
        sec: sec as i32,
        usec: (nsec / 1000) as i32,
    })?;
    zone.write_optional(&[0, 0])?;
    Ok(())
}

/// Before 5.0.
pub(crate) fn compat_50_nanosleep(
    cx: &mut Cx,
    wanted: In<Timespec50>,
    left: InOut<Timespec50>,
) -> Return<()> {
    let wanted = wanted.read()?;
    let (wanted, mut rest) = ([i64::from(wanted.sec), wanted.nsec], [0i64; 2]);
    let slept = clock::nanosleep(
        cx,
        In::new(wanted.as_ptr() as u64),
        Out::new(rest.as_mut_ptr() as u64),
    );
    if slept.is_err() && !left.is_null() {
        left.write(&Timespec50 {
            sec: rest[0] as i32,
            pad: 0,
            nsec: rest[1],
        })?;
    }
    slept
}
