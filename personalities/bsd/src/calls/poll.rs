//! Waiting for descriptors: `poll` (kern_poll).

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{POLL_EVENTS, poll_events};
use compat_translate::Cx;
use compat_translate::guest::{self, In};
use compat_translate::host::{self, HostResult, Timespec, linux, nr};
use compat_translate::signal::SigSet;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::signal::with_mask;
use super::stat::statx_fd;
use crate::error::Return;

/// `struct pollfd`, the same on both sides but for some of the bits.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct Pollfd {
    fd: i32,
    events: u16,
    revents: u16,
}

const _: () = assert!(size_of::<Pollfd>() == 8);

/// What both systems have a bit for, and the same.
const SAME: u16 = (poll_events::POLLIN
    | poll_events::POLLPRI
    | poll_events::POLLOUT
    | poll_events::POLLERR
    | poll_events::POLLHUP
    | poll_events::POLLNVAL
    | poll_events::POLLRDNORM
    | poll_events::POLLRDBAND) as u16;

/// `poll` takes at least this many descriptors, whatever the limit on open ones is (FD_SETSIZE).
const ALWAYS_ALLOWED: u32 = 1024;

pub fn poll(cx: &mut Cx, fds: u64, count: u32, timeout: i32) -> Return<u64> {
    const INFTIM: i32 = -1;
    let timeout = match timeout {
        INFTIM => None,
        0.. => Some(Timespec::from_nanos(i64::from(timeout) * 1_000_000)),
        _ => return Err(Errno::EINVAL.into()),
    };
    wait(cx, fds, count, timeout, None)
}

pub fn ppoll(
    cx: &mut Cx,
    fds: u64,
    count: u32,
    timeout: In<[i64; 2]>,
    mask: In<[u32; 4]>,
) -> Return<u64> {
    let timeout = timeout.read_optional()?;
    let timeout = timeout.map(|[sec, nsec]| Timespec { sec, nsec });
    if timeout.is_some_and(|time| time.sec < 0 || !(0..1_000_000_000).contains(&time.nsec)) {
        return Err(Errno::EINVAL.into());
    }
    let mask = mask.read_optional()?.map(SigSet::from_words);
    wait(cx, fds, count, timeout, mask)
}

fn wait(
    cx: &mut Cx,
    fds: u64,
    count: u32,
    timeout: Option<Timespec>,
    mask: Option<SigSet>,
) -> Return<u64> {
    cx.never_restart = true;
    if count > ALWAYS_ALLOWED && u64::from(count) > open_limit()? {
        return Err(Errno::EINVAL.into());
    }
    if needs_no_conversion(cx, fds, count)? {
        let ready = host_poll(cx, fds, count, timeout, mask)?;
        if ready > 0 {
            mark_ends(fds, count)?;
        }
        return Ok(ready);
    }
    let mut copies = copy(fds, count)?;
    let hosts: Vec<Pollfd> = copies.iter().map(|entry| to_host(cx, *entry)).collect();
    let ready = host_poll(cx, hosts.as_ptr() as u64, count, timeout, mask)?;
    for (entry, host) in copies.iter_mut().zip(&hosts) {
        entry.revents = revents_to_guest(entry.events, host.revents);
    }
    for entry in &mut copies {
        mark_end(entry);
    }
    guest::write_bytes(fds, copies.as_bytes())?;
    Ok(ready)
}

/// [`mark_end`] for the guest's array.
fn mark_ends(fds: u64, count: u32) -> Return<()> {
    const REVENTS: u64 = 6;
    for index in 0..u64::from(count) {
        let at = fds.wrapping_add(index * size_of::<Pollfd>() as u64);
        let mut entry: Pollfd = guest::read(at)?;
        if mark_end(&mut entry) {
            guest::write(at.wrapping_add(REVENTS), &entry.revents)?;
        }
    }
    Ok(())
}

/// The end of a pipe or of a pseudo-terminal can be read (pipe_poll, ptsdev_poll). The host says only that it has come.
fn mark_end(entry: &mut Pollfd) -> bool {
    let (hup, input) = (poll_events::POLLHUP as u16, poll_events::POLLIN as u16);
    let asked = entry.events & (input | poll_events::POLLRDNORM as u16);
    let marked = entry.revents & hup != 0
        && entry.revents & asked != asked
        && statx_fd(entry.fd as u64).is_ok_and(|found| {
            let kind = u32::from(found.stx_mode) & linux::S_IFMT;
            matches!(kind, linux::S_IFIFO | linux::S_IFCHR)
        });
    if marked {
        entry.revents |= asked;
    }
    marked
}

fn host_poll(
    cx: &mut Cx,
    fds: u64,
    count: u32,
    timeout: Option<Timespec>,
    mask: Option<SigSet>,
) -> HostResult {
    // The host counts the time left down in its structure; the guest's is not to change.
    let timeout_at = timeout
        .as_ref()
        .map_or(0, |time| core::ptr::from_ref(time) as u64);
    let args = [fds, u64::from(count), timeout_at, 0, 8, 0];
    match mask {
        // SAFETY: a valid timespec or none; the kernel checks the array.
        None => unsafe { cx.host(nr::ppoll, args) },
        Some(mask) => with_mask(cx, mask, |cx, mask| {
            let [fds, count, timeout, _, size, _] = args;
            let mask = core::ptr::from_ref(mask) as u64;
            // SAFETY: as above, and a valid 8-byte mask.
            unsafe { cx.host(nr::ppoll, [fds, count, timeout, mask, size, 0]) }
        }),
    }
}

/// The soft limit on open descriptors.
fn open_limit() -> HostResult {
    const RLIMIT_NOFILE: u64 = 7;
    let mut limit = [0u64; 2];
    // SAFETY: a valid struct rlimit.
    unsafe { host::call_n(nr::getrlimit, [RLIMIT_NOFILE, (&raw mut limit) as u64]) }?;
    let [soft, _] = limit;
    Ok(soft)
}

/// Whether the host can work on the guest's array as it is.
fn needs_no_conversion(cx: &Cx, fds: u64, count: u32) -> Return<bool> {
    const AT_ONCE: usize = 32;
    let objects = &cx.process().objects;
    let mut chunk = [Pollfd::new_zeroed(); AT_ONCE];
    let (mut at, mut left) = (fds, count as usize);
    while left > 0 {
        let taken = left.min(AT_ONCE);
        let entries = chunk.get_mut(..taken).unwrap_or_default();
        guest::read_bytes(at, entries.as_mut_bytes())?;
        if entries
            .iter()
            .any(|entry| entry.events & !SAME != 0 || objects.hides(entry.fd))
        {
            return Ok(false);
        }
        at = at.wrapping_add((taken * size_of::<Pollfd>()) as u64);
        left -= taken;
    }
    Ok(true)
}

fn copy(fds: u64, count: u32) -> Return<Vec<Pollfd>> {
    let mut copies = Vec::new();
    copies
        .try_reserve_exact(count as usize)
        .map_err(|_| Errno::ENOMEM)?;
    copies.resize(count as usize, Pollfd::new_zeroed());
    guest::read_bytes(fds, copies.as_mut_bytes())?;
    Ok(copies)
}

fn to_host(cx: &Cx, guest: Pollfd) -> Pollfd {
    /// Beyond what any process may open.
    const NEVER_OPEN: i32 = i32::MAX;
    let asked = u64::from(guest.events);
    let mut events = POLL_EVENTS.to_host(asked).unwrap_or_default() as u16;
    if guest.events & poll_events::POLLINIGNEOF as u16 != 0 {
        events |= poll_events::POLLIN as u16;
    }
    Pollfd {
        fd: if cx.process().objects.hides(guest.fd) {
            NEVER_OPEN
        } else {
            guest.fd
        },
        events,
        revents: 0,
    }
}

fn revents_to_guest(asked: u16, host: u16) -> u16 {
    let mut found = POLL_EVENTS.to_guest(u64::from(host)) as u16;
    let (input, ignoring_end) = (poll_events::POLLIN as u16, poll_events::POLLINIGNEOF as u16);
    if asked & ignoring_end != 0 && found & input != 0 {
        found |= ignoring_end;
        found &= asked | !input;
    }
    found
}
