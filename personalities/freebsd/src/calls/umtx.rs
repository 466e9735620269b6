//! `_umtx_op`: the kernel's half of every lock (kern_umtx.c).

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, HostErrno, Timespec, nr};

use crate::error::Return;

const UMTX_OP_WAIT: i32 = 2;
const UMTX_OP_WAKE: i32 = 3;
const UMTX_OP_WAIT_UINT: i32 = 11;
const UMTX_OP_WAIT_UINT_PRIVATE: i32 = 15;
const UMTX_OP_WAKE_PRIVATE: i32 = 16;

const FUTEX_WAIT_BITSET: u64 = 9;
const FUTEX_WAKE: u64 = 1;
const FUTEX_PRIVATE: u64 = 128;
const FUTEX_CLOCK_REALTIME: u64 = 256;

pub(crate) fn _umtx_op(
    cx: &mut Cx,
    obj: u64,
    op: i32,
    val: u64,
    uaddr1: u64,
    uaddr2: u64,
) -> Return<i32> {
    match op {
        UMTX_OP_WAIT => wait(cx, obj, Width::Long, val, 0, uaddr1, uaddr2),
        UMTX_OP_WAIT_UINT => wait(cx, obj, Width::Uint, val, 0, uaddr1, uaddr2),
        UMTX_OP_WAIT_UINT_PRIVATE => wait(cx, obj, Width::Uint, val, FUTEX_PRIVATE, uaddr1, uaddr2),
        UMTX_OP_WAKE => wake(obj, val, 0),
        UMTX_OP_WAKE_PRIVATE => wake(obj, val, FUTEX_PRIVATE),
        _ => Err(cx.gap(
            "_umtx_op: operation other than wait and wake",
            Errno::EOPNOTSUPP.into(),
        )),
    }?;
    Ok(0)
}

#[derive(PartialEq, Eq)]
enum Width {
    Long,
    Uint,
}

/// A deadline on a host clock.
struct Deadline {
    at: Timespec,
    realtime: bool,
}

/// Reads the timeout that `uaddr2` points to, `size` bytes long: a relative timespec, or `struct _umtx_time`.
fn deadline(size: u64, address: u64) -> Return<Option<Deadline>> {
    if address == 0 {
        return Ok(None);
    }
    let [sec, nsec] = guest::read::<[i64; 2]>(address)?;
    let (flags, clock) = if size <= 16 {
        (0, 0)
    } else {
        guest::read::<[u32; 2]>(address.wrapping_add(16))?.into()
    };
    if sec < 0 || !(0..1_000_000_000).contains(&nsec) {
        return Err(Errno::EINVAL.into());
    }
    let wanted = Timespec { sec, nsec };
    let realtime = matches!(clock, 0 | 9 | 10 | 13);
    if flags & 1 != 0 {
        return Ok(Some(Deadline {
            at: wanted,
            realtime,
        }));
    }
    // Relative times run on a clock that nobody sets.
    let now = host::vdso::clock_gettime(1)?;
    let nanos = now.as_nanos().saturating_add(wanted.as_nanos());
    Ok(Some(Deadline {
        at: Timespec::from_nanos(nanos),
        realtime: false,
    }))
}

fn wait(
    cx: &mut Cx,
    obj: u64,
    width: Width,
    val: u64,
    private: u64,
    size: u64,
    timeout: u64,
) -> Return<()> {
    cx.never_restart = true;
    let deadline = deadline(size, timeout)?;
    let differs = match width {
        Width::Long => guest::load_u64(obj)? != val,
        Width::Uint => guest::load_u32(obj)? != val as u32,
    };
    if differs {
        return Ok(());
    }
    let (clock, at) = match &deadline {
        Some(deadline) => {
            let clock = if deadline.realtime {
                FUTEX_CLOCK_REALTIME
            } else {
                0
            };
            (clock, (&raw const deadline.at) as u64)
        }
        None => (0, 0),
    };
    // The host compares the low 32 bits; a change of the upper half alone is not noticed before the next wake-up, which
    // callers, who must expect spurious returns, survive.
    let args = [
        obj,
        FUTEX_WAIT_BITSET | private | clock,
        val & 0xffff_ffff,
        at,
        0,
        0xffff_ffff,
    ];
    // SAFETY: the kernel checks the guest's word; the deadline is a valid timespec.
    match unsafe { cx.host(nr::futex, args) } {
        Ok(_) | Err(HostErrno::EAGAIN) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn wake(obj: u64, count: u64, private: u64) -> Return<()> {
    let count = count.min(i32::MAX as u64);
    // SAFETY: the kernel checks the address.
    unsafe { host::call_n(nr::futex, [obj, FUTEX_WAKE | private, count]) }?;
    Ok(())
}

/// Wakes everybody who waits on a word, in this process and others.
pub(crate) fn umtx_wake_all(address: u64) {
    let _ = wake(address, i32::MAX as u64, 0);
}

/// What the kernel does about locks when a thread ends.
pub(crate) fn umtx_thread_exit(_cx: &mut Cx) {}
