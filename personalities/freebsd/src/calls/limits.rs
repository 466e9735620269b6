//! Resource limits (kern_resource.c).

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{self, rlimit};
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};
use compat_translate::sync::Mutex;

use super::ids;
use crate::error::Return;

/// `struct rlimit`: soft, hard.
pub(crate) type Rlimit = [i64; 2];

const RLIM_INFINITY: i64 = i64::MAX;
const KNOWN: usize = rlimit::RLIMIT_VMM as usize + 1;

/// Limits the host does not have: kept, so that what was set is read back, and not enforced.
static UNKNOWN_TO_HOST: Mutex<[Rlimit; KNOWN]> = Mutex::new([[RLIM_INFINITY; 2]; KNOWN]);

/// The current limits of this process.
///
/// # Errors
/// `EINVAL` for a resource nobody knows.
pub(super) fn limit(which: i32) -> Return<Rlimit> {
    match flags::RLIMIT.to_host(i64::from(which)) {
        Some(host) => Ok(exchange(host as u64, None)?.map(to_guest)),
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

fn exchange(resource: u64, new: Option<[u64; 2]>) -> Return<[u64; 2]> {
    let mut old = [0u64; 2];
    let new_at = new.as_ref().map_or(0, |new| new.as_ptr() as u64);
    // SAFETY: two valid `struct rlimit64`, or none.
    unsafe {
        host::call_n(
            nr::prlimit64,
            [0, resource, new_at, old.as_mut_ptr() as u64],
        )
    }?;
    Ok(old)
}

pub(crate) fn getrlimit(_cx: &mut Cx, which: i32, found: Out<Rlimit>) -> Return<()> {
    found.write(&limit(which)?)?;
    Ok(())
}

pub(crate) fn setrlimit(_cx: &mut Cx, which: i32, wanted: In<Rlimit>) -> Return<()> {
    let wanted = wanted.read()?;
    set(which, wanted)
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
    exchange(resource as u64, Some(new.map(to_host)))?;
    Ok(())
}
