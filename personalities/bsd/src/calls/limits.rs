//! Resource limits (kern_resource.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{self, rlimit};
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr, numbers_in, process_file, vdso};
use compat_translate::sync::Mutex;

use super::ids;
use crate::error::Return;
use crate::system::system;

/// `struct rlimit`: soft, hard.
pub type Rlimit = [i64; 2];

const RLIM_INFINITY: i64 = i64::MAX;
const HOST_PROCESS_CPUTIME: i32 = 2;
const KNOWN: usize = rlimit::RLIMIT_VMM as usize + 1;

/// Limits the host does not have: kept, so that what was set is read back, and not enforced.
static UNKNOWN_TO_HOST: Mutex<[Rlimit; KNOWN]> = Mutex::new([[RLIM_INFINITY; 2]; KNOWN]);

/// A resource that the release the program sees knows.
fn known(cx: &Cx, which: i32) -> Return<i32> {
    if which >= (system().limits)(&cx.process().settings) {
        return Err(Errno::EINVAL.into());
    }
    Ok(which)
}

/// The current limits of this process.
///
/// # Errors
/// `EINVAL` for a resource nobody knows.
pub fn limit(which: i32) -> Return<Rlimit> {
    limit_of(0, which)
}

/// The same of process `pid`, 0 for the caller. What the host has no limit for is the caller's own.
///
/// # Errors
/// `EPERM` when the process is another user's.
pub fn limit_of(pid: i32, which: i32) -> Return<Rlimit> {
    match flags::RLIMIT.to_host(i64::from(which)) {
        Some(host) => Ok(exchange(pid, host as u64, None)?.map(to_guest)),
        None => usize::try_from(which)
            .ok()
            .and_then(|index| UNKNOWN_TO_HOST.lock().get(index).copied())
            .ok_or(Errno::EINVAL.into()),
    }
}

/// FreeBSD's infinity is the largest signed number, the host's the largest unsigned one.
fn to_guest(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(RLIM_INFINITY)
}

fn to_host(value: i64) -> u64 {
    if value == RLIM_INFINITY {
        u64::MAX
    } else {
        value as u64
    }
}

fn exchange(pid: i32, resource: u64, new: Option<[u64; 2]>) -> Return<[u64; 2]> {
    let mut old = [0u64; 2];
    let new_at = new.as_ref().map_or(0, |new| new.as_ptr() as u64);
    // SAFETY: two valid `struct rlimit64`, or none.
    unsafe {
        host::call_n(
            nr::prlimit64,
            [pid as u64, resource, new_at, old.as_mut_ptr() as u64],
        )
    }?;
    Ok(old)
}

pub fn getrlimit(cx: &mut Cx, which: i32, found: Out<Rlimit>) -> Return<()> {
    found.write(&limit(known(cx, which)?)?)?;
    Ok(())
}

pub fn setrlimit(cx: &mut Cx, which: i32, wanted: In<Rlimit>) -> Return<()> {
    let wanted = wanted.read()?;
    set(known(cx, which)?, wanted)
}

/// kern_proc_setrlimit: negative means unlimited, and a soft limit above the hard one is lowered to it.
fn set(which: i32, wanted: Rlimit) -> Return<()> {
    let before = limit(which)?;
    let [soft, hard] = wanted.map(|value| if value < 0 { RLIM_INFINITY } else { value });
    if soft.max(hard) > before[1] {
        ids::require_root()?;
    }
    let mut new = [soft.min(hard), hard];
    let Some(resource) = flags::RLIMIT.to_host(i64::from(which)) else {
        if let Some(slot) = UNKNOWN_TO_HOST.lock().get_mut(which as usize) {
            *slot = new;
        }
        return Ok(());
    };
    if which == rlimit::RLIMIT_NOFILE && hard == RLIM_INFINITY {
        // Clamped to kern.maxfilesperproc, as there.
        new = new.map(|value| value.min(before[1]));
    }
    exchange(0, resource as u64, Some(new.map(to_host)))?;
    Ok(())
}

/// `struct orlimit`: what does not fit is as much as fits.
pub fn ogetrlimit(_cx: &mut Cx, which: i32, found: Out<[i32; 2]>) -> Return<()> {
    let limits = limit(which)?;
    found.write(&limits.map(|value| i32::try_from(value).unwrap_or(i32::MAX)))?;
    Ok(())
}

pub fn osetrlimit(_cx: &mut Cx, which: i32, wanted: In<[i32; 2]>) -> Return<()> {
    set(which, wanted.read()?.map(i64::from))
}

/// How much of a limit is used up (getrlimitusage_one).
pub fn getrlimitusage(cx: &mut Cx, which: i32, flags: u32, place: Out<i64>) -> Return<()> {
    const GETRLIMITUSAGE_EUID: u32 = 1;
    if flags & !GETRLIMITUSAGE_EUID != 0 {
        return Err(Errno::EINVAL.into());
    }
    let used = match known(cx, which)? {
        rlimit::RLIMIT_CPU => vdso::clock_gettime(HOST_PROCESS_CPUTIME)?.sec,
        rlimit::RLIMIT_FSIZE | rlimit::RLIMIT_CORE => return Err(Errno::ENXIO.into()),
        rlimit::RLIMIT_DATA => status("VmData:") * 1024,
        rlimit::RLIMIT_STACK => status("VmStk:") * 1024,
        rlimit::RLIMIT_RSS => status("VmRSS:") * 1024,
        rlimit::RLIMIT_MEMLOCK => status("VmLck:") * 1024,
        rlimit::RLIMIT_AS => status("VmSize:") * 1024,
        rlimit::RLIMIT_SWAP => status("VmSwap:") * 1024,
        rlimit::RLIMIT_NOFILE => numbers_in(c"/proc/self/fd")?.len() as i64 - 1,
        rlimit::RLIMIT_NPROC
        | rlimit::RLIMIT_SBSIZE
        | rlimit::RLIMIT_NPTS
        | rlimit::RLIMIT_KQUEUES
        | rlimit::RLIMIT_UMTXP
        | rlimit::RLIMIT_PIPEBUF
        | rlimit::RLIMIT_VMM => {
            return Err(cx.gap(
                "getrlimitusage: what a user has in all",
                Errno::ENXIO.into(),
            ));
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    place.write(&used)?;
    Ok(())
}

/// A number of `/proc/self/status`.
fn status(field: &str) -> i64 {
    let text = process_file(0, "status", 4096).unwrap_or_default();
    core::str::from_utf8(&text)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|value| value.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
