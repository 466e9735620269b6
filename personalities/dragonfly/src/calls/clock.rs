//! Clocks by numbers of 64 bits: a thread's number stands in the upper half (kern_time.c).

use compat_bsd::calls::clock;
use compat_bsd::processes::own_pid;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::Out;
use compat_translate::host::{process_stat, threads_of};

use crate::error::Return;

const CPUCLOCK_BIT: u64 = 0x8000_0000;

/// A clock's number as the family has it.
fn family(id: u64) -> i32 {
    /// In the family's number of a CPU clock: it is a process's.
    const OF_PROCESS: u32 = 0x4000_0000;
    if id & CPUCLOCK_BIT == 0 {
        return id as i32;
    }
    let number = match (id >> 32) as u32 {
        0 => OF_PROCESS | (id & !CPUCLOCK_BIT) as u32,
        thread => thread & !OF_PROCESS,
    };
    (CPUCLOCK_BIT as u32 | number) as i32
}

pub(crate) fn clock_gettime(cx: &mut Cx, id: u64, time: Out<[i64; 2]>) -> Return<()> {
    clock::clock_gettime(cx, family(id), time)
}

pub(crate) fn clock_getres(cx: &mut Cx, id: u64, time: Out<[i64; 2]>) -> Return<()> {
    clock::clock_getres(cx, family(id), time)
}

/// kern_getcpuclockid.
pub(crate) fn getcpuclockid(_cx: &mut Cx, pid: i32, lwp: i32, clock: Out<u64>) -> Return<()> {
    let process = if pid == 0 { own_pid() } else { pid };
    if process_stat(process).is_none() {
        return Err(Errno::ESRCH.into());
    }
    if lwp < 0 {
        return Err(Errno::EINVAL.into());
    }
    if lwp > 0 && !threads_of(process).contains(&lwp) {
        return Err(Errno::ESRCH.into());
    }
    clock.write(&((lwp as u64) << 32 | process as u64 | CPUCLOCK_BIT))?;
    Ok(())
}
