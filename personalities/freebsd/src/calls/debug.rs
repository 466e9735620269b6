//! Looking into other processes (kern_kcmp.c).

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{self, kcmp_type};
use compat_translate::Cx;
use compat_translate::host::{self, nr};

use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn kcmp(
    cx: &mut Cx,
    first: i32,
    second: i32,
    kind: i32,
    index1: u64,
    index2: u64,
) -> Return<u64> {
    let Some(host_kind) = flags::KCMP_TYPE.to_host(i64::from(kind)) else {
        return match kind {
            kcmp_type::KCMP_FILEOBJ => Err(cx.gap("kcmp: KCMP_FILEOBJ", Errno::EINVAL.into())),
            _ => Err(Errno::EINVAL.into()),
        };
    };
    if kind == kcmp_type::KCMP_FILE {
        for index in [index1, index2] {
            Fd(index as i32).checked(cx)?;
        }
    }
    let args = [
        first as u64,
        second as u64,
        host_kind as u64,
        index1,
        index2,
    ];
    // SAFETY: no pointers.
    Ok(unsafe { host::call_n(nr::kcmp, args) }?)
}
