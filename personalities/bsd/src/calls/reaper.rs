//! Reapers: processes that inherit the orphans among their descendants.

use alloc::vec::Vec;

use compat_translate::host::{self, ProcessStat, nr, process_stat, processes};

use crate::error::Return;
use crate::processes::own_pid;

const PR_SET_CHILD_SUBREAPER: u64 = 36;
const PR_GET_CHILD_SUBREAPER: u64 = 37;

/// A descendant of a reaper.
pub struct Descendant {
    pub stat: ProcessStat,
    /// The reaper's child it descends from.
    pub subtree: i32,
}

/// Whether the caller is one.
pub fn is_reaper() -> Return<bool> {
    let mut on = 0i32;
    // SAFETY: a valid int.
    unsafe { host::call_n(nr::prctl, [PR_GET_CHILD_SUBREAPER, (&raw mut on) as u64]) }?;
    Ok(on != 0 || own_pid() == 1)
}

/// Makes the caller one, or an ordinary process again.
pub fn set_reaper(on: bool) -> Return<()> {
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::prctl, [PR_SET_CHILD_SUBREAPER, u64::from(on)]) }?;
    Ok(())
}

/// All processes below `reaper`.
pub fn descendants(reaper: i32) -> Vec<Descendant> {
    let all: Vec<ProcessStat> = processes().into_iter().filter_map(process_stat).collect();
    let mut found: Vec<Descendant> = Vec::new();
    let children = |of: i32| all.iter().filter(move |stat| stat.parent == of);
    found.extend(children(reaper).map(|stat| Descendant {
        stat: stat.clone(),
        subtree: stat.pid,
    }));
    let mut next = 0;
    while let Some((pid, subtree)) = found.get(next).map(|known| (known.stat.pid, known.subtree)) {
        found.extend(children(pid).map(|stat| Descendant {
            stat: stat.clone(),
            subtree,
        }));
        next += 1;
    }
    found
}
