//! Clocks and sleeping (kern_time.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{self, clock_id, timer_flags};
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::{self, HostErrno, Timespec, nr, vdso};
use compat_translate::signal::interrupted_restarts;
use compat_translate::trap::UNSERVED;

use crate::abi::time::{GuestTimespec, Itimerval, Timeval, is_proper, timespec};
use crate::error::Return;
use crate::system::errno_number;

const HOST_REALTIME: i32 = 0;
const HOST_MONOTONIC: i32 = 1;
const HOST_PROCESS_CPUTIME: i32 = 2;

/// Bits of the ids that `clock_getcpuclockid2` gives out (MAKE_THREAD_CPUCLOCK, MAKE_PROCESS_CPUCLOCK).
const CPUCLOCK_BIT: u32 = 0x8000_0000;
const CPUCLOCK_PROCESS_BIT: u32 = 0x4000_0000;

/// What a clock id names.
enum Clock {
    /// One of the host's clocks.
    Host(i32),
    /// User time of the process.
    Virtual,
    /// The time in whole seconds.
    Second,
    /// CPU time of a thread or process, by the host's id.
    Cpu(i32),
}

fn clock(id: i32) -> Return<Clock> {
    if let Some(host) = flags::CLOCK_ID.to_host(i64::from(id)) {
        return Ok(Clock::Host(host as i32));
    }
    match id {
        clock_id::CLOCK_VIRTUAL => Ok(Clock::Virtual),
        // User and system time together: what the host counts for the whole process.
        clock_id::CLOCK_PROF => Ok(Clock::Host(HOST_PROCESS_CPUTIME)),
        clock_id::CLOCK_SECOND => Ok(Clock::Second),
        id if id < 0 => Ok(Clock::Cpu(host_cpu_clock(id as u32))),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// The host's id of a CPU clock: the complement of the number, then three bits that say of what.
fn host_cpu_clock(id: u32) -> i32 {
    const SCHED: i32 = 2;
    const THREAD: i32 = 4;
    let number = (id & !(CPUCLOCK_BIT | CPUCLOCK_PROCESS_BIT)) as i32;
    let of_thread = if id & CPUCLOCK_PROCESS_BIT == 0 {
        THREAD
    } else {
        0
    };
    (!number << 3) | SCHED | of_thread
}

/// The time on the guest's clock `id`.
pub fn now(id: i32) -> Return<Timespec> {
    Ok(match clock(id)? {
        Clock::Host(host) | Clock::Cpu(host) => vdso::clock_gettime(host)?,
        Clock::Virtual => user_time()?,
        Clock::Second => Timespec {
            nsec: 0,
            ..vdso::clock_gettime(HOST_REALTIME)?
        },
    })
}

pub fn clock_gettime(_cx: &mut Cx, id: i32, time: Out<GuestTimespec>) -> Return<()> {
    let now = now(id)?;
    time.write(&[now.sec, now.nsec])?;
    Ok(())
}

/// [`clock_gettime`] of a clock that needs no entry into the kernel (see [`compat_translate::trap::Express`]).
pub extern "C" fn quick_clock_gettime(id: u64, time: u64, _: u64) -> u64 {
    let host = flags::CLOCK_ID.to_host(i64::from(id as i32));
    let Some(Ok(now)) = host.map(|host| vdso::clock_gettime(host as i32)) else {
        return UNSERVED;
    };
    match guest::write(time, &[now.sec, now.nsec]) {
        Ok(()) => 0,
        Err(_) => UNSERVED,
    }
}

/// The same for [`gettimeofday`].
pub extern "C" fn quick_gettimeofday(time: u64, zone: u64, _: u64) -> u64 {
    let Ok(now) = vdso::clock_gettime(HOST_REALTIME) else {
        return UNSERVED;
    };
    if time == 0 || zone != 0 || guest::write(time, &[now.sec, now.nsec / 1000]).is_err() {
        return UNSERVED;
    }
    0
}

/// `ru_utime` of the process.
fn user_time() -> Return<Timespec> {
    let mut usage = [0i64; 18];
    // SAFETY: a valid `struct rusage` of 144 bytes.
    unsafe { host::call_n(nr::getrusage, [0, usage.as_mut_ptr() as u64]) }?;
    let [sec, usec, ..] = usage;
    Ok(Timespec {
        sec,
        nsec: usec.saturating_mul(1000),
    })
}

/// Nobody sets the host's clock from in here: privileges over the system do not pass through.
pub fn clock_settime(_cx: &mut Cx, _id: i32, time: In<GuestTimespec>) -> Return<()> {
    time.read()?;
    Err(Errno::EPERM.into())
}

/// Ticks of FreeBSD's statistics clock, which the process-time clocks are counted in.
const TICK_NANOS: i64 = 1_000_000;

pub fn clock_getres(_cx: &mut Cx, id: i32, resolution: Out<GuestTimespec>) -> Return<()> {
    // The time counter runs at more than 1 GHz, and FreeBSD rounds up; the fast clocks report the same.
    let found = match clock(id)? {
        Clock::Second => [1, 0],
        Clock::Virtual => [0, TICK_NANOS],
        Clock::Host(_) if id == clock_id::CLOCK_PROF => [0, TICK_NANOS],
        Clock::Host(_) | Clock::Cpu(_) => [0, 1],
    };
    resolution.write_optional(&found)?;
    Ok(())
}

pub fn clock_getcpuclockid2(_cx: &mut Cx, id: i64, which: i32, clock: Out<u32>) -> Return<()> {
    const CPUCLOCK_WHICH_PID: i32 = 0;
    const CPUCLOCK_WHICH_TID: i32 = 1;
    let number = match (i32::try_from(id).map_err(|_| Errno::ESRCH)?, which) {
        // SAFETY: no arguments.
        (0, CPUCLOCK_WHICH_PID) => unsafe { host::call_n(nr::getpid, []) }? as i32,
        // SAFETY: no arguments.
        (0, CPUCLOCK_WHICH_TID) => unsafe { host::call_n(nr::gettid, []) }? as i32,
        (id, CPUCLOCK_WHICH_PID | CPUCLOCK_WHICH_TID) if id > 0 => id,
        (_, CPUCLOCK_WHICH_PID | CPUCLOCK_WHICH_TID) => return Err(Errno::ESRCH.into()),
        _ => return Err(Errno::EINVAL.into()),
    };
    let process = if which == CPUCLOCK_WHICH_PID {
        CPUCLOCK_PROCESS_BIT
    } else {
        0
    };
    let made = CPUCLOCK_BIT | process | number as u32;
    // Asking it the time is how to learn whether the thread or process is there.
    vdso::clock_gettime(host_cpu_clock(made)).map_err(|_| Errno::ESRCH)?;
    clock.write(&made)?;
    Ok(())
}

pub fn gettimeofday(_cx: &mut Cx, time: Out<Timeval>, zone: Out<[i32; 2]>) -> Return<()> {
    if !time.is_null() {
        let now = vdso::clock_gettime(HOST_REALTIME)?;
        time.write(&[now.sec, now.nsec / 1000])?;
    }
    // Nobody sets the kernel's time zone.
    zone.write_optional(&[0, 0])?;
    Ok(())
}

/// See [`clock_settime`].
pub fn settimeofday(_cx: &mut Cx, time: In<Timeval>, zone: In<[i32; 2]>) -> Return<()> {
    time.read_optional()?;
    zone.read_optional()?;
    Err(Errno::EPERM.into())
}

pub fn nanosleep(cx: &mut Cx, wanted: In<GuestTimespec>, left: Out<GuestTimespec>) -> Return<()> {
    sleep(cx, HOST_MONOTONIC, false, wanted, left)
}

/// Returns the error number as its value, with the carry flag clear (kern_posix_error).
pub fn clock_nanosleep(
    cx: &mut Cx,
    id: i32,
    how: u32,
    wanted: In<GuestTimespec>,
    left: Out<GuestTimespec>,
) -> Return<i32> {
    match clock_sleep(cx, id, how, wanted, left) {
        Ok(()) => Ok(0),
        // No handler is going to run: the call starts over.
        Err(error)
            if error.0 == Errno::EINTR && interrupted_restarts(cx.thread, true) == Some(true) =>
        {
            Err(error)
        }
        Err(error) => Ok(i32::from(errno_number(error.0))),
    }
}

fn clock_sleep(
    cx: &mut Cx,
    id: i32,
    how: u32,
    wanted: In<GuestTimespec>,
    left: Out<GuestTimespec>,
) -> Return<()> {
    if how & !timer_flags::TIMER_ABSTIME != 0 {
        return Err(Errno::EINVAL.into());
    }
    let host = match id {
        clock_id::CLOCK_REALTIME
        | clock_id::CLOCK_REALTIME_PRECISE
        | clock_id::CLOCK_REALTIME_FAST
        | clock_id::CLOCK_SECOND => HOST_REALTIME,
        clock_id::CLOCK_MONOTONIC
        | clock_id::CLOCK_MONOTONIC_PRECISE
        | clock_id::CLOCK_MONOTONIC_FAST
        | clock_id::CLOCK_UPTIME
        | clock_id::CLOCK_UPTIME_PRECISE
        | clock_id::CLOCK_UPTIME_FAST => HOST_MONOTONIC,
        clock_id::CLOCK_VIRTUAL | clock_id::CLOCK_PROF | clock_id::CLOCK_PROCESS_CPUTIME_ID => {
            return Err(Errno::EOPNOTSUPP.into());
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    sleep(
        cx,
        host,
        how & timer_flags::TIMER_ABSTIME != 0,
        wanted,
        left,
    )
}

fn sleep(
    cx: &mut Cx,
    clock: i32,
    absolute: bool,
    wanted: In<GuestTimespec>,
    left: Out<GuestTimespec>,
) -> Return<()> {
    cx.never_restart = true;
    let wanted = wanted.read()?;
    if !is_proper(wanted) {
        return Err(Errno::EINVAL.into());
    }
    if wanted[0] < 0 {
        // Over already, where the host sees an error.
        return Ok(());
    }
    let wanted = timespec(wanted);
    // A signal may arrive before the host starts to sleep: everything is left then.
    let mut remaining = wanted;
    let args = [
        clock as u64,
        u64::from(absolute),
        (&raw const wanted) as u64,
        (&raw mut remaining) as u64,
        0,
        0,
    ];
    // SAFETY: two valid timespecs.
    let slept = unsafe { cx.host(nr::clock_nanosleep, args) };
    if slept == Err(HostErrno::EINTR) && !absolute && !left.is_null() {
        // The host counts in the slack that it allows its timers.
        let remaining = remaining.min(wanted);
        guest::write(left.address(), &[remaining.sec, remaining.nsec])?;
    }
    slept?;
    Ok(())
}

pub fn setitimer(_cx: &mut Cx, which: u32, new: In<Itimerval>, old: Out<Itimerval>) -> Return<()> {
    // The three timers have the host's numbers, and their signals map.
    let mut before: Itimerval = [[0; 2]; 2];
    let before_at = (&raw mut before) as u64;
    let which = u64::from(which);
    match new.read_optional()? {
        // SAFETY: two valid itimervals.
        Some(new) => unsafe {
            host::call_n(nr::setitimer, [which, (&raw const new) as u64, before_at])
        },
        // FreeBSD then only looks (sys_setitimer).
        // SAFETY: a valid itimerval.
        None => unsafe { host::call_n(nr::getitimer, [which, before_at]) },
    }?;
    old.write_optional(&before)?;
    Ok(())
}
