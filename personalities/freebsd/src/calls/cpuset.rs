//! Which processors a thread runs on (kern_cpuset.c).

use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{cpu_level, cpu_which};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, nr};

use crate::error::Return;

/// CPU_MAXSIZE / 8: larger masks of programs are filled up with zeros.
const LARGEST: usize = 128;

/// The host's affinity mask of a thread, or of a process's first one.
fn affinity(id: i64) -> Return<Vec<u8>> {
    let mut mask = alloc::vec![0u8; LARGEST];
    let id = if id == -1 { 0 } else { id };
    let args = [id as u64, LARGEST as u64, mask.as_mut_ptr() as u64];
    // SAFETY: `mask` is valid for its size.
    unsafe { host::call_n(nr::sched_getaffinity, args) }?;
    Ok(mask)
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
    let found = match (level, which) {
        (cpu_level::CPU_LEVEL_ROOT | cpu_level::CPU_LEVEL_CPUSET, _) => affinity(-1)?,
        (
            cpu_level::CPU_LEVEL_WHICH,
            cpu_which::CPU_WHICH_TID | cpu_which::CPU_WHICH_PID | cpu_which::CPU_WHICH_TIDPID,
        ) => affinity(id)?,
        (cpu_level::CPU_LEVEL_WHICH, cpu_which::CPU_WHICH_CPUSET) => affinity(-1)?,
        (cpu_level::CPU_LEVEL_WHICH, _) => {
            return Err(cx.gap(
                "cpuset_getaffinity: of an interrupt, jail or domain",
                Errno::EINVAL.into(),
            ));
        }
        _ => return Err(Errno::EINVAL.into()),
    };
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
