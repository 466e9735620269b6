//! Users and groups (kern_prot.c).

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{self, nr};

use crate::error::Return;

/// Whether the effective user is root, which is what most of FreeBSD's privileges come to.
pub(super) fn is_root() -> bool {
    // SAFETY: no arguments.
    let effective = unsafe { host::call_n(nr::geteuid, []) };
    effective == Ok(0)
}

/// `priv_check` of a privilege that root has.
///
/// # Errors
/// `EPERM` for everybody else.
pub(super) fn require_root() -> Return<()> {
    if is_root() {
        Ok(())
    } else {
        Err(Errno::EPERM.into())
    }
}

/// The stub never gains privileges by `execve`: the host's loader refuses to run it set-user-id.
pub(crate) fn issetugid(_cx: &mut Cx) -> Return<i32> {
    Ok(0)
}
