//! Reapers: processes that inherit the orphans among their descendants (kern_procctl.c, `PROC_REAP_*`).

use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_translate::guest;
use compat_translate::host::{self, ProcessStat, nr, process_stat, processes};

use crate::abi::procctl::{
    REAPER_KILL_CHILDREN, REAPER_KILL_SUBTREE, REAPER_PIDINFO_CHILD, REAPER_PIDINFO_STOPPED,
    REAPER_PIDINFO_VALID, REAPER_PIDINFO_ZOMBIE, REAPER_STATUS_OWNED, REAPER_STATUS_REALINIT,
    ReaperKill, ReaperPidinfo, ReaperPids, ReaperStatus,
};
use crate::error::Return;
use crate::signals;

const PR_SET_CHILD_SUBREAPER: u64 = 36;
const PR_GET_CHILD_SUBREAPER: u64 = 37;

/// A descendant of a reaper.
struct Descendant {
    stat: ProcessStat,
    /// The reaper's child it descends from.
    subtree: i32,
}

fn own_pid() -> Return<i32> {
    // SAFETY: no arguments.
    Ok(unsafe { host::call_n(nr::getpid, []) }? as i32)
}

fn is_reaper() -> Return<bool> {
    let mut on = 0i32;
    // SAFETY: a valid int.
    unsafe { host::call_n(nr::prctl, [PR_GET_CHILD_SUBREAPER, (&raw mut on) as u64]) }?;
    Ok(on != 0 || own_pid()? == 1)
}

fn set_reaper(on: u64) -> Return<()> {
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::prctl, [PR_SET_CHILD_SUBREAPER, on]) }?;
    Ok(())
}

pub(super) fn acquire(id: i32) -> Return<()> {
    if id != 0 {
        return Err(Errno::EPERM.into());
    }
    if is_reaper()? {
        return Err(Errno::EBUSY.into());
    }
    set_reaper(1)
}

pub(super) fn release(id: i32) -> Return<()> {
    if id != 0 {
        return Err(Errno::EPERM.into());
    }
    if !is_reaper()? {
        return Err(Errno::EINVAL.into());
    }
    set_reaper(0)
}

/// The reaper of process `id`: itself if it is one; init for everybody whose reaper the host does not name.
fn reaper_of(id: i32) -> Return<i32> {
    if id == 0 && is_reaper()? {
        own_pid()
    } else {
        Ok(1)
    }
}

fn descendants(reaper: i32) -> Vec<Descendant> {
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

pub(super) fn status(id: i32, data: u64) -> Return<()> {
    let reaper = reaper_of(id)?;
    let below = descendants(reaper);
    let children = below.iter().filter(|one| one.stat.parent == reaper);
    let mut flags = 0;
    if id == 0 && is_reaper()? {
        flags |= REAPER_STATUS_OWNED;
    }
    if reaper == 1 {
        flags |= REAPER_STATUS_REALINIT;
    }
    let answer = ReaperStatus {
        flags,
        children: children.clone().count() as u32,
        descendants: below.len() as u32,
        reaper,
        pid: children.map(|one| one.stat.pid).next().unwrap_or(-1),
        pad: [0; 15],
    };
    guest::write(data, &answer)?;
    Ok(())
}

pub(super) fn pids(id: i32, data: u64) -> Return<()> {
    let wanted: ReaperPids = guest::read(data)?;
    let reaper = reaper_of(id)?;
    let mut at = wanted.pids;
    for one in descendants(reaper).iter().take(wanted.count as usize) {
        let mut flags = REAPER_PIDINFO_VALID;
        if one.stat.parent == reaper {
            flags |= REAPER_PIDINFO_CHILD;
        }
        match one.stat.state {
            b'Z' => flags |= REAPER_PIDINFO_ZOMBIE,
            b'T' | b't' => flags |= REAPER_PIDINFO_STOPPED,
            _ => {}
        }
        let info = ReaperPidinfo {
            pid: one.stat.pid,
            subtree: one.subtree,
            flags,
            pad: [0; 15],
        };
        guest::write(at, &info)?;
        at = at.wrapping_add(size_of::<ReaperPidinfo>() as u64);
    }
    Ok(())
}

pub(super) fn kill(id: i32, data: u64) -> Return<()> {
    const BOTH: u32 = REAPER_KILL_CHILDREN | REAPER_KILL_SUBTREE;
    let mut wanted: ReaperKill = guest::read(data)?;
    if wanted.flags & !BOTH != 0 || wanted.flags & BOTH == BOTH {
        return Err(Errno::EINVAL.into());
    }
    let signal = u8::try_from(wanted.sig)
        .ok()
        .and_then(signals::to_host)
        .ok_or(Errno::EINVAL)?;
    let reaper = reaper_of(id)?;
    let meant = |one: &Descendant| match wanted.flags {
        REAPER_KILL_CHILDREN => one.stat.parent == reaper,
        REAPER_KILL_SUBTREE => one.subtree == wanted.subtree,
        _ => true,
    };
    // Success as soon as one got it; otherwise the first refusal (reap_kill_proc).
    let mut result = Err(Errno::ESRCH);
    wanted.killed = 0;
    wanted.fpid = -1;
    for one in descendants(reaper).iter().filter(|one| meant(one)) {
        // SAFETY: no pointers.
        let sent = unsafe { host::call_n(nr::kill, [one.stat.pid as u64, u64::from(signal)]) };
        match sent {
            Ok(_) => {
                wanted.killed += 1;
                result = Ok(());
            }
            Err(error) if result == Err(Errno::ESRCH) => {
                wanted.fpid = one.stat.pid;
                result = Err(Errno::from_host(error.0));
            }
            Err(_) => {}
        }
    }
    guest::write(data, &wanted)?;
    Ok(result?)
}
