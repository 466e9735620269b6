//! `__futex`: the host's own, whose operations it took over (sys_futex.c).

use compat_tables::bsd::Errno;
use compat_tables::netbsd::flags::{FUTEX_OP, futex_op};
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};

use crate::error::{Error, Return};

const FUTEX_PRIVATE_FLAG: i32 = 0x80;
const FUTEX_CLOCK_REALTIME: i32 = 0x100;

#[expect(clippy::too_many_arguments, reason = "the call has seven")]
pub(crate) fn __futex(
    cx: &mut Cx,
    uaddr: u64,
    op: i32,
    val: i32,
    timeout: In<[i64; 2]>,
    uaddr2: u64,
    val2: i32,
    val3: i32,
) -> Return<i32> {
    let flags = op & (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    let command = FUTEX_OP
        .to_host(i64::from(op & !flags))
        .ok_or(Error(Errno::ENOSYS))?;
    let waits = matches!(
        op & !flags,
        futex_op::FUTEX_WAIT | futex_op::FUTEX_WAIT_BITSET
    );
    let time = if waits {
        timeout.read_optional()?
    } else {
        None
    };
    // The fourth argument is a time for those that wait and a count for the others.
    let fourth = match (&time, waits) {
        (Some(time), _) => time.as_ptr() as u64,
        (None, true) => 0,
        (None, false) => u64::from(val2 as u32),
    };
    cx.never_restart = time.is_some();
    let args = [
        uaddr,
        command as u64 | flags as u64,
        u64::from(val as u32),
        fourth,
        uaddr2,
        u64::from(val3 as u32),
    ];
    // SAFETY: the kernel checks the guest's words; the time is a valid timespec or absent.
    Ok(unsafe { cx.host(nr::futex, args) }? as i32)
}

/// The list has the host's form, and the thread ids in its words are the host's too.
pub(crate) fn __futex_set_robust_list(_cx: &mut Cx, head: u64, len: u64) -> Return<()> {
    // SAFETY: the kernel reads the list when the thread ends, and checks it then.
    unsafe { host::call_n(nr::set_robust_list, [head, len]) }?;
    Ok(())
}

pub(crate) fn __futex_get_robust_list(
    _cx: &mut Cx,
    lwp: i32,
    head: Out<u64>,
    len: Out<u64>,
) -> Return<()> {
    // SAFETY: the kernel checks the guest's pointers.
    unsafe {
        host::call_n(
            nr::get_robust_list,
            [lwp as u64, head.address(), len.address()],
        )
    }?;
    Ok(())
}
