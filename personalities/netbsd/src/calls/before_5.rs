//! Calls as kernels before 5.0 had them: the seconds of their times have 32 bits (sys/compat/common, the files `*_50.c`).

use compat_bsd::abi::resource::Rusage;
use compat_bsd::calls::{clock, filetime, poll, select as selecting};
use compat_translate::Cx;
use compat_translate::guest::{In, Out, Path};
use compat_translate::host::{self, nr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{compat_100___kevent50, wait};
use crate::abi::event::Kevent100;
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
