//! Waiting for descriptors: `select` (kern_select). The sets are laid out the same on both sides, and the host works on
//! the guest's.

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, In};
use compat_translate::host::{self, HostErrno, Timespec, nr};
use compat_translate::signal::SigSet;

use super::signal::with_mask;
use crate::error::Return;

pub fn select(
    cx: &mut Cx,
    count: i32,
    read: u64,
    write: u64,
    except: u64,
    timeout: In<[i64; 2]>,
) -> Return<u64> {
    let timeout = match timeout.read_optional()? {
        Some([sec, usec]) if sec < 0 || !(0..1_000_000).contains(&usec) => {
            return Err(Errno::EINVAL.into());
        }
        timeout => timeout.map(|[sec, usec]| Timespec {
            sec,
            nsec: usec * 1000,
        }),
    };
    wait(cx, count, [read, write, except], timeout, None)
}

pub fn pselect(
    cx: &mut Cx,
    count: i32,
    read: u64,
    write: u64,
    except: u64,
    timeout: In<[i64; 2]>,
    mask: In<[u32; 4]>,
) -> Return<u64> {
    let timeout = match timeout.read_optional()? {
        Some([sec, nsec]) if sec < 0 || !(0..1_000_000_000).contains(&nsec) => {
            return Err(Errno::EINVAL.into());
        }
        timeout => timeout.map(|[sec, nsec]| Timespec { sec, nsec }),
    };
    let mask = mask.read_optional()?.map(SigSet::from_words);
    wait(cx, count, [read, write, except], timeout, mask)
}

fn wait(
    cx: &mut Cx,
    count: i32,
    sets: [u64; 3],
    timeout: Option<Timespec>,
    mask: Option<SigSet>,
) -> Return<u64> {
    cx.never_restart = true;
    let count = u32::try_from(count).map_err(|_| Errno::EINVAL)?;
    for set in sets.into_iter().filter(|&set| set != 0) {
        check(cx, set, count)?;
    }
    let [read, write, except] = sets;
    let timeout_at = timeout
        .as_ref()
        .map_or(0, |time| core::ptr::from_ref(time) as u64);
    let args = [u64::from(count), read, write, except, timeout_at, 0];
    let ready = match mask {
        // SAFETY: a valid timespec or none; the kernel checks the sets.
        None => unsafe { cx.host(nr::pselect6, args) },
        Some(mask) => with_mask(cx, mask, |cx, mask| {
            let with_size = [core::ptr::from_ref(mask) as u64, 8];
            let [count, read, write, except, timeout, _] = args;
            let mask = with_size.as_ptr() as u64;
            // SAFETY: as above, and a valid mask with its size.
            unsafe { cx.host(nr::pselect6, [count, read, write, except, timeout, mask]) }
        }),
    };
    Ok(ready?)
}

/// Looks for members that are not open. The host passes over those beyond its table, FreeBSD does not
/// (select_check_badfd).
fn check(cx: &Cx, set: u64, count: u32) -> Return<()> {
    const BITS: u32 = u64::BITS;
    /// The host's table is never smaller.
    const SMALLEST_TABLE: u32 = 64;
    let objects = &cx.process().objects;
    let mut highest = 0;
    for index in 0..count.div_ceil(BITS) {
        let mut members = guest::load_u64(set.wrapping_add(u64::from(index) * 8))?;
        if count - index * BITS < BITS {
            members &= (1 << (count - index * BITS)) - 1;
        }
        while members != 0 {
            let fd = index * BITS + members.trailing_zeros();
            if objects.hides(fd as i32) {
                return Err(Errno::EBADF.into());
            }
            highest = fd;
            members &= members - 1;
        }
    }
    if highest >= SMALLEST_TABLE && !is_open(highest) {
        return Err(Errno::EBADF.into());
    }
    Ok(())
}

fn is_open(fd: u32) -> bool {
    const F_GETFD: u64 = 1;
    // SAFETY: no pointers.
    let flags = unsafe { host::call_n(nr::fcntl, [u64::from(fd), F_GETFD]) };
    flags != Err(HostErrno::EBADF)
}
