//! Timers of POSIX (kern_time.c). Their numbers are the host's.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{clock_id, sigev_notify, timer_flags};
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};
use compat_translate::objects::Notice;

use crate::abi::time::{GuestTimespec, Sigevent, is_proper};
use crate::error::Return;
use crate::signals;

/// `struct itimerspec`, which is the host's too: interval, value.
pub type Itimerspec = [GuestTimespec; 2];

/// The host's `struct sigevent`.
#[repr(C)]
pub struct HostEvent {
    value: u64,
    signo: i32,
    notify: i32,
    thread_id: i32,
    rest: [i32; 11],
}

const _: () = assert!(size_of::<HostEvent>() == 64);

const HOST_SIGEV_SIGNAL: i32 = 0;
const HOST_SIGEV_NONE: i32 = 1;
const HOST_SIGEV_THREAD_ID: i32 = 4;

impl HostEvent {
    /// Nothing is to happen.
    pub(super) const NOTHING: Self = Self {
        value: 0,
        signo: 0,
        notify: HOST_SIGEV_NONE,
        thread_id: 0,
        rest: [0; 11],
    };

    /// kern_ktimer_create takes these three ways of notice only; libc makes SIGEV_THREAD out of them.
    pub fn of(event: &Sigevent) -> Return<Self> {
        let notify = match event.notify {
            sigev_notify::SIGEV_NONE => HOST_SIGEV_NONE,
            sigev_notify::SIGEV_SIGNAL => HOST_SIGEV_SIGNAL,
            sigev_notify::SIGEV_THREAD_ID => HOST_SIGEV_THREAD_ID,
            _ => return Err(Errno::EINVAL.into()),
        };
        let signo = if notify == HOST_SIGEV_NONE {
            0
        } else {
            u8::try_from(event.signo)
                .ok()
                .and_then(signals::to_host)
                .ok_or(Errno::EINVAL)?
        };
        Ok(Self {
            value: event.value,
            signo: i32::from(signo),
            notify,
            thread_id: event.thread_id,
            rest: [0; 11],
        })
    }

    /// What this asks queue `queue` for; `None` for nothing at all.
    pub(super) fn notice(&self, queue: i32) -> Option<Notice> {
        let thread = match self.notify {
            HOST_SIGEV_NONE => return None,
            HOST_SIGEV_THREAD_ID => self.thread_id,
            _ => 0,
        };
        Some(Notice {
            thread,
            signal: self.signo as u8,
            value: self.value,
            queue,
        })
    }
}

pub fn ktimer_create(_cx: &mut Cx, clock: i32, event: In<Sigevent>, timer: Out<i32>) -> Return<()> {
    // The only clocks that itimer_start registers timers for.
    let clock = match clock {
        clock_id::CLOCK_REALTIME => 0,
        clock_id::CLOCK_MONOTONIC => 1,
        _ => return Err(Errno::EINVAL.into()),
    };
    let event = match event.read_optional()? {
        Some(event) => Some(HostEvent::of(&event)?),
        // SIGALRM with the timer's number as its value, on both.
        None => None,
    };
    let event_at = event.as_ref().map_or(0, |event| (&raw const *event) as u64);
    let mut id = 0i32;
    // SAFETY: a valid sigevent or none, and a valid int.
    unsafe { host::call_n(nr::timer_create, [clock, event_at, (&raw mut id) as u64]) }?;
    if let Err(error) = timer.write(&id) {
        // SAFETY: no pointers.
        let _ = unsafe { host::call_n(nr::timer_delete, [id as u64]) };
        return Err(error.into());
    }
    Ok(())
}

pub fn ktimer_delete(_cx: &mut Cx, timer: i32) -> Return<()> {
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::timer_delete, [timer as u64]) }?;
    Ok(())
}

pub fn ktimer_settime(
    _cx: &mut Cx,
    timer: i32,
    flags: u32,
    value: In<Itimerspec>,
    old: Out<Itimerspec>,
) -> Return<()> {
    let new = value.read()?;
    if !new.into_iter().all(is_proper) {
        return Err(Errno::EINVAL.into());
    }
    let mut before: Itimerspec = [[0; 2]; 2];
    let args = [
        timer as u64,
        u64::from(flags & timer_flags::TIMER_ABSTIME),
        new.as_ptr() as u64,
        before.as_mut_ptr() as u64,
    ];
    // SAFETY: two valid itimerspecs.
    unsafe { host::call_n(nr::timer_settime, args) }?;
    old.write_optional(&before)?;
    Ok(())
}

pub fn ktimer_gettime(_cx: &mut Cx, timer: i32, value: Out<Itimerspec>) -> Return<()> {
    let mut now: Itimerspec = [[0; 2]; 2];
    // SAFETY: a valid itimerspec.
    unsafe { host::call_n(nr::timer_gettime, [timer as u64, now.as_mut_ptr() as u64]) }?;
    value.write(&now)?;
    Ok(())
}

pub fn ktimer_getoverrun(_cx: &mut Cx, timer: i32) -> Return<u64> {
    // SAFETY: no pointers.
    Ok(unsafe { host::call_n(nr::timer_getoverrun, [timer as u64]) }?)
}
