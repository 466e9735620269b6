//! Keeping the clock right (kern_ntptime.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, InOut, Out};
use compat_translate::host::{self, nr};

use crate::abi::time::{Ntptimeval, Timeval, Timex};
use crate::error::Return;

/// The host's `struct timex`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct HostTimex {
    modes: u32,
    pad0: u32,
    offset: i64,
    freq: i64,
    maxerror: i64,
    esterror: i64,
    status: i32,
    pad1: u32,
    constant: i64,
    precision: i64,
    tolerance: i64,
    time: [i64; 2],
    tick: i64,
    ppsfreq: i64,
    jitter: i64,
    shift: i32,
    pad2: u32,
    stabil: i64,
    jitcnt: i64,
    calcnt: i64,
    errcnt: i64,
    stbcnt: i64,
    tai: i32,
    rest: [i32; 11],
}

const _: () = assert!(size_of::<HostTimex>() == 208);

const HOST_ADJ_OFFSET_SS_READ: u32 = 0xa001;
const STA_NANO: i32 = 0x2000;

/// Asks the host; its answer is the clock's state.
fn adjust(timex: &mut HostTimex) -> Return<i32> {
    // SAFETY: a valid `struct timex`.
    Ok(unsafe { host::call_n(nr::adjtimex, [core::ptr::from_mut(timex) as u64]) }? as i32)
}

/// Only looks: nobody changes the host's clock from in here.
pub fn adjtime(_cx: &mut Cx, delta: In<Timeval>, old: Out<Timeval>) -> Return<()> {
    if delta.read_optional()?.is_some() {
        return Err(Errno::EPERM.into());
    }
    let mut timex = HostTimex {
        modes: HOST_ADJ_OFFSET_SS_READ,
        ..HostTimex::default()
    };
    adjust(&mut timex)?;
    // What is left of an adjustment.
    old.write_optional(&[timex.offset / 1_000_000, timex.offset % 1_000_000])?;
    Ok(())
}

/// See [`adjtime`].
pub fn ntp_adjtime(_cx: &mut Cx, place: InOut<Timex>) -> Return<i32> {
    let guest = place.read()?;
    if guest.modes != 0 {
        return Err(Errno::EPERM.into());
    }
    let mut host = HostTimex::default();
    let state = adjust(&mut host)?;
    place.write(&Timex {
        modes: 0,
        pad0: 0,
        offset: host.offset,
        freq: host.freq,
        maxerror: host.maxerror,
        esterror: host.esterror,
        status: host.status,
        pad1: 0,
        constant: host.constant,
        precision: host.precision,
        tolerance: host.tolerance,
        ppsfreq: host.ppsfreq,
        jitter: host.jitter,
        shift: host.shift,
        pad2: 0,
        stabil: host.stabil,
        jitcnt: host.jitcnt,
        calcnt: host.calcnt,
        errcnt: host.errcnt,
        stbcnt: host.stbcnt,
    })?;
    Ok(state)
}

pub fn ntp_gettime(_cx: &mut Cx, place: Out<Ntptimeval>) -> Return<i32> {
    let mut timex = HostTimex::default();
    let state = adjust(&mut timex)?;
    let [sec, fraction] = timex.time;
    // Microseconds unless the clock's owner asked for nanoseconds.
    let nsec = if timex.status & STA_NANO == 0 {
        fraction.saturating_mul(1000)
    } else {
        fraction
    };
    place.write(&Ntptimeval {
        time: [sec, nsec],
        maxerror: timex.maxerror,
        esterror: timex.esterror,
        tai: i64::from(timex.tai),
        time_state: state,
        pad: 0,
    })?;
    Ok(state)
}
