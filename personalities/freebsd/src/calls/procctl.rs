//! `procctl` (kern_procctl.c): what a process may change about itself and its descendants.

use core::sync::atomic::{AtomicI32, Ordering};

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{idtype, procctl_cmd as cmd};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, nr, process_file};

use super::{ids, reaper, wait};
use crate::abi::procctl::{
    ACTIVE, CTL_DISABLE, CTL_ENABLE, CTL_THIRD, PROC_STACKGAP_DISABLE, PROC_STACKGAP_DISABLE_EXEC,
    PROC_STACKGAP_ENABLE, PROC_STACKGAP_ENABLE_EXEC, PROC_WX_MAPPINGS_DISALLOW_EXEC,
    PROC_WX_MAPPINGS_PERMIT,
};
use crate::error::Return;
use crate::signals;

const PR_SET_PDEATHSIG: u64 = 1;
const PR_GET_PDEATHSIG: u64 = 2;
const PR_SET_DUMPABLE: u64 = 4;
const PR_SET_NO_NEW_PRIVS: u64 = 38;
const PR_GET_NO_NEW_PRIVS: u64 = 39;
const ADDR_NO_RANDOMIZE: u64 = 0x4_0000;

/// What was set, for the settings that the host does not keep.
static TRACE: AtomicI32 = AtomicI32::new(CTL_ENABLE);
static TRAPCAP: AtomicI32 = AtomicI32::new(CTL_DISABLE);
static ASLR: AtomicI32 = AtomicI32::new(CTL_THIRD);
static PROTMAX: AtomicI32 = AtomicI32::new(CTL_THIRD);
static STACKGAP: AtomicI32 = AtomicI32::new(PROC_STACKGAP_ENABLE | PROC_STACKGAP_ENABLE_EXEC);
static WXMAP: AtomicI32 = AtomicI32::new(0);
static LOGSIGEXIT: AtomicI32 = AtomicI32::new(CTL_ENABLE);

pub(crate) fn procctl(cx: &mut Cx, kind: i32, id: i64, command: i32, data: u64) -> Return<()> {
    let id = target(cx, kind, id, command)?;
    match command {
        cmd::PROC_SPROTECT => ids::require_root(),
        cmd::PROC_REAP_ACQUIRE => reaper::acquire(id),
        cmd::PROC_REAP_RELEASE => reaper::release(id),
        cmd::PROC_REAP_STATUS => reaper::status(id, data),
        cmd::PROC_REAP_GETPIDS => reaper::pids(id, data),
        cmd::PROC_REAP_KILL => reaper::kill(id, data),
        cmd::PROC_PDEATHSIG_CTL => set_death_signal(id, data),
        cmd::PROC_PDEATHSIG_STATUS => death_signal(id, data),
        cmd::PROC_TRACE_CTL
        | cmd::PROC_TRAPCAP_CTL
        | cmd::PROC_ASLR_CTL
        | cmd::PROC_PROTMAX_CTL
        | cmd::PROC_STACKGAP_CTL
        | cmd::PROC_NO_NEW_PRIVS_CTL
        | cmd::PROC_WXMAP_CTL
        | cmd::PROC_LOGSIGEXIT_CTL => {
            let wanted = guest::load_u32(data)? as i32;
            if id != 0 {
                return Err(cx.gap("procctl: settings of another process", Errno::EPERM.into()));
            }
            set(command, wanted)
        }
        cmd::PROC_TRACE_STATUS
        | cmd::PROC_TRAPCAP_STATUS
        | cmd::PROC_ASLR_STATUS
        | cmd::PROC_PROTMAX_STATUS
        | cmd::PROC_STACKGAP_STATUS
        | cmd::PROC_NO_NEW_PRIVS_STATUS
        | cmd::PROC_WXMAP_STATUS
        | cmd::PROC_LOGSIGEXIT_STATUS => {
            guest::store_u32(data, status(command, id) as u32)?;
            Ok(())
        }
        cmd::PROC_KPTI_CTL | cmd::PROC_KPTI_STATUS | cmd::PROC_LA_CTL | cmd::PROC_LA_STATUS => {
            Err(cx.gap("procctl: a command of the processor", Errno::EINVAL.into()))
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// The process meant; 0 for the caller.
fn target(cx: &mut Cx, kind: i32, id: i64, command: i32) -> Return<i32> {
    if !(command > 0 && command <= cmd::PROC_LOGSIGEXIT_STATUS || command >= cmd::PROC_KPTI_CTL) {
        return Err(Errno::EINVAL.into());
    }
    // SAFETY: no arguments.
    let own = unsafe { host::call_n(nr::getpid, []) }? as i64;
    match kind {
        idtype::P_PID if id == 0 || id == own => Ok(0),
        idtype::P_PID => i32::try_from(id)
            .ok()
            .filter(|&id| id > 0 && wait::exists(id))
            .ok_or(Errno::ESRCH.into()),
        idtype::P_PGID => Err(cx.gap("procctl: of a process group", Errno::EINVAL.into())),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn prctl(option: u64, value: u64) -> Return<u64> {
    // SAFETY: used only with options that take numbers.
    Ok(unsafe { host::call_n(nr::prctl, [option, value, 0, 0, 0]) }?)
}

fn set(command: i32, wanted: i32) -> Return<()> {
    let (slot, allowed) = match command {
        cmd::PROC_TRACE_CTL => (&TRACE, 1..=3),
        cmd::PROC_TRAPCAP_CTL => (&TRAPCAP, 1..=2),
        cmd::PROC_ASLR_CTL => (&ASLR, 1..=3),
        cmd::PROC_PROTMAX_CTL => (&PROTMAX, 1..=3),
        cmd::PROC_LOGSIGEXIT_CTL => (&LOGSIGEXIT, 1..=3),
        cmd::PROC_STACKGAP_CTL => return set_stack_gap(wanted),
        cmd::PROC_NO_NEW_PRIVS_CTL => {
            return if wanted == CTL_ENABLE {
                prctl(PR_SET_NO_NEW_PRIVS, 1).map(drop)
            } else {
                Err(Errno::EINVAL.into())
            };
        }
        _ => (
            &WXMAP,
            PROC_WX_MAPPINGS_PERMIT..=PROC_WX_MAPPINGS_DISALLOW_EXEC,
        ),
    };
    if !allowed.contains(&wanted) {
        return Err(Errno::EINVAL.into());
    }
    match command {
        // Nobody but root may look into a process that cannot be dumped.
        cmd::PROC_TRACE_CTL => prctl(PR_SET_DUMPABLE, u64::from(wanted == CTL_ENABLE)).map(drop)?,
        cmd::PROC_ASLR_CTL => set_randomization(wanted)?,
        _ => {}
    }
    slot.store(wanted, Ordering::Relaxed);
    Ok(())
}

fn set_stack_gap(wanted: i32) -> Return<()> {
    const NOW: i32 = PROC_STACKGAP_ENABLE | PROC_STACKGAP_DISABLE;
    const EXEC: i32 = PROC_STACKGAP_ENABLE_EXEC | PROC_STACKGAP_DISABLE_EXEC;
    if wanted & !(NOW | EXEC) != 0 || wanted & NOW == NOW || wanted & EXEC == EXEC {
        return Err(Errno::EINVAL.into());
    }
    let mut value = STACKGAP.load(Ordering::Relaxed);
    for group in [NOW, EXEC] {
        if wanted & group != 0 {
            value = value & !group | wanted & group;
        }
    }
    STACKGAP.store(value, Ordering::Relaxed);
    Ok(())
}

/// Takes effect with the next program, there as here.
fn set_randomization(wanted: i32) -> Return<()> {
    let current = personality(u64::from(u32::MAX))?;
    let new = if wanted == CTL_DISABLE {
        current | ADDR_NO_RANDOMIZE
    } else {
        current & !ADDR_NO_RANDOMIZE
    };
    personality(new).map(drop)
}

fn personality(value: u64) -> Return<u64> {
    // SAFETY: no pointers.
    Ok(unsafe { host::call_n(nr::personality, [value]) }?)
}

fn status(command: i32, id: i32) -> i32 {
    match command {
        cmd::PROC_TRACE_STATUS => trace_status(id),
        cmd::PROC_TRAPCAP_STATUS => TRAPCAP.load(Ordering::Relaxed),
        cmd::PROC_ASLR_STATUS => {
            let random = personality(u64::from(u32::MAX)).unwrap_or(0) & ADDR_NO_RANDOMIZE == 0;
            ASLR.load(Ordering::Relaxed) | if random { ACTIVE } else { 0 }
        }
        cmd::PROC_PROTMAX_STATUS => PROTMAX.load(Ordering::Relaxed),
        cmd::PROC_STACKGAP_STATUS => STACKGAP.load(Ordering::Relaxed),
        cmd::PROC_NO_NEW_PRIVS_STATUS => match prctl(PR_GET_NO_NEW_PRIVS, 0) {
            Ok(1) => CTL_ENABLE,
            _ => CTL_DISABLE,
        },
        cmd::PROC_LOGSIGEXIT_STATUS => LOGSIGEXIT.load(Ordering::Relaxed),
        _ => WXMAP.load(Ordering::Relaxed),
    }
}

/// -1 when tracing is disabled, else the tracer or 0.
fn trace_status(id: i32) -> i32 {
    if id == 0 && TRACE.load(Ordering::Relaxed) != CTL_ENABLE {
        return -1;
    }
    let text = process_file(id, "status", 4096).unwrap_or_default();
    core::str::from_utf8(&text)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"))
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0)
}

/// Of the caller alone: the host's belongs to the calling thread.
fn set_death_signal(id: i32, data: u64) -> Return<()> {
    let signal = guest::load_u32(data)?;
    if id != 0 {
        return Err(Errno::EINVAL.into());
    }
    let host = match signal {
        0 => 0,
        signal => u8::try_from(signal)
            .ok()
            .and_then(signals::to_host)
            .ok_or(Errno::EINVAL)?,
    };
    prctl(PR_SET_PDEATHSIG, u64::from(host)).map(drop)
}

fn death_signal(id: i32, data: u64) -> Return<()> {
    if id != 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut signal = 0i32;
    prctl(PR_GET_PDEATHSIG, (&raw mut signal) as u64)?;
    let guest = signals::from_host(signal as u8).unwrap_or(0);
    guest::store_u32(data, u32::from(guest))?;
    Ok(())
}
