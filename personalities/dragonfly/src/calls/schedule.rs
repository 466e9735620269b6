//! Who runs where, and how urgently (kern_usched.c, kern_resource.c).

use compat_bsd::calls::{ids, schedule};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::rtprio_type::{
    RTP_PRIO_FIFO, RTP_PRIO_IDLE, RTP_PRIO_NORMAL, RTP_PRIO_REALTIME,
};
use compat_translate::Cx;
use compat_translate::guest::{self, In, InOut, Out};
use compat_translate::host::{self, nr, threads_of, vdso};

use crate::abi::unistd::Cpumask;
use crate::error::Return;

/// The types of priority by their numbers here, and the family's.
const TYPES: [(u16, i32); 4] = [
    (0, RTP_PRIO_REALTIME),
    (1, RTP_PRIO_NORMAL),
    (2, RTP_PRIO_IDLE),
    (4, RTP_PRIO_FIFO),
];

pub(crate) fn rtprio(
    cx: &mut Cx,
    function: i32,
    pid: i32,
    place: InOut<schedule::Rtprio>,
) -> Return<()> {
    if pid < 0 {
        return Err(Errno::EINVAL.into());
    }
    let [own, level] = place.read()?;
    let kind = TYPES.iter().find(|(number, _)| *number == own);
    // A type that is none is told by who sets it.
    let mut family = [kind.map_or(u16::MAX, |(_, kind)| *kind as u16), level];
    let at = InOut::new(family.as_mut_ptr() as u64);
    schedule::rtprio(cx, function, pid, at)?;
    let [kind, level] = family;
    let own = TYPES.iter().find(|(_, family)| *family == i32::from(kind));
    place.write(&[own.map_or(1, |(number, _)| *number), level])?;
    Ok(())
}

/// -1 is the calling thread.
pub(crate) fn lwp_rtprio(
    cx: &mut Cx,
    function: i32,
    pid: i32,
    tid: i32,
    place: InOut<schedule::Rtprio>,
) -> Return<()> {
    place.read()?;
    if pid < 0 || tid < -1 {
        return Err(Errno::EINVAL.into());
    }
    if tid > 0 && !threads_of(pid).contains(&tid) {
        return Err(Errno::ESRCH.into());
    }
    rtprio(cx, function, tid.max(0), place)
}

fn mask_of(id: i32) -> Return<Cpumask> {
    let mut mask = Cpumask::default();
    let size = size_of_val(&mask) as u64;
    let args = [id as u64, size, mask.as_mut_ptr() as u64];
    // SAFETY: room for so many bytes.
    unsafe { host::call_n(nr::sched_getaffinity, args) }?;
    Ok(mask)
}

fn set_mask(id: i32, mask: &Cpumask) -> Return<()> {
    let args = [id as u64, size_of_val(mask) as u64, mask.as_ptr() as u64];
    // SAFETY: a valid set.
    unsafe { host::call_n(nr::sched_setaffinity, args) }?;
    Ok(())
}

/// The threads that are meant; the first one where all are.
fn meant(pid: i32, tid: i32) -> Return<alloc::vec::Vec<i32>> {
    if pid < 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut threads = threads_of(pid);
    threads.sort_unstable();
    if tid >= 0 {
        threads.retain(|&thread| thread == tid);
    }
    if threads.is_empty() {
        return Err(Errno::ESRCH.into());
    }
    Ok(threads)
}

pub(crate) fn lwp_getaffinity(_cx: &mut Cx, pid: i32, tid: i32, mask: Out<Cpumask>) -> Return<()> {
    let threads = meant(pid, tid)?;
    let first = threads.first().copied().unwrap_or(0);
    Ok(mask.write(&mask_of(first)?)?)
}

/// Only root says where others run.
pub(crate) fn lwp_setaffinity(_cx: &mut Cx, pid: i32, tid: i32, mask: In<Cpumask>) -> Return<()> {
    if pid != 0 {
        ids::require_root()?;
    }
    let mut wanted = mask.read()?;
    let there = machine()?;
    for (word, there) in wanted.iter_mut().zip(there) {
        *word &= there;
    }
    if wanted == Cpumask::default() {
        return Err(Errno::EPERM.into());
    }
    for thread in meant(pid, tid)? {
        set_mask(thread, &wanted)?;
    }
    Ok(())
}

/// The machine's CPUs: those that the first process may use.
fn machine() -> Return<Cpumask> {
    mask_of(1).or_else(|_| mask_of(0))
}

/// sys_usched_set, for the calling thread.
pub(crate) fn usched_set(cx: &mut Cx, pid: i32, command: i32, data: u64, bytes: i32) -> Return<()> {
    const SET_SCHEDULER: i32 = 0;
    const SET_CPU: i32 = 1;
    const ADD_CPU: i32 = 2;
    const DEL_CPU: i32 = 3;
    const GET_CPU: i32 = 4;
    const GET_CPUMASK: i32 = 5;
    const SET_CPUMASK: i32 = 6;
    if pid != 0 && pid != compat_bsd::processes::own_pid() {
        return Err(Errno::EINVAL.into());
    }
    let sized = |size: usize| {
        if usize::try_from(bytes) == Ok(size) {
            Ok(())
        } else {
            Err(Errno::EINVAL)
        }
    };
    match command {
        SET_SCHEDULER => {
            ids::require_root()?;
            Err(cx.gap("usched_set: another scheduler", Errno::EINVAL.into()))
        }
        GET_CPU => {
            sized(4)?;
            Ok(guest::write(data, &vdso::current_cpu())?)
        }
        GET_CPUMASK => {
            sized(size_of::<Cpumask>())?;
            Ok(guest::write(data, &mask_of(0)?)?)
        }
        SET_CPUMASK => {
            ids::require_root()?;
            sized(size_of::<Cpumask>())?;
            lwp_setaffinity(
                cx,
                0,
                cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed),
                In::new(data),
            )
        }
        SET_CPU | ADD_CPU | DEL_CPU => {
            if command != DEL_CPU {
                ids::require_root()?;
            }
            sized(4)?;
            let cpu: i32 = guest::read(data)?;
            let cpus = compat_bsd::machine::cpus() as i32;
            let bit = usize::try_from(cpu)
                .ok()
                .filter(|_| cpu < cpus)
                .ok_or(Errno::EFBIG)?;
            let mut mask = if command == SET_CPU {
                Cpumask::default()
            } else {
                mask_of(0)?
            };
            if let Some(word) = mask.get_mut(bit / 64) {
                if command == DEL_CPU {
                    *word &= !(1 << (bit % 64));
                } else {
                    *word |= 1 << (bit % 64);
                }
            }
            if mask == Cpumask::default() {
                return Err(Errno::EPERM.into());
            }
            set_mask(0, &mask)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}
