//! Reapers: processes that inherit the orphans among their descendants (kern_procctl.c, `PROC_REAP_*`).

use compat_bsd::calls::reaper::{Descendant, descendants, is_reaper, set_reaper};
use compat_bsd::processes::own_pid;
use compat_tables::freebsd::Errno;
use compat_translate::guest;
use compat_translate::host::{self, nr};

use crate::abi::procctl::{
    REAPER_KILL_CHILDREN, REAPER_KILL_SUBTREE, REAPER_PIDINFO_CHILD, REAPER_PIDINFO_STOPPED,
    REAPER_PIDINFO_VALID, REAPER_PIDINFO_ZOMBIE, REAPER_STATUS_OWNED, REAPER_STATUS_REALINIT,
    ReaperKill, ReaperPidinfo, ReaperPids, ReaperStatus,
};
use crate::error::Return;
use crate::signals;

pub(super) fn acquire(id: i32) -> Return<()> {
    if id != 0 {
        return Err(Errno::EPERM.into());
    }
    if is_reaper()? {
        return Err(Errno::EBUSY.into());
    }
    set_reaper(true)
}

pub(super) fn release(id: i32) -> Return<()> {
    if id != 0 {
        return Err(Errno::EPERM.into());
    }
    if !is_reaper()? {
        return Err(Errno::EINVAL.into());
    }
    set_reaper(false)
}

/// The reaper of process `id`: itself if it is one; init for everybody whose reaper the host does not name.
fn reaper_of(id: i32) -> Return<i32> {
    if id == 0 && is_reaper()? {
        Ok(own_pid())
    } else {
        Ok(1)
    }
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
