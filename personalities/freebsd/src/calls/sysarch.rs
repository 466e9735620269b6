//! What only one kind of processor has (sysarch in sys_machdep.c).

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::task;

use crate::error::Return;
use crate::{context, tls};

const AMD64_GET_FSBASE: i32 = 128;
const AMD64_SET_FSBASE: i32 = 129;
const AMD64_GET_GSBASE: i32 = 130;
const AMD64_SET_GSBASE: i32 = 131;
const AMD64_GET_XFPUSTATE: i32 = 132;
const AMD64_GET_TLSBASE: i32 = 135;
const AMD64_SET_TLSBASE: i32 = 136;
const AMD64_DISABLE_TLSBASE: i32 = 137;

pub(crate) fn sysarch(cx: &mut Cx, operation: i32, parameters: u64) -> Return<()> {
    match operation {
        AMD64_GET_FSBASE => guest::store_u64(parameters, task::fs_base())?,
        AMD64_SET_FSBASE => task::set_fs_base(user_address(parameters)?),
        // Since FreeBSD 15, whose C run-time keeps its own base apart from the one that code may change.
        AMD64_GET_TLSBASE => {
            let base = tls::of(cx.thread).ok_or(Errno::ESRCH)?;
            guest::store_u64(parameters, base)?;
        }
        AMD64_SET_TLSBASE => {
            let base = user_address(parameters)?;
            task::set_fs_base(base);
            tls::set(cx.thread, base);
        }
        AMD64_DISABLE_TLSBASE => tls::forget(cx.thread),
        // `gs` is the stub's: a guest that wants a base of its own there cannot be served, and is told so.
        AMD64_GET_GSBASE => guest::store_u64(parameters, 0)?,
        AMD64_SET_GSBASE => return Err(cx.gap("sysarch: AMD64_SET_GSBASE", Errno::EINVAL.into())),
        AMD64_GET_XFPUSTATE => {
            let [address, length] = guest::read(parameters)?;
            context::write_extended(cx.frame, address, length)?;
        }
        _ => {
            return Err(cx.gap(
                "sysarch: operation other than the segment bases",
                Errno::EINVAL.into(),
            ));
        }
    }
    Ok(())
}

/// The address stored there, if it is one that users may have.
fn user_address(parameters: u64) -> Return<u64> {
    let address = guest::load_u64(parameters)?;
    if address >= 0x8000_0000_0000 {
        return Err(Errno::EINVAL.into());
    }
    Ok(address)
}
