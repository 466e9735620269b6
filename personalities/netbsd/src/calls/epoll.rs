//! Linux's epoll, which 11 has (sys_epoll.c): the host's, with events that are not packed.

use alloc::vec::Vec;

use compat_bsd::abi::time::{GuestTimespec, is_proper, timespec};
use compat_bsd::calls::signal::with_mask;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, In};
use compat_translate::host::{self, nr};
use compat_translate::signal::SigSet;
use zerocopy::IntoBytes;

use crate::error::Return;
use crate::lower::Fd;

/// `struct epoll_event`: what happens, a gap, and what the program wrote beside it.
type Event = [u32; 4];
/// The host's: the same without the gap.
type HostEvent = [u32; 3];

pub(crate) fn epoll_ctl(
    cx: &mut Cx,
    epoll: Fd,
    operation: i32,
    fd: Fd,
    event: In<Event>,
) -> Return<()> {
    const EPOLL_CTL_DEL: i32 = 2;
    let mut given = HostEvent::default();
    if operation != EPOLL_CTL_DEL {
        let [events, _, low, high] = event.read()?;
        given = [events, low, high];
    }
    let args = [
        epoll.checked(cx)?,
        operation as u64,
        fd.checked(cx)?,
        given.as_ptr() as u64,
    ];
    // SAFETY: a valid struct epoll_event.
    unsafe { host::call_n(nr::epoll_ctl, args) }?;
    Ok(())
}

pub(crate) fn epoll_pwait2(
    cx: &mut Cx,
    epoll: Fd,
    events: u64,
    most: i32,
    timeout: In<GuestTimespec>,
    mask: In<[u32; 4]>,
) -> Return<i32> {
    /// More than that at once is nothing anybody waits for.
    const LIMIT: usize = 4096;
    let epoll = epoll.checked(cx)?;
    let most = usize::try_from(most).map_err(|_| Errno::EINVAL)?.min(LIMIT);
    if most == 0 {
        return Err(Errno::EINVAL.into());
    }
    let timeout = timeout.read_optional()?;
    if timeout.is_some_and(|timeout| !is_proper(timeout) || timeout[0] < 0) {
        return Err(Errno::EINVAL.into());
    }
    let timeout = timeout.map(timespec);
    let timeout_at = timeout
        .as_ref()
        .map_or(0, |timeout| core::ptr::from_ref(timeout) as u64);
    let mask = mask.read_optional()?.map(SigSet::from_words);
    let mut found: Vec<HostEvent> = alloc::vec![HostEvent::default(); most];
    let found_at = found.as_mut_ptr() as u64;
    cx.never_restart = true;
    let args = [epoll, found_at, most as u64, timeout_at, 0, 8];
    let count = match mask {
        // SAFETY: room for so many events, and a valid timespec or none.
        None => unsafe { cx.host(nr::epoll_pwait2, args) },
        Some(mask) => with_mask(cx, mask, |cx, mask| {
            let mask = core::ptr::from_ref(mask) as u64;
            let args = [epoll, found_at, most as u64, timeout_at, mask, 8];
            // SAFETY: as above, and a valid 8-byte mask.
            unsafe { cx.host(nr::epoll_pwait2, args) }
        }),
    }?;
    let told: Vec<Event> = found
        .into_iter()
        .take(count as usize)
        .map(|[events, low, high]| [events, 0, low, high])
        .collect();
    guest::write_bytes(events, told.as_bytes())?;
    Ok(count as i32)
}
