//! The kernel's odds and ends: who is logged in, segment bases, CPU clocks, and what nothing here makes use of.

use compat_bsd::calls::{clock, login};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::idtype::{P_LWPID, P_PID};
use compat_tables::bsd::flags::open_flags::{O_CLOEXEC, O_NONBLOCK};
use compat_tables::netbsd::flags::CLOCK_ID;
use compat_translate::guest::{self, Out};
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::{Cx, task};

use super::files::dup3;
use crate::error::Return;
use crate::lower::{Fd, family_value};

/// MAXLOGNAME
const MOST: usize = 16;

/// As much of the name as there is room for, filled up with nothing (sys___getlogin).
pub(crate) fn __getlogin(_cx: &mut Cx, buffer: u64, room: usize) -> Return<()> {
    let mut name = login::name();
    name.truncate(MOST);
    name.resize(MOST, 0);
    guest::write_bytes(buffer, name.get(..room).unwrap_or(&name))?;
    Ok(())
}

pub(crate) fn __setlogin(cx: &mut Cx, name: u64) -> Return<()> {
    compat_bsd::calls::ids::require_root()?;
    if guest::read_string(name, MOST + 1) == Err(HostErrno::ENAMETOOLONG) {
        return Err(Errno::EINVAL.into());
    }
    login::setlogin(cx, name)
}

/// Goes into a trace of the process, and nobody takes one (ktruser).
pub(crate) fn utrace(_cx: &mut Cx, _label: u64, _address: u64, _length: u64) -> Return<()> {
    Ok(())
}

/// A lock's ceiling is a matter of priorities alone (sys__sched_protect).
pub(crate) fn _sched_protect(_cx: &mut Cx, priority: i32) -> Return<()> {
    if (-1..=63).contains(&priority) {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// Sequences that start over when a thread loses the CPU: not to be had with more than one CPU (ras_install).
pub(crate) fn rasctl(_cx: &mut Cx, _address: u64, _length: u64, operation: i32) -> Return<()> {
    const RAS_INSTALL: i32 = 0;
    const RAS_PURGE: i32 = 1;
    const RAS_PURGE_ALL: i32 = 2;
    match operation {
        RAS_INSTALL => Err(Errno::EOPNOTSUPP.into()),
        RAS_PURGE => Err(Errno::ESRCH.into()),
        RAS_PURGE_ALL => Ok(()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// x86_get_sdbase, x86_set_sdbase.
pub(crate) fn sysarch(cx: &mut Cx, operation: i32, parameters: u64) -> Return<()> {
    const X86_GET_GSBASE: i32 = 14;
    const X86_GET_FSBASE: i32 = 15;
    const X86_SET_GSBASE: i32 = 16;
    const X86_SET_FSBASE: i32 = 17;
    /// The host's; a program's stack lies above the end that NetBSD knows.
    const USER_END: u64 = 0x8000_0000_0000;
    match operation {
        X86_GET_FSBASE => guest::store_u64(parameters, task::fs_base())?,
        X86_SET_FSBASE => {
            let base = guest::load_u64(parameters)?;
            if base >= USER_END {
                return Err(Errno::EINVAL.into());
            }
            task::set_fs_base(base);
        }
        // `gs` is the stub's.
        X86_GET_GSBASE => guest::store_u64(parameters, 0)?,
        X86_SET_GSBASE => return Err(cx.gap("sysarch: X86_SET_GSBASE", Errno::EINVAL.into())),
        _ => {
            let what = "sysarch: operation other than the segment bases";
            return Err(cx.gap(what, Errno::EINVAL.into()));
        }
    }
    Ok(())
}

/// In the number of a CPU clock: whose it is, and the process's or thread's number.
const PROCESS: u32 = 0x4000_0000;
const THREAD: u32 = 0x2000_0000;

/// A clock's number as the family has it.
pub(super) fn family_clock(id: i32) -> Return<i32> {
    /// The family's bits of the same meaning.
    const CPU_CLOCK: u32 = 0x8000_0000;
    const OF_PROCESS: u32 = 0x4000_0000;
    if let Ok(id) = family_value(&CLOCK_ID, id as u64) {
        return Ok(id as i32);
    }
    let number = id as u32 & !(PROCESS | THREAD);
    match id as u32 & !number {
        PROCESS => Ok((CPU_CLOCK | OF_PROCESS | number) as i32),
        THREAD => Ok((CPU_CLOCK | number) as i32),
        _ => Err(Errno::EINVAL.into()),
    }
}

pub(crate) fn __clock_gettime50(cx: &mut Cx, id: i32, time: Out<[i64; 2]>) -> Return<()> {
    let family = family_clock(id)?;
    match clock::clock_gettime(cx, family, time) {
        // Of a process or thread that is not there.
        Err(error) if family < 0 && error.0 == Errno::EINVAL => Err(Errno::ESRCH.into()),
        done => done,
    }
}

pub(crate) fn __clock_getres50(cx: &mut Cx, id: i32, time: Out<[i64; 2]>) -> Return<()> {
    clock::clock_getres(cx, family_clock(id)?, time)
}

/// Whether there is such a process or thread is seen when the clock is read (sys_clock_getcpuclockid2).
pub(crate) fn clock_getcpuclockid2(
    _cx: &mut Cx,
    kind: i32,
    id: i64,
    clock: Out<u32>,
) -> Return<()> {
    let (bit, own) = match kind {
        P_PID => (PROCESS, nr::getpid),
        P_LWPID => (THREAD, nr::gettid),
        _ => return Err(Errno::EINVAL.into()),
    };
    let number = match id as u32 {
        // SAFETY: no arguments.
        0 => unsafe { host::call_n(own, []) }? as u32,
        number => number,
    };
    Ok(clock.write(&(bit | number))?)
}

/// `dup3` of 11: a descriptor is not copied onto itself.
pub(crate) fn __dup3100(cx: &mut Cx, from: Fd, to: Fd, flags: u32) -> Return<Fd> {
    if from == to || flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    dup3(cx, from, to, flags)
}
