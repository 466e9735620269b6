//! kqueue, in NetBSD's layouts (kern_event.c).

use alloc::vec::Vec;

use compat_bsd::calls::kqueue::exchange;
use compat_tables::Value;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::pipe_flags::O_CLOEXEC;
use compat_tables::netbsd::flags::EVFILT;
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};

use crate::abi::event::{Kevent, Kevent100};
use crate::error::Return;
use crate::image::osrevision;
use crate::lower::Fd;

/// A kqueue of ours does not outlive its program in any case.
pub(crate) fn kqueue1(cx: &mut Cx, flags: u32) -> Return<Fd> {
    if flags & !(O_CLOEXEC | compat_tables::bsd::flags::pipe_flags::O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    super::kqueue(cx)
}

/// As the family counts them; nobody has more.
fn count(raw: u64) -> i32 {
    i32::try_from(raw).unwrap_or(i32::MAX)
}

pub(crate) fn compat_100___kevent50(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<Kevent100>,
    nchanges: u64,
    eventlist: Out<Kevent100>,
    nevents: u64,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, count(nchanges)),
        (eventlist, count(nevents)),
        timeout,
    )
}

pub(crate) fn __kevent100(
    cx: &mut Cx,
    fd: Fd,
    changelist: In<Kevent>,
    nchanges: u64,
    eventlist: Out<Kevent>,
    nevents: u64,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    exchange(
        cx,
        fd,
        (changelist, count(nchanges)),
        (eventlist, count(nevents)),
        timeout,
    )
}

/// `struct kfilter_mapping`: where the name is, the room there, and the filter.
type Mapping = [u64; 3];

/// Names of filters for numbers and the reverse (kqueue_ioctl); `None` for other commands.
pub(super) fn own_command(cx: &Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    const KFILTER_BYFILTER: u32 = 0xc018_6b00;
    const KFILTER_BYNAME: u32 = 0xc018_6b01;
    if !matches!(com, KFILTER_BYFILTER | KFILTER_BYNAME) {
        return None;
    }
    cx.process().objects.kqueue(fd as i32)?;
    let known = known_filters(cx);
    Some(match com {
        KFILTER_BYFILTER => name_of(data, known),
        _ => number_of(data, known),
    })
}

/// Those that the release knows, which has no others between them.
fn known_filters(cx: &Cx) -> impl Iterator<Item = &'static Value> {
    const EVFILT_FS: i64 = 7;
    /// The release that has this one and those behind it.
    const WITH_MORE: u32 = 900_000_000;
    let all = osrevision(&cx.process().settings) >= WITH_MORE;
    let known = move |filter: &&Value| all || filter.guest < EVFILT_FS;
    EVFILT.values.iter().filter(known)
}

fn name_of(data: u64, mut known: impl Iterator<Item = &'static Value>) -> Return<()> {
    let [name, room, filter] = guest::read::<Mapping>(data)?;
    let filter = i64::from(filter as u32);
    let found = known
        .find(|known| known.guest == filter)
        .ok_or(Errno::ENOENT)?;
    let text: Vec<u8> = found.name.as_str().bytes().chain([0]).collect();
    let fits = text.len() as u64 <= room;
    let told = text.get(..text.len().min(room as usize));
    guest::write_bytes(name, told.unwrap_or_default())?;
    match fits {
        true => Ok(()),
        false => Err(Errno::ENAMETOOLONG.into()),
    }
}

fn number_of(data: u64, mut known: impl Iterator<Item = &'static Value>) -> Return<()> {
    const KFILTER_MAXNAME: usize = 32;
    const FILTER: u64 = 16;
    let [name, ..] = guest::read::<Mapping>(data)?;
    let name = guest::read_string(name, KFILTER_MAXNAME)?;
    let found = known
        .find(|known| known.name.as_str().as_bytes() == name)
        .ok_or(Errno::ENOENT)?;
    Ok(guest::write(
        data.wrapping_add(FILTER),
        &(found.guest as u32),
    )?)
}
