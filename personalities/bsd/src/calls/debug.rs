//! Looking into other processes (sys_process.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;

use crate::error::Return;

/// Answers as where nobody may be traced (FreeBSD's `security.bsd.unprivileged_proc_debug`). The host's `ptrace` would show a debugger every
/// trapped call of the program before the program's own stops.
pub fn ptrace(cx: &mut Cx, _request: i32, _pid: i32, _address: u64, _data: i32) -> Return<i32> {
    Err(cx.gap("ptrace", Errno::EPERM.into()))
}
