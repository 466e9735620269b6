//! Which processors a thread runs on (kern_cpuset.c).

use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{cpu_level, cpu_which};
use compat_translate::Cx;
use compat_translate::guest::{self, Out};
use compat_translate::host::{self, nr, read_file, threads_of};

use super::ids;
use crate::error::Return;

/// CPU_MAXSIZE / 8: larger masks of programs are filled up with zeros.
const LARGEST: usize = 128;
/// The set that every process starts in; there are no others here.
const DEFAULT_SET: i32 = 1;

/// Who a call is about.
enum Subject {
    /// One thread, 0 for the caller.
    Thread(i32),
    /// All threads of a process, 0 for the caller's.
    Process(i32),
    /// The set of processors everybody may use.
    Everybody,
}

fn subject(cx: &mut Cx, level: i32, which: i32, id: i64) -> Return<Subject> {
    let number = match id {
        -1 => 0,
        id => i32::try_from(id).map_err(|_| Errno::ESRCH)?,
    };
    let subject = match which {
        cpu_which::CPU_WHICH_TID => Subject::Thread(number),
        cpu_which::CPU_WHICH_PID => Subject::Process(number),
        // Numbers of processes end where those of threads begin there; here they are one kind.
        cpu_which::CPU_WHICH_TIDPID if is_process(number) => Subject::Process(number),
        cpu_which::CPU_WHICH_TIDPID => Subject::Thread(number),
        cpu_which::CPU_WHICH_CPUSET if number == 0 || number == DEFAULT_SET => Subject::Everybody,
        cpu_which::CPU_WHICH_CPUSET => return Err(Errno::ESRCH.into()),
        cpu_which::CPU_WHICH_JAIL | cpu_which::CPU_WHICH_DOMAIN if number == 0 => {
            Subject::Everybody
        }
        cpu_which::CPU_WHICH_JAIL | cpu_which::CPU_WHICH_DOMAIN => return Err(Errno::ESRCH.into()),
        cpu_which::CPU_WHICH_IRQ
        | cpu_which::CPU_WHICH_INTRHANDLER
        | cpu_which::CPU_WHICH_ITHREAD => {
            return Err(cx.gap("cpuset: of an interrupt", Errno::ESRCH.into()));
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    match level {
        cpu_level::CPU_LEVEL_WHICH => Ok(subject),
        cpu_level::CPU_LEVEL_ROOT | cpu_level::CPU_LEVEL_CPUSET => Ok(Subject::Everybody),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn is_process(number: i32) -> bool {
    host::process_file(number, "cmdline", 1).is_ok()
}

/// The host's affinity mask of a thread.
fn affinity(tid: i32) -> Return<Vec<u8>> {
    let mut mask = alloc::vec![0u8; LARGEST];
    let args = [tid as u64, LARGEST as u64, mask.as_mut_ptr() as u64];
    // SAFETY: `mask` is valid for its size.
    unsafe { host::call_n(nr::sched_getaffinity, args) }?;
    Ok(mask)
}

/// The processors that are switched on: `0-3,8`.
fn online() -> Vec<u8> {
    let text = read_file(c"/sys/devices/system/cpu/online", 4096).unwrap_or_default();
    let mut mask = alloc::vec![0u8; LARGEST];
    let text = core::str::from_utf8(&text).unwrap_or_default().trim();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) else {
            continue;
        };
        for cpu in first..=last.min(8 * LARGEST - 1) {
            if let Some(byte) = mask.get_mut(cpu / 8) {
                *byte |= 1 << (cpu % 8);
            }
        }
    }
    mask
}

fn mask_of(subject: &Subject) -> Return<Vec<u8>> {
    match *subject {
        Subject::Thread(tid) => affinity(tid),
        Subject::Process(0) => affinity(0),
        Subject::Process(pid) => {
            // The union of its threads' (kern_cpuset_getaffinity).
            let mut union = affinity(pid)?;
            for tid in threads_of(pid) {
                for (all, one) in union.iter_mut().zip(affinity(tid).unwrap_or_default()) {
                    *all |= one;
                }
            }
            Ok(union)
        }
        Subject::Everybody => match online() {
            mask if needed(&mask) > 0 => Ok(mask),
            _ => affinity(0),
        },
    }
}

/// How many bytes of a mask are needed to hold it.
fn needed(mask: &[u8]) -> usize {
    mask.iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1)
}

pub(crate) fn cpuset_getaffinity(
    cx: &mut Cx,
    level: i32,
    which: i32,
    id: i64,
    size: u64,
    mask: u64,
) -> Return<()> {
    let subject = subject(cx, level, which, id)?;
    let found = mask_of(&subject)?;
    if size < needed(&found) as u64 {
        return Err(Errno::ERANGE.into());
    }
    let whole = size.min(4096) as usize;
    let answer: Vec<u8> = found
        .into_iter()
        .chain(core::iter::repeat(0))
        .take(whole)
        .collect();
    guest::write_bytes(mask, &answer)?;
    Ok(())
}

pub(crate) fn cpuset_setaffinity(
    cx: &mut Cx,
    level: i32,
    which: i32,
    id: i64,
    size: u64,
    mask: u64,
) -> Return<()> {
    let subject = subject(cx, level, which, id)?;
    let wanted = read_mask(size, mask)?;
    let tids = match subject {
        Subject::Thread(tid) => alloc::vec![tid],
        Subject::Process(pid) => match threads_of(pid) {
            tids if tids.is_empty() => return Err(Errno::ESRCH.into()),
            tids => tids,
        },
        // The sets themselves belong to root, and the host has no such thing to change.
        Subject::Everybody => {
            ids::require_root()?;
            return Err(cx.gap("cpuset_setaffinity: of a whole set", Errno::EPERM.into()));
        }
    };
    // Processors that are not there: EINVAL there, ignored by the host unless nothing is left.
    let there = mask_of(&Subject::Everybody)?;
    if wanted.iter().zip(&there).any(|(one, all)| one & !all != 0) {
        return Err(Errno::EINVAL.into());
    }
    for tid in tids {
        let args = [tid as u64, wanted.len() as u64, wanted.as_ptr() as u64];
        // SAFETY: `wanted` is valid for its size.
        unsafe { host::call_n(nr::sched_setaffinity, args) }?;
    }
    Ok(())
}

/// The guest's mask. Bits beyond what the kernel has room for must be zero, and some processor must be left.
fn read_mask(size: u64, mask: u64) -> Return<Vec<u8>> {
    let mut wanted = alloc::vec![0u8; LARGEST];
    let near = size.min(LARGEST as u64) as usize;
    guest::read_bytes(mask, wanted.get_mut(..near).unwrap_or_default())?;
    if size > LARGEST as u64 {
        let mut far = alloc::vec![0u8; (size.min(65_536) as usize).saturating_sub(LARGEST)];
        guest::read_bytes(mask.wrapping_add(LARGEST as u64), &mut far)?;
        if far.iter().any(|&byte| byte != 0) {
            return Err(Errno::EINVAL.into());
        }
    }
    if needed(&wanted) == 0 {
        return Err(Errno::EDEADLK.into());
    }
    Ok(wanted)
}

/// A new set would be equal to the only one there is.
pub(crate) fn cpuset(cx: &mut Cx, set: Out<i32>) -> Return<()> {
    let _ = set;
    Err(cx.gap("cpuset: a set of its own", Errno::ENFILE.into()))
}

pub(crate) fn cpuset_setid(cx: &mut Cx, which: i32, id: i64, set: i32) -> Return<()> {
    subject(cx, cpu_level::CPU_LEVEL_WHICH, which, id)?;
    if set == DEFAULT_SET {
        Ok(())
    } else {
        Err(Errno::ESRCH.into())
    }
}

pub(crate) fn cpuset_getid(
    cx: &mut Cx,
    level: i32,
    which: i32,
    id: i64,
    set: Out<i32>,
) -> Return<()> {
    if level == cpu_level::CPU_LEVEL_WHICH && which != cpu_which::CPU_WHICH_CPUSET {
        return Err(Errno::EINVAL.into());
    }
    subject(cx, level, which, id)?;
    set.write(&DEFAULT_SET)?;
    Ok(())
}

/// One memory domain, taken first come first served.
const DOMAINSET_POLICY_FIRSTTOUCH: i32 = 2;
const DOMAINSET_POLICIES: core::ops::RangeInclusive<i32> = 1..=4;
/// `sizeof(domainset_t)`: 256 domains.
const DOMAINSET: u64 = 32;

pub(crate) fn cpuset_getdomain(
    cx: &mut Cx,
    level: i32,
    which: i32,
    id: i64,
    size: u64,
    mask: u64,
    policy: Out<i32>,
) -> Return<()> {
    if !(DOMAINSET..=DOMAINSET).contains(&size) {
        return Err(Errno::ERANGE.into());
    }
    subject(cx, level, which, id)?;
    let mut domains = [0u8; DOMAINSET as usize];
    if let Some(first) = domains.first_mut() {
        *first = 1;
    }
    guest::write_bytes(mask, &domains)?;
    policy.write_optional(&DOMAINSET_POLICY_FIRSTTOUCH)?;
    Ok(())
}

pub(crate) fn cpuset_setdomain(
    cx: &mut Cx,
    level: i32,
    which: i32,
    id: i64,
    size: u64,
    mask: u64,
    policy: i32,
) -> Return<()> {
    if size != DOMAINSET {
        return Err(Errno::ERANGE.into());
    }
    subject(cx, level, which, id)?;
    let mut domains = [0u8; DOMAINSET as usize];
    guest::read_bytes(mask, &mut domains)?;
    // Only the one domain can be asked for, and every policy takes from it.
    let [first, rest @ ..] = domains;
    if !DOMAINSET_POLICIES.contains(&policy) || first != 1 || rest.iter().any(|&byte| byte != 0) {
        return Err(Errno::EINVAL.into());
    }
    Ok(())
}
